/* Cached tokens never wait for new ones; new ones wait in a bounded queue.
 *
 * While the clock stands still, a signature is charged 20 microseconds: a loop turn has time for 3,
 * the initial credit lasts for 1000, and each millisecond of the clock adds 15. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "metrics.h"
#include "auth_fixture.h"

enum { PER_TURN = 3, CREDIT = 1000, QUEUE_SIZE = 1024, QUERIES = 3000 };

#define GOOD "{" CLAIMS "}"

static struct auth_fixture f;
static struct auth_query queries[QUERIES];
static char *valid, *forged;

static struct {
	int done, in_order, with[AUTH_RESULTS];
	const struct auth_query *last;
} results;

static void set_up(void)
{
	auth_fixture_open(&f);
	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_start(&f);
	auth_fixture_sign(&f, E1, "{" CLAIMS ",\"jti\":1}");
	valid = xstrdup(f.token.at);
	auth_fixture_sign(&f, E1, GOOD);
	test_token_sign(&f.token, STR("{\"alg\":\"ES256\",\"kid\":\"e1\"}"), STR(GOOD), E2,
	                SHA_256);
	forged = xstrdup(f.token.at);
}

static void tear_down(void)
{
	auth_fixture_close(&f);
	free(valid);
	free(forged);
}

TestSuite(verify_queue, .init = set_up, .fini = tear_down, .timeout = 60);

static void on_done(struct auth_query *query, enum auth_result result, struct identity *)
{
	results.done++;
	results.with[result]++;
	results.in_order += query > results.last;
	results.last = query;
}

static enum auth_result check(struct auth_query *query, const char *token)
{
	struct identity *identity;

	return auth_check(f.auth, query, str_of(token), on_done, &identity);
}

/* Checks many forged tokens in one turn and counts the results. */
static void flood(int first, int count, int results_at_once[AUTH_RESULTS])
{
	for (int i = first; i < first + count; i++)
		results_at_once[check(&queries[i], forged)]++;
}

static long long verified(void)
{
	return metrics_value(METRIC_TOKENS_VERIFIED);
}

static long long waiting(void)
{
	return metrics_value(METRIC_TOKENS_WAITING);
}

/* Runs the loop until exactly this many queries wait. */
static void expect_left(long long left)
{
	for (int i = 0; i < 2000 && waiting() > left; i++)
		auth_fixture_run(&f, NULL, 10);
	auth_fixture_run(&f, NULL, 10);
	cr_expect(eq(llong, waiting(), left));
}

Test(verify_queue, stays_empty_while_there_is_time)
{
	for (int i = 0; i < 5000; i++) {
		cr_assert(check(&queries[0], forged) == AUTH_SIGNATURE, "%d", i);
		auth_fixture_advance_us(&f, 100);
		loop_turn(f.loop);
	}
	cr_expect(eq(int, results.done, 0));
}

Test(verify_queue, queues_a_burst_and_finishes_it_in_order)
{
	int results_at_once[AUTH_RESULTS] = { 0 };

	flood(0, 500, results_at_once);
	cr_expect(eq(int, results_at_once[AUTH_SIGNATURE], PER_TURN));
	cr_expect(eq(int, results_at_once[AUTH_PENDING], 500 - PER_TURN));
	cr_expect(eq(int, results.done, 0), "done() must not be called from inside auth_check()");
	cr_expect(eq(llong, waiting(), 500 - PER_TURN));
	expect_left(0);
	cr_expect(eq(int, results.with[AUTH_SIGNATURE], 500 - PER_TURN));
	cr_expect(eq(int, results.in_order, 500 - PER_TURN), "queries must finish in order");
}

Test(verify_queue, is_limited_to_its_share_of_time)
{
	int results_at_once[AUTH_RESULTS] = { 0 };

	flood(0, PER_TURN + QUEUE_SIZE, results_at_once);
	expect_left(PER_TURN + QUEUE_SIZE - CREDIT);
	cr_expect(eq(llong, verified(), CREDIT));
	flood(PER_TURN + QUEUE_SIZE, CREDIT - PER_TURN, results_at_once);
	for (int ms = 1; ms <= 20; ms++) {
		auth_fixture_advance_us(&f, 1000);
		expect_left(QUEUE_SIZE - ms * 15);
	}
	/* The credit is bounded, however long the server was idle. */
	auth_fixture_advance(&f, 10);
	expect_left(0);
	auth_fixture_advance(&f, 10);
	flood(0, PER_TURN + QUEUE_SIZE, results_at_once);
	expect_left(PER_TURN + QUEUE_SIZE - CREDIT);
}

Test(verify_queue, gives_busy_when_full)
{
	int results_at_once[AUTH_RESULTS] = { 0 };

	flood(0, PER_TURN + QUEUE_SIZE + 500, results_at_once);
	cr_expect(eq(int, results_at_once[AUTH_SIGNATURE], PER_TURN));
	cr_expect(eq(int, results_at_once[AUTH_PENDING], QUEUE_SIZE));
	cr_expect(eq(int, results_at_once[AUTH_BUSY], 500));
	cr_expect(str_begins(str_of(queries[PER_TURN + QUEUE_SIZE].hint), "signatures:"));
	cr_expect(not(queries[PER_TURN + QUEUE_SIZE].waiting));
}

Test(verify_queue, does_not_delay_cached_tokens)
{
	int results_at_once[AUTH_RESULTS] = { 0 };

	cr_assert(auth_fixture_check(&f, str_of(valid)) == AUTH_OK);
	flood(0, PER_TURN + QUEUE_SIZE + 10, results_at_once);
	cr_expect(eq(int, results_at_once[AUTH_BUSY], 11), "the cached token used one signature");
	for (int i = 0; i < 1000; i++)
		cr_expect(eq(int, check(&queries[QUERIES - 1], valid), AUTH_OK));
}

/* Tokens that fail a cheaper check do not wait, either. */
Test(verify_queue, does_not_delay_tokens_that_fail_a_cheap_check)
{
	int results_at_once[AUTH_RESULTS] = { 0 };
	static const struct {
		const char *header, *claims;
		enum auth_result result;
	} rows[] = {
		{ "{\"alg\":\"ES256\",\"kid\":\"e1\"}",
		  "{\"iss\":\"" ISSUER "\",\"sub\":\"a\",\"aud\":\"api\",\"exp\":1700000000}",
		  AUTH_EXPIRED },
		{ "{\"alg\":\"ES256\",\"kid\":\"e1\"}",
		  "{\"iss\":\"" ISSUER "\",\"sub\":\"a\",\"aud\":\"other\",\"exp\":1800000060}",
		  AUTH_AUDIENCE },
		{ "{\"alg\":\"RS256\",\"kid\":\"e1\"}", GOOD, AUTH_ALGORITHM },
	};

	flood(0, PER_TURN + QUEUE_SIZE, results_at_once);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		test_token_sign(&f.token, str_of(rows[i].header), str_of(rows[i].claims), E1,
		                SHA_256);
		cr_expect(eq(int, check(&queries[QUERIES - 1], f.token.at), rows[i].result));
	}
}

Test(verify_queue, verifies_identical_tokens_once)
{
	int results_at_once[AUTH_RESULTS] = { 0 };
	long long before;

	flood(0, PER_TURN, results_at_once);
	for (int i = 0; i < 50; i++)
		cr_expect(eq(int, check(&queries[PER_TURN + i], valid), AUTH_PENDING));
	before = verified();
	expect_left(0);
	cr_expect(eq(int, results.with[AUTH_OK], 50));
	cr_expect(eq(llong, verified(), before + 1));
}

Test(verify_queue, drops_cancelled_queries)
{
	int results_at_once[AUTH_RESULTS] = { 0 };

	flood(0, PER_TURN + 10, results_at_once);
	for (int i = 0; i < 10; i += 2) {
		auth_cancel(&queries[PER_TURN + i]);
		auth_cancel(&queries[PER_TURN + i]);
	}
	cr_expect(eq(llong, waiting(), 5));
	expect_left(0);
	cr_expect(eq(int, results.done, 5));
	/* Cancel all queries of the queue. */
	auth_fixture_advance(&f, 1);
	flood(0, PER_TURN + 10, results_at_once);
	for (int i = 0; i < 10; i++)
		auth_cancel(&queries[PER_TURN + i]);
	expect_left(0);
	cr_expect(eq(int, results.done, 5));
}

static void on_first(struct auth_query *, enum auth_result, struct identity *)
{
	results.done++;
	for (int i = 0; i < 10; i++)
		auth_cancel(&queries[PER_TURN + i]);
}

Test(verify_queue, lets_done_cancel_all_queries)
{
	int results_at_once[AUTH_RESULTS] = { 0 };
	struct identity *identity;

	flood(0, PER_TURN, results_at_once);
	for (int i = 0; i < 10; i++)
		(void)auth_check(f.auth, &queries[PER_TURN + i], str_of(forged), on_first,
		                 &identity);
	expect_left(0);
	cr_expect(eq(int, results.done, 1));
}

static void on_repeat(struct auth_query *query, enum auth_result, struct identity *)
{
	struct identity *identity;

	if (++results.done < 500)
		(void)auth_check(f.auth, query, str_of(forged), on_repeat, &identity);
}

/* A query that is repeated from done() goes to the end of the queue; the loop keeps running. */
Test(verify_queue, appends_a_repeated_query)
{
	int results_at_once[AUTH_RESULTS] = { 0 };
	struct identity *identity;

	flood(0, PER_TURN, results_at_once);
	cr_expect(eq(int,
	             auth_check(f.auth, &queries[PER_TURN], str_of(forged), on_repeat, &identity),
	             AUTH_PENDING));
	cr_expect(eq(int, check(&queries[PER_TURN + 1], valid), AUTH_PENDING));
	expect_left(0);
	cr_expect(eq(int, results.with[AUTH_OK], 1));
	cr_expect(eq(int, results.done, 4), "the next turn must have time for three more");
}

Test(verify_queue, checks_expiry_again_after_waiting)
{
	int results_at_once[AUTH_RESULTS] = { 0 };

	flood(0, PER_TURN + QUEUE_SIZE - 1, results_at_once);
	cr_expect(eq(int, check(&queries[QUERIES - 1], valid), AUTH_PENDING));
	expect_left(PER_TURN + QUEUE_SIZE - CREDIT);
	auth_fixture_advance(&f, 70);
	expect_left(0);
	cr_expect(eq(int, results.with[AUTH_OK], 0));
	cr_expect(eq(int, results.with[AUTH_EXPIRED], PER_TURN + QUEUE_SIZE - CREDIT));
}

Test(verify_queue, calls_no_query_after_auth_free)
{
	int results_at_once[AUTH_RESULTS] = { 0 };

	flood(0, PER_TURN + 10, results_at_once);
	auth_free(f.auth);
	f.auth = NULL;
	auth_fixture_run(&f, NULL, 50);
	cr_expect(eq(int, results.done, 0));
	cr_expect(eq(llong, waiting(), 0));
	for (int i = 0; i < 10; i++)
		auth_cancel(&queries[PER_TURN + i]);
}

/* Queries that waited for a key need signature checks as well, not all of them in one turn. */
Test(verify_queue, limits_queries_that_waited_for_a_key)
{
	static char *tokens[200];

	auth_fixture_publish(&f, E1, E2, TEST_KEYS);
	for (int i = 0; i < 200; i++) {
		char claims[300];

		snprintf(claims, sizeof(claims), "{" CLAIMS ",\"jti\":%d}", i);
		auth_fixture_sign(&f, E2, claims);
		tokens[i] = xstrdup(f.token.at);
		cr_expect(eq(int, check(&queries[i], tokens[i]), AUTH_PENDING));
	}
	cr_expect(eq(llong, waiting(), 200));
	while (results.done == 0)
		loop_turn(f.loop);
	cr_expect(eq(int, results.done, PER_TURN), "only this many in one turn");
	cr_expect(eq(llong, waiting(), 200 - PER_TURN));
	expect_left(0);
	cr_expect(eq(int, results.with[AUTH_OK], 200));
	cr_expect(eq(int, results.in_order, 200));
	for (int i = 0; i < 200; i++)
		free(tokens[i]);
}
