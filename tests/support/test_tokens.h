/* test_tokens.h: test keys, and valid and invalid tokens signed with them. */

#ifndef FORGE_H
#define FORGE_H

#include <openssl/evp.h>

#include "str.h"

/* Test keys, generated on first use. */
enum forger { R1, R2, WEAK, E1, E2, E3, P384, K1, P521, ED1, ED2, FORGERS };

EVP_PKEY *forge_key(enum forger forger);
void forge_finish(void);

enum seal {
	HONEST,  /* RS256, ECDSA with SHA-256, or EdDSA, by the type of the key */
	SHA_384, /* RS384, or ECDSA with SHA-384 */
	SHA_512,
	PSS, /* PS256 */
	PSS_384,
	PSS_512,
	PSS_BARE, /* PS256 without a salt */
	PSS_LONG, /* PS256 with the longest possible salt */
	PSS_MASK, /* PS256 with SHA-1 in MGF1 */
	DER,      /* ECDSA in DER instead of r and s */
	ZEROS,    /* r = s = 0 */
	HMAC_PEM, /* HS256 with the PEM of the public key as the secret */
	HMAC_DER, /* HS256 with its DER as the secret */
	NONE,     /* an empty signature */
};

/* The default kid of a key ("r1"), its alg, and how it signs. */
const char *forge_name(enum forger forger);
const char *forge_algorithm(enum forger forger);
enum seal forge_seal(enum forger forger);

/* Signs header and claims exactly as given; NUL-terminated. */
void forge_token(struct buf *token, struct str header, struct str claims, enum forger forger, enum seal seal);

/* An entry of a key set. `more` is appended as it is: ",\"use\":\"sig\"". */
void forge_jwk(struct buf *out, enum forger forger, const char *kid, const char *more);

#endif
