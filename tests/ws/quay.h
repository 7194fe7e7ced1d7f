/* quay.h: sockets and streams on the loop of the test itself, and callers who speak WebSocket
 * by hand.
 *
 * Server and callers share one thread, and are joined by TCP. A *berth* is a peer's owner: it
 * notes what it hears, and does what the test has set. */

#ifndef QUAY_H
#define QUAY_H

#include <criterion/criterion.h>

#include "arena.h"
#include "clock.h"
#include "transport.h"

enum { MESSAGE_MOST = 64 * 1024, MOST = 200 };

/* The first byte of a frame. */
enum { CONTINUED, TEXT, BINARY, CLOSE = 8, PING, PONG, FIN = 0x80 };

#define KEY    "dGhlIHNhbXBsZSBub25jZQ=="     /* of RFC 6455, */
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" /* and what is answered */

struct berth {
	struct peer peer;
	int caller;	 /* the other end; -1: closed */
	struct buf said; /* messages, each followed by '|' */
	size_t message_length; /* of the last one */
	int messages, pongs, rooms, closed;
	bool echoes, ends, deafens; /* a message is sent back, or answered by closing, or by not listening */
	bool inside;	   /* a call downward is under way: nothing may be heard */
};

struct quay {
	struct loop *loop;
	struct sockets *sockets;
	const char *protocol; /* that the next handshake agrees on */
};

extern struct quay f;

/* As Criterion's .init and .fini. */
void quay_open(void);
void quay_close(void);
void quay_turn(void); /* one, which never waits */
void quay_turns(int count);
/* Until it is true, for so many seconds: then false. */
bool quay_until(const int *count, int least, int seconds);

/* A pair of connected descriptors: the server's is returned. */
int quay_pair(int *caller);
struct berth *berth_raw(struct str rest, struct buf *heard); /* opened, its 101 put into `heard` */
struct berth *berth_socket(struct str rest);
struct berth *berth_stream(void);
void berth_free(struct berth *berth);

/* Calls downward, in which nothing may come up. */
void berth_write(struct berth *berth, struct str bytes);
void berth_tell(struct berth *berth, struct str text); /* a frame */
void berth_close(struct berth *berth, int code, const char *reason);
void berth_listen(struct berth *berth, bool on);
size_t berth_flood(struct berth *berth); /* until it is full, or broken: so many bytes */
size_t berth_fill(struct berth *berth);  /* the same; it is full, and `rooms` begin anew */

/* A client's frame, masked; `first` is its first byte. */
void frame_put(struct buf *out, int first, struct str payload);
void caller_say(int caller, struct str bytes); /* with turns while it is full */
void caller_frame(int caller, int first, struct str payload);
/* With turns: until so much is there, or the server has closed; false when neither came to be. */
bool caller_hears(int caller, struct buf *heard, size_t least);
bool caller_hears_end(int caller, struct buf *heard);
/* The next frame of what was heard, cut off: its first byte, and its payload; -1: none that is whole. */
int frame_cut(struct str *heard, struct str *payload);
/* A close frame and then the end: its code is as expected; and it is answered. */
void caller_expects_close(int caller, int code);
void caller_breaks(int caller); /* RST instead of FIN */

#endif
