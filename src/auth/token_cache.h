/* token_cache.h: a cache of verified tokens. An entry is valid until it expires or its key is
 * removed. */

#ifndef TOKEN_CACHE_H
#define TOKEN_CACHE_H

#include "claims.h"
#include "key.h"

struct token_cache;

struct token_cache *token_cache_new(struct loop *loop, size_t max);
void token_cache_free(struct token_cache *cache);

/* NULL if the token is not cached, has expired, or its key is removed. The identity stays
 * valid at least until the end of the loop turn. */
struct identity *token_cache_find(struct token_cache *cache, struct str token);
struct identity *token_cache_add(struct token_cache *cache, struct str token,
                                 const struct claims *claims, struct key *key,
                                 long long expires_ms);

#endif
