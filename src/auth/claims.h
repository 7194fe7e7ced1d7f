/* claims.h: what a token says about itself and its bearer. */

#ifndef CLAIMS_H
#define CLAIMS_H

#include "auth.h"
#include "json.h"

/* The texts are lent by the claims. */
struct claims {
	struct str issuer, subject;
	struct str email, first_name, last_name, image_url; /* at is NULL for none */
	bool email_verified, is_anonymous;
	long long expires; /* seconds since 1970 */
	const struct json *audience; /* NULL: none */
	const struct json *object;   /* all of them */
};

/* Their shape alone: AUTH_TRUE or AUTH_MALFORMED. */
enum auth_verdict claims_read(struct claims *claims, const struct json *object);
/* Is it the token's time? */
enum auth_verdict claims_time(const struct claims *claims, long long leeway_ms);
bool claims_name_audience(const struct claims *claims, struct str audience);

/* A claim that is no text is empty. */
struct str claims_text(const struct claims *claims, const char *name);
/* Is there such a time, as it should be, and is it not in the future? */
bool claims_say_time(const struct claims *claims, const char *name);
bool claims_have_begun(const struct claims *claims, const char *name, long long leeway_ms);

#endif
