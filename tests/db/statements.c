/* statements.c: tests that statements run by name and their results are read by column. */

#include "db_fixture.h"

TestSuite(statements, .init = pool_up, .fini = pool_down, .timeout = 60);

Test(statements, answer_by_column)
{
	struct asked *asked = answer(SQL_ANSWER, "hello");

	cr_expect(eq(int, asked->status, DB_OK));
	cr_expect(eq(int, asked->rows, 1));
	cr_expect(eq(str, asked->body, "hello"));
	cr_expect(eq(str, asked->etag, "\"1.a\""));
	cr_expect(eq(str, asked->code, "FINE"));
	cr_expect(eq(str, asked->next, ""), "a column that the statement does not have");
}

Test(statements, may_find_nothing)
{
	struct asked *asked = answer(SQL_NOTHING);

	cr_expect(eq(int, asked->status, DB_OK));
	cr_expect(eq(int, asked->rows, 0));
	cr_expect(eq(str, asked->body, ""));
}

Test(statements, write_and_stay_written)
{
	struct asked *asked = answer(SQL_THING_ADD, "10", "ten");

	cr_expect(eq(int, asked->status, DB_OK));
	cr_expect(eq(str, asked->body, "ten"));
	cr_expect(eq(str, (char *)sql("select name from things where id = 10"), "ten"));
}

Test(statements, a_refusal_names_its_constraint)
{
	struct asked *asked = answer(SQL_THING_ADD, "1", "one");

	cr_expect(eq(int, asked->status, DB_REFUSED));
	cr_expect(eq(str, asked->sqlstate, "23505"));
	cr_expect(eq(str, asked->constraint, "things_pkey"));
}

Test(statements, what_fails_at_the_commit_is_refused)
{
	struct asked *asked = answer(SQL_LATE_UNIQUE, "a");

	cr_expect(eq(int, asked->status, DB_OK));
	asked = answer(SQL_LATE_UNIQUE, "a");
	cr_expect(eq(int, asked->status, DB_REFUSED));
	cr_expect(eq(str, asked->constraint, "one_of_each"));
	asked = answer(SQL_LATE_UNIQUE, "b");
	cr_expect(eq(int, asked->status, DB_OK), "the connection must still work");
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

Test(statements, leave_out_the_lines_of_what_is_absent)
{
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < COUNT_OF(lists); i++) {
			struct asked *asked =
				answer(SQL_THINGS_LIST, lists[i].least, lists[i].most,
				       lists[i].never, lists[i].but);

			cr_expect(eq(int, asked->status, DB_OK), "row %zu", i);
			cr_expect(eq(str, asked->body, (char *)lists[i].names), "row %zu", i);
		}
}

Test(statements, have_more_variants_than_are_prepared)
{
	for (int round = 0; round < 2; round++)
		for (int set = 0; set < 512; set++) {
			const char *params[ASK_PARAMS] = { 0 };
			struct asked asked = { 0 };
			char sum[16];

			for (int i = 0; i < 9; i++)
				params[i] = set & 1 << i ? "1" : NULL;
			snprintf(sum, sizeof(sum), "%d", __builtin_popcount((unsigned)set));
			ask_with(&asked, SQL_WIDE, params);
			cr_assert(turn_until(asked.answers));
			cr_expect(eq(int, asked.status, DB_OK));
			cr_expect(eq(str, asked.body, sum), "set %x", (unsigned)set);
		}
}

Test(statements, run_in_sessions_that_know_their_place)
{
	struct asked *asked = answer(SQL_SETTINGS);

	cr_expect(eq(str, asked->body, "Europe/Berlin"));
	cr_expect(eq(str, asked->etag, "UTC"));
	cr_expect(eq(str, asked->code, "binnacle"));
	cr_expect(eq(str, asked->detail, "3s"), "the timeout must be the longest of the lane");
	cr_expect(eq(str, asked->next, "on"));
}

Test(statements, labelled_read_cannot_write)
{
	struct asked *asked = answer(SQL_THING_BY_MISTAKE);

	cr_expect(eq(int, asked->status, DB_REFUSED));
	cr_expect(eq(str, asked->sqlstate, "25006"));
}

Test(statements, that_cannot_be_prepared_are_refused_to_all_who_asked)
{
	struct asked missing[3] = { 0 }, fine[3] = { 0 };

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 3; i++) {
			ask(&missing[i], SQL_MISSING, "x");
			ask(&fine[i], SQL_ANSWER, "x");
		}
		for (int i = 0; i < 3; i++) {
			cr_assert(turn_until(missing[i].answers && fine[i].answers));
			cr_expect(eq(int, missing[i].status, DB_REFUSED));
			cr_expect(eq(str, missing[i].sqlstate, "42P01"));
			cr_expect(eq(int, fine[i].status, DB_OK));
		}
	}
	sql("create table there_is_no_such_table (name text)");
	cr_expect(eq(int, answer(SQL_MISSING, "x")->status, DB_OK));
}

Test(statements, survive_a_change_of_tables)
{
	struct asked doze = { 0 };

	/* Prepares it on both connections, since a retry may use the other one. */
	answer(SQL_THING_STAR, "1");
	ask(&doze, SQL_DOZE, "0.1");
	loop_turn(f.loop);
	answer(SQL_THING_STAR, "1");
	cr_assert(turn_until(doze.answers));
	for (int round = 0; round < 8; round++) {
		struct asked stars[20] = { 0 };
		char alter[64];

		snprintf(alter, sizeof(alter), "alter table things add column more%d text",
			 round);
		sql(alter);
		for (size_t i = 0; i < COUNT_OF(stars); i++)
			ask(&stars[i], SQL_THING_STAR, "1");
		for (size_t i = 0; i < COUNT_OF(stars); i++) {
			cr_assert(turn_until(stars[i].answers));
			cr_expect(eq(int, stars[i].status, DB_OK), "%zu: %s", i,
				  stars[i].sqlstate);
			cr_expect(eq(int, stars[i].rows, 1));
		}
	}
}

static struct asked chain[200];

Test(statements, may_be_asked_from_within_an_answer)
{
	for (size_t i = 0; i + 1 < COUNT_OF(chain); i++) {
		chain[i].query.statement = SQL_ANSWER;
		chain[i].params[0] = "x";
		chain[i].then = &chain[i + 1];
	}
	chain[COUNT_OF(chain) - 1].query.statement = SQL_ANSWER;
	ask(&chain[0], SQL_ANSWER, "x");
	cr_assert(turn_until(chain[COUNT_OF(chain) - 1].answers));
	for (size_t i = 0; i < COUNT_OF(chain); i++)
		cr_expect(eq(int, chain[i].answers, 1));
}
