/* fake_server.h: a server on loopback that sends a prepared answer, which may be broken. */

#ifndef FAKE_SERVER_H
#define FAKE_SERVER_H

#include <openssl/ssl.h>

#include "loop.h"

struct fake_server {
	/* Set by the test. */
	const char *answer;
	size_t length;    /* of the answer; 0: strlen(answer) */
	int drip_ms;      /* pause after each byte; 0: sends the answer in one piece */
	bool sends_first; /* sends the answer without waiting for a request */
	bool silent;      /* sends nothing */
	bool closes;      /* closes the connection after the answer */
	bool repeats;     /* repeats the answer forever */
	SSL_CTX *tls;     /* NULL: without TLS */
	int port;         /* 0: any free port, stored here */
	/* Called when the head of a request has arrived; may change all of the above before the
	 * answer is sent. May be NULL. */
	void (*on_request)(struct fake_server *server);

	/* Set by the server. */
	int accepted;
	struct buf request; /* the last one, with as much of the body as has arrived */

	struct event_base *base;
	struct evconnlistener *listener;
	struct fake_conn *conns;
};

/* Listens, with the members as set by the test; false if it cannot. */
bool fake_server_open(struct fake_server *server, struct loop *loop, const char *address);
void fake_server_close(struct fake_server *server);

/* Turns the loop until *flag is set, for at most `ms`, and returns *flag. */
bool turn_until(struct loop *loop, const bool *flag, int ms);

#endif
