/* recall.h: rows that were read once, remembered until they change (private to the room). */

#ifndef RECALL_H
#define RECALL_H

#include "db.h"
#include "uuid.h"

struct recall;

/* What a row is found by: two texts, the second of which may be empty. */
struct recall_key {
	struct str first, second;
};

/* `channel` is where a change of a row is told, by its id. At most `most` values of `size`
 * bytes are kept; they are freed without a word. */
struct recall *recall_new(struct db *db, const char *channel, size_t most, size_t size);
void recall_free(struct recall *recall);

/* The value, until the loop turns; NULL: it is not remembered. */
void *recall_find(struct recall *recall, struct recall_key key);

/* A place for the value, all zero, in the stead of an older one. NULL: it must not be kept.
 * `generation` is recall_generation() from before the row was asked for. */
void *recall_keep(struct recall *recall, struct recall_key key, const char *id, unsigned long long generation);
unsigned long long recall_generation(const struct recall *recall);

/* This row has changed: what a notice would say, at once. */
void recall_forget(struct recall *recall, struct str id);

#endif
