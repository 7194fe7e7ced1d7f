/* migrate.c: tests that a database is migrated once, completely or not at all. */

#include <libpq-fe.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db_fixture.h"

static char lines[512];
static struct buf error;

static void add_line(const char *line)
{
	strncat(lines, line, sizeof(lines) - strlen(lines) - 2);
	strcat(lines, ";");
}

static void setup(void)
{
	f.postgres = postgres_new();
	snprintf(f.url, sizeof(f.url), "%s", postgres_url(f.postgres, "postgres"));
}

static void teardown(void)
{
	buf_finish(&error);
	pool_down();
}

TestSuite(migrate, .init = setup, .fini = teardown, .timeout = 60);

static void expect_rejected(const char *why)
{
	buf_clear(&error);
	lines[0] = '\0';
	cr_expect(not(db_migrate(f.url, add_line, &error)));
	cr_expect(strstr(buf_cstr(&error), why) != NULL, "%s", buf_cstr(&error));
	cr_expect(eq(str, lines, ""), "no step must be reported");
	cr_expect(eq(int, db_check_version(f.url, &error), DB_VERSION_INCOMPATIBLE));
}

static void expect_current(bool current)
{
	buf_clear(&error);
	cr_expect(eq(int, db_check_version(f.url, &error),
	             current ? DB_VERSION_CURRENT : DB_VERSION_DIFFERENT),
	          "%s", buf_cstr(&error));
	cr_expect(eq(int, error.length == 0, current),
	          "`error` must be set only if the version differs");
}

Test(migrate, applies_everything_once)
{
	expect_current(false);
	cr_assert(db_migrate(f.url, add_line, &error), "%s", buf_cstr(&error));
	cr_expect(
		eq(str, lines, "applied 0001_things;applied 0002_singles;replaced the functions;"));
	expect_current(true);

	lines[0] = '\0';
	cr_assert(db_migrate(f.url, add_line, &error));
	cr_expect(eq(str, lines, ""));
	expect_current(true);
	cr_expect(eq(str,
	             (char *)sql("select string_agg(name, ',' order by version)"
	                         " from binnacle.schema_migrations"),
	             "0001_things,0002_singles"));
}

Test(migrate, runs_concurrently)
{
	pid_t children[4];

	for (int i = 0; i < 4; i++) {
		children[i] = fork();
		if (children[i] == 0)
			_exit(db_migrate(f.url, add_line, &error) ? 0 : 1);
	}
	for (int i = 0; i < 4; i++) {
		int status;

		waitpid(children[i], &status, 0);
		cr_expect(eq(int, status, 0));
	}
	expect_current(true);
}

Test(migrate, rejects_a_changed_migration)
{
	cr_assert(db_migrate(f.url, add_line, &error));
	sql("update binnacle.schema_migrations set checksum = 'other' where version = 1");
	expect_rejected("0001_things was applied with another text");
}

Test(migrate, rejects_a_gap)
{
	cr_assert(db_migrate(f.url, add_line, &error));
	sql("delete from binnacle.schema_migrations where version = 1");
	expect_rejected("0001_things has not been applied, but a later migration has");
}

Test(migrate, rolls_back_a_failure_and_reports_it)
{
	sql("create table singles (id integer)");
	cr_expect(not(db_migrate(f.url, add_line, &error)));
	cr_expect(eq(str, (char *)buf_cstr(&error),
	             "0002_singles: relation \"singles\" already exists"));
	cr_expect(eq(str, lines, "applied 0001_things;"), "the migration before it must stay");
	cr_expect(sql("select to_regclass('tries')") == NULL, "it must be rolled back");
	expect_current(false);

	sql("drop table singles");
	lines[0] = '\0';
	cr_expect(db_migrate(f.url, add_line, &error));
	cr_expect(eq(str, lines, "applied 0002_singles;replaced the functions;"));
}

Test(migrate, replaces_functions_if_one_has_changed)
{
	cr_assert(db_migrate(f.url, add_line, &error));
	sql("drop function fail_first; update binnacle.schema_functions set checksum = "
	    "'older'");
	expect_current(false);
	lines[0] = '\0';
	cr_assert(db_migrate(f.url, add_line, &error));
	cr_expect(eq(str, lines, "replaced the functions;"));
	cr_expect(eq(str, (char *)sql("select fail_first('', 0)"), "1"));
	expect_current(true);
}

/* They may refer to what it changes: the trail records the new columns of tables. */
Test(migrate, replaces_functions_after_a_migration)
{
	cr_assert(db_migrate(f.url, add_line, &error));
	sql("delete from binnacle.schema_migrations where version = 2; drop table singles;"
	    "drop sequence tries");
	lines[0] = '\0';
	cr_assert(db_migrate(f.url, add_line, &error), "%s", buf_cstr(&error));
	cr_expect(eq(str, lines, "applied 0002_singles;replaced the functions;"));
}

Test(migrate, accepts_a_newer_database)
{
	cr_assert(db_migrate(f.url, add_line, &error));
	sql("insert into binnacle.schema_migrations (version, name, checksum) values (9, "
	    "'0009_x', 'x');"
	    "update binnacle.schema_functions set checksum = 'newer'");
	expect_current(true);
	cr_assert(db_migrate(f.url, add_line, &error));
	cr_expect(eq(str, (char *)sql("select checksum from binnacle.schema_functions"), "newer"));
}

static const struct {
	const char *text;
	const char *error; /* "" on success */
} files[] = {
	{ "insert into things values (70, 'a'); insert into things values (71, 'b')", "" },
	{ "insert into things values (72, 'a');\n\nselect nonsense",
	  "demo, line 3: column \"nonsense\" does not exist" },
	{ "insert into things values (73, 'a'); commit",
	  "demo: must not end the transaction it runs in" },
	{ "", "" },
};

Test(migrate, runs_a_file_atomically)
{
	cr_assert(db_migrate(f.url, add_line, &error));
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		const struct sql_file file = { "demo", files[i].text, "" };

		buf_clear(&error);
		cr_expect(eq(int, db_run_file(f.url, &file, &error), files[i].error[0] == '\0'));
		cr_expect(eq(str, (char *)buf_cstr(&error), (char *)files[i].error));
	}
	cr_expect(eq(str,
	             (char *)sql("select string_agg(id::text, ',' order by id) from things "
	                         "where id in (70, 71, 72)"),
	             "70,71"));
}

Test(migrate, reports_an_invalid_url)
{
	cr_expect(not(db_migrate("postgresql://user:secret@[broken/", add_line, &error)));
	cr_expect(eq(str, (char *)buf_cstr(&error),
	             "DATABASE_URL is not a valid PostgreSQL connection string"));
	buf_clear(&error);
	cr_expect(eq(int, db_check_version("postgresql://user:secret@/x?host=/nowhere", &error),
	             DB_UNREACHABLE));
	cr_expect(str_begins(buf_as_str(&error), "cannot connect to the database: "));
	cr_expect(strstr(buf_cstr(&error), "/nowhere") != NULL);
	cr_expect(strstr(buf_cstr(&error), "secret") == NULL);
}
