/* issuer.c: who may issue tokens, as the settings say.
 *
 * A kind of issuer is a row: its settings become a name, an address of keys and
 * an audience. From there on all kinds are alike. */

#include <stdlib.h>

#include "arena.h"
#include "config.h"
#include "issuer.h"
#include "log.h"

/* Fills in name, keys_url and audience; the name stays NULL when this kind is not
 * configured. NULL, or what is wrong. */
typedef const char *kind_fn(struct issuer *issuer, const struct config *config);

static const char *read_clerk(struct issuer *issuer, const struct config *config)
{
	if (!config->clerk_domain)
		return NULL;
	if (strchr(config->clerk_domain, '/'))
		return "CLERK_DOMAIN is a host name, without https:// and without a path";
	issuer->name = xprint("https://%s", config->clerk_domain);
	issuer->keys_url = xprint("%s/.well-known/jwks.json", issuer->name);
	issuer->audience = config->clerk_audience;
	return NULL;
}

static const char *read_oidc(struct issuer *issuer, const struct config *config)
{
	if (!config->oidc_issuer)
		return config->oidc_jwks_url ? "OIDC_JWKS_URL is set without OIDC_ISSUER" : NULL;
	issuer->name = xstrdup(config->oidc_issuer);
	issuer->keys_url = config->oidc_jwks_url ? xstrdup(config->oidc_jwks_url) : NULL;
	issuer->audience = config->oidc_audience;
	return NULL;
}

static kind_fn *const kinds[] = { read_clerk, read_oidc };

static void issuer_free(struct issuer *issuer)
{
	jwks_free(issuer->jwks);
	free(issuer->name);
	free(issuer->keys_url);
	free(issuer);
}

/* Keys that anybody on the way could replace would be no keys. */
static const char *url_fault(const struct issuer *issuer, const struct config *config)
{
	const char *url = issuer->keys_url ? issuer->keys_url : issuer->name;

	if (fetch_url_fault(url))
		return fetch_url_fault(url);
	if (!config_is_development(config) && !fetch_url_is_safe(url))
		return "its keys must come over https";
	return NULL;
}

static bool is_named(const struct issuers *issuers, const char *name)
{
	const struct issuer *issuer;

	TAILQ_FOREACH(issuer, issuers, link)
		if (strcmp(issuer->name, name) == 0)
			return true;
	return false;
}

bool issuers_read(struct issuers *issuers, const struct config *config)
{
	TAILQ_INIT(issuers);
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct issuer *issuer = xcalloc(1, sizeof(*issuer));
		const char *fault = kinds[i](issuer, config);

		TAILQ_INIT(&issuer->waiting);
		if (!fault && issuer->name)
			fault = is_named(issuers, issuer->name) ? "it is configured twice"
			                                        : url_fault(issuer, config);
		if (fault || !issuer->name) {
			if (fault)
				log_error("auth.unfit", kv_text("issuer", issuer->name), kv_text("why", fault));
			issuer_free(issuer);
			if (fault)
				return false;
			continue;
		}
		TAILQ_INSERT_TAIL(issuers, issuer, link);
	}
	return true;
}

void issuers_finish(struct issuers *issuers)
{
	struct issuer *issuer;

	while ((issuer = TAILQ_FIRST(issuers))) {
		TAILQ_REMOVE(issuers, issuer, link);
		issuer_free(issuer);
	}
}
