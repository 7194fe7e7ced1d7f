/* jwk.c: converts the public key of a JWK to an OpenSSL key.
 *
 * Keys are validated once, when they arrive: sizes, odd numbers, and that a point lies on
 * its curve. OpenSSL checks the latter for the NIST curves, but accepts any 32 bytes as an
 * Ed25519 key. */

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "jwk.h"

enum {
	MIN_RSA_BYTES = 2048 / 8,
	MAX_RSA_BYTES = 8192 / 8,
	MAX_EXPONENT_BYTES = 4,
	MAX_COORDINATE_BYTES = 66
};

_Static_assert((int)MAX_SIGNATURE_BYTES >= (int)MAX_RSA_BYTES,
               "a signature of the longest key must fit");

static EVP_PKEY *make_pkey(const char *type, OSSL_PARAM_BLD *builder)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (!params || !context || EVP_PKEY_fromdata_init(context) != 1
	    || EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	return key;
}

static void make_thumbprint(struct buf *json, unsigned char thumbprint[THUMBPRINT_BYTES])
{
	unsigned length = THUMBPRINT_BYTES;

	EVP_Digest(json->at, json->length, thumbprint, &length, EVP_sha256(), NULL);
	buf_finish(json);
}

/* ---- RSA ---- */

void key_rsa_thumbprint(struct str n, struct str e, unsigned char thumbprint[THUMBPRINT_BYTES])
{
	struct buf json = { 0 };

	buf_print(&json, "{\"e\":\"%.*s\",\"kty\":\"RSA\",\"n\":\"%.*s\"}", STR_ARGS(e),
	          STR_ARGS(n));
	make_thumbprint(&json, thumbprint);
}

void key_rsa_params(EVP_PKEY *rsa, struct buf *n_out, struct buf *e_out)
{
	unsigned char bytes[MAX_RSA_BYTES];
	BIGNUM *n = NULL, *e = NULL;

	EVP_PKEY_get_bn_param(rsa, OSSL_PKEY_PARAM_RSA_N, &n);
	EVP_PKEY_get_bn_param(rsa, OSSL_PKEY_PARAM_RSA_E, &e);
	base64url_encode(n_out, bytes, (size_t)BN_bn2bin(n, bytes));
	base64url_encode(e_out, bytes, (size_t)BN_bn2bin(e, bytes));
	BN_free(n);
	BN_free(e);
}

static const char *read_rsa(const struct json *jwk, EVP_PKEY **public,
                            unsigned char thumbprint[THUMBPRINT_BYTES])
{
	struct str n_text = json_member_string(jwk, "n"), e_text = json_member_string(jwk, "e");
	unsigned char n_bytes[MAX_RSA_BYTES + 1], e_bytes[MAX_EXPONENT_BYTES];
	long n_length = base64url_decode(n_text, n_bytes, sizeof(n_bytes));
	long e_length = base64url_decode(e_text, e_bytes, sizeof(e_bytes));
	OSSL_PARAM_BLD *builder;
	BIGNUM *n, *e;

	if (n_length <= 0 || e_length <= 0)
		return "its n or e is not valid base64url of an accepted length";
	n = BN_bin2bn(n_bytes, (int)n_length, NULL);
	e = BN_bin2bn(e_bytes, (int)e_length, NULL);
	if (BN_num_bits(n) < MIN_RSA_BYTES * 8 || BN_num_bits(n) > MAX_RSA_BYTES * 8
	    || !BN_is_odd(n) || BN_num_bits(e) < 2 || !BN_is_odd(e)) {
		BN_free(n);
		BN_free(e);
		return "its n or e is too small, too large or even";
	}
	builder = OSSL_PARAM_BLD_new();
	OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e);
	*public = make_pkey("RSA", builder);
	key_rsa_thumbprint(n_text, e_text, thumbprint);
	BN_free(n);
	BN_free(e);
	return NULL;
}

/* ---- elliptic curves ---- */

static const char *read_ec(const struct json *jwk, const struct algorithm_row *algorithm,
                           EVP_PKEY **public, unsigned char thumbprint[THUMBPRINT_BYTES])
{
	struct str x = json_member_string(jwk, "x"), y = json_member_string(jwk, "y");
	unsigned char point[1 + 2 * MAX_COORDINATE_BYTES] = { POINT_CONVERSION_UNCOMPRESSED };
	size_t width = (size_t)algorithm->coordinate_bytes;
	struct buf json = { 0 };
	OSSL_PARAM_BLD *builder;

	if (base64url_decode(x, point + 1, width) != (long)width
	    || base64url_decode(y, point + 1 + width, width) != (long)width)
		return "its x or y is not valid base64url of the right length";
	builder = OSSL_PARAM_BLD_new();
	OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, algorithm->crv, 0);
	OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * width);
	*public = make_pkey("EC", builder); /* rejects a point that is not on the curve */
	buf_print(&json, "{\"crv\":\"%s\",\"kty\":\"EC\",\"x\":\"%.*s\",\"y\":\"%.*s\"}",
	          algorithm->crv, STR_ARGS(x), STR_ARGS(y));
	make_thumbprint(&json, thumbprint);
	return NULL;
}

/* Ed25519 is -x² + y² = 1 + d·x²·y² modulo p = 2²⁵⁵ - 19; a key is y plus the sign of x in
 * the top bit. An x exists for y if (y² - 1)(d·y² + 1) is a square; if that is 0, x is 0.
 * If x or y is 0, or doubling the point makes y 0 (d·y⁴ + 2·y² = 1), eight times the point
 * is the neutral element, and anyone can sign for the key. */
static bool is_valid_ed25519(const unsigned char bytes[32])
{
	unsigned char y_bytes[32];
	BIGNUM *p = NULL, *d = NULL, *y, *u = BN_new(), *v = BN_new(), *w = BN_new();
	BN_CTX *ctx = BN_CTX_new();
	bool ok;

	memcpy(y_bytes, bytes, sizeof(y_bytes));
	y_bytes[31] &= 0x7f;
	y = BN_lebin2bn(y_bytes, sizeof(y_bytes), NULL);
	BN_hex2bn(&p, "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");
	BN_hex2bn(&d, "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3");
	BN_mod_sqr(v, y, p, ctx);
	BN_sub(u, v, BN_value_one());
	BN_mod_mul(d, v, d, p, ctx);
	BN_copy(w, d);
	BN_add_word(w, 2);
	BN_mod_mul(w, w, v, p, ctx);
	BN_add(v, d, BN_value_one());
	BN_mod_mul(u, u, v, p, ctx);
	ok = BN_cmp(y, p) < 0 && BN_kronecker(u, p, ctx) == 1 && !BN_is_zero(y) && !BN_is_one(w);
	BN_free(p);
	BN_free(d);
	BN_free(y);
	BN_free(u);
	BN_free(v);
	BN_free(w);
	BN_CTX_free(ctx);
	return ok;
}

static const char *read_okp(const struct json *jwk, const struct algorithm_row *algorithm,
                            EVP_PKEY **public, unsigned char thumbprint[THUMBPRINT_BYTES])
{
	struct str x = json_member_string(jwk, "x");
	struct buf json = { 0 };
	unsigned char bytes[32];

	if (base64url_decode(x, bytes, sizeof(bytes)) != sizeof(bytes))
		return "its x is not valid base64url of the right length";
	if (!is_valid_ed25519(bytes))
		return "its x is not on the curve, or is a point of small order";
	*public = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, bytes, sizeof(bytes));
	buf_print(&json, "{\"crv\":\"%s\",\"kty\":\"OKP\",\"x\":\"%.*s\"}", algorithm->crv,
	          STR_ARGS(x));
	make_thumbprint(&json, thumbprint);
	return NULL;
}

const char *jwk_public_key(const struct json *jwk, const struct algorithm_row *algorithm,
                           EVP_PKEY **public, unsigned char thumbprint[THUMBPRINT_BYTES])
{
	if (!algorithm->crv)
		return read_rsa(jwk, public, thumbprint);
	if (algorithm->digest)
		return read_ec(jwk, algorithm, public, thumbprint);
	return read_okp(jwk, algorithm, public, thumbprint);
}
