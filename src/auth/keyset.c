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

static void take_out(struct keyset *set, size_t index)
{
	key_release(set->keys[index]);
	set->keys[index] = set->keys[--set->count];
}

static void drop_namesakes(struct keyset *set)
{
	for (size_t i = 0; i < set->count;) {
		bool twice = false;

		for (size_t j = set->count; j-- > i + 1;) {
			if (same_kid(set->keys[i], set->keys[j])) {
				take_out(set, j);
				twice = true;
			}
		}
		if (twice)
			take_out(set, i);
		else
			i++;
	}
}

const char *keyset_read(struct keyset *set, struct str text)
{
	const struct json *keys;
	const char *fault = NULL;
	struct json *document;
	size_t where;

	*set = (struct keyset){ 0 };
	document = json_parse(text, &fault, &where);
	if (!document)
		return "it is not JSON";
	keys = json_member(document, "keys");
	if (json_kind(keys) != JSON_ARRAY)
		fault = "it has no array of keys";
	else if (json_count(keys) > KEYS_MOST)
		fault = "it has too many keys";
	for (size_t i = 0; !fault && i < json_count(keys); i++) {
		const char *skipped = NULL;
		struct key *key = key_read(json_at(keys, i), &skipped);

		if (key)
			set->keys[set->count++] = key;
		else
			log_debug("jwks.skipped", kv_str("kid", json_member_string(json_at(keys, i), "kid")),
			          kv_text("why", skipped));
	}
	json_free(document);
	drop_namesakes(set);
	if (!fault && set->count == 0)
		fault = "none of its keys can be used";
	return fault;
}

void keyset_replace(struct keyset *set, struct keyset *fresh)
{
	for (size_t i = 0; i < set->count; i++) {
		struct key *old = set->keys[i];

		old->gone = true;
		for (size_t j = 0; j < fresh->count; j++) {
			if (!key_is(fresh->keys[j], old))
				continue;
			key_release(fresh->keys[j]);
			fresh->keys[j] = key_hold(old);
			old->gone = false;
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
		take_out(set, set->count - 1);
}

static struct key *find_nameless(const struct keyset *set, enum algorithm algorithm,
                                 enum auth_verdict *verdict)
{
	struct key *found = NULL;

	for (size_t i = 0; i < set->count; i++) {
		if (set->keys[i]->algorithm != algorithm)
			continue;
		if (found) {
			*verdict = AUTH_UNKNOWN_KEY;
			return NULL;
		}
		found = set->keys[i];
	}
	*verdict = found ? AUTH_TRUE : AUTH_UNKNOWN_KEY;
	return found;
}

struct key *keyset_find(const struct keyset *set, struct str kid, enum algorithm algorithm,
                        enum auth_verdict *verdict)
{
	if (!kid.at)
		return find_nameless(set, algorithm, verdict);
	for (size_t i = 0; i < set->count; i++) {
		struct key *key = set->keys[i];

		if (!key->kid || !str_is(kid, key->kid))
			continue;
		*verdict = key->algorithm == algorithm ? AUTH_TRUE : AUTH_ALGORITHM;
		return key->algorithm == algorithm ? key : NULL;
	}
	*verdict = AUTH_UNKNOWN_KEY;
	return NULL;
}
