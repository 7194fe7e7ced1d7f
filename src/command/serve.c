/* serve.c: `binnacle serve` and `binnacle check`.
 *
 * Normal sequence: the settings are valid; the database is at this version; the server runs.
 *
 * Failures:
 *
 * - settings are missing or unsafe: each is reported, and nothing is started;
 * - the database is at another version: the message names the command that migrates it. (Only a
 *   private database is migrated here, since no other process can be using it.)
 * - the database is unreachable: the server runs, /ready fails, and the pool keeps trying. */

#include <stdio.h>
#include <stdlib.h>

#include "log.h"
#include "migrate.h"
#include "private_postgres.h"
#include "server.h"
#include "settings.h"

static int fail(const struct args *args, struct buf *error)
{
	fprintf(stderr, "%s: %s\n", args->program, buf_cstr(error));
	buf_finish(error);
	return EXIT_FAILURE;
}

/* Reads and checks the settings for serving. */
static bool read_and_check(struct config *config, const struct args *args, struct buf *errors)
{
	bool ok = settings_read(config, args, NULL, 0, errors);

	ok = settings_check(config, errors) && ok;
	return settings_check_database(config, args, errors) && ok;
}

int command_check(const struct args *args)
{
	struct buf errors = { 0 }, page = { 0 };
	struct config config;
	bool ok = read_and_check(&config, args, &errors);

	config_print(&config, &page);
	fwrite(page.at, 1, page.length, stdout);
	fflush(stdout);
	buf_finish(&page);
	config_finish(&config);
	return ok ? EXIT_SUCCESS : settings_print_errors(args, &errors);
}

static int serve_private(const struct args *args, const struct config *initial)
{
	struct buf error = { 0 };
	struct private_postgres *postgres =
		private_postgres_new(initial->data, PRIVATE_POSTGRES_KEEP, &error);
	struct config config = { 0 };
	struct config_override database_url;
	int status;

	if (!postgres)
		return fail(args, &error);
	database_url = (struct config_override){ "DATABASE_URL", private_postgres_url(postgres),
		                                 "private PostgreSQL" };
	if (settings_read(&config, args, &database_url, 1, &error)
	    && migrate_run(config.database_url, &error))
		status = server_run(&(struct server){ .config = &config, .postgres = postgres });
	else
		status = fail(args, &error);
	config_finish(&config);
	private_postgres_free(postgres);
	return status;
}

static int serve_external(const struct args *args, const struct config *config)
{
	struct buf error = { 0 };
	enum db_version_status version = migrate_check(config->database_url, args->program, &error);

	if (version == DB_VERSION_DIFFERENT || version == DB_VERSION_INCOMPATIBLE)
		return fail(args, &error);
	/* The version is unknown; the pool keeps trying to connect. */
	if (version == DB_UNREACHABLE)
		log_warn("db.unreachable", kv_str("why", buf_as_str(&error)));
	buf_finish(&error);
	return server_run(&(struct server){ .config = config });
}

int command_serve(const struct args *args)
{
	struct buf errors = { 0 };
	struct config config;
	int status;

	if (!read_and_check(&config, args, &errors)) {
		config_finish(&config);
		status = settings_print_errors(args, &errors);
		fprintf(stderr, "See `%s check`.\n", args->program);
		return status;
	}
	settings_open_log(&config);
	status = config.database_url ? serve_external(args, &config) : serve_private(args, &config);
	config_finish(&config);
	return status;
}
