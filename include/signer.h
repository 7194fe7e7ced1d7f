/* signer.h: the development issuer's key and the tokens it signs.
 *
 * Used by `binnacle dev` and by tests only; a production server never signs tokens. */

#ifndef SIGNER_H
#define SIGNER_H

#include "str.h"

struct signer;

/* Reads the RSA key in `path`, creating it (mode 0600) if there is none. NULL, with a
 * line in `error`, if that fails or if other users may read the file. */
struct signer *signer_new(const char *path, struct buf *error);
void signer_free(struct signer *signer);

void signer_jwks(const struct signer *signer, struct buf *out);

/* How a token is signed. All but the first must be rejected by a verifier. */
enum signature_kind {
	SIGNATURE_VALID,
	SIGNATURE_TAMPERED, /* signed, then the signature is modified */
	SIGNATURE_ALG_NONE, /* alg none */
	SIGNATURE_HMAC,     /* HS256 with the PEM of the public key as the secret */
	SIGNATURE_MISSING,  /* without the signature and the dot before it */
};

struct signer_token {
	const char *issuer, *audience, *subject, *email;
	const char *first_name, *last_name;
	bool anonymous;            /* adds Firebase's claim for an anonymous sign-in */
	long long issued, expires; /* seconds since 1970 */
	long long not_before;      /* likewise, `nbf`; 0: absent */
	const char *kid;           /* NULL: the key's own; "": absent */
	enum signature_kind signature;
};

/* Claims that are NULL are omitted. False, and adds nothing, if one of them is not
 * valid UTF-8. */
bool signer_sign(const struct signer *signer, const struct signer_token *token, struct buf *out);

#endif
