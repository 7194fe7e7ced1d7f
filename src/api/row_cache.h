/* row_cache.h: a cache of rows (private to the module). */

#ifndef RECALL_H
#define RECALL_H

#include "db.h"
#include "uuid.h"

struct recall;

/* Key of a row: two strings, the second of which may be empty. */
struct recall_key {
	struct str first, second;
};

/* `channel` is the NOTIFY channel on which the IDs of changed rows are sent. The cache holds at
 * most `most` values of `size` bytes; values have no destructor. */
struct recall *recall_new(struct db *db, const char *channel, size_t most, size_t size);
void recall_free(struct recall *recall);

/* The value, valid for this loop turn, or NULL. */
void *recall_find(struct recall *recall, struct recall_key key);

/* Returns zeroed memory for the value, which replaces an older one. NULL: it must not be cached.
 * `generation` is recall_generation() from before the row was queried. */
void *recall_keep(struct recall *recall, struct recall_key key, const char *id, unsigned long long generation);
unsigned long long recall_generation(const struct recall *recall);

/* Invalidates a row at once, as a notification would. */
void recall_forget(struct recall *recall, struct str id);

#endif
