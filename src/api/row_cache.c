/* row_cache.c: caches rows until they change.
 *
 * Normal sequence: a row that was read is found here without querying the database. It is
 * invalidated when it changes: at once if this process changed it, on a NOTIFY with its ID if
 * another one did.
 *
 * Failures:
 *
 * - the listening connection is lost, or has not been seen alive lately: the cache is not used,
 *   and a loss clears it;
 * - a row changes while it is being read: each notification increments the generation, and rows
 *   that were read in an older generation are not stored. */

#include <stdlib.h>

#include "arena.h"
#include "row_cache.h"

struct entry {
	uint64_t hash, id_hash;
	char id[UUID_SIZE];
	TAILQ_ENTRY(entry) link;        /* least recently used first */
	struct entry *next;		/* in its bucket */
	struct entry *next_by_id;
	size_t first, second;		/* lengths of its key */
	char *key;                      /* stored after the value */
	_Alignas(max_align_t) char value[];
};

struct recall {
	struct db *db;
	struct db_listener listener;
	unsigned long long generation;
	size_t count, most, size, buckets;	/* buckets: a power of two */
	struct entry **table, **by_id;
	TAILQ_HEAD(entries, entry) entries;
};

static uint64_t hash_of(struct recall_key key)
{
	return str_hash(key.second, str_hash(key.first, str_seed()));
}

static bool is_of(const struct entry *entry, uint64_t hash, struct recall_key key)
{
	return entry->hash == hash && str_equal(key.first, (struct str){ entry->key, entry->first })
	       && str_equal(key.second, (struct str){ entry->key + entry->first, entry->second });
}

static struct entry *find(const struct recall *recall, uint64_t hash, struct recall_key key)
{
	struct entry *entry = recall->table[hash & (recall->buckets - 1)];

	while (entry && !is_of(entry, hash, key))
		entry = entry->next;
	return entry;
}

static void forget(struct recall *recall, struct entry *entry)
{
	struct entry **at = &recall->table[entry->hash & (recall->buckets - 1)];

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	at = &recall->by_id[entry->id_hash & (recall->buckets - 1)];
	while (*at != entry)
		at = &(*at)->next_by_id;
	*at = entry->next_by_id;
	TAILQ_REMOVE(&recall->entries, entry, link);
	recall->count--;
	free(entry);
}

static void on_lost(struct db_listener *listener)
{
	struct recall *recall = container_of(listener, struct recall, listener);

	recall->generation++;
	while (!TAILQ_EMPTY(&recall->entries))
		forget(recall, TAILQ_FIRST(&recall->entries));
}

void recall_forget(struct recall *recall, struct str id)
{
	uint64_t hash = str_hash(id, str_seed());
	struct entry *entry = recall->by_id[hash & (recall->buckets - 1)], *next;

	recall->generation++;
	for (; entry; entry = next) {
		next = entry->next_by_id;
		if (str_is(id, entry->id))
			forget(recall, entry);
	}
}

static void on_heard(struct db_listener *listener, const char *id)
{
	recall_forget(container_of(listener, struct recall, listener), str_of(id));
}

struct recall *recall_new(struct db *db, const char *channel, size_t most, size_t size)
{
	struct recall *recall = xcalloc(1, sizeof(*recall));

	recall->db = db;
	recall->most = most;
	recall->size = size;
	recall->buckets = 64;
	while (recall->buckets < most)
		recall->buckets *= 2;
	recall->table = xcalloc(recall->buckets, sizeof(*recall->table));
	recall->by_id = xcalloc(recall->buckets, sizeof(*recall->by_id));
	TAILQ_INIT(&recall->entries);
	recall->listener = (struct db_listener){ .channel = channel, .heard = on_heard, .lost = on_lost };
	db_listen(db, &recall->listener);
	return recall;
}

void recall_free(struct recall *recall)
{
	if (!recall)
		return;
	on_lost(&recall->listener);
	free(recall->table);
	free(recall->by_id);
	free(recall);
}

unsigned long long recall_generation(const struct recall *recall)
{
	return recall->generation;
}

void *recall_find(struct recall *recall, struct recall_key key)
{
	struct entry *entry = db_listening(recall->db) ? find(recall, hash_of(key), key) : NULL;

	if (!entry)
		return NULL;
	TAILQ_REMOVE(&recall->entries, entry, link);
	TAILQ_INSERT_TAIL(&recall->entries, entry, link);
	return entry->value;
}

static struct entry *entry_new(const struct recall *recall, struct recall_key key, uint64_t hash, const char *id)
{
	struct entry *entry = xcalloc(1, sizeof(*entry) + recall->size + key.first.length + key.second.length);

	entry->hash = hash;
	entry->id_hash = str_hash(str_of(id), str_seed());
	memcpy(entry->id, id, sizeof(entry->id));
	entry->first = key.first.length;
	entry->second = key.second.length;
	entry->key = entry->value + recall->size;
	memcpy(entry->key, key.first.at, key.first.length);
	if (key.second.length)
		memcpy(entry->key + key.first.length, key.second.at, key.second.length);
	return entry;
}

void *recall_keep(struct recall *recall, struct recall_key key, const char *id, unsigned long long generation)
{
	uint64_t hash = hash_of(key);
	struct entry *entry, **at;

	if (generation != recall->generation || !db_listening(recall->db))
		return NULL;
	entry = find(recall, hash, key);
	if (entry)
		forget(recall, entry);
	if (recall->count == recall->most)
		forget(recall, TAILQ_FIRST(&recall->entries));
	entry = entry_new(recall, key, hash, id);
	at = &recall->table[hash & (recall->buckets - 1)];
	entry->next = *at;
	*at = entry;
	at = &recall->by_id[entry->id_hash & (recall->buckets - 1)];
	entry->next_by_id = *at;
	*at = entry;
	TAILQ_INSERT_TAIL(&recall->entries, entry, link);
	recall->count++;
	return entry->value;
}
