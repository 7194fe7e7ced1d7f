/* socket.h: what socket.c and sockets.c know of each other (private to them). */

#ifndef WS_SOCKET_H
#define WS_SOCKET_H

#include <libwebsockets.h>

#include "arena.h"
#include "pump.h"
#include "transport.h"

struct sockets {
	struct loop *loop;
	struct pump *pump;
	struct lws_context *context; /* NULL: libwebsockets is gone */
	size_t message_most;
	int most, count;
	struct socket *opening; /* the one whose handshake is being read */
	const char *protocol;   /* that it is told */
	struct later wake;
};

struct socket {
	struct sockets *sockets;
	struct peer *peer;
	struct lws *wsi;    /* NULL: there was no handshake */
	struct buf message; /* that is not whole yet */
	bool deaf;	    /* listen(false) */
	bool parting;	    /* our close frame is written */
};

extern const struct transport socket_transport;

/* For libwebsockets: all that it calls back for. */
int socket_on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length);
/* Lets it look at its deadlines before our loop sleeps. */
void sockets_wake(struct sockets *sockets);

#endif
