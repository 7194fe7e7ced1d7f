/* firebase.c: accepts ID tokens of a Firebase project.
 *
 * Tokens of all projects are signed with the same keys; only the audience and the issuer
 * distinguish them. Session cookies are signed with other keys, and the emulator's tokens
 * are not signed, so both are rejected without a rule. */

#include "arena.h"
#include "config.h"
#include "provider.h"

enum { SUBJECT_MOST = 128 };

static void read_firebase(struct issuers *issuers, const struct config *config, struct buf *faults)
{
	const char *project = config->firebase_project;
	struct issuer *issuer;

	if (!project)
		return;
	if (!is_made_of(project, LOWER DECIMAL ".:-")) {
		buf_print(
			faults,
			"FIREBASE_PROJECT_ID must be an ID such as my-project-1a2b3, but is \"%s\".\n",
			project);
		return;
	}
	issuer = issuers_add(issuers, &firebase, xprint("https://securetoken.google.com/%s", project),
	                     xstrdup("https://www.googleapis.com/service_accounts/v1/jwk/"
	                             "securetoken@system.gserviceaccount.com"),
	                     faults);
	issuer->audiences = (struct names){ { str_of(project) }, 1 };
}

static bool is_subject_short(const struct issuer *, const struct claims *claims)
{
	struct str rest = claims->subject;
	int characters = 0;

	for (size_t length; rest.length && (length = str_utf8(rest)); characters++)
		rest = (struct str){ rest.at + length, rest.length - length };
	return characters <= SUBJECT_MOST;
}

static bool says_issued(const struct issuer *, const struct claims *claims)
{
	return claims_say_time(claims, "iat");
}

static bool says_signed_in(const struct issuer *, const struct claims *claims)
{
	return claims_say_time(claims, "auth_time");
}

static bool is_signed_in(const struct issuer *issuer, const struct claims *claims)
{
	return claims_have_begun(claims, "auth_time", issuer->leeway_ms);
}

static const struct rule rules[] = {
	{ names_audience, AUTH_AUDIENCE, "claim aud: FIREBASE_PROJECT_ID" },
	{ is_subject_short, AUTH_MALFORMED, "claim sub: at most 128 characters at Firebase" },
	{ says_issued, AUTH_MALFORMED, "claim iat: required" },
	{ says_signed_in, AUTH_MALFORMED, "claim auth_time: required, as a whole number" },
	{ is_signed_in, AUTH_NOT_YET, "claim auth_time: check the clocks; AUTH_LEEWAY_SECONDS" },
	{ 0 },
};

const struct kind firebase = { "FIREBASE_PROJECT_ID", read_firebase, rules };
