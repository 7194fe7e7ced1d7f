/* What libjwt signs we believe, and what we sign libjwt believes. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mint.h"
#include "stand.h"

static struct stand f;
static char directory[64], private_path[100], public_path[100];

static void set_up(void)
{
	stand_open(&f);
	snprintf(directory, sizeof(directory), "/tmp/test-opinion-XXXXXX");
	cr_assert(mkdtemp(directory) != NULL);
	snprintf(private_path, sizeof(private_path), "%s/private.pem", directory);
	snprintf(public_path, sizeof(public_path), "%s/public.pem", directory);
}

static void tear_down(void)
{
	unlink(private_path);
	unlink(public_path);
	rmdir(directory);
	stand_close(&f);
}

TestSuite(opinion, .init = set_up, .fini = tear_down, .timeout = 60);

static void write_keys(EVP_PKEY *key)
{
	FILE *file = fopen(private_path, "w");

	PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	fclose(file);
	file = fopen(public_path, "w");
	PEM_write_PUBKEY(file, key);
	fclose(file);
}

/* Its exit status; what it prints becomes the token. */
static int second(const char *arguments)
{
	char command[8192], printed[4096];
	FILE *pipe;
	size_t length;

	snprintf(command, sizeof(command), "%s %s", getenv("SECOND"), arguments);
	pipe = popen(command, "r");
	cr_assert(pipe != NULL);
	length = fread(printed, 1, sizeof(printed), pipe);
	buf_clear(&f.token);
	buf_add(&f.token, printed, length);
	return WEXITSTATUS(pclose(pipe));
}

static const struct {
	const char *alg, *kid;
	enum forger forger;
} rows[] = { { "RS256", "r1", R1 }, { "ES256", "e1", E1 } };

Test(opinion, of_libjwt_makes_tokens_that_we_believe)
{
	stand_publish(&f, R1, E1, FORGERS);
	stand_believe(&f);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char arguments[300];

		write_keys(forge_key(rows[i].forger));
		snprintf(arguments, sizeof(arguments), "sign %s %s %s somebody %lld", rows[i].alg, private_path,
		         rows[i].kid, NOW + 60);
		cr_expect(eq(int, second(arguments), 0), "%s", rows[i].alg);
		cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE), "%s", rows[i].alg);
		cr_assert(f.identity != NULL);
		cr_expect(eq(str, (char *)(uintptr_t)f.identity->subject, "somebody"));
	}
}

Test(opinion, of_libjwt_is_that_ours_are_true)
{
	struct buf fault = { 0 }, token = { 0 };
	char arguments[4096];
	struct mint *mint;
	EVP_PKEY *key;
	FILE *file;

	mint = mint_new(private_path, &fault);
	cr_assert(mint != NULL);
	file = fopen(private_path, "r");
	key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	fclose(file);
	cr_assert(key != NULL);
	file = fopen(public_path, "w");
	PEM_write_PUBKEY(file, key);
	fclose(file);
	EVP_PKEY_free(key);

	mint_sign(mint, &(struct mint_token){ .issuer = ISSUER, .subject = "a", .issued = NOW, .expires = NOW + 9 },
	          &token);
	snprintf(arguments, sizeof(arguments), "verify RS256 %s %s", public_path, buf_cstr(&token));
	cr_expect(eq(int, second(arguments), 0));
	token.at[token.length - 10] ^= 1;
	snprintf(arguments, sizeof(arguments), "verify RS256 %s %s", public_path, buf_cstr(&token));
	cr_expect(eq(int, second(arguments), 1));
	mint_free(mint);
	buf_finish(&token);
	buf_finish(&fault);
}
