/* token_request.h: a request for a token from the development issuer. */

#ifndef TOKEN_REQUEST_H
#define TOKEN_REQUEST_H

#include "json.h"
#include "pages.h"
#include "signer.h"

struct token_fault {
	const char *name, *expected_code;
	long long past, future;        /* seconds: since it expired; until it is valid */
	const char *issuer, *audience; /* NULL: the valid one */
	const char *kid;               /* NULL: the valid one; "": none */
	enum signature_kind signature;
};

/* The users of the demo data (demo_users.def). */
const struct demo_user *demo_user_list(size_t *count);

struct token_request {
	const struct demo_user *who;
	long long ttl;                   /* seconds */
	const struct token_fault *fault; /* NULL: none */
};

/* Parses {"who": "guard", "ttl": 3600, "fault": "expired"}. False if it is invalid; `errors` (empty
 * before) then has the `errors` array of a problem. */
bool token_request_read(struct token_request *token_request, const struct json *json,
                        struct buf *errors);

#endif
