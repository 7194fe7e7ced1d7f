/* members.c: callers' rows, remembered until they change.
 *
 * The happy path: a caller's row was read once and is found here from then on;
 * when the row changes, a NOTIFY names it and it is forgotten. When a newer token
 * says something else of him than the last one did, he is looked up again.
 *
 * When it goes wrong:
 *
 * - the connection that listens is lost, or has not been seen alive lately:
 *   nothing here is believed, and all of it is forgotten;
 * - a row changed while it was being read: each notice counts the generation up,
 *   and what was read in an older generation is not kept. */

#include <stdlib.h>

#include "call.h"

struct entry {
	struct member member;
	uint64_t hash;
	uint64_t said;			/* hash of what his issuer said of him */
	long long said_until_ms;	/* and until when: a later word is a newer one */
	TAILQ_ENTRY(entry) link;	/* the least lately used first */
	struct entry *next;		/* in its bucket */
	size_t issuer_length;
	char names[];			/* issuer and subject, one behind the other */
};

struct members {
	struct db *db;
	struct db_listener listener;
	unsigned long long generation;
	size_t count, most, buckets;	/* buckets: a power of two */
	struct entry **table;
	TAILQ_HEAD(entries, entry) entries;
};

static uint64_t hash_of(const struct identity *identity)
{
	return str_hash(str_of(identity->subject), str_hash(str_of(identity->issuer), str_seed()));
}

/* Of all that api.enter() would copy. */
static uint64_t said_of(const struct identity *identity)
{
	const char *const texts[] = { identity->email, identity->first_name, identity->last_name,
		                      identity->image_url };
	uint64_t hash = identity->email_verified + 2u * identity->is_anonymous;

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		hash = str_hash(str_of(texts[i]), hash);
	return hash;
}

static struct entry **place(struct members *members, uint64_t hash, const struct identity *identity)
{
	struct entry **at = &members->table[hash & (members->buckets - 1)];

	while (*at
	       && ((*at)->hash != hash || strncmp((*at)->names, identity->issuer, (*at)->issuer_length) != 0
	           || identity->issuer[(*at)->issuer_length] != '\0'
	           || strcmp((*at)->names + (*at)->issuer_length, identity->subject) != 0))
		at = &(*at)->next;
	return at;
}

static void forget(struct members *members, struct entry *entry)
{
	struct entry **at = &members->table[entry->hash & (members->buckets - 1)];

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	TAILQ_REMOVE(&members->entries, entry, link);
	members->count--;
	free(entry);
}

static void on_lost(struct db_listener *listener)
{
	struct members *members = container_of(listener, struct members, listener);

	members->generation++;
	while (!TAILQ_EMPTY(&members->entries))
		forget(members, TAILQ_FIRST(&members->entries));
}

static void on_heard(struct db_listener *listener, const char *id)
{
	struct members *members = container_of(listener, struct members, listener);
	struct entry *entry = TAILQ_FIRST(&members->entries);

	members->generation++;
	while (entry) {
		struct entry *next = TAILQ_NEXT(entry, link);

		if (strcmp(entry->member.id, id) == 0)
			forget(members, entry);
		entry = next;
	}
}

struct members *members_new(struct db *db, size_t most)
{
	struct members *members = xcalloc(1, sizeof(*members));

	members->db = db;
	members->most = most;
	members->buckets = 64;
	while (members->buckets < most)
		members->buckets *= 2;
	members->table = xcalloc(members->buckets, sizeof(*members->table));
	TAILQ_INIT(&members->entries);
	members->listener = (struct db_listener){
		.channel = "binnacle_users", .heard = on_heard, .lost = on_lost,
	};
	db_listen(db, &members->listener);
	return members;
}

void members_free(struct members *members)
{
	if (!members)
		return;
	on_lost(&members->listener);
	free(members->table);
	free(members);
}

unsigned long long members_generation(const struct members *members)
{
	return members->generation;
}

const struct member *members_find(struct members *members, const struct identity *identity)
{
	struct entry *entry;

	if (!db_listening(members->db))
		return NULL;
	entry = *place(members, hash_of(identity), identity);
	if (!entry)
		return NULL;
	/* His other device may go on with an older token: that is no news. */
	if (identity->expires_ms > entry->said_until_ms && said_of(identity) != entry->said)
		return NULL;
	TAILQ_REMOVE(&members->entries, entry, link);
	TAILQ_INSERT_TAIL(&members->entries, entry, link);
	return &entry->member;
}

void members_keep(struct members *members, const struct identity *identity, const struct member *member,
                  unsigned long long generation)
{
	size_t issuer = strlen(identity->issuer), subject = strlen(identity->subject);
	uint64_t hash = hash_of(identity);
	struct entry *entry;
	struct entry **at;

	if (generation != members->generation || !db_listening(members->db))
		return;
	entry = *place(members, hash, identity);
	if (entry && entry->said_until_ms > identity->expires_ms)
		return;
	if (entry)
		forget(members, entry);
	if (members->count == members->most)
		forget(members, TAILQ_FIRST(&members->entries));
	entry = xcalloc(1, sizeof(*entry) + issuer + subject + 1);
	entry->member = *member;
	entry->hash = hash;
	entry->said = said_of(identity);
	entry->said_until_ms = identity->expires_ms;
	entry->issuer_length = issuer;
	memcpy(entry->names, identity->issuer, issuer);
	memcpy(entry->names + issuer, identity->subject, subject + 1);
	at = &members->table[hash & (members->buckets - 1)];
	entry->next = *at;
	*at = entry;
	TAILQ_INSERT_TAIL(&members->entries, entry, link);
	members->count++;
}
