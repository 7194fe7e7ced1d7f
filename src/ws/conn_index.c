/* conn_index.c: groups clients by a key (address, user, session), and counts each group. */

#include <stdlib.h>

#include "ws_private.h"

enum { BUCKETS_LEAST = 64 };

static size_t place_of(const struct crowds *crowds, struct crowd_key key)
{
	struct str bytes = { (const char *)&key, sizeof(key) };

	return str_hash(bytes, str_seed()) & (crowds->buckets - 1);
}

static bool same(struct crowd_key a, struct crowd_key b)
{
	return a.halves[0] == b.halves[0] && a.halves[1] == b.halves[1];
}

struct crowd *crowd_find(const struct crowds *crowds, struct crowd_key key)
{
	struct crowd *crowd = crowds->buckets ? crowds->table[place_of(crowds, key)] : NULL;

	while (crowd && !same(crowd->key, key))
		crowd = crowd->next;
	return crowd;
}

static void grow(struct crowds *crowds)
{
	struct crowds larger = {
		.buckets = crowds->buckets ? crowds->buckets * 2 : BUCKETS_LEAST,
		.count = crowds->count,
	};

	larger.table = xcalloc(larger.buckets, sizeof(*larger.table));
	for (size_t i = 0; i < crowds->buckets; i++) {
		struct crowd *crowd, *next;

		for (crowd = crowds->table[i]; crowd; crowd = next) {
			struct crowd **at = &larger.table[place_of(&larger, crowd->key)];

			next = crowd->next;
			crowd->next = *at;
			*at = crowd;
		}
	}
	free(crowds->table);
	*crowds = larger;
}

void crowd_join(struct crowds *crowds, struct crowd_key key, struct member_of *member)
{
	struct crowd *crowd = crowd_find(crowds, key);
	struct crowd **at;

	if (!crowd) {
		if (crowds->count == crowds->buckets)
			grow(crowds);
		crowd = xcalloc(1, sizeof(*crowd));
		crowd->key = key;
		at = &crowds->table[place_of(crowds, key)];
		crowd->next = *at;
		*at = crowd;
		crowds->count++;
	}
	crowd->count++;
	member->crowd = crowd;
	LIST_INSERT_HEAD(&crowd->members, member, link);
}

void crowd_leave(struct crowds *crowds, struct member_of *member)
{
	struct crowd *crowd = member->crowd;
	struct crowd **at;

	if (!crowd)
		return;
	member->crowd = NULL;
	LIST_REMOVE(member, link);
	if (--crowd->count)
		return;
	at = &crowds->table[place_of(crowds, crowd->key)];
	while (*at != crowd)
		at = &(*at)->next;
	*at = crowd->next;
	crowds->count--;
	free(crowd);
}

void crowds_finish(struct crowds *crowds)
{
	free(crowds->table);
	*crowds = (struct crowds){ 0 };
}

struct crowd_key key_of_address(const struct in6_addr *address)
{
	struct crowd_key key;

	memcpy(&key, address, sizeof(key));
	return key;
}

/* Parses the hexadecimal digits of a UUID or a session ID. */
struct crowd_key key_of_text(const char *text)
{
	struct crowd_key key = { 0 };

	for (int n = 0; *text && n < 32; text++) {
		int digit = str_hex_digit(*text);

		if (digit >= 0) {
			key.halves[n / 16] = key.halves[n / 16] << 4 | (unsigned)digit;
			n++;
		}
	}
	return key;
}
