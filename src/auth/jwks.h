/* jwks.h: an issuer's key set, refreshed on a timer. */

#ifndef JWKS_H
#define JWKS_H

#include "keyset.h"

struct jwks;

/* The strings must outlive the jwks. */
struct jwks_config {
	const char *issuer;
	const char *url;                    /* of the key set; NULL: use discovery */
	long long refresh_seconds;          /* lifetime of a set without Cache-Control */
	long long min_seconds, max_seconds; /* limits of any lifetime */
	long long interval_seconds;         /* minimum between fetches for unknown keys */
};

/* fetched() is called after each fetch, successful or not; it may call
 * jwks_refetch(). */
struct jwks *jwks_new(struct loop *loop, struct fetcher *fetcher, const struct jwks_config *config,
                      void (*fetched)(void *arg), void *arg);
void jwks_free(struct jwks *jwks);

bool jwks_has_keys(const struct jwks *jwks);
struct key *jwks_find(const struct jwks *jwks, struct str kid, enum algorithm algorithm,
                      enum auth_result *result);

/* Requests a fetch because a key is missing. True: a fetch is under way, and fetched()
 * will be called. False: one was made for a missing key, or failed, within
 * interval_seconds. */
bool jwks_refetch(struct jwks *jwks);

#endif
