/* serve.c: `binnacle serve` and `binnacle check`.
 *
 * Normal sequence: the settings are valid; the database is at this version; the server is run.
 *
 * Failures:
 *
 * - settings are missing or unsafe: each is reported, and nothing is started;
 * - the database is at another version: the message names the command that migrates it. (Only a
 *   private database is migrated here, since no other process can be using it.)
 * - the database is unreachable: the server runs, /ready fails, and the pool keeps trying. */

#include <stdio.h>
#include <stdlib.h>

#include "server.h"
#include "log.h"
#include "migrate.h"
#include "private_postgres.h"
#include "settings.h"

static int fail(const struct args *args, struct buf *fault)
{
	fprintf(stderr, "%s: %s\n", args->program, buf_cstr(fault));
	buf_finish(fault);
	return EXIT_FAILURE;
}

/* Reads and checks the settings for serving. */
static bool find_faults(struct config *config, const struct args *args, struct buf *faults)
{
	bool ok = settings_read(config, args, NULL, 0, faults);

	ok = settings_fit(config, faults) && ok;
	return settings_name_one_database(config, args, faults) && ok;
}

int command_check(const struct args *args)
{
	struct buf faults = { 0 }, page = { 0 };
	struct config config;
	bool ok = find_faults(&config, args, &faults);

	config_print(&config, &page);
	fwrite(page.at, 1, page.length, stdout);
	fflush(stdout);
	buf_finish(&page);
	config_finish(&config);
	return ok ? EXIT_SUCCESS : settings_refuse(args, &faults);
}

static int serve_own(const struct args *args, const struct config *first)
{
	struct buf fault = { 0 };
	struct private *own = private_new(first->data, PRIVATE_KEEP, &fault);
	struct config config = { 0 };
	struct config_override more;
	int status;

	if (!own)
		return fail(args, &fault);
	more = (struct config_override){ "DATABASE_URL", private_url(own), "private PostgreSQL" };
	if (settings_read(&config, args, &more, 1, &fault)
	    && db_migrate(config.database_url, migrate_say, &fault))
		status = house_run(&(struct house){ .config = &config, .own = own });
	else
		status = fail(args, &fault);
	config_finish(&config);
	private_free(own);
	return status;
}

static int serve_other(const struct args *args, const struct config *config)
{
	struct buf fault = { 0 };
	enum db_version version = migrate_look(config->database_url, args->program, &fault);

	if (version == DB_OTHER)
		return fail(args, &fault);
	/* Its version is unknown; the pool keeps trying to connect. */
	if (version == DB_OUT_OF_REACH)
		log_warn("database.out_of_reach", kv_str("why", buf_as_str(&fault)));
	buf_finish(&fault);
	return house_run(&(struct house){ .config = config });
}

int command_serve(const struct args *args)
{
	struct buf faults = { 0 };
	struct config config;
	int status;

	if (!find_faults(&config, args, &faults)) {
		config_finish(&config);
		status = settings_refuse(args, &faults);
		fprintf(stderr, "See `%s check`.\n", args->program);
		return status;
	}
	settings_open_log(&config);
	status = config.database_url ? serve_other(args, &config) : serve_own(args, &config);
	config_finish(&config);
	return status;
}
