/* Cached tokens never wait for new ones; new ones wait in a bounded queue.
 *
 * While the clock stands still, a signature is charged 20 microseconds: a loop turn has time for 3, the
 * initial credit lasts for 1000, and each millisecond of the clock adds 15. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "metrics.h"
#include "auth_fixture.h"

enum { SLICE = 3, SAVED = 1000, LINE = 1024, CROWD = 3000 };

#define GOOD "{" CLAIMS "}"

static struct stand f;
static struct auth_query crowd[CROWD];
static char *good, *forged;

static struct {
	int done, in_order, with[AUTH_VERDICTS];
	const struct auth_query *last;
} seen;

static void set_up(void)
{
	stand_open(&f);
	stand_publish(&f, E1, FORGERS);
	stand_believe(&f);
	stand_forge(&f, E1, "{" CLAIMS ",\"jti\":1}");
	good = xstrdup(f.token.at);
	stand_forge(&f, E1, GOOD);
	forge_token(&f.token, STR("{\"alg\":\"ES256\",\"kid\":\"e1\"}"), STR(GOOD), E2, HONEST);
	forged = xstrdup(f.token.at);
}

static void tear_down(void)
{
	stand_close(&f);
	free(good);
	free(forged);
}

TestSuite(line, .init = set_up, .fini = tear_down, .timeout = 60);

static void on_done(struct auth_query *query, enum auth_verdict verdict, struct identity *)
{
	seen.done++;
	seen.with[verdict]++;
	seen.in_order += query > seen.last;
	seen.last = query;
}

static enum auth_verdict check(struct auth_query *query, const char *token)
{
	struct identity *identity;

	return auth_check(f.auth, query, str_of(token), on_done, &identity);
}

/* Checks many forged tokens in one turn and counts the results. */
static void flood(int first, int count, int verdicts[AUTH_VERDICTS])
{
	for (int i = first; i < first + count; i++)
		verdicts[check(&crowd[i], forged)]++;
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
		stand_turn(&f, NULL, 10);
	stand_turn(&f, NULL, 10);
	cr_expect(eq(llong, waiting(), left));
}

Test(line, is_empty_where_there_is_time)
{
	for (int i = 0; i < 5000; i++) {
		cr_assert(check(&crowd[0], forged) == AUTH_SIGNATURE, "%d", i);
		stand_wait_us(&f, 100);
		loop_turn(f.loop);
	}
	cr_expect(eq(int, seen.done, 0));
}

Test(line, takes_who_comes_with_many_others_and_serves_him_soon)
{
	int verdicts[AUTH_VERDICTS] = { 0 };

	flood(0, 500, verdicts);
	cr_expect(eq(int, verdicts[AUTH_SIGNATURE], SLICE));
	cr_expect(eq(int, verdicts[AUTH_LATER], 500 - SLICE));
	cr_expect(eq(int, seen.done, 0), "done() must not be called from inside auth_check()");
	cr_expect(eq(llong, waiting(), 500 - SLICE));
	expect_left(0);
	cr_expect(eq(int, seen.with[AUTH_SIGNATURE], 500 - SLICE));
	cr_expect(eq(int, seen.in_order, 500 - SLICE), "queries must finish in order");
}

Test(line, is_served_as_fast_as_its_share_of_the_time_allows)
{
	int verdicts[AUTH_VERDICTS] = { 0 };

	flood(0, SLICE + LINE, verdicts);
	expect_left(SLICE + LINE - SAVED);
	cr_expect(eq(llong, verified(), SAVED));
	flood(SLICE + LINE, SAVED - SLICE, verdicts);
	for (int ms = 1; ms <= 20; ms++) {
		stand_wait_us(&f, 1000);
		expect_left(LINE - ms * 15);
	}
	/* The credit is bounded, however long the server was idle. */
	stand_wait(&f, 10);
	expect_left(0);
	stand_wait(&f, 10);
	flood(0, SLICE + LINE, verdicts);
	expect_left(SLICE + LINE - SAVED);
}

Test(line, sends_away_who_finds_it_full)
{
	int verdicts[AUTH_VERDICTS] = { 0 };

	flood(0, SLICE + LINE + 500, verdicts);
	cr_expect(eq(int, verdicts[AUTH_SIGNATURE], SLICE));
	cr_expect(eq(int, verdicts[AUTH_LATER], LINE));
	cr_expect(eq(int, verdicts[AUTH_BUSY], 500));
	cr_expect(str_begins(str_of(crowd[SLICE + LINE].hint), "signatures:"));
	cr_expect(not(crowd[SLICE + LINE].waiting));
}

Test(line, is_not_for_those_who_are_known)
{
	int verdicts[AUTH_VERDICTS] = { 0 };

	cr_assert(stand_check(&f, str_of(good)) == AUTH_TRUE);
	flood(0, SLICE + LINE + 10, verdicts);
	cr_expect(eq(int, verdicts[AUTH_BUSY], 11), "the cached token used one signature");
	for (int i = 0; i < 1000; i++)
		cr_expect(eq(int, check(&crowd[CROWD - 1], good), AUTH_TRUE));
}

/* Tokens that fail a cheaper check do not wait, either. */
Test(line, is_not_for_what_costs_nothing)
{
	int verdicts[AUTH_VERDICTS] = { 0 };
	static const struct {
		const char *header, *claims;
		enum auth_verdict verdict;
	} rows[] = {
		{ "{\"alg\":\"ES256\",\"kid\":\"e1\"}",
		  "{\"iss\":\"" ISSUER "\",\"sub\":\"a\",\"aud\":\"api\",\"exp\":1700000000}", AUTH_EXPIRED },
		{ "{\"alg\":\"ES256\",\"kid\":\"e1\"}",
		  "{\"iss\":\"" ISSUER "\",\"sub\":\"a\",\"aud\":\"other\",\"exp\":1800000060}", AUTH_AUDIENCE },
		{ "{\"alg\":\"RS256\",\"kid\":\"e1\"}", GOOD, AUTH_ALGORITHM },
	};

	flood(0, SLICE + LINE, verdicts);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		forge_token(&f.token, str_of(rows[i].header), str_of(rows[i].claims), E1, HONEST);
		cr_expect(eq(int, check(&crowd[CROWD - 1], f.token.at), rows[i].verdict));
	}
}

Test(line, costs_twins_one_signature)
{
	int verdicts[AUTH_VERDICTS] = { 0 };
	long long before;

	flood(0, SLICE, verdicts);
	for (int i = 0; i < 50; i++)
		cr_expect(eq(int, check(&crowd[SLICE + i], good), AUTH_LATER));
	before = verified();
	expect_left(0);
	cr_expect(eq(int, seen.with[AUTH_TRUE], 50));
	cr_expect(eq(llong, verified(), before + 1));
}

Test(line, is_left_by_who_leaves)
{
	int verdicts[AUTH_VERDICTS] = { 0 };

	flood(0, SLICE + 10, verdicts);
	for (int i = 0; i < 10; i += 2) {
		auth_forget(&crowd[SLICE + i]);
		auth_forget(&crowd[SLICE + i]);
	}
	cr_expect(eq(llong, waiting(), 5));
	expect_left(0);
	cr_expect(eq(int, seen.done, 5));
	/* Cancel all queries of the queue. */
	stand_wait(&f, 1);
	flood(0, SLICE + 10, verdicts);
	for (int i = 0; i < 10; i++)
		auth_forget(&crowd[SLICE + i]);
	expect_left(0);
	cr_expect(eq(int, seen.done, 5));
}

static void on_first(struct auth_query *, enum auth_verdict, struct identity *)
{
	seen.done++;
	for (int i = 0; i < 10; i++)
		auth_forget(&crowd[SLICE + i]);
}

Test(line, can_be_cleared_by_the_first_who_is_served)
{
	int verdicts[AUTH_VERDICTS] = { 0 };
	struct identity *identity;

	flood(0, SLICE, verdicts);
	for (int i = 0; i < 10; i++)
		auth_check(f.auth, &crowd[SLICE + i], str_of(forged), on_first, &identity);
	expect_left(0);
	cr_expect(eq(int, seen.done, 1));
}

static void on_comes_again(struct auth_query *query, enum auth_verdict, struct identity *)
{
	struct identity *identity;

	if (++seen.done < 500)
		auth_check(f.auth, query, str_of(forged), on_comes_again, &identity);
}

/* A query that is repeated from done() goes to the end of the queue; the loop keeps turning. */
Test(line, is_joined_again_behind_the_others)
{
	int verdicts[AUTH_VERDICTS] = { 0 };
	struct identity *identity;

	flood(0, SLICE, verdicts);
	cr_expect(eq(int, auth_check(f.auth, &crowd[SLICE], str_of(forged), on_comes_again, &identity), AUTH_LATER));
	cr_expect(eq(int, check(&crowd[SLICE + 1], good), AUTH_LATER));
	expect_left(0);
	cr_expect(eq(int, seen.with[AUTH_TRUE], 1));
	cr_expect(eq(int, seen.done, 4), "the next turn must have time for three more");
}

Test(line, looks_again_at_who_waited_long)
{
	int verdicts[AUTH_VERDICTS] = { 0 };

	flood(0, SLICE + LINE - 1, verdicts);
	cr_expect(eq(int, check(&crowd[CROWD - 1], good), AUTH_LATER));
	expect_left(SLICE + LINE - SAVED);
	stand_wait(&f, 70);
	expect_left(0);
	cr_expect(eq(int, seen.with[AUTH_TRUE], 0));
	cr_expect(eq(int, seen.with[AUTH_EXPIRED], SLICE + LINE - SAVED));
}

Test(line, says_nothing_more_when_the_room_is_closed)
{
	int verdicts[AUTH_VERDICTS] = { 0 };

	flood(0, SLICE + 10, verdicts);
	auth_free(f.auth);
	f.auth = NULL;
	stand_turn(&f, NULL, 50);
	cr_expect(eq(int, seen.done, 0));
	cr_expect(eq(llong, waiting(), 0));
	for (int i = 0; i < 10; i++)
		auth_forget(&crowd[SLICE + i]);
}

/* Queries that waited for a key need signature checks as well, not all of them in one turn. */
Test(line, is_where_those_go_who_waited_for_a_key)
{
	static char *tokens[200];

	stand_publish(&f, E1, E2, FORGERS);
	for (int i = 0; i < 200; i++) {
		char claims[300];

		snprintf(claims, sizeof(claims), "{" CLAIMS ",\"jti\":%d}", i);
		stand_forge(&f, E2, claims);
		tokens[i] = xstrdup(f.token.at);
		cr_expect(eq(int, check(&crowd[i], tokens[i]), AUTH_LATER));
	}
	cr_expect(eq(llong, waiting(), 200));
	while (seen.done == 0)
		loop_turn(f.loop);
	cr_expect(eq(int, seen.done, SLICE), "only this many in one turn");
	cr_expect(eq(llong, waiting(), 200 - SLICE));
	expect_left(0);
	cr_expect(eq(int, seen.with[AUTH_TRUE], 200));
	cr_expect(eq(int, seen.in_order, 200));
	for (int i = 0; i < 200; i++)
		free(tokens[i]);
}
