/* conn_index.c: groups clients by a key (address, user, session), and counts each group. */

#include <stdlib.h>

#include "arena.h"
#include "conn_index.h"
#include "str.h"

enum { MIN_BUCKETS = 64 };

static size_t place_of(const struct conn_index *conns, struct conn_key key)
{
	struct str bytes = { (const char *)&key, sizeof(key) };

	return str_hash(bytes, str_seed()) & (conns->buckets - 1);
}

static bool same(struct conn_key a, struct conn_key b)
{
	return a.halves[0] == b.halves[0] && a.halves[1] == b.halves[1];
}

struct conn_group *conn_index_find(const struct conn_index *conns, struct conn_key key)
{
	struct conn_group *group = conns->buckets ? conns->table[place_of(conns, key)] : NULL;

	while (group && !same(group->key, key))
		group = group->next;
	return group;
}

static void grow(struct conn_index *conns)
{
	struct conn_index larger = {
		.buckets = conns->buckets ? conns->buckets * 2 : MIN_BUCKETS,
		.count = conns->count,
	};

	larger.table = xcalloc(larger.buckets, sizeof(*larger.table));
	for (size_t i = 0; i < conns->buckets; i++) {
		struct conn_group *group, *next;

		for (group = conns->table[i]; group; group = next) {
			struct conn_group **at = &larger.table[place_of(&larger, group->key)];

			next = group->next;
			group->next = *at;
			*at = group;
		}
	}
	free(conns->table);
	*conns = larger;
}

void conn_index_add(struct conn_index *conns, struct conn_key key, struct conn_entry *entry)
{
	struct conn_group *group = conn_index_find(conns, key);
	struct conn_group **at;

	if (!group) {
		if (conns->count == conns->buckets)
			grow(conns);
		group = xcalloc(1, sizeof(*group));
		group->key = key;
		at = &conns->table[place_of(conns, key)];
		group->next = *at;
		*at = group;
		conns->count++;
	}
	group->count++;
	entry->group = group;
	LIST_INSERT_HEAD(&group->entries, entry, link);
}

void conn_index_remove(struct conn_index *conns, struct conn_entry *entry)
{
	struct conn_group *group = entry->group;
	struct conn_group **at;

	if (!group)
		return;
	entry->group = NULL;
	LIST_REMOVE(entry, link);
	if (--group->count)
		return;
	at = &conns->table[place_of(conns, group->key)];
	while (*at != group)
		at = &(*at)->next;
	*at = group->next;
	conns->count--;
	free(group);
}

void conn_index_finish(struct conn_index *conns)
{
	free(conns->table);
	*conns = (struct conn_index){ 0 };
}

struct conn_key conn_key_of_address(const struct in6_addr *address)
{
	struct conn_key key;

	memcpy(&key, address, sizeof(key));
	return key;
}

/* Parses the hexadecimal digits of a UUID or a session ID. */
struct conn_key conn_key_of_id(const char *text)
{
	struct conn_key key = { 0 };

	for (int n = 0; *text && n < 32; text++) {
		int digit = str_hex_digit(*text);

		if (digit >= 0) {
			key.halves[n / 16] = key.halves[n / 16] << 4 | (unsigned)digit;
			n++;
		}
	}
	return key;
}
