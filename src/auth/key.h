/* key.h: a public key, which also says the one algorithm it is for. */

#ifndef KEY_H
#define KEY_H

#include "algorithm.h"

enum { KID_MOST = 256, PRINT = 32, SIGNATURE_MOST = 1024 };

struct evp_pkey_st;
struct evp_pkey_ctx_st;
struct evp_md_st;
struct evp_md_ctx_st;

/* Shared between a key set and the tokens remembered under it. */
struct key {
	int holders;
	bool gone;	       /* no longer in its issuer's set */
	enum algorithm algorithm;
	char *kid;	       /* NULL: it has none */
	unsigned char print[PRINT]; /* of the material, by RFC 7638 */
	size_t signature_length;
	struct evp_pkey_st *public;
	/* Made once: setting them up costs as much as a verdict. */
	struct evp_pkey_ctx_st *judge; /* of digests */
	struct evp_md_st *digest;
	struct evp_md_ctx_st *judge_whole; /* of whole messages, where there is no digest */
};

/* From a member of a key set. NULL, and why in *skipped, when it is not for us. */
struct key *key_read(const struct json *jwk, const char **skipped);
struct key *key_hold(struct key *key);
void key_release(struct key *key);
bool key_is(const struct key *key, const struct key *other);

/* Is this the key's signature over these bytes, as a JWS carries it? */
bool key_verify(struct key *key, struct str bytes, struct str signature);

/* A public RSA key's modulus and exponent, and its RFC 7638 thumbprint, all base64url. */
void key_rsa_members(struct evp_pkey_st *rsa, struct buf *n, struct buf *e);
void key_rsa_print(struct str n, struct str e, unsigned char print[PRINT]);

#endif
