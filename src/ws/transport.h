/* transport.h: what a peer is reached by: a WebSocket, or a stream that is only written
 * to (private to the room).
 *
 * A transport gives whole messages up, takes bytes down, and says when it can take
 * more. Nothing of what is said upward comes from inside a call downward: a peer that
 * is closed, or found broken, hears of it on a later turn, once. */

#ifndef WS_TRANSPORT_H
#define WS_TRANSPORT_H

#include "loop.h"

struct peer;

struct transport {
	/* Whole frames, as they go over the wire; while the peer is `full`, last words only. What the
	 * socket does not take is kept; then the peer is `full` until on_room(). */
	void (*write)(struct peer *peer, struct str bytes);
	/* Says why, where the protocol can (WebSocket's close frame), and ends it: what was written
	 * before goes out, what is written afterwards does not, and no message comes up any more. It
	 * takes as long as the peer does, a few seconds at most. Again: nothing happens. */
	void (*close)(struct peer *peer, int code, const char *reason);
	/* No more is read from it until it is let on; that it has left is then noticed only by
	 * writing to it. */
	void (*listen)(struct peer *peer, bool on);
};

/* What its owner wants to know. */
struct peer_ears {
	void (*on_message)(struct peer *peer, struct str text); /* whole, UTF-8; lent */
	void (*on_pong)(struct peer *peer); /* to a ping that carried a byte at least */
	void (*on_room)(struct peer *peer);   /* all that was written is out */
	void (*on_closed)(struct peer *peer); /* it is gone; its owner may free it */
};

/* A member of its owner's own struct. */
struct peer {
	const struct transport *transport;
	const struct peer_ears *ears;
	void *line;   /* the transport's */
	bool full;    /* wait for on_room() */
	bool closing; /* close() was called, or the peer has left */
};

/* sockets.c and socket.c: libwebsockets on our loop. While a socket is full, nothing is read from it
 * either. */
struct sockets;

/* NULL: libwebsockets would not. `message_most` bytes of a message; longer ones are closed
 * with 1009, binary ones with 1003, what is no UTF-8 with 1007. `most` sockets. */
struct sockets *sockets_new(struct loop *loop, size_t message_most, int most);
void sockets_free(struct sockets *sockets); /* ends those that are left; on_closed() is called for each */
int sockets_count(const struct sockets *sockets); /* those that are open; for tests */

/* A handshake, checked by whoever took the connection. */
struct handshake {
	const char *key;      /* Sec-WebSocket-Key: 24 characters */
	const char *protocol; /* the subprotocol that is agreed on; NULL: none */
};

/* Takes over `fd`, on which a client waits for its 101, and what came behind its request. The 101
 * is out before this returns; what came behind is heard on a later turn. False: there are too many, or
 * the handshake is none; `fd` is closed, and the peer hears nothing. */
bool socket_open(struct sockets *sockets, struct peer *peer, int fd, const struct handshake *handshake, struct str rest);

/* stream.c: a connection whose answer has begun and does not end. What its client sends is
 * thrown away, up to a bound; that it has left is noticed. */
void stream_open(struct loop *loop, struct peer *peer, int fd);
void stream_end(struct peer *peer); /* at once; on_closed() is called before this returns */

/* frame.c: the head of a server's frame, unmasked and final; returns its length. */
enum { FRAME_HEAD = 10 };
enum frame { FRAME_TEXT = 1, FRAME_CLOSE = 8, FRAME_PING = 9, FRAME_PONG = 10 };
size_t frame_head(enum frame frame, size_t length, unsigned char head[FRAME_HEAD]);

#endif
