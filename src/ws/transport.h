/* transport.h: the transports of a client: a WebSocket, or an HTTP stream that is only written to
 * (private to ws).
 *
 * A transport delivers whole messages, accepts bytes, and reports when it can take more. Handlers
 * are never called from inside a call to the transport: a peer that is closed, or found broken,
 * gets on_closed() on a later turn, exactly once. */

#ifndef WS_TRANSPORT_H
#define WS_TRANSPORT_H

#include "loop.h"

struct peer;

struct transport {
	/* Bytes are complete, encoded frames. While the peer is `full`, write only the
	 * disconnect message. The transport buffers what the socket does not take; then the peer
	 * is `full` until on_drained(). */
	void (*write)(struct peer *peer, struct str bytes);
	/* Sends code and reason where the protocol can (WebSocket's close frame) and closes.
	 * Output written before is sent, output written afterwards is dropped, and no further
	 * message is delivered. Takes as long as the peer takes to close, a few seconds at most.
	 * Repeated calls have no effect. */
	void (*close)(struct peer *peer, int code, const char *reason);
	/* Stops or resumes reading. While stopped, a disconnect is noticed only by a failed
	 * write. */
	void (*set_reading)(struct peer *peer, bool on);
};

/* Callbacks of the peer's owner. */
struct peer_handlers {
	/* A complete message in UTF-8; borrowed. */
	void (*on_message)(struct peer *peer, struct str text);
	void (*on_pong)(struct peer *peer); /* only for pings with a payload */
	void (*on_drained)(struct peer *peer);   /* all output has been sent */
	void (*on_closed)(struct peer *peer); /* it is gone; the owner may free it */
};

/* Embedded in its owner's struct. */
struct peer {
	const struct transport *transport;
	const struct peer_handlers *handlers;
	void *impl;   /* the transport's state */
	bool full;    /* wait for on_drained() */
	bool closing; /* close() was called, or the peer has disconnected */
};

/* websocket_server.c and websocket.c: libwebsockets on our loop. A full socket is not read either. */
struct websocket_server;

/* NULL: libwebsockets failed to start. Messages that are too long are closed with 1009, binary
 * ones with 1003, invalid UTF-8 with 1007. */
struct websocket_server *websocket_server_new(struct loop *loop, size_t max_message, int max);
/* Closes the remaining ones and calls their on_closed(). */
void websocket_server_free(struct websocket_server *server);
int websocket_server_count(const struct websocket_server *server); /* open sockets; for tests */

/* A WebSocket handshake, checked by the caller. */
struct handshake {
	const char *key;      /* Sec-WebSocket-Key: 24 characters */
	const char *subprotocol; /* the agreed subprotocol; NULL: none */
};

/* Takes over `fd`, whose client waits for its 101, and the bytes that followed its request. The
 * 101 has been sent when this returns; the bytes that followed are processed on a later turn.
 * False: too many sockets, or an invalid handshake; `fd` is closed and on_closed() is not
 * called. */
bool websocket_open(struct websocket_server *server, struct peer *peer, int fd, const struct handshake *handshake, struct str rest);

/* http_stream.c: a connection whose HTTP response has begun and does not end. Input is discarded, up
 * to a bound; a disconnect is noticed. */
void http_stream_open(struct loop *loop, struct peer *peer, int fd);
void http_stream_free(struct peer *peer); /* now; calls on_closed() before it returns */

/* frame.c: writes the header of a server's frame, unmasked and final; returns its length. */
enum { FRAME_HEAD = 10 };
enum frame { FRAME_TEXT = 1, FRAME_CLOSE = 8, FRAME_PING = 9, FRAME_PONG = 10 };
size_t frame_head(enum frame frame, size_t length, unsigned char head[FRAME_HEAD]);

#endif
