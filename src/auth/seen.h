/* seen.h: the tokens that were verified, remembered until they expire or their key goes. */

#ifndef SEEN_H
#define SEEN_H

#include "claims.h"
#include "key.h"

struct seen;

struct seen *seen_new(struct loop *loop, size_t most);
void seen_free(struct seen *seen);

/* NULL when it is not remembered, has expired, or its key is gone. What is given
 * lasts at least until the end of the turn. */
struct identity *seen_find(struct seen *seen, struct str token);
struct identity *seen_add(struct seen *seen, struct str token, const struct claims *claims,
                          struct key *key, long long expires_ms);

#endif
