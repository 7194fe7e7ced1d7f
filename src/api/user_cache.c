/* user_cache.c: caches users' rows by issuer and subject until they change.
 *
 * If a newer token has other claims than the last one, the user is looked up again and the row is
 * updated. */

#include <stdlib.h>

#include "call.h"
#include "row_cache.h"

struct members {
	struct recall *rows; /* of struct entry */
};

struct entry {
	struct member member;
	uint64_t said;           /* hash of the claims */
	long long said_until_ms; /* expiry of their token: a later one has newer claims */
};

/* Hash of all claims that api.admit_caller() copies. */
static uint64_t said_of(const struct identity *identity)
{
	const char *const texts[] = { identity->email, identity->first_name, identity->last_name,
		                      identity->image_url };
	uint64_t hash = identity->email_verified + 2u * identity->is_anonymous;

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		hash = str_hash(str_of(texts[i]), hash);
	return hash;
}

static struct recall_key key_of(const struct identity *identity)
{
	return (struct recall_key){ str_of(identity->issuer), str_of(identity->subject) };
}

struct members *members_new(struct db *db, size_t most)
{
	struct members *members = xcalloc(1, sizeof(*members));

	members->rows = recall_new(db, "binnacle_users", most, sizeof(struct entry));
	return members;
}

void members_free(struct members *members)
{
	if (!members)
		return;
	recall_free(members->rows);
	free(members);
}

unsigned long long members_generation(const struct members *members)
{
	return recall_generation(members->rows);
}

void members_forget(struct members *members, struct str id)
{
	recall_forget(members->rows, id);
}

const struct member *members_find(struct members *members, const struct identity *identity)
{
	const struct entry *entry = recall_find(members->rows, key_of(identity));

	/* Another device may still use an older token, whose claims are not newer. */
	if (!entry || (identity->expires_ms > entry->said_until_ms && said_of(identity) != entry->said))
		return NULL;
	return &entry->member;
}

void members_keep(struct members *members, const struct identity *identity, const struct member *member,
                  unsigned long long generation)
{
	struct entry *entry = recall_find(members->rows, key_of(identity));

	if (entry && entry->said_until_ms > identity->expires_ms)
		return;
	entry = recall_keep(members->rows, key_of(identity), member->id, generation);
	if (entry)
		*entry = (struct entry){ *member, said_of(identity), identity->expires_ms };
}
