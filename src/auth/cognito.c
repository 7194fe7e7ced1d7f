/* cognito.c: accepts access and ID tokens of an Amazon Cognito user pool.
 *
 * Both are signed with the same keys; `token_use` distinguishes them. An ID token names
 * its app client in `aud`; an access token has no `aud` and names it in `client_id`. */

#include "arena.h"
#include "config.h"
#include "provider.h"

/* Skips the leading characters that are in `letters`; returns their number. */
static size_t take(const char **text, const char *letters)
{
	size_t length = strspn(*text, letters);

	*text += length;
	return length;
}

static bool take_word(const char **text, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(*text, word, length) != 0)
		return false;
	*text += length;
	return true;
}

/* A region and a name: eu-central-1_Ab12Cd34E, us-gov-west-1_… */
static bool is_pool(const char *text)
{
	if (take(&text, LOWER) != 2 || !take_word(&text, "-"))
		return false;
	take_word(&text, "gov-");
	return take(&text, LOWER) > 0 && take_word(&text, "-") && take(&text, DECIMAL) == 1
	       && take_word(&text, "_") && take(&text, LOWER UPPER DECIMAL) > 0 && *text == '\0';
}

static void read_cognito(struct issuers *issuers, const struct config *config, struct buf *faults)
{
	const char *pool = config->cognito_pool;
	struct issuer *issuer;
	char *name;

	if (!pool) {
		refuse_alone("COGNITO_CLIENT_ID", config->cognito_client, cognito.setting, faults);
		return;
	}
	if (!config->cognito_client)
		buf_text(
			faults,
			"COGNITO_CLIENT_ID must be set: without it, tokens that the pool issued to "
			"other applications would be accepted.\n");
	if (!is_pool(pool)) {
		buf_print(
			faults,
			"COGNITO_USER_POOL_ID must be an ID such as eu-central-1_Ab12Cd34E, but is "
			"\"%s\".\n",
			pool);
		return;
	}
	name = xprint("https://cognito-idp.%.*s.amazonaws.com/%s", (int)strcspn(pool, "_"), pool, pool);
	issuer = issuers_add(issuers, &cognito, name, xprint("%s/.well-known/jwks.json", name), faults);
	issuer->use = config->cognito_use;
	if (config->cognito_client)
		names_read(&issuer->audiences, "COGNITO_CLIENT_ID", config->cognito_client, faults);
}

static bool is_for(const struct claims *claims, const char *use)
{
	return str_is(claims_text(claims, "token_use"), use);
}

static bool is_of_use(const struct issuer *issuer, const struct claims *claims)
{
	static const char *const uses[] = { "access", "id" };

	for (size_t i = 0; i < COUNT_OF(uses); i++)
		if (is_for(claims, uses[i]))
			return strcmp(issuer->use, "both") == 0 || strcmp(issuer->use, uses[i]) == 0;
	return false;
}

static bool names_client(const struct issuer *issuer, const struct claims *claims)
{
	return !is_for(claims, "access") || names_hold(&issuer->audiences, claims_text(claims, "client_id"));
}

static bool names_client_as_audience(const struct issuer *issuer, const struct claims *claims)
{
	return !is_for(claims, "id") || names_audience(issuer, claims);
}

static const struct rule rules[] = {
	{ is_of_use, AUTH_USE, "claim token_use: COGNITO_TOKEN_USE" },
	{ names_client, AUTH_AUDIENCE, "claim client_id: COGNITO_CLIENT_ID" },
	{ names_client_as_audience, AUTH_AUDIENCE, "claim aud: COGNITO_CLIENT_ID" },
	{ 0 },
};

const struct kind cognito = { "COGNITO_USER_POOL_ID", read_cognito, rules };
