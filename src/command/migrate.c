/* migrate.c: `binnacle migrate`, and the version check of other commands. */

#include <stdio.h>
#include <stdlib.h>

#include "migrate.h"
#include "settings.h"

static const char start_over[] =
	"Use the version that created the database, or start over with an empty one; "
	"in development, run `binnacle dev --reset`.";

static void report(const char *line)
{
	fprintf(stderr, "%s\n", line);
}

enum db_version_status migrate_check(const char *url, const char *program, struct buf *error)
{
	struct buf why = { 0 };
	enum db_version_status version = db_check_version(url, &why);

	if (version == DB_VERSION_INCOMPATIBLE)
		buf_print(error, "%s. %s", buf_cstr(&why), start_over);
	else if (version == DB_VERSION_DIFFERENT)
		buf_print(error, "the database is not at this version: %s. Run `%s migrate`.",
		          buf_cstr(&why), program);
	else if (version == DB_UNREACHABLE)
		buf_str(error, buf_as_str(&why));
	buf_finish(&why);
	return version;
}

bool migrate_run(const char *url, struct buf *error)
{
	struct buf why = { 0 };
	bool ok = db_migrate(url, report, error);

	if (!ok && db_check_version(url, &why) == DB_VERSION_INCOMPATIBLE)
		buf_print(error, ". %s", start_over);
	buf_finish(&why);
	return ok;
}

static void report_nothing(const char *)
{
}

bool migrate_new(const char *url, struct buf *error)
{
	return db_migrate(url, report_nothing, error);
}

int command_migrate(const struct args *args)
{
	struct buf errors = { 0 };
	struct config config;
	int status = EXIT_FAILURE;

	if (settings_read(&config, args, NULL, 0, &errors) && !config.database_url)
		buf_text(&errors, "DATABASE_URL must be set to the database to migrate.\n");
	if (errors.length) {
		status = settings_print_errors(args, &errors);
	} else if (migrate_run(config.database_url, &errors)) {
		fprintf(stderr, "the database is up to date (version %s)\n", BINNACLE_VERSION);
		status = EXIT_SUCCESS;
	} else {
		fprintf(stderr, "%s: %s\n", args->program, buf_cstr(&errors));
	}
	buf_finish(&errors);
	config_finish(&config);
	return status;
}
