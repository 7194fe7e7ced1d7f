/* forge.h: keys, and tokens of every sort made with them. */

#ifndef FORGE_H
#define FORGE_H

#include <openssl/evp.h>

#include "str.h"

/* The keys of a test; made when first asked for. */
enum forger { R1, R2, WEAK, E1, E2, E3, P384, K1, P521, ED1, ED2, FORGERS };

EVP_PKEY *forge_key(enum forger forger);
void forge_finish(void);

enum seal {
	HONEST,	  /* RS256, r and s of an ECDSA with SHA-256, or EdDSA: as the key's kind does it */
	SHA_384,  /* RS384, or an ECDSA with SHA-384 */
	SHA_512,
	PSS,	  /* PS256 */
	PSS_384,
	PSS_512,
	PSS_BARE,  /* PS256 without a salt */
	PSS_LONG,  /* PS256 with as long a salt as will go in */
	PSS_MASK,  /* PS256 with SHA-1 in its mask */
	DER,	  /* an ECDSA signature as OpenSSL makes it */
	ZEROS,	  /* r = s = 0 */
	HMAC_PEM, /* HS256 with the text of the public key */
	HMAC_DER, /* HS256 with its DER */
	NONE,	  /* an empty signature */
};

/* What a key is usually called (`kid`: "r1"), and how it signs. */
const char *forge_name(enum forger forger);
const char *forge_algorithm(enum forger forger);
enum seal forge_seal(enum forger forger);

/* Header and claims as they stand, signed; NUL-terminated. */
void forge_token(struct buf *token, struct str header, struct str claims, enum forger forger, enum seal seal);

/* A member of a key set. `more` goes in as it is: ",\"use\":\"sig\"". */
void forge_jwk(struct buf *out, enum forger forger, const char *kid, const char *more);

#endif
