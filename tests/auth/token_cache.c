/* Verified tokens are cached, up to the configured number, until they expire. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "metrics.h"
#include "auth_fixture.h"

#define GOOD "{" CLAIMS "}"

static struct auth_fixture f;

static void set_up(void)
{
	auth_fixture_open(&f);
	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_start(&f);
}

static void tear_down(void)
{
	auth_fixture_close(&f);
}

TestSuite(token_cache, .init = set_up, .fini = tear_down, .timeout = 60);

static long long verified(void)
{
	return metrics_value(METRIC_TOKENS_VERIFIED);
}

/* A unique token. */
static char *token_of(int number)
{
	char claims[300];

	snprintf(claims, sizeof(claims), "{" CLAIMS ",\"jti\":%d}", number);
	auth_fixture_sign(&f, E1, claims);
	return xstrdup(f.token.at);
}

Test(token_cache, verifies_a_token_once)
{
	struct identity *first;

	auth_fixture_sign(&f, E1, GOOD);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_OK));
	first = f.identity;
	for (int i = 0; i < 100; i++) {
		cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_OK));
		cr_expect(f.identity == first);
	}
	cr_expect(eq(llong, verified(), 1));
}

Test(token_cache, holds_valid_tokens_only)
{
	auth_fixture_sign(&f, E1, GOOD);
	f.token.at[f.token.length - 3] ^= 1;
	for (int i = 0; i < 10; i++)
		cr_expect(ne(int, auth_fixture_check_token(&f), AUTH_OK));
	cr_expect(gt(llong, verified(), 0));
	auth_fixture_sign(&f, E1, GOOD);
	cr_assert(auth_fixture_check_token(&f) == AUTH_OK);
	for (size_t at = 0; at < f.token.length; at += 7) {
		f.token.at[at] ^= 1;
		cr_expect(ne(int, auth_fixture_check_token(&f), AUTH_OK), "byte %zu", at);
		f.token.at[at] ^= 1;
	}
}

Test(token_cache, drops_expired_tokens)
{
	auth_fixture_sign(&f, E1, GOOD);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_OK));
	auth_fixture_advance(&f, 64); /* exp is 60 from now, and the leeway 5 */
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_OK));
	cr_expect(eq(llong, verified(), 1));
	auth_fixture_advance(&f, 1);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_EXPIRED));
	cr_expect(eq(llong, verified(), 1));
}

Test(token_cache, evicts_unused_tokens_first)
{
	enum { MANY = 200 };
	char *tokens[MANY], *busy = token_of(-1);
	long long before;

	cr_expect(eq(int, auth_fixture_check(&f, str_of(busy)), AUTH_OK));
	for (int i = 0; i < MANY; i++) {
		tokens[i] = token_of(i);
		cr_expect(eq(int, auth_fixture_check(&f, str_of(tokens[i])), AUTH_OK));
		cr_expect(eq(int, auth_fixture_check(&f, str_of(busy)), AUTH_OK));
	}
	cr_expect(eq(llong, verified(), MANY + 1), "the token in use must stay cached");

	/* The newest token is cached, the oldest is not. */
	before = verified();
	cr_expect(eq(int, auth_fixture_check(&f, str_of(tokens[MANY - 1])), AUTH_OK));
	cr_expect(eq(llong, verified(), before));
	cr_expect(eq(int, auth_fixture_check(&f, str_of(tokens[0])), AUTH_OK));
	cr_expect(eq(llong, verified(), before + 1));
	for (int i = 0; i < MANY; i++)
		free(tokens[i]);
	free(busy);
}

Test(token_cache, keeps_identities_until_the_turn_ends_or_they_are_released)
{
	struct identity *borrowed, *held;

	auth_fixture_sign(&f, E1, GOOD);
	cr_assert(auth_fixture_check_token(&f) == AUTH_OK);
	borrowed = f.identity;
	held = identity_hold(borrowed);
	for (int i = 0; i < 50; i++) {
		char *other = token_of(i);

		cr_expect(eq(int, auth_fixture_check(&f, str_of(other)), AUTH_OK));
		/* Evicted by now: AddressSanitizer checks that it was not freed. */
		cr_expect(eq(str, (char *)(uintptr_t)borrowed->subject, "user_1"));
		free(other);
	}
	auth_fixture_run(&f, NULL, 5);
	cr_expect(eq(str, (char *)(uintptr_t)held->subject, "user_1"));
	auth_free(f.auth);
	f.auth = NULL;
	cr_expect(eq(str, (char *)(uintptr_t)held->issuer, ISSUER));
	identity_release(held);
}
