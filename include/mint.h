/* mint.h: the development issuer's key, and the tokens it signs.
 *
 * Only `binnacle dev` opens this door; nothing that serves in earnest can. */

#ifndef MINT_H
#define MINT_H

#include "str.h"

struct mint;

/* The RSA key in `path`, made there (mode 0600) when there is none. NULL, and a
 * line added to `fault`, when it cannot be had or others may read it. */
struct mint *mint_new(const char *path, struct buf *fault);
void mint_free(struct mint *mint);

void mint_jwks(const struct mint *mint, struct buf *out);

/* How a token is sealed; all but the first are there to be refused. */
enum mint_seal {
	MINT_SIGNED,
	MINT_CHANGED,	/* the signature, after it was made */
	MINT_UNSIGNED,	/* alg none */
	MINT_HMAC,	/* HS256, with the text of the public key as its secret */
	MINT_TRUNCATED, /* the signature is missing, and the dot before it */
};

struct mint_token {
	const char *issuer, *audience, *subject, *email;
	const char *first_name, *last_name;
	bool anonymous; /* as Firebase says it */
	long long issued, expires; /* seconds since 1970 */
	long long begins;	   /* likewise; 0: at once */
	const char *kid;	   /* NULL: the key's own; "": none */
	enum mint_seal seal;
};

/* Texts that are NULL are left out. False, and nothing is added, when one of
 * them is not UTF-8. */
bool mint_sign(const struct mint *mint, const struct mint_token *token, struct buf *out);

#endif
