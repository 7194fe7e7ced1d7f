/* raw_conn.h: a connection that sends arbitrary bytes and collects all that it receives. */

#ifndef RAW_CONN_H
#define RAW_CONN_H

#include "str.h"

struct raw_conn {
	int fd;
	bool ended; /* closed by the server */
	struct buf received;
};

/* The first byte of a WebSocket frame. */
enum {
	FRAME_TEXT = 0x81,
	FRAME_BINARY = 0x82,
	FRAME_CLOSE = 0x88,
	FRAME_PING = 0x89,
	FRAME_PONG = 0x8a
};

struct raw_conn *raw_conn_new(int port); /* ends the test if it cannot connect */
void raw_conn_free(struct raw_conn *conn);
/* False: not everything was sent, because the server has closed or does not read. */
bool raw_conn_send(struct raw_conn *conn, struct str bytes);
void raw_conn_shutdown(struct raw_conn *conn); /* the write side only */
/* Receives until the text has arrived (true), or the end of the connection or the time (false). */
bool raw_conn_wait_for(struct raw_conn *conn, const char *text, int ms);
bool raw_conn_wait_end(struct raw_conn *conn, int ms);
int raw_conn_status(struct raw_conn *conn); /* of the HTTP answer received; 0: none */

/* Connects and completes the handshake for this path, or ends the test. Bytes after the 101 stay in
 * `received`. */
struct raw_conn *raw_conn_websocket(int port, const char *path);
/* Appends a masked frame. */
void raw_conn_put_frame(struct buf *out, int first, struct str payload);
bool raw_conn_send_frame(struct raw_conn *conn, int first, struct str payload);
/* Removes the next complete frame from `received` and returns its first byte; -1: there is none.
 * The payload is valid until the next call. */
int raw_conn_next_frame(struct raw_conn *conn, struct str *payload);
/* Skips all frames until the close frame, answers that, and returns its code; 0: it has no code,
 * -1: there was none. */
int raw_conn_close_code(struct raw_conn *conn, int ms);

#endif
