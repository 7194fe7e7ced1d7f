/* keyset.c: the keys of one issuer, parsed from a JWKS document.
 *
 * Keys that cannot be used (other purposes, other types, too weak) are skipped, since
 * issuers publish them next to usable ones. Keys that share a `kid` are all skipped: it
 * would be ambiguous which of them a token means. */

#include "keyset.h"
#include "log.h"

static bool same_kid(const struct key *a, const struct key *b)
{
	return a->kid && b->kid && strcmp(a->kid, b->kid) == 0;
}

static void remove_at(struct keyset *set, size_t index)
{
	key_release(set->keys[index]);
	set->keys[index] = set->keys[--set->count];
}

static void drop_duplicate_kids(struct keyset *set)
{
	for (size_t i = 0; i < set->count;) {
		bool duplicate = false;

		for (size_t j = set->count; j-- > i + 1;) {
			if (same_kid(set->keys[i], set->keys[j])) {
				remove_at(set, j);
				duplicate = true;
			}
		}
		if (duplicate)
			remove_at(set, i);
		else
			i++;
	}
}

const char *keyset_parse(struct keyset *set, struct str text)
{
	const struct json *keys;
	const char *error = NULL;
	struct json *document;
	size_t offset;

	*set = (struct keyset){ 0 };
	document = json_parse(text, &error, &offset);
	if (!document)
		return "it is not JSON";
	keys = json_member(document, "keys");
	if (json_kind(keys) != JSON_ARRAY)
		error = "it has no array of keys";
	else if (json_count(keys) > MAX_KEYS)
		error = "it has too many keys";
	for (size_t i = 0; !error && i < json_count(keys); i++) {
		const char *reason = NULL;
		struct key *key = key_from_jwk(json_at(keys, i), &reason);

		if (key)
			set->keys[set->count++] = key;
		else
			log_debug("jwks.skipped",
			          kv_str("kid", json_member_string(json_at(keys, i), "kid")),
			          kv_text("why", reason));
	}
	json_free(document);
	drop_duplicate_kids(set);
	if (!error && set->count == 0)
		error = "none of its keys can be used";
	return error;
}

void keyset_replace(struct keyset *set, struct keyset *fresh)
{
	for (size_t i = 0; i < set->count; i++) {
		struct key *old = set->keys[i];

		old->removed = true;
		for (size_t j = 0; j < fresh->count; j++) {
			if (!key_equal(fresh->keys[j], old))
				continue;
			key_release(fresh->keys[j]);
			fresh->keys[j] = key_hold(old);
			old->removed = false;
			break;
		}
	}
	keyset_finish(set);
	*set = *fresh;
	*fresh = (struct keyset){ 0 };
}

void keyset_finish(struct keyset *set)
{
	while (set->count)
		remove_at(set, set->count - 1);
}

static struct key *find_without_kid(const struct keyset *set, enum algorithm algorithm,
                                    enum auth_result *result)
{
	struct key *found = NULL;

	for (size_t i = 0; i < set->count; i++) {
		if (set->keys[i]->algorithm != algorithm)
			continue;
		if (found) {
			*result = AUTH_UNKNOWN_KEY;
			return NULL;
		}
		found = set->keys[i];
	}
	*result = found ? AUTH_OK : AUTH_UNKNOWN_KEY;
	return found;
}

struct key *keyset_find(const struct keyset *set, struct str kid, enum algorithm algorithm,
                        enum auth_result *result)
{
	if (!kid.at)
		return find_without_kid(set, algorithm, result);
	for (size_t i = 0; i < set->count; i++) {
		struct key *key = set->keys[i];

		if (!key->kid || !str_is(kid, key->kid))
			continue;
		*result = key->algorithm == algorithm ? AUTH_OK : AUTH_ALGORITHM;
		return key->algorithm == algorithm ? key : NULL;
	}
	*result = AUTH_UNKNOWN_KEY;
	return NULL;
}
