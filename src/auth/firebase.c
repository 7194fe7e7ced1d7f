/* firebase.c: accepts ID tokens of a Firebase project.
 *
 * Tokens of all projects are signed with the same keys; only the audience and the issuer
 * distinguish them. Session cookies are signed with other keys, and the emulator's tokens
 * are not signed, so both are rejected without a rule. */

#include "arena.h"
#include "config.h"
#include "provider.h"

enum { MAX_SUBJECT_CHARACTERS = 128 };

static void read_firebase(struct issuers *issuers, const struct config *config, struct buf *errors)
{
	const char *project = config->firebase_project;
	struct issuer *issuer;

	if (!project)
		return;
	if (!consists_of(project, LOWER DIGITS ".:-")) {
		buf_print(
			errors,
			"FIREBASE_PROJECT_ID must be an ID such as my-project-1a2b3, but is \"%s\".\n",
			project);
		return;
	}
	issuer = issuers_add(issuers, &firebase,
	                     xprint("https://securetoken.google.com/%s", project),
	                     xstrdup("https://www.googleapis.com/service_accounts/v1/jwk/"
	                             "securetoken@system.gserviceaccount.com"),
	                     errors);
	issuer->audiences = (struct name_list){ { str_of(project) }, 1 };
}

static bool subject_length_ok(const struct issuer *, const struct claims *claims)
{
	struct str rest = claims->subject;
	int characters = 0;

	for (size_t length; rest.length && (length = str_utf8(rest)); characters++)
		rest = (struct str){ rest.at + length, rest.length - length };
	return characters <= MAX_SUBJECT_CHARACTERS;
}

static bool has_iat(const struct issuer *, const struct claims *claims)
{
	return claims_has_time(claims, "iat");
}

static bool has_auth_time(const struct issuer *, const struct claims *claims)
{
	return claims_has_time(claims, "auth_time");
}

static bool auth_time_reached(const struct issuer *issuer, const struct claims *claims)
{
	return claims_time_reached(claims, "auth_time", issuer->leeway_ms);
}

static const struct rule rules[] = {
	{ audience_allowed, AUTH_AUDIENCE, "claim aud: FIREBASE_PROJECT_ID" },
	{ subject_length_ok, AUTH_MALFORMED, "claim sub: at most 128 characters at Firebase" },
	{ has_iat, AUTH_MALFORMED, "claim iat: required" },
	{ has_auth_time, AUTH_MALFORMED, "claim auth_time: required, as a whole number" },
	{ auth_time_reached, AUTH_NOT_YET,
	  "claim auth_time: check the clocks; AUTH_LEEWAY_SECONDS" },
	{ 0 },
};

const struct provider firebase = { "FIREBASE_PROJECT_ID", read_firebase, rules };
