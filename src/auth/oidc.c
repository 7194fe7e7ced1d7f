/* oidc.c: accepts tokens of any other OpenID Connect issuer.
 *
 * One setting lists them all: the issuer exactly as in `iss`, the accepted audiences
 * (an asterisk for any) and, to skip discovery, the URL of its key set:
 *
 *	https://id.example api other-api, https://b.example * keys=https://b.example/keys */

#include "arena.h"
#include "config.h"
#include "provider.h"

static void read_issuer(struct issuers *issuers, struct str item, struct buf *errors)
{
	struct name_list audiences = { .count = 0 };
	struct str name, word, keys = { 0 };
	struct issuer *issuer;
	bool any_audience = false;

	str_cut(&item, ' ', &name);
	while (str_cut(&item, ' ', &word)) {
		if (str_begins(word, "keys="))
			keys = (struct str){ word.at + 5, word.length - 5 };
		else if (str_is(word, "*"))
			any_audience = true;
		else if (word.length && audiences.count < MAX_NAMES)
			audiences.at[audiences.count++] = word;
		else if (word.length)
			buf_print(errors, "OIDC_ISSUERS: %.*s has more than %d audiences.\n",
			          STR_ARGS(name), MAX_NAMES);
	}
	if (!any_audience && audiences.count == 0)
		buf_print(
			errors,
			"OIDC_ISSUERS: %.*s has no audience, so tokens issued to other applications "
			"would be accepted: add the audience, or * for any.\n",
			STR_ARGS(name));
	issuer = issuers_add(issuers, &oidc, xprint("%.*s", STR_ARGS(name)),
	                     keys.at ? xprint("%.*s", STR_ARGS(keys)) : NULL, errors);
	if (!any_audience)
		issuer->audiences = audiences;
}

static void read_oidc(struct issuers *issuers, const struct config *config, struct buf *errors)
{
	struct str rest = str_of(config->oidc_issuers), item;

	while (str_cut(&rest, ',', &item)) {
		item = str_trim(item);
		if (item.length)
			read_issuer(issuers, item, errors);
		else
			buf_text(errors,
			         "OIDC_ISSUERS must contain issuers separated by single commas.\n");
	}
}

static const struct rule rules[] = {
	{ audience_allowed, AUTH_AUDIENCE, "claim aud: OIDC_ISSUERS" },
	{ 0 },
};

const struct provider oidc = { "OIDC_ISSUERS", read_oidc, rules };
