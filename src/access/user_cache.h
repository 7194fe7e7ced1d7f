/* user_cache.h: caches users' rows by issuer and subject. */

#ifndef USER_CACHE_H
#define USER_CACHE_H

#include "access.h"

struct user_cache;

struct user_cache *user_cache_new(struct db *db, size_t max);
void user_cache_free(struct user_cache *cache);

/* NULL if not cached, or if the token has newer claims. Does not query the database. */
const struct cached_user *user_cache_find(struct user_cache *cache,
                                          const struct identity *identity);

/* `generation` is user_cache_generation() from before the row was queried. */
void user_cache_put(struct user_cache *cache, const struct identity *identity,
                    const struct cached_user *user, unsigned long long generation);
unsigned long long user_cache_generation(const struct user_cache *cache);

void user_cache_invalidate(struct user_cache *cache, struct str id);

#endif
