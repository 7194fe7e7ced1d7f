/* The development issuer's tokens are valid, and its key file is private. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jwt.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signer.h"
#include "auth_fixture.h"

static struct stand f;
static char directory[64], path[100];

static void set_up(void)
{
	stand_open(&f);
	snprintf(directory, sizeof(directory), "/tmp/test-mint-XXXXXX");
	cr_assert(mkdtemp(directory) != NULL);
	snprintf(path, sizeof(path), "%s/key.pem", directory);
}

static void tear_down(void)
{
	unlink(path);
	cr_expect(eq(int, rmdir(directory), 0), "no temporary file must be left");
	stand_close(&f);
}

TestSuite(mint, .init = set_up, .fini = tear_down, .timeout = 60);

static const struct mint_token usual = {
	.issuer = ISSUER,
	.audience = "api",
	.subject = "user_ann",
	.email = "ann@example.com",
	.first_name = "Ann",
	.last_name = "O'Lee \"x\" \xc3\xb6",
	.issued = NOW,
	.expires = NOW + 300,
};

Test(mint, signs_what_its_own_keys_prove)
{
	struct buf fault = { 0 };
	struct mint *mint = mint_new(path, &fault);

	cr_assert(mint != NULL, "%s", buf_cstr(&fault));
	mint_jwks(mint, &f.keys);
	stand_believe(&f);
	cr_expect(mint_sign(mint, &usual, &f.token));
	cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE));
	cr_assert(f.identity != NULL);
	cr_expect(eq(str, (char *)(uintptr_t)f.identity->subject, "user_ann"));
	cr_expect(eq(str, (char *)(uintptr_t)f.identity->email, "ann@example.com"));
	cr_expect(f.identity->email_verified);
	cr_expect(eq(str, (char *)(uintptr_t)f.identity->first_name, "Ann"));
	cr_expect(eq(str, (char *)(uintptr_t)f.identity->last_name, (char *)(uintptr_t)usual.last_name));

	buf_clear(&f.token);
	mint_sign(mint, &(struct mint_token){ .issuer = ISSUER, .audience = "api", .subject = "bare",
	                                      .issued = NOW - 600, .expires = NOW - 300 },
	          &f.token);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_EXPIRED));
	buf_clear(&f.token);
	mint_sign(mint, &(struct mint_token){ .issuer = ISSUER, .audience = "api", .subject = "bare",
	                                      .issued = NOW, .expires = NOW + 300 },
	          &f.token);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE));
	cr_expect(f.identity->email == NULL);

	buf_clear(&f.token);
	cr_expect(not(mint_sign(mint, &(struct mint_token){ .subject = "\xff" }, &f.token)));
	cr_expect(eq(ulong, f.token.length, 0));
	mint_free(mint);
	buf_finish(&fault);
}

/* The default token with one difference. */
static const struct {
	const char *kid;
	enum mint_seal seal;
	long long begins;
	enum auth_verdict verdict;
	const char *algorithm; /* `alg` of the header */
	size_t dots;
} flawed[] = {
	{ .verdict = AUTH_TRUE, .algorithm = "RS256", .dots = 2 },
	{ .begins = NOW, .verdict = AUTH_TRUE, .algorithm = "RS256", .dots = 2 },
	{ .begins = NOW + 100, .verdict = AUTH_NOT_YET, .algorithm = "RS256", .dots = 2 },
	{ .kid = "", .verdict = AUTH_TRUE, .algorithm = "RS256", .dots = 2 },
	{ .kid = "another", .verdict = AUTH_UNKNOWN_KEY, .algorithm = "RS256", .dots = 2 },
	{ .seal = MINT_CHANGED, .verdict = AUTH_SIGNATURE, .algorithm = "RS256", .dots = 2 },
	{ .seal = MINT_UNSIGNED, .verdict = AUTH_ALGORITHM, .algorithm = "none", .dots = 2 },
	{ .seal = MINT_HMAC, .verdict = AUTH_ALGORITHM, .algorithm = "HS256", .dots = 2 },
	{ .seal = MINT_TRUNCATED, .verdict = AUTH_MALFORMED, .algorithm = "RS256", .dots = 1 },
};

/* The header of f.token as text. */
static const char *header(void)
{
	static char text[512];
	struct str rest = buf_as_str(&f.token), part;
	long length;

	str_cut(&rest, '.', &part);
	length = base64url_decode(part, (unsigned char *)text, sizeof(text) - 1);
	text[length < 0 ? 0 : length] = '\0';
	return text;
}

static size_t dots(void)
{
	size_t count = 0;

	for (size_t i = 0; i < f.token.length; i++)
		count += f.token.at[i] == '.';
	return count;
}

Test(mint, makes_one_flaw_when_it_is_told_to)
{
	struct buf fault = { 0 };
	struct mint *mint = mint_new(path, &fault);

	mint_jwks(mint, &f.keys);
	stand_believe(&f);
	for (size_t i = 0; i < COUNT_OF(flawed); i++) {
		struct mint_token token = usual;
		char algorithm[32];

		token.kid = flawed[i].kid;
		token.seal = flawed[i].seal;
		token.begins = flawed[i].begins;
		buf_clear(&f.token);
		cr_assert(mint_sign(mint, &token, &f.token), "row %zu", i);
		cr_expect(eq(int, stand_check_forged(&f), flawed[i].verdict), "row %zu", i);
		snprintf(algorithm, sizeof(algorithm), "\"alg\":\"%s\"", flawed[i].algorithm);
		cr_expect(strstr(header(), algorithm) != NULL, "row %zu: %s", i, header());
		cr_expect(eq(ulong, dots(), flawed[i].dots), "row %zu", i);
	}
	mint_free(mint);
	buf_finish(&fault);
}

/* The token must be one that a library which takes the algorithm from the token would
 * accept; otherwise rejecting it would prove nothing. */
Test(mint, signs_an_hmac_with_the_key_that_everybody_has)
{
	struct buf fault = { 0 };
	struct mint *mint = mint_new(path, &fault);
	struct mint_token token = usual;
	EVP_PKEY *key;
	BIO *pem = BIO_new(BIO_s_mem());
	FILE *file = fopen(path, "r");
	jwt_t *jwt = NULL;
	char *text;
	long length;

	key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	fclose(file);
	PEM_write_bio_PUBKEY(pem, key);
	length = BIO_get_mem_data(pem, &text);
	token.seal = MINT_HMAC;
	cr_assert(mint_sign(mint, &token, &f.token));
	cr_expect(eq(int, jwt_decode(&jwt, buf_cstr(&f.token), (unsigned char *)text, (int)length), 0));
	jwt_free(jwt);
	BIO_free(pem);
	EVP_PKEY_free(key);
	mint_free(mint);
	buf_finish(&fault);
}

Test(mint, keeps_its_key_to_itself_and_keeps_it)
{
	struct buf fault = { 0 }, first = { 0 }, second = { 0 };
	struct mint *mint;
	struct stat st;

	umask(0);
	mint = mint_new(path, &fault);
	cr_assert(mint != NULL);
	mint_jwks(mint, &first);
	mint_free(mint);
	cr_assert(stat(path, &st) == 0);
	cr_expect(eq(int, st.st_mode & 0777, 0600));

	mint = mint_new(path, &fault);
	cr_assert(mint != NULL);
	mint_jwks(mint, &second);
	mint_free(mint);
	cr_expect(str_equal(buf_as_str(&first), buf_as_str(&second)));
	cr_expect(strstr(buf_cstr(&first), "\"d\"") == NULL);
	cr_expect(eq(ulong, fault.length, 0));
	buf_finish(&first);
	buf_finish(&second);
	buf_finish(&fault);
}

static void write_key(const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	fputs(text, file);
	fclose(file);
	chmod(path, mode);
}

Test(mint, says_what_is_wrong_with_a_key_file)
{
	struct buf fault = { 0 };
	static const struct {
		const char *text;
		mode_t mode;
		const char *says;
	} rows[] = {
		{ "", 0600, "no RSA key" },
		{ "no key", 0600, "no RSA key" },
		{ "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 0600, "no RSA key" },
		{ "anything", 0644, "other users may read it" },
		{ "anything", 0640, "other users may read it" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		write_key(rows[i].text, rows[i].mode);
		cr_expect(mint_new(path, &fault) == NULL);
		cr_expect(strstr(buf_cstr(&fault), rows[i].says) != NULL, "%s", buf_cstr(&fault));
		buf_clear(&fault);
	}
	cr_expect(mint_new("/nowhere/at/all.pem", &fault) == NULL);
	cr_expect(gt(ulong, fault.length, 0));
	buf_clear(&fault);
	cr_expect(mint_new(directory, &fault) == NULL);
	cr_expect(gt(ulong, fault.length, 0));
	buf_finish(&fault);
}
