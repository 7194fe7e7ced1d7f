/* transport_fixture.h: WebSockets and HTTP streams on the test's own loop, and clients that speak WebSocket by
 * hand.
 *
 * Server and clients share one thread and are connected over TCP. A connection owns a
 * peer, records its callbacks, and reacts as the test has set. */

#ifndef QUAY_H
#define QUAY_H

#include <criterion/criterion.h>

#include "arena.h"
#include "clock.h"
#include "transport.h"

enum { MESSAGE_MOST = 64 * 1024, MOST = 200 };

/* The first byte of a frame. */
enum { CONTINUED, TEXT, BINARY, CLOSE = 8, PING, PONG, FIN = 0x80 };

#define KEY    "dGhlIHNhbXBsZSBub25jZQ=="     /* from RFC 6455, */
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" /* and the matching response */

struct berth {
	struct peer peer;
	int caller;	 /* the client's descriptor; -1: closed */
	struct buf said; /* messages, each followed by '|' */
	size_t message_length; /* of the last one */
	int messages, pongs, rooms, closed;
	bool echoes, ends, deafens; /* on a message: send it back, close, stop reading */
	bool inside;	   /* inside a call to the transport: no callback allowed */
};

struct quay {
	struct loop *loop;
	struct sockets *sockets;
	const char *protocol; /* subprotocol of the next handshake */
};

extern struct quay f;

/* For Criterion's .init and .fini. */
void quay_open(void);
void quay_close(void);
void quay_turn(void); /* one turn, without waiting */
void quay_turns(int count);
/* Runs turns until *count reaches `least`; false after a timeout. */
bool quay_until(const int *count, int least, int seconds);

/* A connected pair of descriptors; returns the server's. */
int quay_pair(int *caller);
struct berth *berth_raw(struct str rest, struct buf *heard); /* also returns the 101 */
struct berth *berth_socket(struct str rest);
struct berth *berth_stream(void);
void berth_free(struct berth *berth);

/* Calls to the transport; callbacks inside them fail the test. */
void berth_write(struct berth *berth, struct str bytes);
void berth_tell(struct berth *berth, struct str text); /* writes a frame */
void berth_close(struct berth *berth, int code, const char *reason);
void berth_listen(struct berth *berth, bool on);
size_t berth_flood(struct berth *berth); /* writes until it is full or broken; returns bytes */
size_t berth_fill(struct berth *berth);  /* the same, but must end full; resets the count */

/* A client's frame, masked; `first` is its first byte. */
void frame_put(struct buf *out, int first, struct str payload);
void caller_say(int caller, struct str bytes); /* runs turns while the socket is full */
void caller_frame(int caller, int first, struct str payload);
/* Reads, running turns, until `least` bytes have arrived; false if the server closes or on a
 * timeout. */
bool caller_hears(int caller, struct buf *heard, size_t least);
bool caller_hears_end(int caller, struct buf *heard);
/* Cuts off the next frame: returns its first byte and sets the payload; -1: no complete frame. */
int frame_cut(struct str *heard, struct str *payload);
/* Expects a close frame with this code, answers it, and expects the end. */
void caller_expects_close(int caller, int code);
void caller_breaks(int caller); /* sends RST instead of FIN */

#endif
