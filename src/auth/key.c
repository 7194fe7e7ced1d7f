/* key.c: reads keys from JWKs and verifies signatures with them.
 *
 * The algorithm is a property of the key (algorithm.c); `alg` in a token's header must
 * match it. A key is parsed once, and its verification context is kept.
 *
 * libjwt, which signs tokens in signer.c, is not used for verification: version 1.10 parses
 * a PEM per token, which takes twenty times as long as the signature check, also for
 * forged tokens, and would limit one thread to a few hundred tokens per second. It also
 * lacks PS256, PS384, PS512 and EdDSA. */

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "auth.h"
#include "jwk.h"

enum { MAX_DIGEST_BYTES = 64, MAX_DER_BYTES = 160 };

void auth_sha256_hex(struct str secret, char out[SHA256_HEX_SIZE])
{
	unsigned char digest[THUMBPRINT_BYTES];
	unsigned length = THUMBPRINT_BYTES;

	EVP_Digest(secret.at, secret.length, digest, &length, EVP_sha256(), NULL);
	for (size_t i = 0; i < THUMBPRINT_BYTES; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

/* ---- reading ---- */

static bool has_member(const struct json *jwk, const char *member)
{
	return json_member(jwk, member) != NULL;
}

/* `use` and `key_ops` restrict what a key is for; both are optional. */
static bool is_for_signatures(const struct json *jwk)
{
	const struct json *ops = json_member(jwk, "key_ops");

	if (has_member(jwk, "use") && !str_is(json_member_string(jwk, "use"), "sig"))
		return false;
	if (!ops)
		return true;
	for (size_t i = 0; i < json_count(ops); i++)
		if (str_is(json_string(json_at(ops, i)), "verify"))
			return true;
	return false;
}

static const char *read_kid(struct key *key, const struct json *jwk)
{
	struct str kid = json_member_string(jwk, "kid");

	if (!has_member(jwk, "kid"))
		return NULL;
	if (kid.length == 0 || kid.length > MAX_KID_BYTES)
		return "its kid is not a string of 1 to 256 bytes";
	key->kid = xmalloc(kid.length + 1);
	memcpy(key->kid, kid.at, kid.length);
	key->kid[kid.length] = '\0';
	return NULL;
}

/* The salt must be exactly as long as the digest (RFC 7518). */
static bool prepare_pss(struct key *key)
{
	return EVP_PKEY_CTX_set_rsa_padding(key->verify_ctx, RSA_PKCS1_PSS_PADDING) == 1
	       && EVP_PKEY_CTX_set_rsa_pss_saltlen(key->verify_ctx, RSA_PSS_SALTLEN_DIGEST) == 1
	       && EVP_PKEY_CTX_set_rsa_mgf1_md(key->verify_ctx, key->digest) == 1;
}

static bool prepare(struct key *key)
{
	const struct algorithm_row *row = &algorithms[key->algorithm];

	if (!key->public)
		return false;
	key->signature_length = row->crv ? 2 * (size_t)row->coordinate_bytes
	                                 : (size_t)EVP_PKEY_get_size(key->public);
	if (!row->digest) {
		key->message_ctx = EVP_MD_CTX_new();
		return key->message_ctx
		       && EVP_DigestVerifyInit(key->message_ctx, NULL, NULL, NULL, key->public)
		                  == 1;
	}
	key->digest = EVP_MD_fetch(NULL, row->digest, NULL);
	key->verify_ctx = EVP_PKEY_CTX_new(key->public, NULL);
	if (!key->digest || !key->verify_ctx || EVP_PKEY_verify_init(key->verify_ctx) != 1
	    || EVP_PKEY_CTX_set_signature_md(key->verify_ctx, key->digest) != 1)
		return false;
	if (row->crv)
		return true;
	return row->pss ? prepare_pss(key)
	                : EVP_PKEY_CTX_set_rsa_padding(key->verify_ctx, RSA_PKCS1_PADDING) == 1;
}

struct key *key_from_jwk(const struct json *jwk, const char **reason)
{
	struct key *key = xcalloc(1, sizeof(*key));

	key->references = 1;
	key->algorithm = algorithm_of_key(jwk);
	if (key->algorithm == ALGORITHM_NONE)
		*reason = "its kty, crv and alg do not match an accepted algorithm";
	else if (has_member(jwk, "d"))
		*reason = "it contains the private key";
	else if (!is_for_signatures(jwk))
		*reason = "it is not for signatures";
	else if (!(*reason = read_kid(key, jwk)))
		*reason = jwk_public_key(jwk, &algorithms[key->algorithm], &key->public,
		                         key->thumbprint);
	if (!*reason && !prepare(key))
		*reason = "OpenSSL rejects it";
	ERR_clear_error();
	if (*reason) {
		key_release(key);
		return NULL;
	}
	return key;
}

struct key *key_hold(struct key *key)
{
	key->references++;
	return key;
}

void key_release(struct key *key)
{
	if (!key || --key->references)
		return;
	EVP_MD_CTX_free(key->message_ctx);
	EVP_PKEY_CTX_free(key->verify_ctx);
	EVP_MD_free(key->digest);
	EVP_PKEY_free(key->public);
	free(key->kid);
	free(key);
}

bool key_equal(const struct key *key, const struct key *other)
{
	return key->algorithm == other->algorithm
	       && memcmp(key->thumbprint, other->thumbprint, THUMBPRINT_BYTES) == 0
	       && str_equal(str_of(key->kid), str_of(other->kid));
}

/* ---- verifying ---- */

/* A JWS contains r and s side by side; OpenSSL expects DER. */
static size_t encode_der(struct str signature, unsigned char *der, size_t size)
{
	const unsigned char *raw = (const unsigned char *)signature.at;
	int half = (int)signature.length / 2, length;
	ECDSA_SIG *pair = ECDSA_SIG_new();

	ECDSA_SIG_set0(pair, BN_bin2bn(raw, half, NULL), BN_bin2bn(raw + half, half, NULL));
	length = i2d_ECDSA_SIG(pair, NULL);
	if (length > 0 && (size_t)length <= size)
		length = i2d_ECDSA_SIG(pair, &der);
	else
		length = 0;
	ECDSA_SIG_free(pair);
	return (size_t)length;
}

static bool verify_digest(struct key *key, struct str bytes, struct str signature)
{
	unsigned char digest[MAX_DIGEST_BYTES], der[MAX_DER_BYTES];
	const unsigned char *at = (const unsigned char *)signature.at;
	size_t length = signature.length;
	unsigned digest_length = sizeof(digest);

	if (algorithms[key->algorithm].crv) {
		length = encode_der(signature, der, sizeof(der));
		at = der;
	}
	return length > 0
	       && EVP_Digest(bytes.at, bytes.length, digest, &digest_length, key->digest, NULL) == 1
	       && EVP_PKEY_verify(key->verify_ctx, at, length, digest, digest_length) == 1;
}

/* Initialized again with the same key: newer versions of OpenSSL accept only one message
 * per initialization. */
static bool verify_message(struct key *key, struct str bytes, struct str signature)
{
	return EVP_DigestVerifyInit(key->message_ctx, NULL, NULL, NULL, NULL) == 1
	       && EVP_DigestVerify(key->message_ctx, (const unsigned char *)signature.at,
	                           signature.length, (const unsigned char *)bytes.at, bytes.length)
	                  == 1;
}

bool key_verify(struct key *key, struct str bytes, struct str signature)
{
	bool ok;

	/* Leading zeros of an RSA signature must not be omitted, either. */
	if (signature.length != key->signature_length)
		return false;
	ok = key->verify_ctx ? verify_digest(key, bytes, signature)
	                     : verify_message(key, bytes, signature);
	/* Otherwise these errors would be taken for errors of the next TLS connection. */
	ERR_clear_error();
	return ok;
}
