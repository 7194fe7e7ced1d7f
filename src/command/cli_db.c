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
 * - the statement fails: the message is that of the problem that the API would return. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "arena.h"
#include "cli_db.h"
#include "data_dir.h"
#include "http.h"
#include "migrate.h"
#include "private_postgres.h"
#include "settings.h"
#include "statement.h"

enum { STEP_MS = 50, OTHERS_MS = 10 * 1000 };

static const struct {
	const char *name;
	enum problem problem;
} constraints[] = {
#define CONSTRAINT(name, problem, member) { name, PROBLEM_##problem },
#include "table/constraints.def"
#undef CONSTRAINT
};

/* ---- Which database ---- */

/* The directory to use, freed by the caller; NULL with a message in `fault`. */
static char *find_directory(const struct config *config, struct buf *fault)
{
	char *usual;

	if (config->data)
		return xstrdup(config->data);
	usual = home_usual("dev", fault);
	if (usual && home_is_made(usual))
		return usual;
	if (usual)
		buf_text(fault,
		         "no database is configured. Set DATABASE_URL, or pass the directory of a "
		         "private PostgreSQL with --data DIR.");
	free(usual);
	return NULL;
}

/* The PostgreSQL of another binnacle may just be starting or being migrated. */
static bool wait_for_other(const char *url, struct buf *fault)
{
	for (int ms = 0; ms < OTHERS_MS; ms += STEP_MS) {
		buf_clear(fault);
		if (db_look(url, fault) == DB_CURRENT)
			return true;
		usleep(STEP_MS * 1000);
	}
	return false;
}

static bool open_private(struct desk *desk, const struct config *config, struct buf *fault)
{
	char *directory = find_directory(config, fault);

	desk->own = directory ? private_new(directory, PRIVATE_FOR_A_MOMENT, fault) : NULL;
	free(directory);
	if (!desk->own)
		return false;
	desk->url = xstrdup(private_url(desk->own));
	return private_is_ours(desk->own) ? db_migrate(desk->url, migrate_say, fault) : wait_for_other(desk->url, fault);
}

static bool open_other(struct desk *desk, const struct config *config, struct buf *fault)
{
	desk->url = xstrdup(config->database_url);
	return migrate_look(desk->url, desk->program, fault) == DB_CURRENT;
}

bool desk_open(struct desk *desk, const struct args *args, int *status)
{
	struct config config;
	struct buf fault = { 0 };
	bool ok;

	*desk = (struct desk){ .program = args->program };
	ok = settings_read(&config, args, NULL, 0, &fault);
	if (!settings_name_one_database(&config, args, &fault) || !ok) {
		*status = settings_refuse(args, &fault);
		config_finish(&config);
		return false;
	}
	ok = config.database_url ? open_other(desk, &config, &fault) : open_private(desk, &config, &fault);
	if (!ok) {
		fprintf(stderr, "%s: %s\n", args->program, buf_cstr(&fault));
		*status = EXIT_FAILURE;
	}
	buf_finish(&fault);
	config_finish(&config);
	return ok;
}

void desk_close(struct desk *desk)
{
	private_free(desk->own);
	free(desk->url);
}

/* ---- Statements ---- */

static void say_problem(const struct desk *desk, enum problem problem, struct str detail)
{
	const struct problem_row *row = &problem_rows[problem];

	if (detail.length)
		fprintf(stderr, "%s: %.*s\n", desk->program, STR_ARGS(detail));
	else
		fprintf(stderr, "%s: %s. %s\n", desk->program, row->title, row->cause);
}

static bool is_refused(const struct desk *desk, const struct db_rows *rows)
{
	struct str code = db_rows_column(rows, DB_CODE);
	enum problem problem = code.at ? problem_find(code) : PROBLEMS;

	for (size_t i = 0; i < COUNT_OF(constraints); i++) {
		if (strcmp(constraints[i].name, db_rows_constraint(rows)) == 0)
			problem = constraints[i].problem;
	}
	if (problem != PROBLEMS)
		say_problem(desk, problem, db_rows_column(rows, DB_DETAIL));
	else if (db_rows_sqlstate(rows)[0])
		fprintf(stderr, "%s: database error: %s\n", desk->program, db_rows_message(rows));
	return problem != PROBLEMS || db_rows_sqlstate(rows)[0];
}

struct db_rows *desk_ask(const struct desk *desk, enum sql statement, const struct desk_value *values,
                         size_t count)
{
	const struct sql_statement *row = &sql_statements[statement];
	const char *params[SQL_PARAMS] = { 0 };
	struct buf fault = { 0 };
	struct db_rows *rows;

	for (int i = 0; i < row->param_count; i++) {
		for (size_t j = 0; j < count; j++) {
			if (strcmp(row->params[i], values[j].name) == 0)
				params[i] = values[j].value;
		}
	}
	rows = db_ask(desk->url, statement, params, &fault);
	if (!rows)
		fprintf(stderr, "%s: %s\n", desk->program, buf_cstr(&fault));
	buf_finish(&fault);
	if (rows && is_refused(desk, rows)) {
		db_rows_free(rows);
		return NULL;
	}
	return rows;
}
