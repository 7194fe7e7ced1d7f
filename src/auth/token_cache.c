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

struct cached_token {
	struct identity identity;  /* first member */
	struct key *key;           /* that verified it */
	struct cached_token *next; /* in the same hash slot, or in `evicted` */
	uint64_t hash;
	uint32_t index; /* its index in `entries` */
	uint16_t length;
	bool used;    /* since the hand last passed */
	char bytes[]; /* the token, then the identity's strings */
};

struct token_cache {
	struct loop *loop;
	struct deferred release;
	struct cached_token *evicted;
	struct cached_token **slots;
	size_t mask;                   /* number of slots - 1 */
	struct cached_token **entries; /* all entries, in the order of the clock */
	size_t count, max, hand;
	uint64_t seed;
};

struct identity *identity_hold(struct identity *identity)
{
	identity->references++;
	return identity;
}

void identity_release(struct identity *identity)
{
	struct cached_token *token = (struct cached_token *)identity;

	if (!identity || --identity->references)
		return;
	key_release(token->key);
	free(token);
}

static void on_release(struct deferred *deferred)
{
	struct token_cache *cache = container_of(deferred, struct token_cache, release);

	while (cache->evicted) {
		struct cached_token *token = cache->evicted;

		cache->evicted = token->next;
		identity_release(&token->identity);
	}
}

struct token_cache *token_cache_new(struct loop *loop, size_t max)
{
	struct token_cache *cache = xcalloc(1, sizeof(*cache));
	size_t slots = 16;

	while (slots < max)
		slots *= 2;
	cache->loop = loop;
	cache->release.run = on_release;
	cache->max = max;
	cache->mask = slots - 1;
	cache->slots = xcalloc(slots, sizeof(struct cached_token *));
	cache->entries = xcalloc(max, sizeof(struct cached_token *));
	cache->seed = str_seed();
	return cache;
}

void token_cache_free(struct token_cache *cache)
{
	if (!cache)
		return;
	loop_defer_cancel(cache->loop, &cache->release);
	on_release(&cache->release);
	for (size_t i = 0; i < cache->count; i++)
		identity_release(&cache->entries[i]->identity);
	free(cache->slots);
	free(cache->entries);
	free(cache);
}

static void drop(struct token_cache *cache, struct cached_token *token)
{
	struct cached_token **at = &cache->slots[token->hash & cache->mask];

	while (*at != token)
		at = &(*at)->next;
	*at = token->next;
	cache->entries[token->index] = cache->entries[--cache->count];
	cache->entries[token->index]->index = token->index;

	token->next = cache->evicted;
	cache->evicted = token;
	loop_defer(cache->loop, &cache->release);
}

static bool is_invalid(const struct cached_token *token)
{
	return token->key->removed || clock_wall_ms() >= token->identity.expires_ms;
}

struct identity *token_cache_find(struct token_cache *cache, struct str token)
{
	uint64_t hash = str_hash(token, cache->seed);
	struct cached_token *found = cache->slots[hash & cache->mask];

	while (found
	       && !(found->hash == hash
	            && str_equal(token, (struct str){ found->bytes, found->length })))
		found = found->next;
	if (!found)
		return NULL;
	if (is_invalid(found)) {
		drop(cache, found);
		return NULL;
	}
	found->used = true;
	return &found->identity;
}

static void evict_one(struct token_cache *cache)
{
	for (;;) {
		struct cached_token *token;

		if (cache->hand >= cache->count)
			cache->hand = 0;
		token = cache->entries[cache->hand];
		if (!token->used || is_invalid(token)) {
			drop(cache, token);
			return;
		}
		token->used = false;
		cache->hand++;
	}
}

/* Copies a string to *free_at and advances it; NULL stays NULL. */
static const char *copy_string(char **free_at, struct str text)
{
	char *at = *free_at;

	if (!text.at)
		return NULL;
	memcpy(at, text.at, text.length);
	at[text.length] = '\0';
	*free_at += text.length + 1;
	return at;
}

static struct cached_token *token_new(struct str token, const struct claims *claims)
{
	const struct str texts[] = { claims->issuer,     claims->subject,   claims->email,
		                     claims->first_name, claims->last_name, claims->image_url };
	size_t size = sizeof(struct cached_token) + token.length + COUNT_OF(texts);
	struct cached_token *created;
	char *at;

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		size += texts[i].length;
	created = xmalloc(size);
	memcpy(created->bytes, token.at, token.length);
	created->length = (uint16_t)token.length;
	at = created->bytes + token.length;
	created->identity = (struct identity){
		.issuer = copy_string(&at, claims->issuer),
		.subject = copy_string(&at, claims->subject),
		.email = copy_string(&at, claims->email),
		.first_name = copy_string(&at, claims->first_name),
		.last_name = copy_string(&at, claims->last_name),
		.image_url = copy_string(&at, claims->image_url),
		.email_verified = claims->email_verified,
		.is_anonymous = claims->is_anonymous,
		.references = 1,
	};
	return created;
}

struct identity *token_cache_add(struct token_cache *cache, struct str token,
                                 const struct claims *claims, struct key *key, long long expires_ms)
{
	struct cached_token *created = token_new(token, claims);
	struct cached_token **slot;

	if (cache->count == cache->max)
		evict_one(cache);
	created->identity.expires_ms = expires_ms;
	created->key = key_hold(key);
	created->hash = str_hash(token, cache->seed);
	created->used = false;
	created->index = (uint32_t)cache->count;
	cache->entries[cache->count++] = created;
	slot = &cache->slots[created->hash & cache->mask];
	created->next = *slot;
	*slot = created;
	return &created->identity;
}
