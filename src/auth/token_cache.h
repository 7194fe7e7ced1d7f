/* token_cache.h: a cache of verified tokens; entries last until they expire or their key is gone. */

#ifndef SEEN_H
#define SEEN_H

#include "claims.h"
#include "key.h"

struct seen;

struct seen *seen_new(struct loop *loop, size_t most);
void seen_free(struct seen *seen);

/* NULL if the token is not cached, has expired, or its key is gone. The identity stays
 * valid at least until the end of the loop turn. */
struct identity *seen_find(struct seen *seen, struct str token);
struct identity *seen_add(struct seen *seen, struct str token, const struct claims *claims,
                          struct key *key, long long expires_ms);

#endif
