/* claims.h: reads and checks the claims of a token. */

#ifndef CLAIMS_H
#define CLAIMS_H

#include "auth.h"
#include "json.h"

/* The strings belong to the JSON object. */
struct claims {
	struct str issuer, subject;
	struct str email, first_name, last_name, image_url; /* .at is NULL: none */
	bool email_verified, is_anonymous;
	long long expires;           /* seconds since 1970 */
	const struct json *audience; /* NULL: none */
	const struct json *object;   /* all claims */
};

/* Checks only the types: AUTH_OK or AUTH_MALFORMED. */
enum auth_result claims_read(struct claims *claims, const struct json *object);
/* Checks exp, nbf and iat against the clock. */
enum auth_result claims_check_time(const struct claims *claims, long long leeway_ms);
bool claims_has_audience(const struct claims *claims, struct str audience);

/* Empty if the claim is absent or not a string. */
struct str claims_text(const struct claims *claims, const char *name);
/* Whether the claim is a valid time; whether that time is in the past. */
bool claims_has_time(const struct claims *claims, const char *name);
bool claims_time_reached(const struct claims *claims, const char *name, long long leeway_ms);

#endif
