/* key.h: a public key, valid for exactly one signature algorithm. */

#ifndef KEY_H
#define KEY_H

#include "algorithm.h"

enum { KID_MOST = 256, PRINT = 32, SIGNATURE_MOST = 1024 };

struct evp_pkey_st;
struct evp_pkey_ctx_st;
struct evp_md_st;
struct evp_md_ctx_st;

/* Shared by a key set and the tokens cached under it; reference-counted. */
struct key {
	int holders;
	bool gone; /* no longer in the issuer's key set */
	enum algorithm algorithm;
	char *kid;                  /* NULL: none */
	unsigned char print[PRINT]; /* JWK thumbprint (RFC 7638) */
	size_t signature_length;
	struct evp_pkey_st *public;
	/* Created once: setting them up costs as much as a verification. */
	struct evp_pkey_ctx_st *judge; /* verifies digests */
	struct evp_md_st *digest;
	struct evp_md_ctx_st *judge_whole; /* verifies whole messages, if there is no digest */
};

/* Reads an entry of a key set. NULL, with the reason in *skipped, if it cannot be used. */
struct key *key_read(const struct json *jwk, const char **skipped);
struct key *key_hold(struct key *key);
void key_release(struct key *key);
bool key_is(const struct key *key, const struct key *other);

/* Verifies a signature in the encoding of a JWS. */
bool key_verify(struct key *key, struct str bytes, struct str signature);

/* A public RSA key's modulus and exponent in base64url, and the RFC 7638 thumbprint of
 * such a pair. */
void key_rsa_members(struct evp_pkey_st *rsa, struct buf *n, struct buf *e);
void key_rsa_print(struct str n, struct str e, unsigned char print[PRINT]);

#endif
