/* Key sets are fetched, kept and replaced; tokens with unknown keys cause a limited number of
 * fetches. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <time.h>

#include "metrics.h"
#include "auth_fixture.h"

#define GOOD       "{" CLAIMS "}"
#define LONG_LIVED "{\"iss\":\"" ISSUER "\",\"sub\":\"user_1\",\"aud\":\"api\",\"exp\":1900000000}"

static struct auth_fixture f;

static void set_up(void)
{
	auth_fixture_open(&f);
}

static void tear_down(void)
{
	auth_fixture_close(&f);
}

TestSuite(jwks, .init = set_up, .fini = tear_down, .timeout = 60);

/* Runs the loop in real time, which libevent's timers use; the fixture's clock stands still. */
static void run_for(int ms)
{
	auth_fixture_run(&f, NULL, ms);
}

Test(jwks, fetches_at_start_and_rejects_tokens_until_then)
{
	auth_fixture_publish(&f, E1, TEST_KEYS);
	f.auth = auth_new(f.loop, f.fetcher, &f.config);
	cr_assert(f.auth != NULL);
	cr_expect(not(auth_has_keys(f.auth)));
	auth_fixture_sign(&f, E1, GOOD);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_NO_KEYS));
	/* A malformed token is rejected as such even then. */
	cr_expect(eq(int, auth_fixture_check(&f, STR("a.b.c")), AUTH_MALFORMED));
	run_for(200);
	cr_expect(auth_has_keys(f.auth));
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_OK));
	cr_expect(eq(int, f.fetches, 1));
}

Test(jwks, retries_until_the_issuer_is_up)
{
	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_stop_listening(&f);
	f.auth = auth_new(f.loop, f.fetcher, &f.config);
	run_for(100);
	auth_fixture_sign(&f, E1, GOOD);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_NO_KEYS));
	cr_expect(gt(llong, metrics_value(METRIC_JWKS_FAILURES), 0));
	auth_fixture_listen(&f);
	run_for(1200);
	cr_expect(auth_has_keys(f.auth));
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_OK));
}

Test(jwks, fetches_new_keys_when_a_token_names_them)
{
	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_start(&f);
	auth_fixture_publish(&f, E1, E2, TEST_KEYS);

	auth_fixture_sign(&f, E2, GOOD);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_OK),
	          "a new key must be fetched although the set is recent");
	cr_expect(f.done_called && f.done_count == 1);
	cr_assert(f.identity != NULL);
	cr_expect(eq(str, (char *)(uintptr_t)f.identity->subject, "user_1"));
	cr_expect(eq(int, f.fetches, 2));
	auth_fixture_sign(&f, E1, GOOD);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_OK));

	auth_fixture_publish(&f, E1, E2, E3, TEST_KEYS);
	auth_fixture_sign(&f, E3, GOOD);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_UNKNOWN_KEY),
	          "a second fetch must wait for the interval");
	cr_expect(eq(int, f.fetches, 2));
	auth_fixture_advance(&f, 10);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_OK));
	cr_expect(eq(int, f.fetches, 3));
}

Test(jwks, invalidates_cached_tokens_of_withdrawn_keys)
{
	struct buf first = { 0 }, second = { 0 };
	long long verified;

	auth_fixture_publish(&f, E1, E2, TEST_KEYS);
	auth_fixture_start(&f);
	auth_fixture_sign(&f, E1, GOOD);
	cr_assert(auth_fixture_check_token(&f) == AUTH_OK);
	buf_str(&first, buf_as_str(&f.token));
	auth_fixture_sign(&f, E2, GOOD);
	cr_assert(auth_fixture_check_token(&f) == AUTH_OK);
	buf_str(&second, buf_as_str(&f.token));

	/* E1 is withdrawn; a token with a new key triggers the fetch. */
	auth_fixture_publish(&f, E2, E3, TEST_KEYS);
	auth_fixture_advance(&f, 10);
	auth_fixture_sign(&f, E3, GOOD);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_OK));
	cr_expect(eq(int, auth_fixture_check(&f, buf_as_str(&first)), AUTH_UNKNOWN_KEY));

	/* E2 is still published: its token must not be verified again. */
	verified = metrics_value(METRIC_TOKENS_VERIFIED);
	cr_expect(eq(int, auth_fixture_check(&f, buf_as_str(&second)), AUTH_OK));
	cr_expect(eq(llong, metrics_value(METRIC_TOKENS_VERIFIED), verified),
	          "the token must stay cached");
	buf_finish(&first);
	buf_finish(&second);
}

Test(jwks, rejects_old_tokens_when_a_kid_gets_another_key)
{
	struct buf first = { 0 };

	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_start(&f);
	auth_fixture_sign(&f, E1, GOOD);
	cr_assert(auth_fixture_check_token(&f) == AUTH_OK);
	buf_str(&first, buf_as_str(&f.token));

	buf_clear(&f.keys);
	buf_text(&f.keys, "{\"keys\":[");
	test_key_jwk(&f.keys, E2, "e1", "");
	buf_text(&f.keys, "]}");
	auth_fixture_advance(&f, 10);
	auth_fixture_sign(&f, E3, GOOD);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_UNKNOWN_KEY));
	cr_expect(eq(int, auth_fixture_check(&f, buf_as_str(&first)), AUTH_SIGNATURE));
	buf_finish(&first);
}

static struct {
	int done, with[AUTH_NO_KEYS + 1];
} results;

static void on_done(struct auth_query *, enum auth_result result, struct identity *)
{
	results.done++;
	results.with[result]++;
}

Test(jwks, fetches_once_for_many_unknown_keys)
{
	static struct auth_query queries[1000];
	struct identity *identity;
	int later = 0, busy = 0;

	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_start(&f);
	auth_fixture_sign(&f, E2, GOOD);
	auth_fixture_advance(&f, 10);
	for (size_t i = 0; i < COUNT_OF(queries); i++) {
		enum auth_result result =
			auth_check(f.auth, &queries[i], buf_as_str(&f.token), on_done, &identity);

		later += result == AUTH_PENDING;
		busy += result == AUTH_BUSY;
	}
	cr_expect(eq(int, later, 256), "the queue is bounded");
	cr_expect(eq(int, busy, 744), "the others get AUTH_BUSY, not a final error");
	run_for(300);
	cr_expect(eq(int, results.done, 256));
	cr_expect(eq(int, results.with[AUTH_UNKNOWN_KEY], 256));
	cr_expect(eq(int, f.fetches, 2));

	/* For the rest of the interval, no query waits. */
	for (int second = 0; second < 9; second++) {
		auth_fixture_advance(&f, 1);
		for (int i = 0; i < 100; i++)
			cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_UNKNOWN_KEY));
	}
	cr_expect(eq(int, f.fetches, 2));
	auth_fixture_advance(&f, 1);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_UNKNOWN_KEY));
	cr_expect(eq(int, f.fetches, 3));
}

Test(jwks, does_not_fetch_for_tokens_that_fail_other_checks)
{
	static const char *const claims[] = {
		"{\"iss\":\"https://evil.example/\",\"sub\":\"a\",\"aud\":\"api\",\"exp\":1800000060}",
		"{\"iss\":\"" ISSUER "\",\"sub\":\"a\",\"aud\":\"other\",\"exp\":1800000060}",
		"{\"iss\":\"" ISSUER "\",\"sub\":\"a\",\"aud\":\"api\",\"exp\":1700000000}",
		"{\"iss\":\"" ISSUER "\",\"sub\":\"\",\"aud\":\"api\",\"exp\":1800000060}",
	};

	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_start(&f);
	auth_fixture_advance(&f, 10);
	for (size_t i = 0; i < COUNT_OF(claims); i++) {
		auth_fixture_sign(&f, E2, claims[i]);
		cr_expect(ne(int, auth_fixture_check_token(&f), AUTH_OK));
	}
	cr_expect(eq(int, f.fetches, 1));
}

Test(jwks, keeps_its_keys_when_the_issuer_fails)
{
	static const struct {
		const char *what;
		int status;
		const char *body;
	} rows[] = {
		{ "an error status", 500, "{\"keys\":[]}" },
		{ "a redirect", 302, "" },
		{ "an empty body", 200, "" },
		{ "not JSON", 200, "<html>hello</html>" },
		{ "keys is not an array", 200, "{\"keys\":{}}" },
		{ "an empty array", 200, "{\"keys\":[]}" },
		{ "keys is absent", 200, "{}" },
		{ "a bare array", 200, "[]" },
		{ "no usable key", 200, "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"},7,null,{}]}" },
		{ "duplicate keys member", 200, "{\"keys\":[],\"keys\":[]}" },
	};

	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_start(&f);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int fetches = f.fetches;

		f.status = rows[i].status;
		buf_clear(&f.keys);
		buf_text(&f.keys, rows[i].body);
		auth_fixture_advance(&f, 10);
		auth_fixture_sign(&f, E2, LONG_LIVED);
		cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_UNKNOWN_KEY), "%s",
		          rows[i].what);
		cr_expect(gt(int, f.fetches, fetches), "%s", rows[i].what);
		auth_fixture_sign(&f, E1, LONG_LIVED);
		cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_OK), "%s", rows[i].what);
	}
	auth_fixture_stop_listening(&f);
	auth_fixture_advance(&f, 10);
	auth_fixture_sign(&f, E2, LONG_LIVED);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_UNKNOWN_KEY));
	auth_fixture_sign(&f, E1, LONG_LIVED);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_OK));
	cr_expect(auth_has_keys(f.auth));
}

Test(jwks, limits_the_size_of_the_document)
{
	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_start(&f);
	auth_fixture_publish(&f, E2, TEST_KEYS);
	while (f.keys.length <= 256 * 1024)
		buf_char(&f.keys, ' ');
	auth_fixture_sign(&f, E2, GOOD);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_UNKNOWN_KEY));
	f.keys.length = 256 * 1024;
	auth_fixture_advance(&f, 10);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_OK),
	          "a document of the maximum size is accepted");
}

Test(jwks, stops_waiting_for_a_silent_issuer_at_the_deadline)
{
	long long started;

	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_start(&f);
	f.no_response = true;
	auth_fixture_advance(&f, 10);
	auth_fixture_sign(&f, E2, GOOD);
	started = (long long)time(NULL);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_UNKNOWN_KEY));
	cr_expect(le(llong, (long long)time(NULL) - started, 7));
	auth_fixture_sign(&f, E1, GOOD);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_OK));
}

Test(jwks, does_not_call_cancelled_queries)
{
	struct auth_query queries[3];
	struct identity *identity;

	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_start(&f);
	auth_fixture_publish(&f, E1, E2, TEST_KEYS);
	auth_fixture_advance(&f, 10);
	auth_fixture_sign(&f, E2, GOOD);
	for (size_t i = 0; i < COUNT_OF(queries); i++)
		cr_expect(eq(
			int,
			auth_check(f.auth, &queries[i], buf_as_str(&f.token), on_done, &identity),
			AUTH_PENDING));
	auth_cancel(&queries[1]);
	auth_cancel(&queries[1]);
	run_for(200);
	cr_expect(eq(int, results.done, 2));
	cr_expect(eq(int, results.with[AUTH_OK], 2));
	auth_cancel(&queries[0]);
}

/* ---- cancelling from inside done() ---- */

static struct auth_query shared_queries[3];

static void on_first(struct auth_query *query, enum auth_result, struct identity *)
{
	results.done++;
	for (size_t i = 0; i < COUNT_OF(shared_queries); i++)
		if (&shared_queries[i] != query)
			auth_cancel(&shared_queries[i]);
}

Test(jwks, lets_done_cancel_the_other_queries)
{
	struct identity *identity;

	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_start(&f);
	auth_fixture_advance(&f, 10);
	auth_fixture_sign(&f, E2, GOOD);
	for (size_t i = 0; i < COUNT_OF(shared_queries); i++)
		(void)auth_check(f.auth, &shared_queries[i], buf_as_str(&f.token), on_first,
		                 &identity);
	run_for(200);
	cr_expect(eq(int, results.done, 1));
}

Test(jwks, calls_no_query_after_auth_free)
{
	struct auth_query queries[3];
	struct identity *identity;

	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_start(&f);
	auth_fixture_advance(&f, 10);
	auth_fixture_sign(&f, E2, GOOD);
	for (size_t i = 0; i < COUNT_OF(queries); i++)
		(void)auth_check(f.auth, &queries[i], buf_as_str(&f.token), on_done, &identity);
	auth_free(f.auth);
	f.auth = NULL;
	run_for(50);
	cr_expect(eq(int, results.done, 0));
	for (size_t i = 0; i < COUNT_OF(queries); i++)
		auth_cancel(&queries[i]);
}
