/* prelude.c: tests that a write and the one before it are one transaction, separate from others. */

#include "db_fixture.h"

TestSuite(ahead, .init = pool_up, .fini = pool_down, .timeout = 60);

enum { MANY = 20 };

struct pair {
	struct asked write;
	struct db_ahead ahead;
	const char *params[2];
};

/* Adds thing `first`, and then thing `second`. */
static void ask_pair(struct pair *pair, const char *first, const char *second)
{
	*pair = (struct pair){ .params = { first, "ahead" } };
	pair->ahead = (struct db_ahead){ SQL_THING_ADD, pair->params };
	pair->write.ahead = &pair->ahead;
	ask(&pair->write, SQL_THING_ADD, second, "behind");
}

static const char *count(void)
{
	return sql("select count(*) from things where id >= 1000");
}

Test(ahead, both_happen)
{
	struct pair pair;

	ask_pair(&pair, "1000", "1001");
	cr_assert(turn_until(pair.write.answers));
	cr_expect(eq(int, pair.write.status, DB_OK));
	cr_expect(eq(str, pair.write.body, "behind"),
	          "the result must be that of the second write");
	cr_expect(eq(str, (char *)count(), "2"));
	cr_expect(eq(str,
	             (char *)sql("select count(distinct xmin::text) from things where id >= 1000"),
	             "1"),
	          "both must be in one transaction");
}

Test(ahead, neither_happens_when_the_first_is_refused)
{
	struct pair pair;

	ask_pair(&pair, "1", "1001");
	cr_assert(turn_until(pair.write.answers));
	cr_expect(eq(int, pair.write.status, DB_REFUSED));
	cr_expect(eq(str, pair.write.sqlstate, "23505"));
	cr_expect(eq(str, pair.write.constraint, "things_pkey"));
	cr_expect(eq(int, pair.write.answers, 1));
	cr_expect(eq(str, (char *)count(), "0"));
}

Test(ahead, neither_happens_when_the_second_is_refused)
{
	struct pair pair;

	ask_pair(&pair, "1000", "1");
	cr_assert(turn_until(pair.write.answers));
	cr_expect(eq(int, pair.write.status, DB_REFUSED));
	cr_expect(eq(str, (char *)count(), "0"));
}

Test(ahead, of_many_each_pair_is_by_itself)
{
	struct pair pairs[MANY];
	char ids[MANY][2][8];
	struct asked alone[MANY] = { 0 };

	for (int i = 0; i < MANY; i++) {
		snprintf(ids[i][0], sizeof(ids[i][0]), "%d", i % 3 ? 1000 + 2 * i : 1);
		snprintf(ids[i][1], sizeof(ids[i][1]), "%d", 1001 + 2 * i);
		ask_pair(&pairs[i], ids[i][0], ids[i][1]);
		ask(&alone[i], SQL_DIVIDE_WRITE, i % 2 ? "4" : "0");
	}
	for (int i = 0; i < MANY; i++) {
		cr_assert(turn_until(pairs[i].write.answers && alone[i].answers));
		cr_expect(eq(int, pairs[i].write.status, i % 3 ? DB_OK : DB_REFUSED), "pair %d", i);
		cr_expect(eq(int, alone[i].status, i % 2 ? DB_OK : DB_REFUSED), "alone %d", i);
	}
	cr_expect(eq(str, (char *)count(), "26"));
}

Test(ahead, it_is_forgotten_with_its_query)
{
	struct pair pair;

	ask_pair(&pair, "1", "1001");
	turn_for(0);
	db_forget(&pair.write.query);
	turn_for(300);
	cr_expect(eq(int, pair.write.answers, 0));
	cr_expect(eq(str, (char *)count(), "0"));
	cr_expect(eq(int, answer(SQL_DIVIDE_WRITE, "4")->status, DB_OK));
}

Test(ahead, a_lost_connection_leaves_both_in_doubt)
{
	struct pair pair = { .params = { "1000", "ahead" } };

	pair.ahead = (struct db_ahead){ SQL_THING_ADD, pair.params };
	pair.write.ahead = &pair.ahead;
	ask(&pair.write, SQL_END_SELF);
	cr_assert(turn_until(pair.write.answers));
	cr_expect(ne(int, pair.write.status, DB_OK));
	cr_expect(eq(str, (char *)count(), "0"));
}

Test(ahead, preparations_that_are_gone_are_made_again)
{
	struct pair pair;

	ask_pair(&pair, "1000", "1001");
	cr_assert(turn_until(pair.write.answers));
	sql("alter table things add column more text");
	for (int i = 0; i < 4; i++) {
		char first[8], second[8];

		snprintf(first, sizeof(first), "%d", 1010 + 2 * i);
		snprintf(second, sizeof(second), "%d", 1011 + 2 * i);
		ask_pair(&pair, first, second);
		cr_assert(turn_until(pair.write.answers));
		cr_expect(eq(int, pair.write.status, DB_OK));
	}
}

/* The caller may retry as soon as it has the error, also on another connection. */
Test(ahead, what_was_refused_holds_nothing_any_more)
{
	for (int i = 0; i < 200; i++) {
		struct pair pair = { .params = { "4711" } };

		pair.ahead = (struct db_ahead){ SQL_HOLD, pair.params };
		pair.write.ahead = &pair.ahead;
		ask(&pair.write, SQL_DIVIDE_WRITE, "0");
		cr_assert(turn_until(pair.write.answers));
		cr_assert(eq(str, pair.write.sqlstate, "22012"), "round %d: the lock is still held",
		          i);
	}
}
