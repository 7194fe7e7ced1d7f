/* test_tokens.h: test keys, and valid and invalid tokens signed with them. */

#ifndef TEST_TOKENS_H
#define TEST_TOKENS_H

#include <openssl/evp.h>

#include "str.h"

/* Test keys, generated on first use. */
enum test_key { R1, R2, WEAK, E1, E2, E3, P384, K1, P521, ED1, ED2, TEST_KEYS };

EVP_PKEY *test_key_pkey(enum test_key key_id);
void test_keys_free(void);

enum test_signing {
	SHA_256, /* RS256, ECDSA with SHA-256, or EdDSA, by the type of the key */
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
const char *test_key_kid(enum test_key key_id);
const char *test_key_alg(enum test_key key_id);
enum test_signing test_key_signing(enum test_key key_id);

/* Signs header and claims exactly as given; NUL-terminated. */
void test_token_sign(struct buf *token, struct str header, struct str claims, enum test_key key_id,
                     enum test_signing signing);

/* An entry of a key set. `more` is appended as it is: ",\"use\":\"sig\"". */
void test_key_jwk(struct buf *out, enum test_key key_id, const char *kid, const char *more);

#endif
