/* clerk.c: accepts Clerk's session tokens.
 *
 * Clerk signs tokens made from JWT templates, which are for other services, with the
 * same key; they have no `sid`. A session with `sts` = pending is not fully signed in
 * yet. Tokens have an `aud` only if one was configured at Clerk. */

#include "arena.h"
#include "config.h"
#include "provider.h"

static void read_clerk(struct issuers *issuers, const struct config *config, struct buf *errors)
{
	const char *domain = config->clerk_domain;
	struct issuer *issuer;

	if (!domain) {
		reject_unused_setting("CLERK_AUDIENCE", config->clerk_audience, clerk.setting,
		                      errors);
		reject_unused_setting("AUTHORIZED_PARTIES", config->authorized_parties,
		                      clerk.setting, errors);
		return;
	}
	if (!consists_of(domain, LOWER UPPER DIGITS ".-")) {
		buf_print(
			errors,
			"CLERK_DOMAIN must be a host name such as clerk.example.com, but is \"%s\".\n",
			domain);
		return;
	}
	issuer = issuers_add(issuers, &clerk, xprint("https://%s", domain),
	                     xprint("https://%s/.well-known/jwks.json", domain), errors);
	if (config->clerk_audience)
		issuer->audiences = (struct name_list){ { str_of(config->clerk_audience) }, 1 };
	if (config->authorized_parties)
		name_list_parse(&issuer->authorized_parties, "AUTHORIZED_PARTIES",
		                config->authorized_parties, errors);
}

/* `azp` is absent or empty if the session was started without an Origin. */
static bool has_authorized_party(const struct issuer *issuer, const struct claims *claims)
{
	const struct json *party = json_member(claims->object, "azp");

	if (issuer->authorized_parties.count == 0 || !party)
		return true;
	return json_kind(party) == JSON_STRING
	       && (json_string(party).length == 0
	           || name_list_contains(&issuer->authorized_parties, json_string(party)));
}

static bool has_session_id(const struct issuer *, const struct claims *claims)
{
	return claims_text(claims, "sid").length > 0;
}

static bool is_not_pending(const struct issuer *, const struct claims *claims)
{
	return !str_is(claims_text(claims, "sts"), "pending");
}

static const struct rule rules[] = {
	{ audience_allowed, AUTH_AUDIENCE, "claim aud: CLERK_AUDIENCE" },
	{ has_authorized_party, AUTH_PARTY, "claim azp: AUTHORIZED_PARTIES" },
	{ has_session_id, AUTH_USE,
	  "claim sid: session tokens have it, tokens from a JWT template do not" },
	{ is_not_pending, AUTH_USE, "claim sts: the session is pending" },
	{ 0 },
};

const struct provider clerk = { "CLERK_DOMAIN", read_clerk, rules };
