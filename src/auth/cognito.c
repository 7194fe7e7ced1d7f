/* cognito.c: accepts access and ID tokens of an Amazon Cognito user pool.
 *
 * Both are signed with the same keys; `token_use` distinguishes them. An ID token names
 * its app client in `aud`; an access token has no `aud` and names it in `client_id`. */

#include "arena.h"
#include "config.h"
#include "provider.h"

/* Skips the leading characters that are in `accepted`; returns their number. */
static size_t skip_chars(const char **text, const char *accepted)
{
	size_t length = strspn(*text, accepted);

	*text += length;
	return length;
}

static bool skip_prefix(const char **text, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(*text, word, length) != 0)
		return false;
	*text += length;
	return true;
}

/* A region and a name: eu-central-1_Ab12Cd34E, us-gov-west-1_… */
static bool is_pool_id(const char *text)
{
	if (skip_chars(&text, LOWER) != 2 || !skip_prefix(&text, "-"))
		return false;
	skip_prefix(&text, "gov-");
	return skip_chars(&text, LOWER) > 0 && skip_prefix(&text, "-")
	       && skip_chars(&text, DIGITS) == 1 && skip_prefix(&text, "_")
	       && skip_chars(&text, LOWER UPPER DIGITS) > 0 && *text == '\0';
}

static void read_cognito(struct issuers *issuers, const struct config *config, struct buf *errors)
{
	const char *pool = config->cognito_pool;
	struct issuer *issuer;
	char *name;

	if (!pool) {
		reject_unused_setting("COGNITO_CLIENT_ID", config->cognito_client, cognito.setting,
		                      errors);
		return;
	}
	if (!config->cognito_client)
		buf_text(
			errors,
			"COGNITO_CLIENT_ID must be set: without it, tokens that the pool issued to "
			"other applications would be accepted.\n");
	if (!is_pool_id(pool)) {
		buf_print(
			errors,
			"COGNITO_USER_POOL_ID must be an ID such as eu-central-1_Ab12Cd34E, but is "
			"\"%s\".\n",
			pool);
		return;
	}
	name = xprint("https://cognito-idp.%.*s.amazonaws.com/%s", (int)strcspn(pool, "_"), pool,
	              pool);
	issuer = issuers_add(issuers, &cognito, name, xprint("%s/.well-known/jwks.json", name),
	                     errors);
	issuer->token_use = config->cognito_use;
	if (config->cognito_client)
		name_list_parse(&issuer->audiences, "COGNITO_CLIENT_ID", config->cognito_client,
		                errors);
}

static bool has_use(const struct claims *claims, const char *use)
{
	return str_is(claims_text(claims, "token_use"), use);
}

static bool use_allowed(const struct issuer *issuer, const struct claims *claims)
{
	static const char *const uses[] = { "access", "id" };

	for (size_t i = 0; i < COUNT_OF(uses); i++)
		if (has_use(claims, uses[i]))
			return strcmp(issuer->token_use, "both") == 0
			       || strcmp(issuer->token_use, uses[i]) == 0;
	return false;
}

static bool client_allowed(const struct issuer *issuer, const struct claims *claims)
{
	return !has_use(claims, "access")
	       || name_list_contains(&issuer->audiences, claims_text(claims, "client_id"));
}

static bool id_audience_allowed(const struct issuer *issuer, const struct claims *claims)
{
	return !has_use(claims, "id") || audience_allowed(issuer, claims);
}

static const struct rule rules[] = {
	{ use_allowed, AUTH_USE, "claim token_use: COGNITO_TOKEN_USE" },
	{ client_allowed, AUTH_AUDIENCE, "claim client_id: COGNITO_CLIENT_ID" },
	{ id_audience_allowed, AUTH_AUDIENCE, "claim aud: COGNITO_CLIENT_ID" },
	{ 0 },
};

const struct provider cognito = { "COGNITO_USER_POOL_ID", read_cognito, rules };
