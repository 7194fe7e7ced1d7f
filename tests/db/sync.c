/* sync.c: tests the blocking calls for commands. */

#include "db_fixture.h"

static struct buf fault;

static void down(void)
{
	buf_finish(&fault);
	pool_down();
}

TestSuite(ask, .init = server_up, .fini = down, .timeout = 60);

static struct db_rows *asked(enum sql statement, const char *const *params)
{
	struct db_rows *rows = db_ask(f.url, statement, params, &fault);

	cr_assert(rows != NULL, "%s", buf_cstr(&fault));
	return rows;
}

#define ASKED(statement, ...) asked(statement, (const char *const[]){ __VA_ARGS__, NULL })

static void expect_body(struct db_rows *rows, const char *text)
{
	struct str body = db_rows_column(rows, DB_BODY);

	cr_expect(str_is(body, text), "got %.*s instead of %s: %s", STR_ARGS(body), text,
	          db_rows_message(rows));
	db_rows_free(rows);
}

Test(ask, answers_by_column_and_leaves_out_what_is_absent)
{
	struct db_rows *rows = ASKED(SQL_ANSWER, "hello");

	cr_expect(eq(int, db_rows_count(rows), 1));
	cr_expect(str_is(db_rows_column(rows, DB_CODE), "FINE"));
	cr_expect(db_rows_column(rows, DB_NEXT).at == NULL);
	cr_expect(str_is(db_rows_value(rows, 0, "etag"), "\"1.a\""));
	cr_expect(eq(str, (char *)db_rows_sqlstate(rows), ""));
	expect_body(rows, "hello");

	/* :least, :most, :never, :but */
	expect_body(ASKED(SQL_THINGS_LIST, "2", NULL, NULL, "three"), "two,four");
	expect_body(ASKED(SQL_THINGS_LIST, NULL, NULL, NULL, "x"), "one,two,three,four");
	rows = ASKED(SQL_NOTHING, NULL);
	cr_expect(eq(int, db_rows_count(rows), 0));
	db_rows_free(rows);
	cr_expect(eq(sz, fault.length, 0));
}

Test(ask, writes_and_it_stays_written)
{
	expect_body(ASKED(SQL_THING_ADD, "10", "ten"), "ten");
	cr_expect(eq(str, (char *)sql("select name from things where id = 10"), "ten"));
}

Test(ask, is_answered_with_refusals_too)
{
	const struct {
		enum sql statement;
		const char *params[3], *sqlstate, *constraint;
	} rows[] = {
		{ SQL_THING_ADD, { "1", "one" }, "23505", "things_pkey" },
		{ SQL_THING_BY_MISTAKE, { NULL }, "25006", "" },
		{ SQL_NAP, { "5" }, "57014", "" }, /* exceeds its timeout */
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct db_rows *refused = asked(rows[i].statement, rows[i].params);

		cr_expect(eq(str, (char *)db_rows_sqlstate(refused), (char *)rows[i].sqlstate), "row %zu", i);
		cr_expect(eq(str, (char *)db_rows_constraint(refused), (char *)rows[i].constraint), "row %zu", i);
		cr_expect(db_rows_message(refused)[0] != '\0', "row %zu", i);
		cr_expect(eq(int, db_rows_count(refused), 0), "row %zu", i);
		db_rows_free(refused);
	}
	cr_expect(eq(str, (char *)sql("select count(*) from things"), "4"));
}

Test(ask, tells_why_there_is_no_answer)
{
	cr_expect(db_ask("not an address", SQL_NOTHING, NULL, &fault) == NULL);
	cr_expect(strstr(buf_cstr(&fault), "not a valid PostgreSQL connection string") != NULL);
	buf_clear(&fault);
	cr_expect(db_ask("postgresql://nobody@/x?host=/nowhere", SQL_NOTHING, NULL, &fault) == NULL);
	cr_expect(strstr(buf_cstr(&fault), "/nowhere") != NULL, "%s", buf_cstr(&fault));
	db_rows_free(NULL);
}
