/* Verified tokens are cached, up to the configured number, until they expire. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "metrics.h"
#include "auth_fixture.h"

#define GOOD "{" CLAIMS "}"

static struct stand f;

static void set_up(void)
{
	stand_open(&f);
	stand_publish(&f, E1, FORGERS);
	stand_believe(&f);
}

static void tear_down(void)
{
	stand_close(&f);
}

TestSuite(remembered, .init = set_up, .fini = tear_down, .timeout = 60);

static long long verified(void)
{
	return metrics_value(METRIC_TOKENS_VERIFIED);
}

/* A unique token. */
static char *token_of(int number)
{
	char claims[300];

	snprintf(claims, sizeof(claims), "{" CLAIMS ",\"jti\":%d}", number);
	stand_forge(&f, E1, claims);
	return xstrdup(f.token.at);
}

Test(remembered, are_verified_once)
{
	struct identity *first;

	stand_forge(&f, E1, GOOD);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE));
	first = f.identity;
	for (int i = 0; i < 100; i++) {
		cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE));
		cr_expect(f.identity == first);
	}
	cr_expect(eq(llong, verified(), 1));
}

Test(remembered, are_the_true_ones_only)
{
	stand_forge(&f, E1, GOOD);
	f.token.at[f.token.length - 3] ^= 1;
	for (int i = 0; i < 10; i++)
		cr_expect(ne(int, stand_check_forged(&f), AUTH_TRUE));
	cr_expect(gt(llong, verified(), 0));
	stand_forge(&f, E1, GOOD);
	cr_assert(stand_check_forged(&f) == AUTH_TRUE);
	for (size_t at = 0; at < f.token.length; at += 7) {
		f.token.at[at] ^= 1;
		cr_expect(ne(int, stand_check_forged(&f), AUTH_TRUE), "byte %zu", at);
		f.token.at[at] ^= 1;
	}
}

Test(remembered, end_when_they_expire)
{
	stand_forge(&f, E1, GOOD);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE));
	stand_wait(&f, 64); /* exp is 60 from now, and the leeway 5 */
	cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE));
	cr_expect(eq(llong, verified(), 1));
	stand_wait(&f, 1);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_EXPIRED));
	cr_expect(eq(llong, verified(), 1));
}

Test(remembered, make_room_for_new_ones_those_in_use_last)
{
	enum { MANY = 200 };
	char *tokens[MANY], *busy = token_of(-1);
	long long before;

	cr_expect(eq(int, stand_check(&f, str_of(busy)), AUTH_TRUE));
	for (int i = 0; i < MANY; i++) {
		tokens[i] = token_of(i);
		cr_expect(eq(int, stand_check(&f, str_of(tokens[i])), AUTH_TRUE));
		cr_expect(eq(int, stand_check(&f, str_of(busy)), AUTH_TRUE));
	}
	cr_expect(eq(llong, verified(), MANY + 1), "the token in use must stay cached");

	/* The newest token is cached, the oldest is not. */
	before = verified();
	cr_expect(eq(int, stand_check(&f, str_of(tokens[MANY - 1])), AUTH_TRUE));
	cr_expect(eq(llong, verified(), before));
	cr_expect(eq(int, stand_check(&f, str_of(tokens[0])), AUTH_TRUE));
	cr_expect(eq(llong, verified(), before + 1));
	for (int i = 0; i < MANY; i++)
		free(tokens[i]);
	free(busy);
}

Test(remembered, are_lent_to_the_end_of_the_turn_and_held_for_longer)
{
	struct identity *lent, *held;

	stand_forge(&f, E1, GOOD);
	cr_assert(stand_check_forged(&f) == AUTH_TRUE);
	lent = f.identity;
	held = identity_hold(lent);
	for (int i = 0; i < 50; i++) {
		char *other = token_of(i);

		cr_expect(eq(int, stand_check(&f, str_of(other)), AUTH_TRUE));
		/* Evicted by now: AddressSanitizer checks that it was not freed. */
		cr_expect(eq(str, (char *)(uintptr_t)lent->subject, "user_1"));
		free(other);
	}
	stand_turn(&f, NULL, 5);
	cr_expect(eq(str, (char *)(uintptr_t)held->subject, "user_1"));
	auth_free(f.auth);
	f.auth = NULL;
	cr_expect(eq(str, (char *)(uintptr_t)held->issuer, ISSUER));
	identity_release(held);
}
