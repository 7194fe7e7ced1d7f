/* wire.h: a connection on which a test says what it likes, byte by byte, and hears whatever comes. */

#ifndef WIRE_H
#define WIRE_H

#include "str.h"

struct wire {
	int fd;
	bool ended; /* by the other side */
	struct buf heard;
};

/* The first byte of a WebSocket's frame. */
enum { WIRE_TEXT = 0x81, WIRE_BINARY = 0x82, WIRE_CLOSE = 0x88, WIRE_PING = 0x89, WIRE_PONG = 0x8a };

struct wire *wire_new(int port); /* connected, or the test ends */
void wire_free(struct wire *wire);
/* False: not all of it was taken, since the other side has closed, or does not read. */
bool wire_say(struct wire *wire, struct str bytes);
void wire_say_no_more(struct wire *wire); /* and go on to hear */
/* Hears until this is there, or it has ended, or so much time has passed: is it there? */
bool wire_hears(struct wire *wire, const char *text, int ms);
bool wire_hears_end(struct wire *wire, int ms);
int wire_status(struct wire *wire); /* of the HTTP answer that was heard; 0: none */

/* A handshake for this path, and its 101 with all behind it left to be heard; otherwise the test ends. */
struct wire *wire_socket(int port, const char *path);
/* Masked. */
void wire_put_frame(struct buf *out, int first, struct str payload);
bool wire_frame(struct wire *wire, int first, struct str payload);
/* The next frame that was heard, cut off: its first byte, and its payload, which lasts until more is
 * heard; -1: none that is whole. */
int wire_cut(struct wire *wire, struct str *payload);
/* Passes over all frames until the one that closes, and answers it: its code; 0: it says none, -1: none came. */
int wire_close_code(struct wire *wire, int ms);

#endif
