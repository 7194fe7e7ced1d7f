/* migrate.c: tests that a database is migrated once, completely or not at all. */

#include <libpq-fe.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db_fixture.h"

static char lines[512];
static struct buf fault;

static void say(const char *line)
{
	strncat(lines, line, sizeof(lines) - strlen(lines) - 2);
	strcat(lines, ";");
}

static void up(void)
{
	f.postgres = postgres_new();
	snprintf(f.url, sizeof(f.url), "%s", postgres_url(f.postgres, "postgres"));
}

static void down(void)
{
	buf_finish(&fault);
	pool_down();
}

TestSuite(migrate, .init = up, .fini = down, .timeout = 60);

static void refused_for(const char *why)
{
	buf_clear(&fault);
	lines[0] = '\0';
	cr_expect(not(db_migrate(f.url, say, &fault)));
	cr_expect(strstr(buf_cstr(&fault), why) != NULL, "%s", buf_cstr(&fault));
	cr_expect(eq(str, lines, ""), "no step must be reported");
	cr_expect(eq(int, db_look(f.url, &fault), DB_OTHER));
}

static void current(bool is)
{
	buf_clear(&fault);
	cr_expect(eq(int, db_look(f.url, &fault), is ? DB_CURRENT : DB_OTHER), "%s", buf_cstr(&fault));
	cr_expect(eq(int, fault.length == 0, is),
	          "`fault` must be set only if the version differs");
}

Test(migrate, makes_everything_then_nothing)
{
	current(false);
	cr_assert(db_migrate(f.url, say, &fault), "%s", buf_cstr(&fault));
	cr_expect(
		eq(str, lines, "applied 0001_things;applied 0002_singles;replaced the functions;"));
	current(true);

	lines[0] = '\0';
	cr_assert(db_migrate(f.url, say, &fault));
	cr_expect(eq(str, lines, ""));
	current(true);
	cr_expect(eq(str,
		     (char *)sql("select string_agg(name, ',' order by version)"
				 " from binnacle.schema_migrations"),
		     "0001_things,0002_singles"));
}

Test(migrate, may_be_begun_by_many_at_once)
{
	pid_t children[4];

	for (int i = 0; i < 4; i++) {
		children[i] = fork();
		if (children[i] == 0)
			_exit(db_migrate(f.url, say, &fault) ? 0 : 1);
	}
	for (int i = 0; i < 4; i++) {
		int status;

		waitpid(children[i], &status, 0);
		cr_expect(eq(int, status, 0));
	}
	current(true);
}

Test(migrate, refuses_a_migration_that_was_changed)
{
	cr_assert(db_migrate(f.url, say, &fault));
	sql("update binnacle.schema_migrations set checksum = 'other' where version = 1");
	refused_for("0001_things was applied with another text");
}

Test(migrate, refuses_a_migration_that_comes_too_late)
{
	cr_assert(db_migrate(f.url, say, &fault));
	sql("delete from binnacle.schema_migrations where version = 1");
	refused_for("0001_things has not been applied, but a later migration has");
}

Test(migrate, undoes_what_fails_and_says_where)
{
	sql("create table singles (id integer)");
	cr_expect(not(db_migrate(f.url, say, &fault)));
	cr_expect(eq(str, (char *)buf_cstr(&fault),
		     "0002_singles: relation \"singles\" already exists"));
	cr_expect(eq(str, lines, "applied 0001_things;"), "the migration before it must stay");
	cr_expect(sql("select to_regclass('tries')") == NULL, "it must be rolled back");
	current(false);

	sql("drop table singles");
	lines[0] = '\0';
	cr_expect(db_migrate(f.url, say, &fault));
	cr_expect(eq(str, lines, "applied 0002_singles;replaced the functions;"));
}

Test(migrate, replays_the_functions_when_one_has_changed)
{
	cr_assert(db_migrate(f.url, say, &fault));
	sql("drop function fail_first; update binnacle.schema_functions set checksum = "
	    "'older'");
	current(false);
	lines[0] = '\0';
	cr_assert(db_migrate(f.url, say, &fault));
	cr_expect(eq(str, lines, "replaced the functions;"));
	cr_expect(eq(str, (char *)sql("select fail_first('', 0)"), "1"));
	current(true);
}

Test(migrate, leaves_a_newer_database_alone)
{
	cr_assert(db_migrate(f.url, say, &fault));
	sql("insert into binnacle.schema_migrations (version, name, checksum) values (9, "
	    "'0009_x', 'x');"
	    "update binnacle.schema_functions set checksum = 'newer'");
	current(true);
	cr_assert(db_migrate(f.url, say, &fault));
	cr_expect(eq(str, (char *)sql("select checksum from binnacle.schema_functions"),
		     "newer"));
}

static const struct {
	const char *text;
	const char *fault; /* "" on success */
} files[] = {
	{ "insert into things values (70, 'a'); insert into things values (71, 'b')", "" },
	{ "insert into things values (72, 'a');\n\nselect nonsense",
	  "demo, line 3: column \"nonsense\" does not exist" },
	{ "insert into things values (73, 'a'); commit",
	  "demo: must not end the transaction it runs in" },
	{ "", "" },
};

Test(migrate, a_file_is_run_whole_or_not_at_all)
{
	cr_assert(db_migrate(f.url, say, &fault));
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		const struct sql_file file = { "demo", files[i].text, "" };

		buf_clear(&fault);
		cr_expect(
			eq(int, db_run_file(f.url, &file, &fault), files[i].fault[0] == '\0'));
		cr_expect(eq(str, (char *)buf_cstr(&fault), (char *)files[i].fault));
	}
	cr_expect(eq(str,
		     (char *)sql("select string_agg(id::text, ',' order by id) from things "
				 "where id in (70, 71, 72)"),
		     "70,71"));
}

Test(migrate, says_what_is_wrong_with_the_address)
{
	cr_expect(not(db_migrate("postgresql://user:secret@[broken/", say, &fault)));
	cr_expect(eq(str, (char *)buf_cstr(&fault),
	             "DATABASE_URL is not a valid PostgreSQL connection string"));
	buf_clear(&fault);
	cr_expect(eq(int, db_look("postgresql://user:secret@/x?host=/nowhere", &fault), DB_OUT_OF_REACH));
	cr_expect(str_begins(buf_as_str(&fault), "cannot connect to the database: "));
	cr_expect(strstr(buf_cstr(&fault), "/nowhere") != NULL);
	cr_expect(strstr(buf_cstr(&fault), "secret") == NULL);
}
