/* keyset.h: the keys of one issuer. */

#ifndef KEYSET_H
#define KEYSET_H

#include "auth.h"
#include "key.h"

enum { KEYS_MOST = 64 };

/* All zero is an empty one. */
struct keyset {
	struct key *keys[KEYS_MOST];
	size_t count;
};

/* From a JWKS document. NULL, or why there is nothing of use in it. */
const char *keyset_read(struct keyset *set, struct str text);
/* Takes the keys of `fresh`; a key that stays is the same as before, and one that
 * is not in it any more is marked as gone. */
void keyset_replace(struct keyset *set, struct keyset *fresh);
void keyset_finish(struct keyset *set);

/* The key a token is to be judged by; NULL, and the verdict, when there is none. */
struct key *keyset_find(const struct keyset *set, struct str kid, enum algorithm algorithm,
                        enum auth_verdict *verdict);

#endif
