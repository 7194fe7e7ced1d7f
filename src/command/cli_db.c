/* cli_db.c: runs statements for a command, without a server.
 *
 * Normal sequence: the settings, the options and the running processes determine the database; it
 * is at this version; the statement is run.
 *
 * Failures:
 *
 * - there is no database, or it is at another version: the message names the command that helps.
 *   (A private database is migrated, as `serve` does. If another binnacle runs there, that
 *   process migrates it, and this one waits.)
 * - the statement fails: the message is that of the problem which the API would return. */

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "arena.h"
#include "cli_db.h"
#include "data_dir.h"
#include "migrate.h"
#include "private_postgres.h"
#include "schema.h"
#include "settings.h"
#include "statement.h"

#define INSUFFICIENT_PRIVILEGE "42501"

enum { STEP_MS = 50, MIGRATION_WAIT_MS = 10 * 1000 };

static const struct {
	const char *name;
	enum problem problem;
} constraints[] = {
#define CONSTRAINT(name, problem, member) { name, PROBLEM_##problem },
#include "table/constraints.def"
#undef CONSTRAINT
};

/* ---- Which database ---- */

/* The directory to use, freed by the caller; NULL with a message in `error`. */
static char *find_directory(const struct config *config, struct buf *error)
{
	char *default_dir;

	if (config->data)
		return xstrdup(config->data);
	default_dir = data_dir_default("dev", error);
	if (default_dir && data_dir_has_cluster(default_dir))
		return default_dir;
	if (default_dir)
		buf_text(error,
		         "no database is configured. Set DATABASE_URL, or pass the directory of a "
		         "private PostgreSQL with --data DIR.");
	free(default_dir);
	return NULL;
}

/* The PostgreSQL of another binnacle may just be starting or being migrated. */
static bool wait_for_migration(const char *url, struct buf *error)
{
	for (int ms = 0; ms < MIGRATION_WAIT_MS; ms += STEP_MS) {
		buf_clear(error);
		if (db_check_version(url, error) == DB_VERSION_CURRENT)
			return true;
		usleep(STEP_MS * 1000);
	}
	return false;
}

static bool open_private(struct cli_db *db, const struct config *config, struct buf *error)
{
	char *directory = find_directory(config, error);

	db->postgres = directory
	                       ? private_postgres_new(directory, PRIVATE_POSTGRES_TEMPORARY, error)
	                       : NULL;
	free(directory);
	if (!db->postgres)
		return false;
	db->url = xstrdup(private_postgres_url(db->postgres));
	return private_postgres_is_owner(db->postgres) ? migrate_run(db->url, error)
	                                               : wait_for_migration(db->url, error);
}

static bool open_external(struct cli_db *db, const struct config *config, struct buf *error)
{
	db->url = xstrdup(config->database_url);
	return migrate_check(db->url, db->program, error) == DB_VERSION_CURRENT;
}

/* As access_context() does for a request. */
static char *make_context(const struct args *args)
{
	const struct passwd *user = getpwuid(geteuid());

	return xprint("||command/%s/%s|", args->command, user ? user->pw_name : "");
}

bool cli_db_open(struct cli_db *db, const struct args *args, int *status)
{
	struct config config;
	struct buf error = { 0 };
	bool ok;

	*db = (struct cli_db){ .program = args->program, .context = make_context(args) };
	ok = settings_read(&config, args, NULL, 0, &error);
	if (!settings_check_database(&config, args, &error) || !ok) {
		*status = settings_print_errors(args, &error);
		config_finish(&config);
		return false;
	}
	ok = config.database_url ? open_external(db, &config, &error)
	                         : open_private(db, &config, &error);
	if (!ok) {
		fprintf(stderr, "%s: %s\n", args->program, buf_cstr(&error));
		*status = EXIT_FAILURE;
	}
	buf_finish(&error);
	config_finish(&config);
	return ok;
}

void cli_db_close(struct cli_db *db)
{
	private_postgres_free(db->postgres);
	free(db->url);
	free(db->context);
}

/* ---- Statements ---- */

static void print_problem(const struct cli_db *db, enum problem problem, struct str detail)
{
	const struct problem_row *row = &problem_rows[problem];

	if (detail.length)
		fprintf(stderr, "%s: %.*s\n", db->program, STR_ARGS(detail));
	else
		fprintf(stderr, "%s: %s. %s\n", db->program, row->title, row->cause);
}

static bool report_error(const struct cli_db *db, const struct db_rows *rows)
{
	struct str code = db_rows_column(rows, DB_CODE);
	enum problem problem = code.at ? problem_from_code(code) : PROBLEMS;

	for (size_t i = 0; i < COUNT_OF(constraints); i++) {
		if (strcmp(constraints[i].name, db_rows_constraint(rows)) == 0)
			problem = constraints[i].problem;
	}
	if (problem != PROBLEMS)
		print_problem(db, problem, db_rows_column(rows, DB_DETAIL));
	else if (strcmp(db_rows_sqlstate(rows), INSUFFICIENT_PRIVILEGE) == 0)
		fprintf(stderr,
		        "%s: database error: %s. The user of DATABASE_URL must be the owner of "
		        "the database.\n",
		        db->program, db_rows_message(rows));
	else if (db_rows_sqlstate(rows)[0])
		fprintf(stderr, "%s: database error: %s\n", db->program, db_rows_message(rows));
	return problem != PROBLEMS || db_rows_sqlstate(rows)[0];
}

struct db_rows *cli_db_query(const struct cli_db *db, enum sql statement,
                             const struct cli_db_param *values, size_t count)
{
	const struct sql_statement *row = &sql_statements[statement];
	const char *params[SQL_PARAMS] = { 0 };
	struct buf error = { 0 };
	struct db_rows *rows;

	for (int i = 0; i < row->param_count; i++) {
		if (strcmp(row->params[i], "context") == 0)
			params[i] = db->context;
		for (size_t j = 0; j < count; j++) {
			if (strcmp(row->params[i], values[j].name) == 0)
				params[i] = values[j].value;
		}
	}
	rows = db_query_sync(db->url, statement, params, &error);
	if (!rows)
		fprintf(stderr, "%s: %s\n", db->program, buf_cstr(&error));
	buf_finish(&error);
	if (rows && report_error(db, rows)) {
		db_rows_free(rows);
		return NULL;
	}
	return rows;
}
