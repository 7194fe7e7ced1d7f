/* wish.h: what somebody wants a token of the development issuer to be. */

#ifndef WISH_H
#define WISH_H

#include "json.h"
#include "mint.h"

struct person {
	const char *role, *first_name, *last_name, *email; /* without an e-mail: he is anonymous */
};

struct flaw {
	const char *name, *earns;
	long long past, future; /* seconds: how long ago it expired, and until it is valid */
	const char *issuer, *audience; /* NULL: the right one */
	const char *kid;	       /* NULL: the right one; "": none */
	enum mint_seal seal;
};

struct wish {
	const struct person *who;
	long long ttl;	    /* seconds */
	const struct flaw *flaw; /* NULL: none */
};

/* From {"who": "guard", "ttl": 3600, "flaw": "expired"}. False, and every fault in
 * `errors` (empty until then) as a problem has them, when it is not like that. */
bool wish_read(struct wish *wish, const struct json *asked, struct buf *errors);

#endif
