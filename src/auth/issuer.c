/* issuer.c: the configured token issuers.
 *
 * Each provider (provider.h) turns its settings into an issuer name, a key set URL and rules
 * for the claims. From then on all issuers are treated alike: a token is checked by the
 * issuer whose name equals its `iss`, with the keys of that issuer only. */

#include <stdlib.h>

#include "arena.h"
#include "config.h"
#include "provider.h"

static const struct provider *const providers[] = { &clerk, &firebase, &cognito, &oidc };

struct issuer *issuers_find(const struct issuers *issuers, struct str name)
{
	struct issuer *issuer;

	TAILQ_FOREACH(issuer, issuers, link)
		if (str_is(name, issuer->name))
			return issuer;
	return NULL;
}

/* Keys fetched over plain HTTP could be replaced on the way. */
static void check_url(const char *setting, const char *url, struct buf *errors)
{
	const char *error = fetch_url_error(url);

	if (error)
		buf_print(errors, "%s: \"%s\" is not a valid URL: %s.\n", setting, url, error);
	else if (!fetch_url_is_safe(url))
		buf_print(
			errors,
			"%s: %s must begin with https://: keys fetched over http can be forged.\n",
			setting, url);
}

struct issuer *issuers_add(struct issuers *issuers, const struct provider *provider, char *name,
                           char *keys_url, struct buf *errors)
{
	struct issuer *issuer = xcalloc(1, sizeof(*issuer)), *other;
	int count = 0;

	queue_init(&issuer->waiting);
	issuer->provider = provider;
	issuer->name = name;
	issuer->keys_url = keys_url;
	check_url(provider->setting, name, errors);
	if (keys_url)
		check_url(provider->setting, keys_url, errors);
	if (issuers_find(issuers, str_of(name)))
		buf_print(errors, "%s: %s is configured twice.\n", provider->setting, name);
	TAILQ_FOREACH(other, issuers, link)
		count++;
	if (count == MAX_ISSUERS)
		buf_print(errors, "%s: there are more than %d issuers.\n", provider->setting,
		          MAX_ISSUERS);
	TAILQ_INSERT_TAIL(issuers, issuer, link);
	return issuer;
}

static void report_no_issuer(struct buf *errors)
{
	for (size_t i = 0; i < COUNT_OF(providers); i++)
		buf_print(errors, "%s%s",
		          i == 0                         ? ""
		          : i == COUNT_OF(providers) - 1 ? " or "
		                                         : ", ",
		          providers[i]->setting);
	buf_text(errors, " must be set: no token issuer is configured.\n");
}

bool issuers_read(struct issuers *issuers, const struct config *config, struct buf *errors)
{
	size_t before = errors->length;
	struct issuer *issuer;

	TAILQ_INIT(issuers);
	for (size_t i = 0; i < COUNT_OF(providers); i++)
		providers[i]->read(issuers, config, errors);
	if (TAILQ_EMPTY(issuers) && errors->length == before)
		report_no_issuer(errors);
	TAILQ_FOREACH(issuer, issuers, link)
		issuer->leeway_ms = config->auth_leeway * 1000;
	return errors->length == before;
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

enum auth_result issuer_check_claims(const struct issuer *issuer, const struct claims *claims,
                                     const char **hint)
{
	for (const struct rule *rule = issuer->provider->rules; rule->holds; rule++) {
		if (!rule->holds(issuer, claims)) {
			*hint = rule->hint;
			return rule->result;
		}
	}
	return AUTH_OK;
}
