/* clerk.c: accepts Clerk's session tokens.
 *
 * Clerk signs tokens made from JWT templates, which are for other services, with the
 * same key; they have no `sid`. A session with `sts` = pending is not fully signed in
 * yet. Tokens have an `aud` only if one was configured at Clerk. */

#include "arena.h"
#include "config.h"
#include "provider.h"

static void read_clerk(struct issuers *issuers, const struct config *config, struct buf *faults)
{
	const char *domain = config->clerk_domain;
	struct issuer *issuer;

	if (!domain) {
		refuse_alone("CLERK_AUDIENCE", config->clerk_audience, clerk.setting, faults);
		refuse_alone("AUTHORIZED_PARTIES", config->authorized_parties, clerk.setting, faults);
		return;
	}
	if (!is_made_of(domain, LOWER UPPER DECIMAL ".-")) {
		buf_print(
			faults,
			"CLERK_DOMAIN must be a host name such as clerk.example.com, but is \"%s\".\n",
			domain);
		return;
	}
	issuer = issuers_add(issuers, &clerk, xprint("https://%s", domain),
	                     xprint("https://%s/.well-known/jwks.json", domain), faults);
	if (config->clerk_audience)
		issuer->audiences = (struct names){ { str_of(config->clerk_audience) }, 1 };
	if (config->authorized_parties)
		names_read(&issuer->parties, "AUTHORIZED_PARTIES", config->authorized_parties, faults);
}

/* `azp` is absent or empty if the session was started without an Origin. */
static bool is_of_party(const struct issuer *issuer, const struct claims *claims)
{
	const struct json *party = json_member(claims->object, "azp");

	if (issuer->parties.count == 0 || !party)
		return true;
	return json_kind(party) == JSON_STRING
	       && (json_string(party).length == 0 || names_hold(&issuer->parties, json_string(party)));
}

static bool is_of_session(const struct issuer *, const struct claims *claims)
{
	return claims_text(claims, "sid").length > 0;
}

static bool is_not_pending(const struct issuer *, const struct claims *claims)
{
	return !str_is(claims_text(claims, "sts"), "pending");
}

static const struct rule rules[] = {
	{ names_audience, AUTH_AUDIENCE, "claim aud: CLERK_AUDIENCE" },
	{ is_of_party, AUTH_PARTY, "claim azp: AUTHORIZED_PARTIES" },
	{ is_of_session, AUTH_USE,
	  "claim sid: session tokens have it, tokens from a JWT template do not" },
	{ is_not_pending, AUTH_USE, "claim sts: the session is pending" },
	{ 0 },
};

const struct kind clerk = { "CLERK_DOMAIN", read_clerk, rules };
