/* test_tokens.c: test keys, and valid and invalid tokens signed with them. */

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "test_tokens.h"

static EVP_PKEY *keys[TEST_KEYS];

static const struct {
	const char *name, *algorithm;
	enum test_signing signing;
} defaults[TEST_KEYS] = {
	[R1] = { "r1", "RS256" },
	[R2] = { "r2", "RS256" },
	[WEAK] = { "weak", "RS256" },
	[E1] = { "e1", "ES256" },
	[E2] = { "e2", "ES256" },
	[E3] = { "e3", "ES256" },
	[P384] = { "p384", "ES384", SHA_384 },
	[K1] = { "k1", "ES256K" },
	[P521] = { "p521", "ES512", SHA_512 },
	[ED1] = { "ed1", "EdDSA" },
	[ED2] = { "ed2", "EdDSA" },
};

const char *test_key_kid(enum test_key key_id)
{
	return defaults[key_id].name;
}

const char *test_key_alg(enum test_key key_id)
{
	return defaults[key_id].algorithm;
}

enum test_signing test_key_signing(enum test_key key_id)
{
	return defaults[key_id].signing;
}

static const char *const curves[TEST_KEYS] = {
	[E1] = "P-256",     [E2] = "P-256",   [E3] = "P-256",    [P384] = "P-384",
	[K1] = "secp256k1", [P521] = "P-521", [ED1] = "Ed25519", [ED2] = "Ed25519",
};

EVP_PKEY *test_key_pkey(enum test_key key_id)
{
	if (keys[key_id])
		return keys[key_id];
	if (!curves[key_id])
		keys[key_id] = EVP_RSA_gen(key_id == WEAK ? 1024 : 2048);
	else if (key_id >= ED1)
		keys[key_id] = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	else
		keys[key_id] = EVP_EC_gen(curves[key_id]);
	return keys[key_id];
}

void test_keys_free(void)
{
	for (int i = 0; i < TEST_KEYS; i++) {
		EVP_PKEY_free(keys[i]);
		keys[i] = NULL;
	}
}

static const struct {
	const char *digest;
	const char *mask; /* digest of MGF1, for PSS */
	int salt;
} parameters[] = {
	[SHA_256] = { "SHA256" },
	[DER] = { "SHA256" },
	[SHA_384] = { "SHA384" },
	[SHA_512] = { "SHA512" },
	[PSS] = { "SHA256", "SHA256", RSA_PSS_SALTLEN_DIGEST },
	[PSS_384] = { "SHA384", "SHA384", RSA_PSS_SALTLEN_DIGEST },
	[PSS_512] = { "SHA512", "SHA512", RSA_PSS_SALTLEN_DIGEST },
	[PSS_BARE] = { "SHA256", "SHA256", 0 },
	[PSS_LONG] = { "SHA256", "SHA256", RSA_PSS_SALTLEN_MAX },
	[PSS_MASK] = { "SHA256", "SHA1", RSA_PSS_SALTLEN_DIGEST },
};

static size_t sign(EVP_PKEY *key, struct str bytes, enum test_signing signing, unsigned char *out,
                   size_t size)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx;

	EVP_DigestSignInit_ex(context, &ctx,
	                      EVP_PKEY_is_a(key, "ED25519") ? NULL : parameters[signing].digest,
	                      NULL, NULL, key, NULL);
	if (parameters[signing].mask) {
		EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING);
		EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, parameters[signing].salt);
		EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, parameters[signing].mask, NULL);
	}
	EVP_DigestSign(context, out, &size, (const unsigned char *)bytes.at, bytes.length);
	EVP_MD_CTX_free(context);
	return size;
}

/* Converts DER to r and s side by side, each as wide as the curve. */
static size_t split_der(EVP_PKEY *key, const unsigned char *der, size_t length, unsigned char *out)
{
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)length);
	int width = (EVP_PKEY_get_bits(key) + 7) / 8;

	BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, width);
	BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + width, width);
	ECDSA_SIG_free(pair);
	return 2 * (size_t)width;
}

static size_t sign_hmac(EVP_PKEY *key, struct str bytes, bool pem, unsigned char *out)
{
	BIO *text = BIO_new(BIO_s_mem());
	unsigned length = 0;
	char *secret;
	long secret_length;

	if (pem)
		PEM_write_bio_PUBKEY(text, key);
	else
		i2d_PUBKEY_bio(text, key);
	secret_length = BIO_get_mem_data(text, &secret);
	HMAC(EVP_sha256(), secret, (int)secret_length, (const unsigned char *)bytes.at,
	     bytes.length, out, &length);
	BIO_free(text);
	return length;
}

void test_token_sign(struct buf *token, struct str header, struct str claims, enum test_key key_id,
                     enum test_signing signing)
{
	EVP_PKEY *key = test_key_pkey(key_id);
	unsigned char raw[1024] = { 0 }, signature[1024] = { 0 };
	size_t length = 0;

	buf_clear(token);
	base64url_encode(token, header.at, header.length);
	buf_char(token, '.');
	base64url_encode(token, claims.at, claims.length);
	if (signing == HMAC_PEM || signing == HMAC_DER) {
		length = sign_hmac(key, buf_as_str(token), signing == HMAC_PEM, signature);
	} else if (signing == ZEROS) {
		length = 64;
	} else if (signing != NONE) {
		length = sign(key, buf_as_str(token), signing, raw, sizeof(raw));
		memcpy(signature, raw, length);
		if (signing != DER && EVP_PKEY_is_a(key, "EC"))
			length = split_der(key, raw, length, signature);
	}
	buf_char(token, '.');
	base64url_encode(token, signature, length);
	buf_cstr(token);
}

static void add_number(struct buf *out, const char *name, EVP_PKEY *key, const char *param,
                       int width)
{
	unsigned char bytes[1024];
	BIGNUM *number = NULL;
	int length;

	EVP_PKEY_get_bn_param(key, param, &number);
	length = width ? BN_bn2binpad(number, bytes, width) : BN_bn2bin(number, bytes);
	buf_print(out, ",\"%s\":\"", name);
	base64url_encode(out, bytes, (size_t)length);
	buf_char(out, '"');
	BN_free(number);
}

void test_key_jwk(struct buf *out, enum test_key key_id, const char *kid, const char *more)
{
	EVP_PKEY *key = test_key_pkey(key_id);
	int width = (EVP_PKEY_get_bits(key) + 7) / 8;
	unsigned char raw[32];
	size_t length = sizeof(raw);

	if (key_id >= ED1) {
		EVP_PKEY_get_raw_public_key(key, raw, &length);
		buf_text(out, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"");
		base64url_encode(out, raw, length);
		buf_char(out, '"');
	} else if (EVP_PKEY_is_a(key, "RSA")) {
		buf_text(out, "{\"kty\":\"RSA\"");
		add_number(out, "n", key, OSSL_PKEY_PARAM_RSA_N, 0);
		add_number(out, "e", key, OSSL_PKEY_PARAM_RSA_E, 0);
	} else {
		buf_print(out, "{\"kty\":\"EC\",\"crv\":\"%s\"", curves[key_id]);
		add_number(out, "x", key, OSSL_PKEY_PARAM_EC_PUB_X, width);
		add_number(out, "y", key, OSSL_PKEY_PARAM_EC_PUB_Y, width);
	}
	if (kid)
		buf_print(out, ",\"kid\":\"%s\"", kid);
	buf_print(out, "%s}", more);
}
