/* user_cache.c: caches users' rows by issuer and subject until they change.
 *
 * If a newer token has different claims, the user is looked up again and the row is updated. */

#include <stdlib.h>

#include "row_cache.h"
#include "user_cache.h"

struct user_cache {
	struct row_cache *rows; /* of struct entry */
};

struct entry {
	struct cached_user user;
	uint64_t claims_hash;
	long long claims_until_ms; /* expiry of their token: a later one has newer claims */
};

/* Hash of all claims that api.provision_caller() copies. */
static uint64_t hash_claims(const struct identity *identity)
{
	const char *const texts[] = { identity->email, identity->first_name, identity->last_name,
		                      identity->image_url };
	uint64_t hash = identity->email_verified + 2u * identity->is_anonymous;

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		hash = str_hash(str_of(texts[i]), hash);
	return hash;
}

static struct row_cache_key cache_key(const struct identity *identity)
{
	return (struct row_cache_key){ str_of(identity->issuer), str_of(identity->subject) };
}

struct user_cache *user_cache_new(struct db *db, size_t max)
{
	struct user_cache *cache = xcalloc(1, sizeof(*cache));

	cache->rows = row_cache_new(db, "binnacle_users", max, sizeof(struct entry));
	return cache;
}

void user_cache_free(struct user_cache *cache)
{
	if (!cache)
		return;
	row_cache_free(cache->rows);
	free(cache);
}

unsigned long long user_cache_generation(const struct user_cache *cache)
{
	return row_cache_generation(cache->rows);
}

void user_cache_invalidate(struct user_cache *cache, struct str id)
{
	row_cache_invalidate(cache->rows, id);
}

const struct cached_user *user_cache_find(struct user_cache *cache, const struct identity *identity)
{
	const struct entry *entry = row_cache_find(cache->rows, cache_key(identity));

	/* Another device may still use an older token, whose claims are not newer. */
	if (!entry
	    || (identity->expires_ms > entry->claims_until_ms
	        && hash_claims(identity) != entry->claims_hash))
		return NULL;
	return &entry->user;
}

void user_cache_put(struct user_cache *cache, const struct identity *identity,
                    const struct cached_user *user, unsigned long long generation)
{
	struct entry *entry = row_cache_find(cache->rows, cache_key(identity));

	if (entry && entry->claims_until_ms > identity->expires_ms)
		return;
	entry = row_cache_put(cache->rows, cache_key(identity), user->id, generation);
	if (entry)
		*entry = (struct entry){ *user, hash_claims(identity), identity->expires_ms };
}
