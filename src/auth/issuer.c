/* issuer.c: the configured token issuers.
 *
 * Each provider (provider.h) turns its settings into an issuer name, a key set URL and rules
 * for the claims. From then on all issuers are treated alike: a token is checked by the
 * issuer whose name equals its `iss`, with the keys of that issuer only. */

#include <stdlib.h>

#include "arena.h"
#include "config.h"
#include "provider.h"

static const struct kind *const kinds[] = { &clerk, &firebase, &cognito, &oidc };

struct issuer *issuers_find(const struct issuers *issuers, struct str name)
{
	struct issuer *issuer;

	TAILQ_FOREACH(issuer, issuers, link)
		if (str_is(name, issuer->name))
			return issuer;
	return NULL;
}

/* Keys fetched over plain HTTP could be replaced on the way. */
static void look_at(const char *setting, const char *url, struct buf *faults)
{
	const char *fault = fetch_url_error(url);

	if (fault)
		buf_print(faults, "%s: \"%s\" is not a valid URL: %s.\n", setting, url, fault);
	else if (!fetch_url_is_safe(url))
		buf_print(
			faults,
			"%s: %s must begin with https://: keys fetched over http can be forged.\n",
			setting, url);
}

struct issuer *issuers_add(struct issuers *issuers, const struct kind *kind, char *name, char *keys_url,
                           struct buf *faults)
{
	struct issuer *issuer = xcalloc(1, sizeof(*issuer)), *other;
	int count = 0;

	queue_init(&issuer->waiting);
	issuer->kind = kind;
	issuer->name = name;
	issuer->keys_url = keys_url;
	look_at(kind->setting, name, faults);
	if (keys_url)
		look_at(kind->setting, keys_url, faults);
	if (issuers_find(issuers, str_of(name)))
		buf_print(faults, "%s: %s is configured twice.\n", kind->setting, name);
	TAILQ_FOREACH(other, issuers, link)
		count++;
	if (count == ISSUERS_MOST)
		buf_print(faults, "%s: there are more than %d issuers.\n", kind->setting, ISSUERS_MOST);
	TAILQ_INSERT_TAIL(issuers, issuer, link);
	return issuer;
}

static void tell_that_there_is_none(struct buf *faults)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		buf_print(faults, "%s%s", i == 0 ? "" : i == COUNT_OF(kinds) - 1 ? " or " : ", ",
		          kinds[i]->setting);
	buf_text(faults, " must be set: no token issuer is configured.\n");
}

bool issuers_read(struct issuers *issuers, const struct config *config, struct buf *faults)
{
	size_t before = faults->length;
	struct issuer *issuer;

	TAILQ_INIT(issuers);
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		kinds[i]->read(issuers, config, faults);
	if (TAILQ_EMPTY(issuers) && faults->length == before)
		tell_that_there_is_none(faults);
	TAILQ_FOREACH(issuer, issuers, link)
		issuer->leeway_ms = config->auth_leeway * 1000;
	return faults->length == before;
}

void issuers_finish(struct issuers *issuers)
{
	struct issuer *issuer;

	while ((issuer = TAILQ_FIRST(issuers))) {
		TAILQ_REMOVE(issuers, issuer, link);
		queue_finish(&issuer->waiting);
		jwks_free(issuer->jwks);
		free(issuer->name);
		free(issuer->keys_url);
		free(issuer);
	}
}

enum auth_verdict issuer_judge(const struct issuer *issuer, const struct claims *claims, const char **hint)
{
	for (const struct rule *rule = issuer->kind->rules; rule->holds; rule++) {
		if (!rule->holds(issuer, claims)) {
			*hint = rule->hint;
			return rule->verdict;
		}
	}
	return AUTH_TRUE;
}
