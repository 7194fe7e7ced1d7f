/* pipeline.c: tests that reads share a Sync without affecting each other, and that each write has
 * its own. */

#include "metrics.h"
#include "db_fixture.h"

TestSuite(neighbours, .init = pool_up, .fini = pool_down, .timeout = 60);

enum { MANY = 40 };

Test(neighbours, of_a_turn_share_a_transaction_when_they_read)
{
	struct asked reads[MANY] = { 0 };

	answer(SQL_BACKEND); /* prepares it on one connection */
	answer(SQL_BACKEND);
	for (int i = 0; i < MANY; i++)
		ask(&reads[i], SQL_BACKEND);
	for (int i = 0; i < MANY; i++) {
		cr_assert(turn_until(reads[i].answers));
		cr_expect(eq(int, reads[i].status, DB_OK));
		cr_expect(eq(str, reads[i].body, reads[0].body), "all must run in one backend");
		cr_expect(eq(str, reads[i].etag, reads[0].etag), "all must run in one transaction");
	}
}

Test(neighbours, have_a_transaction_each_when_they_write)
{
	struct asked writes[MANY] = { 0 };

	for (int i = 0; i < MANY; i++)
		ask(&writes[i], SQL_BACKEND_WRITE);
	for (int i = 0; i < MANY; i++) {
		cr_assert(turn_until(writes[i].answers));
		for (int k = 0; k < i; k++)
			cr_expect(ne(str, writes[i].etag, writes[k].etag));
	}
}

/* Which of the reads fail. */
static const struct {
	const char *says;
	unsigned long long failing;
} shapes[] = {
	{ "the first", 1ull },
	{ "the last", 1ull << (MANY - 1) },
	{ "one in the middle", 1ull << 17 },
	{ "every other", 0x5555555555ull },
	{ "all", (1ull << MANY) - 1 },
};

Test(neighbours, are_unharmed_by_one_that_fails)
{
	for (size_t s = 0; s < COUNT_OF(shapes); s++) {
		struct asked reads[MANY] = { 0 };

		for (int i = 0; i < MANY; i++)
			ask(&reads[i], SQL_DIVIDE, shapes[s].failing >> i & 1 ? "0" : "4");
		for (int i = 0; i < MANY; i++) {
			bool fails = shapes[s].failing >> i & 1;

			cr_assert(turn_until(reads[i].answers));
			cr_expect(eq(int, reads[i].status, fails ? DB_REFUSED : DB_OK),
				  "%s fails: %d", shapes[s].says, i);
			cr_expect(eq(str, reads[i].sqlstate, fails ? "22012" : ""));
			cr_expect(eq(str, reads[i].body, fails ? "" : "25"));
			cr_expect(eq(int, reads[i].answers, 1));
		}
	}
	cr_expect(gt(llong, metrics_value(METRIC_DB_RETRIES), 0), "aborted reads must be retried");
}

Test(neighbours, that_write_do_not_fail_together)
{
	struct asked writes[MANY] = { 0 };

	for (int i = 0; i < MANY; i++)
		ask(&writes[i], SQL_DIVIDE_WRITE, i % 3 ? "4" : "0");
	for (int i = 0; i < MANY; i++) {
		cr_assert(turn_until(writes[i].answers));
		cr_expect(eq(int, writes[i].status, i % 3 ? DB_OK : DB_REFUSED));
	}
	cr_expect(eq(llong, metrics_value(METRIC_DB_RETRIES), 0));
}

/* SQLSTATE, number of failures, expected status. */
static const struct {
	const char *code, *often;
	enum db_status status;
} passing[] = {
	{ "40001", "1", DB_OK },      { "40P01", "1", DB_OK },   { "40001", "2", DB_REFUSED },
	{ "23505", "1", DB_REFUSED }, { "57014", "1", DB_LATE }, { "08001", "1", DB_REFUSED },
};

Test(neighbours, in_time_make_a_conflict_that_passes)
{
	for (size_t i = 0; i < COUNT_OF(passing); i++) {
		struct asked *asked;

		sql("alter sequence tries restart");
		asked = answer(SQL_FAIL_FIRST, passing[i].code, passing[i].often);
		cr_expect(eq(int, asked->status, passing[i].status), "%s", passing[i].code);
	}
}

Test(neighbours, reading_may_conflict_too)
{
	struct asked reads[MANY] = { 0 };
	struct asked conflict = { 0 };

	for (int i = 0; i < MANY; i++) {
		ask(&reads[i], SQL_DIVIDE, i == 3 ? "0" : "4");
		if (i == MANY / 2)
			ask(&conflict, SQL_FAIL_FIRST_READ, "40001", "7");
	}
	cr_assert(turn_until(conflict.answers));
	cr_expect(eq(int, conflict.status, DB_OK),
	          "it must be retried after an abort and after a conflict");
	cr_expect(eq(str, conflict.body, "again"));
	for (int i = 0; i < MANY; i++) {
		cr_assert(turn_until(reads[i].answers));
		cr_expect(eq(int, reads[i].status, i == 3 ? DB_REFUSED : DB_OK));
	}
}

/* Prepared statements may become stale at any time. */
Test(neighbours, find_their_preparation_gone)
{
	struct asked reads[MANY] = { 0 };

	answer(SQL_DIVIDE, "4");
	sql("alter table things add column more text");
	for (int i = 0; i < MANY; i++)
		ask(&reads[i], i % 2 ? SQL_THING_STAR : SQL_DIVIDE, i % 2 ? "1" : "4");
	for (int i = 0; i < MANY; i++) {
		cr_assert(turn_until(reads[i].answers));
		cr_expect(eq(int, reads[i].status, DB_OK));
	}
}
