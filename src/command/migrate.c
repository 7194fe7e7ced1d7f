/* migrate.c: `binnacle migrate`, and the version check of other commands. */

#include <stdio.h>
#include <stdlib.h>

#include "migrate.h"
#include "settings.h"

enum db_version migrate_look(const char *url, const char *program, struct buf *fault)
{
	struct buf why = { 0 };
	enum db_version version = db_look(url, &why);

	if (version == DB_OTHER)
		buf_print(fault, "the database does not have this version: %s. Run `%s migrate`.",
		          buf_cstr(&why), program);
	else if (version == DB_OUT_OF_REACH)
		buf_str(fault, buf_as_str(&why));
	buf_finish(&why);
	return version;
}

void migrate_say(const char *line)
{
	fprintf(stderr, "%s\n", line);
}

int command_migrate(const struct args *args)
{
	struct buf faults = { 0 };
	struct config config;
	int status = EXIT_FAILURE;

	if (settings_read(&config, args, NULL, 0, &faults) && !config.database_url)
		buf_text(&faults, "DATABASE_URL must be set to the database to migrate.\n");
	if (faults.length) {
		status = settings_refuse(args, &faults);
	} else if (db_migrate(config.database_url, migrate_say, &faults)) {
		fprintf(stderr, "the database is up to date (version %s)\n", BINNACLE_VERSION);
		status = EXIT_SUCCESS;
	} else {
		fprintf(stderr, "%s: %s\n", args->program, buf_cstr(&faults));
	}
	buf_finish(&faults);
	config_finish(&config);
	return status;
}
