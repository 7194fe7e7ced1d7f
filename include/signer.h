/* signer.h: the development issuer's key and the tokens it signs.
 *
 * Used by `binnacle dev` and by tests only; a production server never signs tokens. */

#ifndef MINT_H
#define MINT_H

#include "str.h"

struct mint;

/* Reads the RSA key in `path`, creating it (mode 0600) if there is none. NULL, with a
 * line in `fault`, if that fails or if other users may read the file. */
struct mint *mint_new(const char *path, struct buf *fault);
void mint_free(struct mint *mint);

void mint_jwks(const struct mint *mint, struct buf *out);

/* How a token is signed. All but the first must be rejected by a verifier. */
enum mint_seal {
	MINT_SIGNED,
	MINT_CHANGED,   /* signed, then the signature is modified */
	MINT_UNSIGNED,  /* alg none */
	MINT_HMAC,      /* HS256 with the PEM of the public key as the secret */
	MINT_TRUNCATED, /* without the signature and the dot before it */
};

struct mint_token {
	const char *issuer, *audience, *subject, *email;
	const char *first_name, *last_name;
	bool anonymous;            /* adds Firebase's claim for an anonymous sign-in */
	long long issued, expires; /* seconds since 1970 */
	long long begins;          /* likewise, `nbf`; 0: absent */
	const char *kid;           /* NULL: the key's own; "": absent */
	enum mint_seal seal;
};

/* Claims that are NULL are omitted. False, and adds nothing, if one of them is not
 * valid UTF-8. */
bool mint_sign(const struct mint *mint, const struct mint_token *token, struct buf *out);

#endif
