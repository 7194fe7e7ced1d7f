/* jwks.h: an issuer's signing keys, kept fresh by a timer. */

#ifndef JWKS_H
#define JWKS_H

#include "keyset.h"

struct jwks;

/* Lent as long as the jwks lives. */
struct jwks_plan {
	const char *issuer;
	const char *url; /* of the key set; NULL: the issuer's discovery document says */
	long long refresh_seconds;	/* a set is kept for, where its issuer says nothing */
	long long least_seconds, most_seconds; /* and whatever it says */
	long long interval_seconds;	/* between two fetches on account of unknown keys */
};

/* changed() follows each fetch, whatever came of it; jwks_ask_again() may be called
 * from inside. */
struct jwks *jwks_new(struct loop *loop, struct fetcher *fetcher, const struct jwks_plan *plan,
                      void (*changed)(void *arg), void *arg);
void jwks_free(struct jwks *jwks);

bool jwks_has_keys(const struct jwks *jwks);
struct key *jwks_find(const struct jwks *jwks, struct str kid, enum algorithm algorithm,
                      enum auth_verdict *verdict);

/* Somebody needs a key that is not there. True: a fetch is under way, and
 * changed() will be called; false: somebody asked a moment ago, or the issuer
 * failed then. */
bool jwks_ask_again(struct jwks *jwks);

#endif
