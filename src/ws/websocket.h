/* websocket.h: the transport over a WebSocket: libwebsockets on our loop (websocket_server.c,
 * websocket.c). A full socket is not read either. */

#ifndef WS_WEBSOCKET_H
#define WS_WEBSOCKET_H

#include "str.h"

struct loop;
struct peer;
struct websocket_server;

/* NULL: libwebsockets failed to start. Messages that are too long are closed with 1009, binary
 * ones with 1003, invalid UTF-8 with 1007. */
struct websocket_server *websocket_server_new(struct loop *loop, size_t max_message, int max);
/* Closes the remaining ones and calls their on_closed(). */
void websocket_server_free(struct websocket_server *server);
int websocket_server_count(const struct websocket_server *server); /* open sockets; for tests */

/* A WebSocket handshake, checked by the caller. */
struct handshake {
	const char *key;         /* Sec-WebSocket-Key: 24 characters */
	const char *subprotocol; /* the agreed subprotocol; NULL: none */
};

/* Takes over `fd`, whose client waits for its 101, and the bytes that followed its request. The
 * 101 has been sent when this returns; the bytes that followed are processed on a later turn.
 * False: too many sockets, or an invalid handshake; `fd` is closed and on_closed() is not
 * called. */
bool websocket_open(struct websocket_server *server, struct peer *peer, int fd,
                    const struct handshake *handshake, struct str rest);

#endif
