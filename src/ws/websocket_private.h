/* websocket_private.h: what websocket_server.c and websocket.c share. */

#ifndef WS_WEBSOCKET_PRIVATE_H
#define WS_WEBSOCKET_PRIVATE_H

#include <libwebsockets.h>

#include "loop.h"

struct peer;
struct transport;
struct uv_bridge;

struct websocket_server {
	struct loop *loop;
	struct uv_bridge *bridge;
	struct lws_context *context; /* NULL: libwebsockets has shut down */
	size_t max_message;
	int max, count;
	struct websocket *opening; /* whose handshake is being processed */
	const char *subprotocol;   /* subprotocol for its response */
	struct deferred wake;
};

struct websocket {
	struct websocket_server *server;
	struct peer *peer;
	struct lws *wsi;    /* NULL: the handshake has failed */
	struct buf message; /* incomplete message */
	bool reading_paused;
	bool close_sent; /* our close frame has been written */
};

extern const struct transport websocket_transport;

/* The callback for all events of libwebsockets. */
int websocket_on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                     size_t length);

/* Makes libwebsockets check its timeouts before our loop waits for events. */
static inline void websocket_server_wake(struct websocket_server *server)
{
	loop_defer(server->loop, &server->wake);
}

#endif
