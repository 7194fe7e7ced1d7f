/* raw_conn.h: a connection on which a test says what it likes, byte by byte, and hears whatever comes. */

#ifndef RAW_CONN_H
#define RAW_CONN_H

#include "str.h"

struct raw_conn {
	int fd;
	bool ended; /* by the other side */
	struct buf heard;
};

/* The first byte of a WebSocket's frame. */
enum { FRAME_TEXT = 0x81, FRAME_BINARY = 0x82, FRAME_CLOSE = 0x88, FRAME_PING = 0x89, FRAME_PONG = 0x8a };

struct raw_conn *raw_conn_new(int port); /* connected, or the test ends */
void raw_conn_free(struct raw_conn *wire);
/* False: not all of it was taken, since the other side has closed, or does not read. */
bool raw_conn_send(struct raw_conn *wire, struct str bytes);
void raw_conn_shutdown(struct raw_conn *wire); /* and go on to hear */
/* Hears until this is there, or it has ended, or so much time has passed: is it there? */
bool raw_conn_wait_for(struct raw_conn *wire, const char *text, int ms);
bool raw_conn_wait_end(struct raw_conn *wire, int ms);
int raw_conn_status(struct raw_conn *wire); /* of the HTTP answer that was heard; 0: none */

/* A handshake for this path, and its 101 with all behind it left to be heard; otherwise the test ends. */
struct raw_conn *raw_conn_websocket(int port, const char *path);
/* Masked. */
void raw_conn_put_frame(struct buf *out, int first, struct str payload);
bool raw_conn_send_frame(struct raw_conn *wire, int first, struct str payload);
/* The next frame that was heard, cut off: its first byte, and its payload, which lasts until more is
 * heard; -1: none that is whole. */
int raw_conn_next_frame(struct raw_conn *wire, struct str *payload);
/* Passes over all frames until the one that closes, and answers it: its code; 0: it says none, -1: none came. */
int raw_conn_close_code(struct raw_conn *wire, int ms);

#endif
