/* Tokens signed by libjwt are accepted here, and tokens accepted here are accepted by libjwt. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jwt.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "auth_fixture.h"

static struct auth_fixture f;

static void set_up(void)
{
	auth_fixture_open(&f);
}

static void tear_down(void)
{
	auth_fixture_close(&f);
}

TestSuite(libjwt_interop, .init = set_up, .fini = tear_down, .timeout = 60);

static const struct {
	const char *kid;
	jwt_alg_t alg;
	enum test_key key_id;
} rows[] = {
	{ "r1", JWT_ALG_RS256, R1 },
	{ "e1", JWT_ALG_ES256, E1 },
	{ "p384", JWT_ALG_ES384, P384 },
	{ "p521", JWT_ALG_ES512, P521 },
};

/* Writes a key as PEM. */
static void write_key(struct buf *pem, EVP_PKEY *key, bool private)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *text;
	long length;

	if (private)
		PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL);
	else
		PEM_write_bio_PUBKEY(out, key);
	length = BIO_get_mem_data(out, &text);
	buf_clear(pem);
	buf_add(pem, text, (size_t)length);
	BIO_free(out);
}

Test(libjwt_interop, accepts_each_others_tokens)
{
	struct buf pem = { 0 };

	auth_fixture_publish(&f, R1, E1, P384, P521, TEST_KEYS);
	auth_fixture_start(&f);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		jwt_t *jwt, *read;
		char *token;

		write_key(&pem, test_key_pkey(rows[i].key_id), true);
		cr_assert(jwt_new(&jwt) == 0);
		jwt_add_header(jwt, "kid", rows[i].kid);
		jwt_add_grant(jwt, "iss", ISSUER);
		jwt_add_grant(jwt, "sub", "somebody");
		jwt_add_grant(jwt, "aud", "api");
		cr_expect(eq(int, jwt_add_grant_int(jwt, "exp", NOW + 60), 0));
		cr_expect(
			eq(int,
		           jwt_set_alg(jwt, rows[i].alg, (unsigned char *)pem.at, (int)pem.length),
		           0));
		token = jwt_encode_str(jwt);
		jwt_free(jwt);
		cr_assert(token != NULL);
		cr_expect(eq(int, auth_fixture_check(&f, str_of(token)), AUTH_OK), "%s",
		          rows[i].kid);
		cr_assert(f.identity != NULL);
		cr_expect(eq(str, (char *)(uintptr_t)f.identity->subject, "somebody"));
		free(token);

		write_key(&pem, test_key_pkey(rows[i].key_id), false);
		auth_fixture_sign(&f, rows[i].key_id, "{" CLAIMS "}");
		cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_OK));
		cr_expect(
			eq(int,
		           jwt_decode(&read, f.token.at, (unsigned char *)pem.at, (int)pem.length),
		           0));
		cr_expect(eq(long, jwt_get_grant_int(read, "exp"), NOW + 60));
		jwt_free(read);
	}
	buf_finish(&pem);
}

/* Why libjwt does not verify tokens: it accepts HMAC with the public key's PEM as the secret. */
Test(libjwt_interop, rejects_hmac_that_libjwt_accepts)
{
	struct buf pem = { 0 };
	jwt_t *read;

	auth_fixture_publish(&f, R1, TEST_KEYS);
	auth_fixture_start(&f);
	write_key(&pem, test_key_pkey(R1), false);
	test_token_sign(&f.token, STR("{\"alg\":\"HS256\",\"kid\":\"r1\"}"), STR("{" CLAIMS "}"),
	                R1, HMAC_PEM);
	cr_expect(eq(int, jwt_decode(&read, f.token.at, (unsigned char *)pem.at, (int)pem.length),
	             0));
	jwt_free(read);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_ALGORITHM));
	buf_finish(&pem);
}
