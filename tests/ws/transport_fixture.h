/* transport_fixture.h: WebSockets and HTTP streams on the test's own loop, and clients that write
 * their frames themselves.
 *
 * Server and clients share one thread and are connected over TCP. A connection owns a peer, records
 * its callbacks, and reacts as the test has configured. */

#ifndef TRANSPORT_FIXTURE_H
#define TRANSPORT_FIXTURE_H

#include <criterion/criterion.h>

#include "arena.h"
#include "clock.h"
#include "transport.h"

enum { MAX_MESSAGE = 64 * 1024, MAX_SOCKETS = 200 };

/* The first byte of a frame. */
enum { CONTINUED, TEXT, BINARY, CLOSE = 8, PING, PONG, FIN = 0x80 };

#define KEY    "dGhlIHNhbXBsZSBub25jZQ=="     /* from RFC 6455, */
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" /* and the matching response */

struct test_conn {
	struct peer peer;
	int client_fd;       /* the client's descriptor; -1: closed */
	struct buf received; /* messages, each followed by '|' */
	size_t last_length;  /* of the last one */
	int messages, pongs, drained, closed;
	/* On a message: send it back, close, stop reading. */
	bool echo, close_on_message, stop_reading;
	bool in_call; /* inside a call to the transport: no callback allowed */
};

struct transport_fixture {
	struct loop *loop;
	struct websocket_server *sockets;
	const char *subprotocol; /* subprotocol of the next handshake */
};

extern struct transport_fixture f;

/* For Criterion's .init and .fini. */
void transport_fixture_open(void);
void transport_fixture_close(void);
void run_turn(void); /* one turn, without waiting */
void run_turns(int count);
/* Runs turns until *count reaches `least`; false after a timeout. */
bool run_until(const int *count, int least, int seconds);

/* A connected pair of descriptors; returns the server's. */
int connected_pair(int *client_fd);
struct test_conn *conn_open_raw(struct str rest, struct buf *received); /* also returns the 101 */
struct test_conn *conn_open_websocket(struct str rest);
struct test_conn *conn_open_http_stream(void);
void conn_free(struct test_conn *conn);

/* Calls to the transport; callbacks inside them fail the test. */
void conn_write(struct test_conn *conn, struct str bytes);
void conn_write_text(struct test_conn *conn, struct str text); /* writes a frame */
void conn_close(struct test_conn *conn, int code, const char *reason);
void conn_set_reading(struct test_conn *conn, bool on);
size_t conn_flood(struct test_conn *conn); /* writes until it is full or broken; returns bytes */
size_t conn_fill(struct test_conn *conn);  /* the same, but must end full; resets the count */

/* A client's frame, masked; `first` is its first byte. */
void frame_put(struct buf *out, int first, struct str payload);
void client_fd_send(int client_fd, struct str bytes); /* runs turns while the socket is full */
void client_fd_send_frame(int client_fd, int first, struct str payload);
/* Reads, running turns, until `least` bytes have arrived; false if the server closes or on a
 * timeout. */
bool client_fd_read(int client_fd, struct buf *received, size_t least);
bool client_fd_read_to_end(int client_fd, struct buf *received);
/* Cuts off the next frame: returns its first byte and sets the payload; -1: no complete frame. */
int frame_take(struct str *received, struct str *payload);
/* Expects a close frame with this code, answers it, and expects the end. */
void client_fd_expect_close(int client_fd, int code);
void client_fd_reset(int client_fd); /* sends RST instead of FIN */

#endif
