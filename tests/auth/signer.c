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

static struct auth_fixture f;
static char directory[64], path[100];

static void set_up(void)
{
	auth_fixture_open(&f);
	snprintf(directory, sizeof(directory), "/tmp/test-signer-XXXXXX");
	cr_assert(mkdtemp(directory) != NULL);
	snprintf(path, sizeof(path), "%s/key.pem", directory);
}

static void tear_down(void)
{
	unlink(path);
	cr_expect(eq(int, rmdir(directory), 0), "no temporary file must be left");
	auth_fixture_close(&f);
}

TestSuite(signer, .init = set_up, .fini = tear_down, .timeout = 60);

static const struct signer_token default_token = {
	.issuer = ISSUER,
	.audience = "api",
	.subject = "user_ann",
	.email = "ann@example.com",
	.first_name = "Ann",
	.last_name = "O'Lee \"x\" \xc3\xb6",
	.issued = NOW,
	.expires = NOW + 300,
};

Test(signer, signs_tokens_that_its_key_set_verifies)
{
	struct buf error = { 0 };
	struct signer *signer = signer_new(path, &error);

	cr_assert(signer != NULL, "%s", buf_cstr(&error));
	signer_jwks(signer, &f.keys);
	auth_fixture_start(&f);
	cr_expect(signer_sign(signer, &default_token, &f.token));
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_OK));
	cr_assert(f.identity != NULL);
	cr_expect(eq(str, (char *)(uintptr_t)f.identity->subject, "user_ann"));
	cr_expect(eq(str, (char *)(uintptr_t)f.identity->email, "ann@example.com"));
	cr_expect(f.identity->email_verified);
	cr_expect(eq(str, (char *)(uintptr_t)f.identity->first_name, "Ann"));
	cr_expect(eq(str, (char *)(uintptr_t)f.identity->last_name,
	             (char *)(uintptr_t)default_token.last_name));

	buf_clear(&f.token);
	signer_sign(signer,
	            &(struct signer_token){ .issuer = ISSUER,
	                                    .audience = "api",
	                                    .subject = "bare",
	                                    .issued = NOW - 600,
	                                    .expires = NOW - 300 },
	            &f.token);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_EXPIRED));
	buf_clear(&f.token);
	signer_sign(signer,
	            &(struct signer_token){ .issuer = ISSUER,
	                                    .audience = "api",
	                                    .subject = "bare",
	                                    .issued = NOW,
	                                    .expires = NOW + 300 },
	            &f.token);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_OK));
	cr_expect(f.identity->email == NULL);

	buf_clear(&f.token);
	cr_expect(not(signer_sign(signer, &(struct signer_token){ .subject = "\xff" }, &f.token)));
	cr_expect(eq(ulong, f.token.length, 0));
	signer_free(signer);
	buf_finish(&error);
}

/* The default token with one difference. */
static const struct {
	const char *kid;
	enum signature_kind signature;
	long long not_before;
	enum auth_result result;
	const char *algorithm; /* `alg` of the header */
	size_t dots;
} defects[] = {
	{ .result = AUTH_OK, .algorithm = "RS256", .dots = 2 },
	{ .not_before = NOW, .result = AUTH_OK, .algorithm = "RS256", .dots = 2 },
	{ .not_before = NOW + 100, .result = AUTH_NOT_YET, .algorithm = "RS256", .dots = 2 },
	{ .kid = "", .result = AUTH_OK, .algorithm = "RS256", .dots = 2 },
	{ .kid = "another", .result = AUTH_UNKNOWN_KEY, .algorithm = "RS256", .dots = 2 },
	{ .signature = SIGNATURE_TAMPERED,
	  .result = AUTH_SIGNATURE,
	  .algorithm = "RS256",
	  .dots = 2 },
	{ .signature = SIGNATURE_ALG_NONE,
	  .result = AUTH_ALGORITHM,
	  .algorithm = "none",
	  .dots = 2 },
	{ .signature = SIGNATURE_HMAC, .result = AUTH_ALGORITHM, .algorithm = "HS256", .dots = 2 },
	{ .signature = SIGNATURE_MISSING,
	  .result = AUTH_MALFORMED,
	  .algorithm = "RS256",
	  .dots = 1 },
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

Test(signer, makes_the_requested_defect)
{
	struct buf error = { 0 };
	struct signer *signer = signer_new(path, &error);

	signer_jwks(signer, &f.keys);
	auth_fixture_start(&f);
	for (size_t i = 0; i < COUNT_OF(defects); i++) {
		struct signer_token token = default_token;
		char algorithm[32];

		token.kid = defects[i].kid;
		token.signature = defects[i].signature;
		token.not_before = defects[i].not_before;
		buf_clear(&f.token);
		cr_assert(signer_sign(signer, &token, &f.token), "row %zu", i);
		cr_expect(eq(int, auth_fixture_check_token(&f), defects[i].result), "row %zu", i);
		snprintf(algorithm, sizeof(algorithm), "\"alg\":\"%s\"", defects[i].algorithm);
		cr_expect(strstr(header(), algorithm) != NULL, "row %zu: %s", i, header());
		cr_expect(eq(ulong, dots(), defects[i].dots), "row %zu", i);
	}
	signer_free(signer);
	buf_finish(&error);
}

/* The token must be one that a library which takes the algorithm from the token would
 * accept; otherwise rejecting it would prove nothing. */
Test(signer, signs_hmac_with_the_public_key)
{
	struct buf error = { 0 };
	struct signer *signer = signer_new(path, &error);
	struct signer_token token = default_token;
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
	token.signature = SIGNATURE_HMAC;
	cr_assert(signer_sign(signer, &token, &f.token));
	cr_expect(eq(int, jwt_decode(&jwt, buf_cstr(&f.token), (unsigned char *)text, (int)length),
	             0));
	jwt_free(jwt);
	BIO_free(pem);
	EVP_PKEY_free(key);
	signer_free(signer);
	buf_finish(&error);
}

Test(signer, keeps_its_key_private_and_reuses_it)
{
	struct buf error = { 0 }, first = { 0 }, second = { 0 };
	struct signer *signer;
	struct stat st;

	umask(0);
	signer = signer_new(path, &error);
	cr_assert(signer != NULL);
	signer_jwks(signer, &first);
	signer_free(signer);
	cr_assert(stat(path, &st) == 0);
	cr_expect(eq(int, st.st_mode & 0777, 0600));

	signer = signer_new(path, &error);
	cr_assert(signer != NULL);
	signer_jwks(signer, &second);
	signer_free(signer);
	cr_expect(str_equal(buf_as_str(&first), buf_as_str(&second)));
	cr_expect(strstr(buf_cstr(&first), "\"d\"") == NULL);
	cr_expect(eq(ulong, error.length, 0));
	buf_finish(&first);
	buf_finish(&second);
	buf_finish(&error);
}

static void write_key(const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	fputs(text, file);
	fclose(file);
	chmod(path, mode);
}

Test(signer, rejects_an_unusable_key_file)
{
	struct buf error = { 0 };
	static const struct {
		const char *text;
		mode_t mode;
		const char *error;
	} rows[] = {
		{ "", 0600, "no RSA key" },
		{ "no key", 0600, "no RSA key" },
		{ "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 0600,
		  "no RSA key" },
		{ "anything", 0644, "other users may read it" },
		{ "anything", 0640, "other users may read it" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		write_key(rows[i].text, rows[i].mode);
		cr_expect(signer_new(path, &error) == NULL);
		cr_expect(strstr(buf_cstr(&error), rows[i].error) != NULL, "%s", buf_cstr(&error));
		buf_clear(&error);
	}
	cr_expect(signer_new("/nowhere/at/all.pem", &error) == NULL);
	cr_expect(gt(ulong, error.length, 0));
	buf_clear(&error);
	cr_expect(signer_new(directory, &error) == NULL);
	cr_expect(gt(ulong, error.length, 0));
	buf_finish(&error);
}
