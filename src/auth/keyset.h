/* keyset.h: the keys of one issuer, parsed from a JWKS document. */

#ifndef KEYSET_H
#define KEYSET_H

#include "auth.h"
#include "key.h"

enum { MAX_KEYS = 64 };

/* Zero-initialized: empty. */
struct keyset {
	struct key *keys[MAX_KEYS];
	size_t count;
};

/* Parses a JWKS document. NULL, or why it has no usable key. Call keyset_finish() in
 * either case. */
const char *keyset_parse(struct keyset *set, struct str text);
/* Replaces the keys of `set` with those of `fresh`, which becomes empty. A key that is in
 * both keeps its object; a key that is no longer in the set is marked as removed. */
void keyset_replace(struct keyset *set, struct keyset *fresh);
void keyset_finish(struct keyset *set);

/* The key that must verify a token; NULL, with the error in *result, if there is none. */
struct key *keyset_find(const struct keyset *set, struct str kid, enum algorithm algorithm,
                        enum auth_result *result);

#endif
