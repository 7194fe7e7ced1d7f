/* key.h: a public key, valid for exactly one signature algorithm. */

#ifndef KEY_H
#define KEY_H

#include "algorithm.h"

enum { MAX_KID_BYTES = 256, THUMBPRINT_BYTES = 32, MAX_SIGNATURE_BYTES = 1024 };

struct evp_pkey_st;
struct evp_pkey_ctx_st;
struct evp_md_st;
struct evp_md_ctx_st;

/* Shared by a key set and the tokens cached under it; reference-counted. */
struct key {
	int references;
	bool removed; /* no longer in the issuer's key set */
	enum algorithm algorithm;
	char *kid;                                  /* NULL: none */
	unsigned char thumbprint[THUMBPRINT_BYTES]; /* JWK thumbprint (RFC 7638) */
	size_t signature_length;
	struct evp_pkey_st *public;
	/* Created once: setting them up costs as much as a verification. */
	struct evp_pkey_ctx_st *verify_ctx; /* verifies digests */
	struct evp_md_st *digest;
	struct evp_md_ctx_st *message_ctx; /* verifies whole messages, if there is no digest */
};

/* Reads an entry of a key set. NULL, with the reason in *reason, if it cannot be used. */
struct key *key_from_jwk(const struct json *jwk, const char **reason);
struct key *key_hold(struct key *key);
void key_release(struct key *key);
bool key_equal(const struct key *key, const struct key *other);

/* Verifies a signature in the encoding of a JWS. */
bool key_verify(struct key *key, struct str bytes, struct str signature);

/* A public RSA key's modulus and exponent in base64url, and the RFC 7638 thumbprint of
 * such a pair. */
void key_rsa_params(struct evp_pkey_st *rsa, struct buf *n, struct buf *e);
void key_rsa_thumbprint(struct str n, struct str e, unsigned char thumbprint[THUMBPRINT_BYTES]);

#endif
