/* prelude.c: tests that a write and its prelude run in one transaction of their own. */

#include "db_fixture.h"

TestSuite(prelude, .init = pool_up, .fini = pool_down, .timeout = 60);

enum { QUERIES = 20 };

struct pair {
	struct test_query write;
	struct db_prelude prelude;
	const char *params[2];
};

/* Adds thing `first`, and then thing `second`. */
static void start_pair(struct pair *pair, const char *first, const char *second)
{
	*pair = (struct pair){ .params = { first, "first" } };
	pair->prelude = (struct db_prelude){ SQL_THING_ADD, pair->params };
	pair->write.prelude = &pair->prelude;
	start_query(&pair->write, SQL_THING_ADD, second, "second");
}

static const char *count(void)
{
	return sql("select count(*) from things where id >= 1000");
}

Test(prelude, commits_both)
{
	struct pair pair;

	start_pair(&pair, "1000", "1001");
	cr_assert(turn_until(pair.write.done_count));
	cr_expect(eq(int, pair.write.status, DB_OK));
	cr_expect(eq(str, pair.write.body, "second"),
	          "the result must be that of the second write");
	cr_expect(eq(str, (char *)count(), "2"));
	cr_expect(eq(str,
	             (char *)sql("select count(distinct xmin::text) from things where id >= 1000"),
	             "1"),
	          "both must be in one transaction");
}

Test(prelude, first_error_undoes_both)
{
	struct pair pair;

	start_pair(&pair, "1", "1001");
	cr_assert(turn_until(pair.write.done_count));
	cr_expect(eq(int, pair.write.status, DB_SQL_ERROR));
	cr_expect(eq(str, pair.write.sqlstate, "23505"));
	cr_expect(eq(str, pair.write.constraint, "things_pkey"));
	cr_expect(eq(int, pair.write.done_count, 1));
	cr_expect(eq(str, (char *)count(), "0"));
}

Test(prelude, second_error_undoes_both)
{
	struct pair pair;

	start_pair(&pair, "1000", "1");
	cr_assert(turn_until(pair.write.done_count));
	cr_expect(eq(int, pair.write.status, DB_SQL_ERROR));
	cr_expect(eq(str, (char *)count(), "0"));
}

Test(prelude, pairs_are_independent)
{
	struct pair pairs[QUERIES];
	char ids[QUERIES][2][8];
	struct test_query alone[QUERIES] = { 0 };

	for (int i = 0; i < QUERIES; i++) {
		snprintf(ids[i][0], sizeof(ids[i][0]), "%d", i % 3 ? 1000 + 2 * i : 1);
		snprintf(ids[i][1], sizeof(ids[i][1]), "%d", 1001 + 2 * i);
		start_pair(&pairs[i], ids[i][0], ids[i][1]);
		start_query(&alone[i], SQL_DIVIDE_WRITE, i % 2 ? "4" : "0");
	}
	for (int i = 0; i < QUERIES; i++) {
		cr_assert(turn_until(pairs[i].write.done_count && alone[i].done_count));
		cr_expect(eq(int, pairs[i].write.status, i % 3 ? DB_OK : DB_SQL_ERROR), "pair %d",
		          i);
		cr_expect(eq(int, alone[i].status, i % 2 ? DB_OK : DB_SQL_ERROR), "alone %d", i);
	}
	cr_expect(eq(str, (char *)count(), "26"));
}

Test(prelude, is_cancelled_with_its_query)
{
	struct pair pair;

	start_pair(&pair, "1", "1001");
	turn_for(0);
	db_cancel(&pair.write.query);
	turn_for(300);
	cr_expect(eq(int, pair.write.done_count, 0));
	cr_expect(eq(str, (char *)count(), "0"));
	cr_expect(eq(int, run_query(SQL_DIVIDE_WRITE, "4")->status, DB_OK));
}

Test(prelude, lost_connection_fails_both)
{
	struct pair pair = { .params = { "1000", "first" } };

	pair.prelude = (struct db_prelude){ SQL_THING_ADD, pair.params };
	pair.write.prelude = &pair.prelude;
	start_query(&pair.write, SQL_END_SELF);
	cr_assert(turn_until(pair.write.done_count));
	cr_expect(ne(int, pair.write.status, DB_OK));
	cr_expect(eq(str, (char *)count(), "0"));
}

Test(prelude, is_prepared_again_when_stale)
{
	struct pair pair;

	start_pair(&pair, "1000", "1001");
	cr_assert(turn_until(pair.write.done_count));
	sql("alter table things add column more text");
	for (int i = 0; i < 4; i++) {
		char first[8], second[8];

		snprintf(first, sizeof(first), "%d", 1010 + 2 * i);
		snprintf(second, sizeof(second), "%d", 1011 + 2 * i);
		start_pair(&pair, first, second);
		cr_assert(turn_until(pair.write.done_count));
		cr_expect(eq(int, pair.write.status, DB_OK));
	}
}

/* The caller may retry as soon as it has the error, also on another connection. */
Test(prelude, error_arrives_after_locks_are_released)
{
	for (int i = 0; i < 200; i++) {
		struct pair pair = { .params = { "4711" } };

		pair.prelude = (struct db_prelude){ SQL_HOLD, pair.params };
		pair.write.prelude = &pair.prelude;
		start_query(&pair.write, SQL_DIVIDE_WRITE, "0");
		cr_assert(turn_until(pair.write.done_count));
		cr_assert(eq(str, pair.write.sqlstate, "22012"), "round %d: the lock is still held",
		          i);
	}
}
