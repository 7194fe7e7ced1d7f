/* fake_auth.h: replaces the token verification (auth.h) in unit tests.
 *
 * The test sets the result of the next auth_check(), or completes it later. Link it in front of
 * the real library. */

#ifndef FAKE_AUTH_H
#define FAKE_AUTH_H

#include "auth.h"

struct auth {
	enum auth_result result;    /* of auth_check() */
	struct identity *identity;  /* with AUTH_OK */
	struct identity *cached;    /* what auth_cached() returns */
	struct auth_query *waiting; /* after AUTH_PENDING */
	int check_count, cancel_count;
	struct buf token; /* of the last auth_check() */
};

extern struct auth fake_auth;

void fake_auth_open(void);
void fake_auth_close(void); /* fails the test if a token is still being verified */

/* Calls done() of the waiting query. */
void fake_auth_complete(enum auth_result result, struct identity *identity);

#endif
