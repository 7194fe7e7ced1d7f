/* fake_server.h: a server on loopback that answers as badly as a test wants it to. */

#ifndef FAKE_SERVER_H
#define FAKE_SERVER_H

#include <openssl/ssl.h>

#include "loop.h"

struct fake_server {
	/* What it does; set by the test. */
	const char *answer;
	size_t length;	   /* of the answer; 0: strlen */
	int drip_ms;	   /* a byte at a time, this far apart; 0: all at once */
	bool speaks_first; /* without waiting for a request */
	bool never;	   /* keeps silent */
	bool leaves;	   /* closes the connection after the answer */
	bool floods;	   /* repeats the answer for ever */
	SSL_CTX *tls;	   /* NULL: plain */
	int port;	   /* 0: any, and then the one it has */
	/* Called when the head of a request is there, which may have all this changed
	 * before it is answered; may be NULL. */
	void (*asked)(struct fake_server *peer);

	/* What it saw. */
	int accepted;
	struct buf request; /* the last one, with its body as far as it came */

	struct event_base *base;
	struct evconnlistener *listener;
	struct guest *guests;
};

/* All that is set before stays; false when no port could be had. */
bool fake_server_open(struct fake_server *peer, struct loop *loop, const char *address);
void fake_server_close(struct fake_server *peer);

/* Turns the loop until *flag, or for `ms`; says whether the flag is up. */
bool turn_until(struct loop *loop, const bool *flag, int ms);

#endif
