/* statements.c: tests that statements run by name and their results are read by column. */

#include "db_fixture.h"

TestSuite(statements, .init = pool_up, .fini = pool_down, .timeout = 60);

Test(statements, results_are_read_by_column)
{
	struct test_query *result = run_query(SQL_ANSWER, "hello");

	cr_expect(eq(int, result->status, DB_OK));
	cr_expect(eq(int, result->rows, 1));
	cr_expect(eq(str, result->body, "hello"));
	cr_expect(eq(str, result->etag, "\"1.a\""));
	cr_expect(eq(str, result->code, "FINE"));
	cr_expect(eq(str, result->next, ""), "a column that the statement does not have");
}

Test(statements, may_return_no_rows)
{
	struct test_query *result = run_query(SQL_NOTHING);

	cr_expect(eq(int, result->status, DB_OK));
	cr_expect(eq(int, result->rows, 0));
	cr_expect(eq(str, result->body, ""));
}

Test(statements, writes_are_committed)
{
	struct test_query *result = run_query(SQL_THING_ADD, "10", "ten");

	cr_expect(eq(int, result->status, DB_OK));
	cr_expect(eq(str, result->body, "ten"));
	cr_expect(eq(str, (char *)sql("select name from things where id = 10"), "ten"));
}

Test(statements, constraint_violations_name_the_constraint)
{
	struct test_query *result = run_query(SQL_THING_ADD, "1", "one");

	cr_expect(eq(int, result->status, DB_SQL_ERROR));
	cr_expect(eq(str, result->sqlstate, "23505"));
	cr_expect(eq(str, result->constraint, "things_pkey"));
}

Test(statements, errors_at_commit_are_reported)
{
	struct test_query *result = run_query(SQL_LATE_UNIQUE, "a");

	cr_expect(eq(int, result->status, DB_OK));
	result = run_query(SQL_LATE_UNIQUE, "a");
	cr_expect(eq(int, result->status, DB_SQL_ERROR));
	cr_expect(eq(str, result->constraint, "one_of_each"));
	result = run_query(SQL_LATE_UNIQUE, "b");
	cr_expect(eq(int, result->status, DB_OK), "the connection must still work");
}

static const struct {
	const char *least, *most, *never, *but;
	const char *names;
} lists[] = {
	{ NULL, NULL, NULL, "two", "one,three,four" },
	{ "2", NULL, NULL, "four", "two,three" },
	{ NULL, "2", "x", "none", "one,two" },
	{ "2", "3", NULL, "none", "two,three" },
	{ "2", "3", "x", "two", "three" },
};

Test(statements, lines_of_absent_parameters_are_omitted)
{
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < COUNT_OF(lists); i++) {
			struct test_query *result =
				run_query(SQL_THINGS_LIST, lists[i].least, lists[i].most,
			                  lists[i].never, lists[i].but);

			cr_expect(eq(int, result->status, DB_OK), "row %zu", i);
			cr_expect(eq(str, result->body, (char *)lists[i].names), "row %zu", i);
		}
}

Test(statements, variants_above_the_limit_work)
{
	for (int round = 0; round < 2; round++)
		for (int set = 0; set < 512; set++) {
			const char *params[MAX_QUERY_PARAMS] = { 0 };
			struct test_query result = { 0 };
			char sum[16];

			for (int i = 0; i < 9; i++)
				params[i] = set & 1 << i ? "1" : NULL;
			snprintf(sum, sizeof(sum), "%d", __builtin_popcount((unsigned)set));
			start_query_with(&result, SQL_WIDE, params);
			cr_assert(turn_until(result.done_count));
			cr_expect(eq(int, result.status, DB_OK));
			cr_expect(eq(str, result.body, sum), "set %x", (unsigned)set);
		}
}

Test(statements, sessions_have_the_expected_settings)
{
	struct test_query *result = run_query(SQL_SETTINGS);

	cr_expect(eq(str, result->body, "Europe/Berlin"));
	cr_expect(eq(str, result->etag, "UTC"));
	cr_expect(eq(str, result->code, "binnacle"));
	cr_expect(eq(str, result->detail, "3s"), "the timeout must be the longest of the lane");
	cr_expect(eq(str, result->next, "on"));
}

Test(statements, read_statements_cannot_write)
{
	struct test_query *result = run_query(SQL_THING_BY_MISTAKE);

	cr_expect(eq(int, result->status, DB_SQL_ERROR));
	cr_expect(eq(str, result->sqlstate, "25006"));
}

Test(statements, prepare_errors_reach_all_queries)
{
	struct test_query missing[3] = { 0 }, fine[3] = { 0 };

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 3; i++) {
			start_query(&missing[i], SQL_MISSING, "x");
			start_query(&fine[i], SQL_ANSWER, "x");
		}
		for (int i = 0; i < 3; i++) {
			cr_assert(turn_until(missing[i].done_count && fine[i].done_count));
			cr_expect(eq(int, missing[i].status, DB_SQL_ERROR));
			cr_expect(eq(str, missing[i].sqlstate, "42P01"));
			cr_expect(eq(int, fine[i].status, DB_OK));
		}
	}
	sql("create table there_is_no_such_table (name text)");
	cr_expect(eq(int, run_query(SQL_MISSING, "x")->status, DB_OK));
}

Test(statements, survive_schema_changes)
{
	struct test_query sleeping = { 0 };

	/* Prepares it on both connections, since a retry may use the other one. */
	run_query(SQL_THING_STAR, "1");
	start_query(&sleeping, SQL_DOZE, "0.1");
	loop_turn(f.loop);
	run_query(SQL_THING_STAR, "1");
	cr_assert(turn_until(sleeping.done_count));
	for (int round = 0; round < 8; round++) {
		struct test_query stars[20] = { 0 };
		char alter[64];

		snprintf(alter, sizeof(alter), "alter table things add column more%d text", round);
		sql(alter);
		for (size_t i = 0; i < COUNT_OF(stars); i++)
			start_query(&stars[i], SQL_THING_STAR, "1");
		for (size_t i = 0; i < COUNT_OF(stars); i++) {
			cr_assert(turn_until(stars[i].done_count));
			cr_expect(eq(int, stars[i].status, DB_OK), "%zu: %s", i, stars[i].sqlstate);
			cr_expect(eq(int, stars[i].rows, 1));
		}
	}
}

static struct test_query chain[200];

Test(statements, may_be_run_from_done)
{
	for (size_t i = 0; i + 1 < COUNT_OF(chain); i++) {
		chain[i].query.statement = SQL_ANSWER;
		chain[i].params[0] = "x";
		chain[i].then = &chain[i + 1];
	}
	chain[COUNT_OF(chain) - 1].query.statement = SQL_ANSWER;
	start_query(&chain[0], SQL_ANSWER, "x");
	cr_assert(turn_until(chain[COUNT_OF(chain) - 1].done_count));
	for (size_t i = 0; i < COUNT_OF(chain); i++)
		cr_expect(eq(int, chain[i].done_count, 1));
}
