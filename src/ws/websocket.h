/* websocket.h: declarations shared by websocket.c and websocket_server.c (private to them). */

#ifndef WS_SOCKET_H
#define WS_SOCKET_H

#include <libwebsockets.h>

#include "arena.h"
#include "uv_bridge.h"
#include "transport.h"

struct sockets {
	struct loop *loop;
	struct pump *pump;
	struct lws_context *context; /* NULL: libwebsockets has shut down */
	size_t message_most;
	int most, count;
	struct socket *opening; /* whose handshake is being processed */
	const char *protocol;   /* subprotocol for its response */
	struct deferred wake;
};

struct socket {
	struct sockets *sockets;
	struct peer *peer;
	struct lws *wsi;    /* NULL: the handshake has failed */
	struct buf message; /* incomplete message */
	bool deaf;
	bool parting;	    /* our close frame has been written */
};

extern const struct transport socket_transport;

/* The callback for all events of libwebsockets. */
int socket_on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length);
/* Makes libwebsockets check its timeouts before our loop waits for events. */
void sockets_wake(struct sockets *sockets);

#endif
