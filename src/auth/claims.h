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
};

/* Their shape alone: AUTH_TRUE or AUTH_MALFORMED. */
enum auth_verdict claims_read(struct claims *claims, const struct json *object);
/* Is it the token's time? */
enum auth_verdict claims_time(const struct claims *claims, const struct json *object, long long now_ms,
                              long long leeway_seconds);
bool claims_name_audience(const struct claims *claims, const char *audience);

#endif
