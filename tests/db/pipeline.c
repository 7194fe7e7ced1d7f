/* pipeline.c: tests that reads share a Sync without affecting each other, and that each write has
 * its own. */

#include "metrics.h"
#include "db_fixture.h"

TestSuite(pipeline, .init = pool_up, .fini = pool_down, .timeout = 60);

enum { QUERIES = 40 };

Test(pipeline, reads_of_a_turn_share_a_transaction)
{
	struct test_query reads[QUERIES] = { 0 };

	run_query(SQL_BACKEND); /* prepares it on one connection */
	run_query(SQL_BACKEND);
	for (int i = 0; i < QUERIES; i++)
		start_query(&reads[i], SQL_BACKEND);
	for (int i = 0; i < QUERIES; i++) {
		cr_assert(turn_until(reads[i].done_count));
		cr_expect(eq(int, reads[i].status, DB_OK));
		cr_expect(eq(str, reads[i].body, reads[0].body), "all must run in one backend");
		cr_expect(eq(str, reads[i].etag, reads[0].etag), "all must run in one transaction");
	}
}

Test(pipeline, writes_have_separate_transactions)
{
	struct test_query writes[QUERIES] = { 0 };

	for (int i = 0; i < QUERIES; i++)
		start_query(&writes[i], SQL_BACKEND_WRITE);
	for (int i = 0; i < QUERIES; i++) {
		cr_assert(turn_until(writes[i].done_count));
		for (int k = 0; k < i; k++)
			cr_expect(ne(str, writes[i].etag, writes[k].etag));
	}
}

/* Which of the reads fail. */
static const struct {
	const char *description;
	unsigned long long failing;
} cases[] = {
	{ "the first", 1ull },
	{ "the last", 1ull << (QUERIES - 1) },
	{ "one in the middle", 1ull << 17 },
	{ "every other", 0x5555555555ull },
	{ "all", (1ull << QUERIES) - 1 },
};

Test(pipeline, failed_read_does_not_affect_others)
{
	for (size_t s = 0; s < COUNT_OF(cases); s++) {
		struct test_query reads[QUERIES] = { 0 };

		for (int i = 0; i < QUERIES; i++)
			start_query(&reads[i], SQL_DIVIDE, cases[s].failing >> i & 1 ? "0" : "4");
		for (int i = 0; i < QUERIES; i++) {
			bool fails = cases[s].failing >> i & 1;

			cr_assert(turn_until(reads[i].done_count));
			cr_expect(eq(int, reads[i].status, fails ? DB_SQL_ERROR : DB_OK),
			          "%s fails: %d", cases[s].description, i);
			cr_expect(eq(str, reads[i].sqlstate, fails ? "22012" : ""));
			cr_expect(eq(str, reads[i].body, fails ? "" : "25"));
			cr_expect(eq(int, reads[i].done_count, 1));
		}
	}
	cr_expect(gt(llong, metrics_value(METRIC_DB_RETRIES), 0), "aborted reads must be retried");
}

Test(pipeline, failed_write_does_not_affect_others)
{
	struct test_query writes[QUERIES] = { 0 };

	for (int i = 0; i < QUERIES; i++)
		start_query(&writes[i], SQL_DIVIDE_WRITE, i % 3 ? "4" : "0");
	for (int i = 0; i < QUERIES; i++) {
		cr_assert(turn_until(writes[i].done_count));
		cr_expect(eq(int, writes[i].status, i % 3 ? DB_OK : DB_SQL_ERROR));
	}
	cr_expect(eq(llong, metrics_value(METRIC_DB_RETRIES), 0));
}

/* SQLSTATE, number of failures, expected status. */
static const struct {
	const char *code, *failures;
	enum db_status status;
} conflicts[] = {
	{ "40001", "1", DB_OK },        { "40P01", "1", DB_OK },
	{ "40001", "2", DB_SQL_ERROR }, { "23505", "1", DB_SQL_ERROR },
	{ "57014", "1", DB_TIMEOUT },   { "08001", "1", DB_SQL_ERROR },
};

Test(pipeline, conflicts_are_retried_once)
{
	for (size_t i = 0; i < COUNT_OF(conflicts); i++) {
		struct test_query *result;

		sql("alter sequence tries restart");
		result = run_query(SQL_FAIL_FIRST, conflicts[i].code, conflicts[i].failures);
		cr_expect(eq(int, result->status, conflicts[i].status), "%s", conflicts[i].code);
	}
}

Test(pipeline, reads_with_conflicts_are_retried)
{
	struct test_query reads[QUERIES] = { 0 };
	struct test_query conflict = { 0 };

	for (int i = 0; i < QUERIES; i++) {
		start_query(&reads[i], SQL_DIVIDE, i == 3 ? "0" : "4");
		if (i == QUERIES / 2)
			start_query(&conflict, SQL_FAIL_FIRST_READ, "40001", "7");
	}
	cr_assert(turn_until(conflict.done_count));
	cr_expect(eq(int, conflict.status, DB_OK),
	          "it must be retried after an abort and after a conflict");
	cr_expect(eq(str, conflict.body, "again"));
	for (int i = 0; i < QUERIES; i++) {
		cr_assert(turn_until(reads[i].done_count));
		cr_expect(eq(int, reads[i].status, i == 3 ? DB_SQL_ERROR : DB_OK));
	}
}

/* Prepared statements may become stale at any time. */
Test(pipeline, stale_statements_are_prepared_again)
{
	struct test_query reads[QUERIES] = { 0 };

	run_query(SQL_DIVIDE, "4");
	sql("alter table things add column more text");
	for (int i = 0; i < QUERIES; i++)
		start_query(&reads[i], i % 2 ? SQL_THING_STAR : SQL_DIVIDE, i % 2 ? "1" : "4");
	for (int i = 0; i < QUERIES; i++) {
		cr_assert(turn_until(reads[i].done_count));
		cr_expect(eq(int, reads[i].status, DB_OK));
	}
}
