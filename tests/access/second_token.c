/* second_token.c: tests that only tokens of anonymous accounts are accepted as second tokens. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "access_fixture.h"

static struct {
	struct second_token token;
	int accepted_count;
} f;

static void on_accepted(struct second_token *token)
{
	cr_expect(token == &f.token);
	f.accepted_count++;
}

static void reset(void)
{
	fake_http_close(&fixture.request);
	fake_http_open(&fixture.request);
	f.token = (struct second_token){
		.access = fixture.access,
		.request = &fixture.request,
		.text = STR("e30.e30.x"),
		.on_accepted = on_accepted,
	};
	f.accepted_count = 0;
	fixture.identity.is_anonymous = true;
	fake_auth.result = AUTH_OK;
	fake_auth.identity = &fixture.identity;
}

static void set_up(void)
{
	access_fixture_open();
	reset();
}

TestSuite(second_token, .init = set_up, .fini = access_fixture_close);

static void expect_accepted(void)
{
	cr_assert(eq(int, f.accepted_count, 1));
	cr_expect_not(fake_http.replied);
	cr_expect_str_eq(f.token.issuer, "https://issuer.example");
	cr_expect_str_eq(f.token.subject, "anna");
	cr_expect(eq(int, fake_http.holds, 0));
}

Test(second_token, a_token_of_an_anonymous_account_is_accepted)
{
	second_token_check(&f.token);
	cr_expect_str_eq(buf_cstr(&fake_auth.token), "e30.e30.x");
	expect_accepted();
	/* The identity is not valid in later turns. */
	cr_expect(f.token.subject != fixture.identity.subject);
	cr_expect(f.token.issuer != fixture.identity.issuer);
}

Test(second_token, it_may_be_verified_later)
{
	fake_auth.result = AUTH_PENDING;
	second_token_check(&f.token);
	cr_expect(eq(int, f.accepted_count, 0));
	cr_expect(eq(int, fake_http.holds, 1));
	fake_auth_complete(AUTH_OK, &fixture.identity);
	expect_accepted();
	cr_expect_not(second_token_cancel(&f.token));
}

Test(second_token, a_token_of_another_account_is_rejected)
{
	fixture.identity.is_anonymous = false;
	second_token_check(&f.token);
	cr_expect(eq(int, f.accepted_count, 0));
	cr_expect_str_eq(fake_http.code, "INVALID_PROMOTION");
	cr_expect_null(f.token.subject);
}

/* With 401, clients would renew the first token. */
Test(second_token, an_invalid_token_is_never_answered_with_401)
{
	for (enum auth_result result = AUTH_PENDING + 1; result < AUTH_RESULTS; result++) {
		bool later = result == AUTH_NO_KEYS || result == AUTH_BUSY;
		bool counts = result == AUTH_SIGNATURE || result == AUTH_UNKNOWN_KEY;

		for (int pending = 0; pending < 2; pending++) {
			reset();
			fake_auth.result = pending ? AUTH_PENDING : result;
			second_token_check(&f.token);
			if (pending)
				fake_auth_complete(result, NULL);
			cr_expect(eq(int, f.accepted_count, 0));
			cr_expect(fake_http.status == (later ? 503 : 403), "%s",
			          auth_result_text(result));
			cr_expect(later || strcmp(fake_http.code, "INVALID_PROMOTION") == 0);
			cr_expect(later
			          || strstr(buf_cstr(&fake_http.detail), auth_result_text(result)));
			cr_expect(eq(int, fake_http.retry_after, later));
			cr_expect_str_empty(buf_cstr(&fake_http.authenticate));
			cr_expect_str_eq(fixture.request.why, "claim exp");
			cr_expect_str_eq(fake_http_limits(),
			                 counts ? "check failures\ncharge failures\n"
			                        : "check failures\n");
			cr_expect(eq(int, fake_http.holds, 0));
		}
	}
}

Test(second_token, failed_attempts_are_limited_for_unknown_tokens_only)
{
	fake_http.exceeded[LIMIT_FAILURES] = true;
	second_token_check(&f.token);
	cr_expect_str_eq(fake_http.code, "TOO_MANY_REQUESTS");
	cr_expect(eq(int, fake_auth.check_count, 0));
	reset();
	fake_http.exceeded[LIMIT_FAILURES] = true;
	fake_auth.cached = &fixture.identity;
	second_token_check(&f.token);
	expect_accepted();
}

Test(second_token, a_disconnect_cancels_the_verification)
{
	cr_expect_not(second_token_cancel(&f.token), "nothing is pending yet");
	fake_auth.result = AUTH_PENDING;
	second_token_check(&f.token);
	cr_expect(second_token_cancel(&f.token));
	cr_expect(eq(int, fake_auth.cancel_count, 1));
	request_release(&fixture.request); /* by the caller */
	cr_expect_not(second_token_cancel(&f.token));
	cr_expect_not(fake_http.replied);
}
