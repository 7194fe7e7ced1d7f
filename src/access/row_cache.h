/* row_cache.h: a cache of rows (private to the module). */

#ifndef ROW_CACHE_H
#define ROW_CACHE_H

#include "db.h"
#include "uuid.h"

struct row_cache;

/* Key of a row: two strings, the second of which may be empty. */
struct row_cache_key {
	struct str first, second;
};

/* `channel` is the NOTIFY channel on which the IDs of changed rows are sent. The cache holds at
 * most `max` values of `size` bytes; values have no destructor. */
struct row_cache *row_cache_new(struct db *db, const char *channel, size_t max, size_t size);
void row_cache_free(struct row_cache *cache);

/* The value, valid for this loop turn, or NULL. */
void *row_cache_find(struct row_cache *cache, struct row_cache_key key);

/* Returns zeroed memory for the value, which replaces an older one. NULL: the row must not be
 * cached. `generation` is row_cache_generation() from before the row was queried. */
void *row_cache_put(struct row_cache *cache, struct row_cache_key key, const char *id,
                    unsigned long long generation);
unsigned long long row_cache_generation(const struct row_cache *cache);

/* Invalidates a row at once, as a notification would. */
void row_cache_invalidate(struct row_cache *cache, struct str id);

#endif
