/* sync.c: tests the blocking calls for commands. */

#include <unistd.h>

#include "db_fixture.h"
#include "log.h"

static struct buf error;

static void down(void)
{
	buf_finish(&error);
	pool_down();
}

TestSuite(sync, .init = server_up, .fini = down, .timeout = 60);

static struct db_rows *query_sync(enum sql statement, const char *const *params)
{
	struct db_rows *rows = db_query_sync(f.url, statement, params, &error);

	cr_assert(rows != NULL, "%s", buf_cstr(&error));
	return rows;
}

#define QUERY_SYNC(statement, ...) query_sync(statement, (const char *const[]){ __VA_ARGS__, NULL })

static void expect_body(struct db_rows *rows, const char *text)
{
	struct str body = db_rows_column(rows, DB_BODY);

	cr_expect(str_is(body, text), "got %.*s instead of %s: %s", STR_ARGS(body), text,
	          db_rows_message(rows));
	db_rows_free(rows);
}

Test(sync, reads_columns_and_omits_absent_parameters)
{
	struct db_rows *rows = QUERY_SYNC(SQL_ANSWER, "hello");

	cr_expect(eq(int, db_rows_count(rows), 1));
	cr_expect(str_is(db_rows_column(rows, DB_CODE), "FINE"));
	cr_expect(db_rows_column(rows, DB_NEXT).at == NULL);
	cr_expect(str_is(db_rows_value(rows, 0, "etag"), "\"1.a\""));
	cr_expect(eq(str, (char *)db_rows_sqlstate(rows), ""));
	expect_body(rows, "hello");

	/* :least, :most, :never, :but */
	expect_body(QUERY_SYNC(SQL_THINGS_LIST, "2", NULL, NULL, "three"), "two,four");
	expect_body(QUERY_SYNC(SQL_THINGS_LIST, NULL, NULL, NULL, "x"), "one,two,three,four");
	rows = QUERY_SYNC(SQL_NOTHING, NULL);
	cr_expect(eq(int, db_rows_count(rows), 0));
	db_rows_free(rows);
	cr_expect(eq(sz, error.length, 0));
}

/* The value would silently be empty; end-to-end tests fail if an error is logged. */
Test(sync, logs_a_column_that_does_not_exist)
{
	struct db_rows *rows = QUERY_SYNC(SQL_ANSWER, "hello");
	char line[512] = "";
	int ends[2];

	cr_assert(pipe(ends) == 0);
	log_open(ends[1], LOG_ERROR);
	cr_expect(db_rows_value(rows, 0, "etag").at != NULL);
	cr_expect(db_rows_value(rows, 0, "etags").at == NULL);
	log_flush();
	log_close();
	cr_assert(read(ends[0], line, sizeof(line) - 1) > 0);
	cr_expect(strstr(line, "\"db.unknown_column\"") && strstr(line, "\"etags\""), "%s", line);
	cr_expect(strstr(line, "\"etag\"") == NULL, "%s", line);
	close(ends[0]);
	close(ends[1]);
	db_rows_free(rows);
}

Test(sync, commits_a_write)
{
	expect_body(QUERY_SYNC(SQL_THING_ADD, "10", "ten"), "ten");
	cr_expect(eq(str, (char *)sql("select name from things where id = 10"), "ten"));
}

Test(sync, returns_sql_errors_as_results)
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
		struct db_rows *failed = query_sync(rows[i].statement, rows[i].params);

		cr_expect(eq(str, (char *)db_rows_sqlstate(failed), (char *)rows[i].sqlstate),
		          "row %zu", i);
		cr_expect(eq(str, (char *)db_rows_constraint(failed), (char *)rows[i].constraint),
		          "row %zu", i);
		cr_expect(db_rows_message(failed)[0] != '\0', "row %zu", i);
		cr_expect(eq(int, db_rows_count(failed), 0), "row %zu", i);
		db_rows_free(failed);
	}
	cr_expect(eq(str, (char *)sql("select count(*) from things"), "4"));
}

Test(sync, reports_connection_errors)
{
	cr_expect(db_query_sync("not an address", SQL_NOTHING, NULL, &error) == NULL);
	cr_expect(strstr(buf_cstr(&error), "not a valid PostgreSQL connection string") != NULL);
	buf_clear(&error);
	cr_expect(db_query_sync("postgresql://nobody@/x?host=/nowhere", SQL_NOTHING, NULL, &error)
	          == NULL);
	cr_expect(strstr(buf_cstr(&error), "/nowhere") != NULL, "%s", buf_cstr(&error));
	db_rows_free(NULL);
}
