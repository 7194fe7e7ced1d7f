/* test_tokens.c: test keys, and valid and invalid tokens signed with them. */

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "test_tokens.h"

static EVP_PKEY *keys[FORGERS];

static const struct {
	const char *name, *algorithm;
	enum seal seal;
} usual[FORGERS] = {
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

const char *forge_name(enum forger forger)
{
	return usual[forger].name;
}

const char *forge_algorithm(enum forger forger)
{
	return usual[forger].algorithm;
}

enum seal forge_seal(enum forger forger)
{
	return usual[forger].seal;
}

static const char *const curves[FORGERS] = {
	[E1] = "P-256", [E2] = "P-256",  [E3] = "P-256",    [P384] = "P-384",
	[K1] = "secp256k1", [P521] = "P-521", [ED1] = "Ed25519", [ED2] = "Ed25519",
};

EVP_PKEY *forge_key(enum forger forger)
{
	if (keys[forger])
		return keys[forger];
	if (!curves[forger])
		keys[forger] = EVP_RSA_gen(forger == WEAK ? 1024 : 2048);
	else if (forger >= ED1)
		keys[forger] = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	else
		keys[forger] = EVP_EC_gen(curves[forger]);
	return keys[forger];
}

void forge_finish(void)
{
	for (int i = 0; i < FORGERS; i++) {
		EVP_PKEY_free(keys[i]);
		keys[i] = NULL;
	}
}

static const struct {
	const char *digest;
	const char *mask; /* digest of MGF1, for PSS */
	int salt;
} ways[] = {
	[HONEST] = { "SHA256" },
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

static size_t sign(EVP_PKEY *key, struct str bytes, enum seal seal, unsigned char *out, size_t room)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY_CTX *way;

	EVP_DigestSignInit_ex(context, &way, EVP_PKEY_is_a(key, "ED25519") ? NULL : ways[seal].digest, NULL, NULL,
	                      key, NULL);
	if (ways[seal].mask) {
		EVP_PKEY_CTX_set_rsa_padding(way, RSA_PKCS1_PSS_PADDING);
		EVP_PKEY_CTX_set_rsa_pss_saltlen(way, ways[seal].salt);
		EVP_PKEY_CTX_set_rsa_mgf1_md_name(way, ways[seal].mask, NULL);
	}
	EVP_DigestSign(context, out, &room, (const unsigned char *)bytes.at, bytes.length);
	EVP_MD_CTX_free(context);
	return room;
}

/* Converts DER to r and s side by side, each as wide as the curve. */
static size_t unwrap(EVP_PKEY *key, const unsigned char *der, size_t length, unsigned char *out)
{
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)length);
	int width = (EVP_PKEY_get_bits(key) + 7) / 8;

	BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, width);
	BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + width, width);
	ECDSA_SIG_free(pair);
	return 2 * (size_t)width;
}

static size_t hmac(EVP_PKEY *key, struct str bytes, bool pem, unsigned char *out)
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
	HMAC(EVP_sha256(), secret, (int)secret_length, (const unsigned char *)bytes.at, bytes.length, out, &length);
	BIO_free(text);
	return length;
}

void forge_token(struct buf *token, struct str header, struct str claims, enum forger forger, enum seal seal)
{
	EVP_PKEY *key = forge_key(forger);
	unsigned char made[1024] = { 0 }, signature[1024] = { 0 };
	size_t length = 0;

	buf_clear(token);
	base64url_encode(token, header.at, header.length);
	buf_char(token, '.');
	base64url_encode(token, claims.at, claims.length);
	if (seal == HMAC_PEM || seal == HMAC_DER) {
		length = hmac(key, buf_as_str(token), seal == HMAC_PEM, signature);
	} else if (seal == ZEROS) {
		length = 64;
	} else if (seal != NONE) {
		length = sign(key, buf_as_str(token), seal, made, sizeof(made));
		memcpy(signature, made, length);
		if (seal != DER && EVP_PKEY_is_a(key, "EC"))
			length = unwrap(key, made, length, signature);
	}
	buf_char(token, '.');
	base64url_encode(token, signature, length);
	buf_cstr(token);
}

static void add_number(struct buf *out, const char *name, EVP_PKEY *key, const char *param, int width)
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

void forge_jwk(struct buf *out, enum forger forger, const char *kid, const char *more)
{
	EVP_PKEY *key = forge_key(forger);
	int width = (EVP_PKEY_get_bits(key) + 7) / 8;
	unsigned char raw[32];
	size_t length = sizeof(raw);

	if (forger >= ED1) {
		EVP_PKEY_get_raw_public_key(key, raw, &length);
		buf_text(out, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"");
		base64url_encode(out, raw, length);
		buf_char(out, '"');
	} else if (EVP_PKEY_is_a(key, "RSA")) {
		buf_text(out, "{\"kty\":\"RSA\"");
		add_number(out, "n", key, OSSL_PKEY_PARAM_RSA_N, 0);
		add_number(out, "e", key, OSSL_PKEY_PARAM_RSA_E, 0);
	} else {
		buf_print(out, "{\"kty\":\"EC\",\"crv\":\"%s\"", curves[forger]);
		add_number(out, "x", key, OSSL_PKEY_PARAM_EC_PUB_X, width);
		add_number(out, "y", key, OSSL_PKEY_PARAM_EC_PUB_Y, width);
	}
	if (kid)
		buf_print(out, ",\"kid\":\"%s\"", kid);
	buf_print(out, "%s}", more);
}
