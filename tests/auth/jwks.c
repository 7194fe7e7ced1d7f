/* Key sets are fetched, kept and replaced; tokens with unknown keys cannot cause too many fetches. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <time.h>

#include "metrics.h"
#include "auth_fixture.h"

#define GOOD	"{" CLAIMS "}"
#define LASTING "{\"iss\":\"" ISSUER "\",\"sub\":\"user_1\",\"aud\":\"api\",\"exp\":1900000000}"

static struct stand f;

static void set_up(void)
{
	stand_open(&f);
}

static void tear_down(void)
{
	stand_close(&f);
}

TestSuite(keys, .init = set_up, .fini = tear_down, .timeout = 60);

/* Runs the loop in real time, which libevent's timers use; the fixture's clock stands still. */
static void turn_for(int ms)
{
	stand_turn(&f, NULL, ms);
}

Test(keys, are_fetched_at_start_and_until_then_nobody_is_believed)
{
	stand_publish(&f, E1, FORGERS);
	f.auth = auth_new(f.loop, f.fetcher, &f.config);
	cr_assert(f.auth != NULL);
	cr_expect(not(auth_has_keys(f.auth)));
	stand_forge(&f, E1, GOOD);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_NO_KEYS));
	/* A malformed token is rejected as such even then. */
	cr_expect(eq(int, stand_check(&f, STR("a.b.c")), AUTH_MALFORMED));
	turn_for(200);
	cr_expect(auth_has_keys(f.auth));
	cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE));
	cr_expect(eq(int, f.fetches, 1));
}

Test(keys, arrive_when_the_issuer_comes_up_later_than_we)
{
	stand_publish(&f, E1, FORGERS);
	stand_unlisten(&f);
	f.auth = auth_new(f.loop, f.fetcher, &f.config);
	turn_for(100);
	stand_forge(&f, E1, GOOD);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_NO_KEYS));
	cr_expect(gt(llong, metrics_value(METRIC_JWKS_FAILURES), 0));
	stand_listen(&f);
	turn_for(1200);
	cr_expect(auth_has_keys(f.auth));
	cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE));
}

Test(keys, that_are_new_are_fetched_when_a_token_names_them)
{
	stand_publish(&f, E1, FORGERS);
	stand_believe(&f);
	stand_publish(&f, E1, E2, FORGERS);

	stand_forge(&f, E2, GOOD);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE), "a new key must be fetched although the set is recent");
	cr_expect(f.answered && f.answers == 1);
	cr_assert(f.identity != NULL);
	cr_expect(eq(str, (char *)(uintptr_t)f.identity->subject, "user_1"));
	cr_expect(eq(int, f.fetches, 2));
	stand_forge(&f, E1, GOOD);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE));

	stand_publish(&f, E1, E2, E3, FORGERS);
	stand_forge(&f, E3, GOOD);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_UNKNOWN_KEY), "a second fetch must wait for the interval");
	cr_expect(eq(int, f.fetches, 2));
	stand_wait(&f, 10);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE));
	cr_expect(eq(int, f.fetches, 3));
}

Test(keys, that_are_gone_take_their_remembered_tokens_with_them)
{
	struct buf first = { 0 }, second = { 0 };
	long long verified;

	stand_publish(&f, E1, E2, FORGERS);
	stand_believe(&f);
	stand_forge(&f, E1, GOOD);
	cr_assert(stand_check_forged(&f) == AUTH_TRUE);
	buf_str(&first, buf_as_str(&f.token));
	stand_forge(&f, E2, GOOD);
	cr_assert(stand_check_forged(&f) == AUTH_TRUE);
	buf_str(&second, buf_as_str(&f.token));

	/* E1 is withdrawn; a token with a new key triggers the fetch. */
	stand_publish(&f, E2, E3, FORGERS);
	stand_wait(&f, 10);
	stand_forge(&f, E3, GOOD);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE));
	cr_expect(eq(int, stand_check(&f, buf_as_str(&first)), AUTH_UNKNOWN_KEY));

	/* E2 is still published: its token must not be verified again. */
	verified = metrics_value(METRIC_TOKENS_VERIFIED);
	cr_expect(eq(int, stand_check(&f, buf_as_str(&second)), AUTH_TRUE));
	cr_expect(eq(llong, metrics_value(METRIC_TOKENS_VERIFIED), verified), "the token must stay cached");
	buf_finish(&first);
	buf_finish(&second);
}

Test(keys, that_changed_under_their_name_do_not_believe_the_old_tokens)
{
	struct buf first = { 0 };

	stand_publish(&f, E1, FORGERS);
	stand_believe(&f);
	stand_forge(&f, E1, GOOD);
	cr_assert(stand_check_forged(&f) == AUTH_TRUE);
	buf_str(&first, buf_as_str(&f.token));

	buf_clear(&f.keys);
	buf_text(&f.keys, "{\"keys\":[");
	forge_jwk(&f.keys, E2, "e1", "");
	buf_text(&f.keys, "]}");
	stand_wait(&f, 10);
	stand_forge(&f, E3, GOOD);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_UNKNOWN_KEY));
	cr_expect(eq(int, stand_check(&f, buf_as_str(&first)), AUTH_SIGNATURE));
	buf_finish(&first);
}

static struct {
	int done, with[AUTH_NO_KEYS + 1];
} crowd;

static void on_crowd(struct auth_query *, enum auth_verdict verdict, struct identity *)
{
	crowd.done++;
	crowd.with[verdict]++;
}

Test(keys, are_asked_for_once_however_many_unknown_ones_are_named)
{
	static struct auth_query queries[1000];
	struct identity *identity;
	int later = 0, busy = 0;

	stand_publish(&f, E1, FORGERS);
	stand_believe(&f);
	stand_forge(&f, E2, GOOD);
	stand_wait(&f, 10);
	for (size_t i = 0; i < COUNT_OF(queries); i++) {
		enum auth_verdict verdict = auth_check(f.auth, &queries[i], buf_as_str(&f.token), on_crowd, &identity);

		later += verdict == AUTH_LATER;
		busy += verdict == AUTH_BUSY;
	}
	cr_expect(eq(int, later, 256), "the queue is bounded");
	cr_expect(eq(int, busy, 744), "the others get AUTH_BUSY, not a final error");
	turn_for(300);
	cr_expect(eq(int, crowd.done, 256));
	cr_expect(eq(int, crowd.with[AUTH_UNKNOWN_KEY], 256));
	cr_expect(eq(int, f.fetches, 2));

	/* For the rest of the interval, no query waits. */
	for (int second = 0; second < 9; second++) {
		stand_wait(&f, 1);
		for (int i = 0; i < 100; i++)
			cr_expect(eq(int, stand_check_forged(&f), AUTH_UNKNOWN_KEY));
	}
	cr_expect(eq(int, f.fetches, 2));
	stand_wait(&f, 1);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_UNKNOWN_KEY));
	cr_expect(eq(int, f.fetches, 3));
}

Test(keys, are_not_asked_for_by_tokens_that_fail_anyway)
{
	static const char *const claims[] = {
		"{\"iss\":\"https://evil.example/\",\"sub\":\"a\",\"aud\":\"api\",\"exp\":1800000060}",
		"{\"iss\":\"" ISSUER "\",\"sub\":\"a\",\"aud\":\"other\",\"exp\":1800000060}",
		"{\"iss\":\"" ISSUER "\",\"sub\":\"a\",\"aud\":\"api\",\"exp\":1700000000}",
		"{\"iss\":\"" ISSUER "\",\"sub\":\"\",\"aud\":\"api\",\"exp\":1800000060}",
	};

	stand_publish(&f, E1, FORGERS);
	stand_believe(&f);
	stand_wait(&f, 10);
	for (size_t i = 0; i < COUNT_OF(claims); i++) {
		stand_forge(&f, E2, claims[i]);
		cr_expect(ne(int, stand_check_forged(&f), AUTH_TRUE));
	}
	cr_expect(eq(int, f.fetches, 1));
}

Test(keys, stay_when_the_issuer_fails_or_talks_nonsense)
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

	stand_publish(&f, E1, FORGERS);
	stand_believe(&f);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int fetches = f.fetches;

		f.status = rows[i].status;
		buf_clear(&f.keys);
		buf_text(&f.keys, rows[i].body);
		stand_wait(&f, 10);
		stand_forge(&f, E2, LASTING);
		cr_expect(eq(int, stand_check_forged(&f), AUTH_UNKNOWN_KEY), "%s", rows[i].what);
		cr_expect(gt(int, f.fetches, fetches), "%s", rows[i].what);
		stand_forge(&f, E1, LASTING);
		cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE), "%s", rows[i].what);
	}
	stand_unlisten(&f);
	stand_wait(&f, 10);
	stand_forge(&f, E2, LASTING);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_UNKNOWN_KEY));
	stand_forge(&f, E1, LASTING);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE));
	cr_expect(auth_has_keys(f.auth));
}

Test(keys, come_in_a_document_of_a_fair_size)
{
	stand_publish(&f, E1, FORGERS);
	stand_believe(&f);
	stand_publish(&f, E2, FORGERS);
	while (f.keys.length <= 256 * 1024)
		buf_char(&f.keys, ' ');
	stand_forge(&f, E2, GOOD);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_UNKNOWN_KEY));
	f.keys.length = 256 * 1024;
	stand_wait(&f, 10);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE), "a document of the maximum size is accepted");
}

Test(keys, of_a_silent_issuer_are_waited_for_no_longer_than_the_deadline)
{
	long long began;

	stand_publish(&f, E1, FORGERS);
	stand_believe(&f);
	f.silent = true;
	stand_wait(&f, 10);
	stand_forge(&f, E2, GOOD);
	began = (long long)time(NULL);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_UNKNOWN_KEY));
	cr_expect(le(llong, (long long)time(NULL) - began, 7));
	stand_forge(&f, E1, GOOD);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE));
}

Test(keys, are_waited_for_only_by_those_who_stay)
{
	struct auth_query queries[3];
	struct identity *identity;

	stand_publish(&f, E1, FORGERS);
	stand_believe(&f);
	stand_publish(&f, E1, E2, FORGERS);
	stand_wait(&f, 10);
	stand_forge(&f, E2, GOOD);
	for (size_t i = 0; i < COUNT_OF(queries); i++)
		cr_expect(eq(int, auth_check(f.auth, &queries[i], buf_as_str(&f.token), on_crowd, &identity), AUTH_LATER));
	auth_forget(&queries[1]);
	auth_forget(&queries[1]);
	turn_for(200);
	cr_expect(eq(int, crowd.done, 2));
	cr_expect(eq(int, crowd.with[AUTH_TRUE], 2));
	auth_forget(&queries[0]);
}

/* ---- cancelling from inside done() ---- */

static struct auth_query neighbours[3];

static void on_first(struct auth_query *query, enum auth_verdict, struct identity *)
{
	crowd.done++;
	for (size_t i = 0; i < COUNT_OF(neighbours); i++)
		if (&neighbours[i] != query)
			auth_forget(&neighbours[i]);
}

Test(keys, let_the_first_in_line_take_the_others_out)
{
	struct identity *identity;

	stand_publish(&f, E1, FORGERS);
	stand_believe(&f);
	stand_wait(&f, 10);
	stand_forge(&f, E2, GOOD);
	for (size_t i = 0; i < COUNT_OF(neighbours); i++)
		auth_check(f.auth, &neighbours[i], buf_as_str(&f.token), on_first, &identity);
	turn_for(200);
	cr_expect(eq(int, crowd.done, 1));
}

Test(keys, do_not_call_back_when_the_room_is_closed)
{
	struct auth_query queries[3];
	struct identity *identity;

	stand_publish(&f, E1, FORGERS);
	stand_believe(&f);
	stand_wait(&f, 10);
	stand_forge(&f, E2, GOOD);
	for (size_t i = 0; i < COUNT_OF(queries); i++)
		auth_check(f.auth, &queries[i], buf_as_str(&f.token), on_crowd, &identity);
	auth_free(f.auth);
	f.auth = NULL;
	turn_for(50);
	cr_expect(eq(int, crowd.done, 0));
	for (size_t i = 0; i < COUNT_OF(queries); i++)
		auth_forget(&queries[i]);
}
