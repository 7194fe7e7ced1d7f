/* key.c: a JWK becomes an OpenSSL key, and the key judges signatures.
 *
 * The algorithm belongs to the key: RSA keys are for RS256, P-256 keys for ES256,
 * and nothing here could compute an HMAC. A key is read once, and its context for
 * verifying is kept.
 *
 * libjwt, which signs in mint.c, does not judge here: version 1.10 wants a PEM
 * with every token, and reading that takes twenty times as long as the signature,
 * for forged tokens too; so a few hundred of them a second would be all that one
 * thread can do. */

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "auth.h"
#include "key.h"

enum { RSA_LEAST = 2048 / 8, RSA_MOST = 8192 / 8, EXPONENT_MOST = 4, COORDINATE = 32 };

enum algorithm algorithm_of(struct str name)
{
	return str_is(name, "RS256") ? RS256 : str_is(name, "ES256") ? ES256 : ALGORITHM_NONE;
}

/* ---- reading ---- */

static void print_of(struct buf *members, unsigned char print[PRINT])
{
	unsigned length = PRINT;

	EVP_Digest(members->at, members->length, print, &length, EVP_sha256(), NULL);
	buf_finish(members);
}

void auth_digest(struct str secret, char out[DIGEST_TEXT])
{
	unsigned char digest[PRINT];
	unsigned length = PRINT;

	EVP_Digest(secret.at, secret.length, digest, &length, EVP_sha256(), NULL);
	for (size_t i = 0; i < PRINT; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

void key_rsa_print(struct str n, struct str e, unsigned char print[PRINT])
{
	struct buf members = { 0 };

	buf_print(&members, "{\"e\":\"%.*s\",\"kty\":\"RSA\",\"n\":\"%.*s\"}", STR_ARGS(e), STR_ARGS(n));
	print_of(&members, print);
}

static void ec_print(struct str x, struct str y, unsigned char print[PRINT])
{
	struct buf members = { 0 };

	buf_print(&members, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%.*s\",\"y\":\"%.*s\"}", STR_ARGS(x),
	          STR_ARGS(y));
	print_of(&members, print);
}

static EVP_PKEY *key_from(const char *type, OSSL_PARAM_BLD *builder)
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

static const char *read_rsa(struct key *key, const struct json *jwk)
{
	struct str n_text = json_text(json_member(jwk, "n")), e_text = json_text(json_member(jwk, "e"));
	unsigned char n_bytes[RSA_MOST + 1], e_bytes[EXPONENT_MOST];
	long n_length = base64url_read(n_text, n_bytes, sizeof(n_bytes));
	long e_length = base64url_read(e_text, e_bytes, sizeof(e_bytes));
	OSSL_PARAM_BLD *builder;
	BIGNUM *n, *e;

	if (n_length <= 0 || e_length <= 0)
		return "its n or e cannot be read";
	n = BN_bin2bn(n_bytes, (int)n_length, NULL);
	e = BN_bin2bn(e_bytes, (int)e_length, NULL);
	if (BN_num_bits(n) < RSA_LEAST * 8 || BN_num_bits(n) > RSA_MOST * 8 || !BN_is_odd(n)
	    || BN_num_bits(e) < 2 || !BN_is_odd(e)) {
		BN_free(n);
		BN_free(e);
		return "its RSA numbers are too small, too large or no RSA numbers";
	}
	builder = OSSL_PARAM_BLD_new();
	OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e);
	key->algorithm = RS256;
	key->public = key_from("RSA", builder);
	key_rsa_print(n_text, e_text, key->print);
	BN_free(n);
	BN_free(e);
	return NULL;
}

static const char *read_ec(struct key *key, const struct json *jwk)
{
	struct str x = json_text(json_member(jwk, "x")), y = json_text(json_member(jwk, "y"));
	unsigned char point[1 + 2 * COORDINATE] = { POINT_CONVERSION_UNCOMPRESSED };
	OSSL_PARAM_BLD *builder;

	if (!str_is(json_text(json_member(jwk, "crv")), "P-256"))
		return "its curve is not P-256";
	if (base64url_read(x, point + 1, COORDINATE) != COORDINATE
	    || base64url_read(y, point + 1 + COORDINATE, COORDINATE) != COORDINATE)
		return "its x or y cannot be read";
	builder = OSSL_PARAM_BLD_new();
	OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
	OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point));
	key->algorithm = ES256;
	key->public = key_from("EC", builder); /* which refuses a point off the curve */
	ec_print(x, y, key->print);
	return NULL;
}

static bool is_given(const struct json *jwk, const char *member)
{
	return json_member(jwk, member) != NULL;
}

/* `use` and `key_ops` say what a key is for; neither has to be there. */
static bool is_for_signatures(const struct json *jwk)
{
	const struct json *ops = json_member(jwk, "key_ops");

	if (is_given(jwk, "use") && !str_is(json_text(json_member(jwk, "use")), "sig"))
		return false;
	if (!ops)
		return true;
	for (size_t i = 0; i < json_count(ops); i++)
		if (str_is(json_text(json_at(ops, i)), "verify"))
			return true;
	return false;
}

static const char *read_kid(struct key *key, const struct json *jwk)
{
	struct str kid = json_text(json_member(jwk, "kid"));

	if (!is_given(jwk, "kid"))
		return NULL;
	if (kid.length == 0 || kid.length > KID_MOST)
		return "its kid is not a text of a fair length";
	key->kid = xmalloc(kid.length + 1);
	memcpy(key->kid, kid.at, kid.length);
	key->kid[kid.length] = '\0';
	return NULL;
}

static bool prepare(struct key *key)
{
	key->judge = key->public ? EVP_PKEY_CTX_new(key->public, NULL) : NULL;
	if (!key->judge || EVP_PKEY_verify_init(key->judge) != 1
	    || EVP_PKEY_CTX_set_signature_md(key->judge, EVP_sha256()) != 1)
		return false;
	return key->algorithm != RS256 || EVP_PKEY_CTX_set_rsa_padding(key->judge, RSA_PKCS1_PADDING) == 1;
}

struct key *key_read(const struct json *jwk, const char **skipped)
{
	struct str kty = json_text(json_member(jwk, "kty"));
	struct key *key = xcalloc(1, sizeof(*key));

	key->holders = 1;
	if (!str_is(kty, "RSA") && !str_is(kty, "EC"))
		*skipped = "its kty is neither RSA nor EC";
	else if (is_given(jwk, "d"))
		*skipped = "its private part is public";
	else if (!is_for_signatures(jwk))
		*skipped = "it is not for signatures";
	else if (!(*skipped = read_kid(key, jwk)))
		*skipped = str_is(kty, "RSA") ? read_rsa(key, jwk) : read_ec(key, jwk);
	if (!*skipped && is_given(jwk, "alg")
	    && algorithm_of(json_text(json_member(jwk, "alg"))) != key->algorithm)
		*skipped = "its alg is not one of ours, or not that of its kty";
	if (!*skipped && !prepare(key))
		*skipped = "OpenSSL does not take it";
	ERR_clear_error();
	if (*skipped) {
		key_release(key);
		return NULL;
	}
	return key;
}

struct key *key_hold(struct key *key)
{
	key->holders++;
	return key;
}

void key_release(struct key *key)
{
	if (!key || --key->holders)
		return;
	EVP_PKEY_CTX_free(key->judge);
	EVP_PKEY_free(key->public);
	free(key->kid);
	free(key);
}

bool key_is(const struct key *key, const struct key *other)
{
	return key->algorithm == other->algorithm && memcmp(key->print, other->print, PRINT) == 0
	       && str_equal(str_of(key->kid), str_of(other->kid));
}

/* ---- judging ---- */

/* A JWS carries r and s side by side, OpenSSL wants them in DER. */
static size_t der_of(struct str signature, unsigned char *der, size_t room)
{
	const unsigned char *raw = (const unsigned char *)signature.at;
	ECDSA_SIG *pair;
	BIGNUM *r, *s;
	int length;

	if (signature.length != 2 * COORDINATE)
		return 0;
	pair = ECDSA_SIG_new();
	r = BN_bin2bn(raw, COORDINATE, NULL);
	s = BN_bin2bn(raw + COORDINATE, COORDINATE, NULL);
	ECDSA_SIG_set0(pair, r, s);
	length = i2d_ECDSA_SIG(pair, NULL);
	if (length > 0 && (size_t)length <= room)
		length = i2d_ECDSA_SIG(pair, &der);
	else
		length = 0;
	ECDSA_SIG_free(pair);
	return (size_t)length;
}

bool key_verify(struct key *key, struct str bytes, struct str signature)
{
	unsigned char digest[PRINT], der[2 * COORDINATE + 16];
	const unsigned char *at = (const unsigned char *)signature.at;
	size_t length = signature.length;
	unsigned digest_length = sizeof(digest);
	bool well;

	if (key->algorithm == ES256) {
		length = der_of(signature, der, sizeof(der));
		at = der;
	}
	well = length > 0
	       && EVP_Digest(bytes.at, bytes.length, digest, &digest_length, EVP_sha256(), NULL) == 1
	       && EVP_PKEY_verify(key->judge, at, length, digest, digest_length) == 1;
	/* What OpenSSL complained about must not be taken for a complaint of the
	 * next TLS connection. */
	ERR_clear_error();
	return well;
}

void key_rsa_members(EVP_PKEY *rsa, struct buf *n_out, struct buf *e_out)
{
	unsigned char bytes[RSA_MOST];
	BIGNUM *n = NULL, *e = NULL;

	EVP_PKEY_get_bn_param(rsa, OSSL_PKEY_PARAM_RSA_N, &n);
	EVP_PKEY_get_bn_param(rsa, OSSL_PKEY_PARAM_RSA_E, &e);
	base64url_write(n_out, bytes, (size_t)BN_bn2bin(n, bytes));
	base64url_write(e_out, bytes, (size_t)BN_bn2bin(e, bytes));
	BN_free(n);
	BN_free(e);
}
