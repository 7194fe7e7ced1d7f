/* token_cache.c: a bounded cache of verified tokens.
 *
 * A token and its identity are one allocation, reference-counted; the cache holds one
 * reference. When the cache is full, the clock algorithm evicts an entry: the hand clears
 * the `used` flags it passes and stops at an entry that was not used since the last round.
 *
 * The reference of an evicted entry is dropped at the end of the loop turn, since a caller
 * may still be using the borrowed identity. */

#include <stdlib.h>

#include "arena.h"
#include "clock.h"
#include "token_cache.h"

struct seen_token {
	struct identity identity; /* first member */
	struct key *key;          /* that verified it */
	struct seen_token *next;  /* in the same hash slot, or in `leaving` */
	uint64_t hash;
	uint32_t place; /* its index in `round` */
	uint16_t length;
	bool used;    /* since the hand last passed */
	char bytes[]; /* the token, then the identity's strings */
};

struct seen {
	struct loop *loop;
	struct deferred parting;
	struct seen_token *leaving;
	struct seen_token **slots;
	size_t mask;               /* number of slots - 1 */
	struct seen_token **round; /* all entries, in the order of the clock */
	size_t count, most, hand;
	uint64_t seed;
};

struct identity *identity_hold(struct identity *identity)
{
	identity->holders++;
	return identity;
}

void identity_release(struct identity *identity)
{
	struct seen_token *token = (struct seen_token *)identity;

	if (!identity || --identity->holders)
		return;
	key_release(token->key);
	free(token);
}

static void on_parting(struct deferred *deferred)
{
	struct seen *seen = container_of(deferred, struct seen, parting);

	while (seen->leaving) {
		struct seen_token *token = seen->leaving;

		seen->leaving = token->next;
		identity_release(&token->identity);
	}
}

struct seen *seen_new(struct loop *loop, size_t most)
{
	struct seen *seen = xcalloc(1, sizeof(*seen));
	size_t slots = 16;

	while (slots < most)
		slots *= 2;
	seen->loop = loop;
	seen->parting.run = on_parting;
	seen->most = most;
	seen->mask = slots - 1;
	seen->slots = xcalloc(slots, sizeof(struct seen_token *));
	seen->round = xcalloc(most, sizeof(struct seen_token *));
	seen->seed = str_seed();
	return seen;
}

void seen_free(struct seen *seen)
{
	if (!seen)
		return;
	loop_defer_cancel(seen->loop, &seen->parting);
	on_parting(&seen->parting);
	for (size_t i = 0; i < seen->count; i++)
		identity_release(&seen->round[i]->identity);
	free(seen->slots);
	free(seen->round);
	free(seen);
}

static void drop(struct seen *seen, struct seen_token *token)
{
	struct seen_token **at = &seen->slots[token->hash & seen->mask];

	while (*at != token)
		at = &(*at)->next;
	*at = token->next;
	seen->round[token->place] = seen->round[--seen->count];
	seen->round[token->place]->place = token->place;

	token->next = seen->leaving;
	seen->leaving = token;
	loop_defer(seen->loop, &seen->parting);
}

static bool is_stale(const struct seen_token *token)
{
	return token->key->gone || clock_wall_ms() >= token->identity.expires_ms;
}

struct identity *seen_find(struct seen *seen, struct str token)
{
	uint64_t hash = str_hash(token, seen->seed);
	struct seen_token *found = seen->slots[hash & seen->mask];

	while (found && !(found->hash == hash && str_equal(token, (struct str){ found->bytes, found->length })))
		found = found->next;
	if (!found)
		return NULL;
	if (is_stale(found)) {
		drop(seen, found);
		return NULL;
	}
	found->used = true;
	return &found->identity;
}

static void make_room(struct seen *seen)
{
	for (;;) {
		struct seen_token *token;

		if (seen->hand >= seen->count)
			seen->hand = 0;
		token = seen->round[seen->hand];
		if (!token->used || is_stale(token)) {
			drop(seen, token);
			return;
		}
		token->used = false;
		seen->hand++;
	}
}

/* Copies a string to *free_at and advances it; NULL stays NULL. */
static const char *put(char **free_at, struct str text)
{
	char *at = *free_at;

	if (!text.at)
		return NULL;
	memcpy(at, text.at, text.length);
	at[text.length] = '\0';
	*free_at += text.length + 1;
	return at;
}

static struct seen_token *token_new(struct str token, const struct claims *claims)
{
	const struct str texts[] = { claims->issuer,	 claims->subject,   claims->email,
				     claims->first_name, claims->last_name, claims->image_url };
	size_t size = sizeof(struct seen_token) + token.length + COUNT_OF(texts);
	struct seen_token *made;
	char *at;

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		size += texts[i].length;
	made = xmalloc(size);
	memcpy(made->bytes, token.at, token.length);
	made->length = (uint16_t)token.length;
	at = made->bytes + token.length;
	made->identity = (struct identity){
		.issuer = put(&at, claims->issuer),
		.subject = put(&at, claims->subject),
		.email = put(&at, claims->email),
		.first_name = put(&at, claims->first_name),
		.last_name = put(&at, claims->last_name),
		.image_url = put(&at, claims->image_url),
		.email_verified = claims->email_verified,
		.is_anonymous = claims->is_anonymous,
		.holders = 1,
	};
	return made;
}

struct identity *seen_add(struct seen *seen, struct str token, const struct claims *claims,
                          struct key *key, long long expires_ms)
{
	struct seen_token *made = token_new(token, claims);
	struct seen_token **slot;

	if (seen->count == seen->most)
		make_room(seen);
	made->identity.expires_ms = expires_ms;
	made->key = key_hold(key);
	made->hash = str_hash(token, seen->seed);
	made->used = false;
	made->place = (uint32_t)seen->count;
	seen->round[seen->count++] = made;
	slot = &seen->slots[made->hash & seen->mask];
	made->next = *slot;
	*slot = made;
	return &made->identity;
}
