/* transport.h: the transports of a client: a WebSocket, or an HTTP stream that is only written to
 * (private to ws).
 *
 * A transport delivers whole messages, accepts bytes, and reports when it can take more. Handlers
 * are never called from inside a call to the transport: a peer that is closed, or found broken,
 * gets on_closed() on a later turn, exactly once. */

#ifndef WS_TRANSPORT_H
#define WS_TRANSPORT_H

#include "str.h"

struct peer;

struct transport {
	/* Bytes are complete, encoded frames. While the peer is `full`, write only the
	 * disconnect message. The transport buffers what the socket does not take; then the peer
	 * is `full` until on_drained(). */
	void (*write)(struct peer *peer, struct str bytes);
	/* Sends code and reason where the protocol can (WebSocket's close frame) and closes.
	 * Output written before is sent, output written afterwards is dropped, and no further
	 * message is delivered. Waits for the peer to close, a few seconds at most.
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
	void (*on_pong)(struct peer *peer);    /* only for pings with a payload */
	void (*on_drained)(struct peer *peer); /* all output has been sent */
	void (*on_closed)(struct peer *peer);  /* it is closed; the owner may free it */
};

/* Embedded in its owner's struct. */
struct peer {
	const struct transport *transport;
	const struct peer_handlers *handlers;
	void *impl;   /* the transport's state */
	bool full;    /* wait for on_drained() */
	bool closing; /* close() was called, or the peer has disconnected */
};

#endif
