/* row_cache.c: caches rows until they change.
 *
 * Normal sequence: a row that has been read is found here without querying the database. It is
 * invalidated when it changes: at once if this process changed it, on a NOTIFY with its ID if
 * another process did.
 *
 * Failures:
 *
 * - the listening connection is lost, or has not responded recently: the cache is not used,
 *   and a loss clears it;
 * - a row changes while it is being read: each notification increments the generation, and rows
 *   that were read in an older generation are not stored. */

#include <stdlib.h>

#include "arena.h"
#include "row_cache.h"

struct entry {
	uint64_t hash, id_hash;
	char id[UUID_SIZE];
	TAILQ_ENTRY(entry) link; /* least recently used first */
	struct entry *next;      /* in its bucket */
	struct entry *next_by_id;
	size_t first, second; /* lengths of the parts of its key */
	char *key;            /* stored after the value */
	_Alignas(max_align_t) char value[];
};

struct row_cache {
	struct db *db;
	struct db_listener listener;
	unsigned long long generation;
	size_t count, max, size, buckets; /* buckets: a power of two */
	struct entry **table, **by_id;
	TAILQ_HEAD(entries, entry) entries;
};

static uint64_t hash_key(struct row_cache_key key)
{
	return str_hash(key.second, str_hash(key.first, str_seed()));
}

static bool matches(const struct entry *entry, uint64_t hash, struct row_cache_key key)
{
	return entry->hash == hash && str_equal(key.first, (struct str){ entry->key, entry->first })
	       && str_equal(key.second, (struct str){ entry->key + entry->first, entry->second });
}

static struct entry *find(const struct row_cache *cache, uint64_t hash, struct row_cache_key key)
{
	struct entry *entry = cache->table[hash & (cache->buckets - 1)];

	while (entry && !matches(entry, hash, key))
		entry = entry->next;
	return entry;
}

static void drop(struct row_cache *cache, struct entry *entry)
{
	struct entry **at = &cache->table[entry->hash & (cache->buckets - 1)];

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	at = &cache->by_id[entry->id_hash & (cache->buckets - 1)];
	while (*at != entry)
		at = &(*at)->next_by_id;
	*at = entry->next_by_id;
	TAILQ_REMOVE(&cache->entries, entry, link);
	cache->count--;
	free(entry);
}

static void on_lost(struct db_listener *listener)
{
	struct row_cache *cache = container_of(listener, struct row_cache, listener);

	cache->generation++;
	while (!TAILQ_EMPTY(&cache->entries))
		drop(cache, TAILQ_FIRST(&cache->entries));
}

void row_cache_invalidate(struct row_cache *cache, struct str id)
{
	uint64_t hash = str_hash(id, str_seed());
	struct entry *entry = cache->by_id[hash & (cache->buckets - 1)], *next;

	cache->generation++;
	for (; entry; entry = next) {
		next = entry->next_by_id;
		if (str_is(id, entry->id))
			drop(cache, entry);
	}
}

static void on_notify(struct db_listener *listener, const char *id)
{
	row_cache_invalidate(container_of(listener, struct row_cache, listener), str_of(id));
}

struct row_cache *row_cache_new(struct db *db, const char *channel, size_t max, size_t size)
{
	struct row_cache *cache = xcalloc(1, sizeof(*cache));

	cache->db = db;
	cache->max = max;
	cache->size = size;
	cache->buckets = 64;
	while (cache->buckets < max)
		cache->buckets *= 2;
	cache->table = xcalloc(cache->buckets, sizeof(*cache->table));
	cache->by_id = xcalloc(cache->buckets, sizeof(*cache->by_id));
	TAILQ_INIT(&cache->entries);
	cache->listener = (struct db_listener){ .channel = channel,
		                                .on_notify = on_notify,
		                                .on_lost = on_lost };
	db_listen(db, &cache->listener);
	return cache;
}

void row_cache_free(struct row_cache *cache)
{
	if (!cache)
		return;
	on_lost(&cache->listener);
	free(cache->table);
	free(cache->by_id);
	free(cache);
}

unsigned long long row_cache_generation(const struct row_cache *cache)
{
	return cache->generation;
}

void *row_cache_find(struct row_cache *cache, struct row_cache_key key)
{
	struct entry *entry = db_listening(cache->db) ? find(cache, hash_key(key), key) : NULL;

	if (!entry)
		return NULL;
	TAILQ_REMOVE(&cache->entries, entry, link);
	TAILQ_INSERT_TAIL(&cache->entries, entry, link);
	return entry->value;
}

static struct entry *entry_new(const struct row_cache *cache, struct row_cache_key key,
                               uint64_t hash, const char *id)
{
	struct entry *entry =
		xcalloc(1, sizeof(*entry) + cache->size + key.first.length + key.second.length);

	entry->hash = hash;
	entry->id_hash = str_hash(str_of(id), str_seed());
	memcpy(entry->id, id, sizeof(entry->id));
	entry->first = key.first.length;
	entry->second = key.second.length;
	entry->key = entry->value + cache->size;
	memcpy(entry->key, key.first.at, key.first.length);
	if (key.second.length)
		memcpy(entry->key + key.first.length, key.second.at, key.second.length);
	return entry;
}

void *row_cache_put(struct row_cache *cache, struct row_cache_key key, const char *id,
                    unsigned long long generation)
{
	uint64_t hash = hash_key(key);
	struct entry *entry, **at;

	if (generation != cache->generation || !db_listening(cache->db))
		return NULL;
	entry = find(cache, hash, key);
	if (entry)
		drop(cache, entry);
	if (cache->count == cache->max)
		drop(cache, TAILQ_FIRST(&cache->entries));
	entry = entry_new(cache, key, hash, id);
	at = &cache->table[hash & (cache->buckets - 1)];
	entry->next = *at;
	*at = entry;
	at = &cache->by_id[entry->id_hash & (cache->buckets - 1)];
	entry->next_by_id = *at;
	*at = entry;
	TAILQ_INSERT_TAIL(&cache->entries, entry, link);
	cache->count++;
	return entry->value;
}
