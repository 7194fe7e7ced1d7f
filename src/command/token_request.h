/* token_request.h: a request for a token of the development issuer. */

#ifndef WISH_H
#define WISH_H

#include "json.h"
#include "signer.h"

struct person {
	const char *role, *first_name, *last_name, *email; /* no email: anonymous */
};

struct flaw {
	const char *name, *earns;
	long long past, future;        /* seconds: since it expired; until it is valid */
	const char *issuer, *audience; /* NULL: the valid one */
	const char *kid;               /* NULL: the valid one; "": none */
	enum signature_kind signature;
};

struct wish {
	const struct person *who;
	long long ttl;	    /* seconds */
	const struct flaw *flaw; /* NULL: none */
};

/* Parses {"who": "guard", "ttl": 3600, "flaw": "expired"}. False if it is invalid; `errors` (empty
 * before) then has the `errors` array of a problem. */
bool wish_read(struct wish *wish, const struct json *asked, struct buf *errors);

#endif
