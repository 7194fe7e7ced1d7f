/* cli_db.h: runs statements for a command, without a server.
 *
 * The database is that of DATABASE_URL, the private PostgreSQL in --data DIR, or that of `dev`. A
 * private PostgreSQL that is not running is started for the command.
 * Errors are printed to standard error. */

#ifndef CLI_DB_H
#define CLI_DB_H

#include "command.h"
#include "db.h"

struct cli_db {
	const char *program;
	char *context; /* what the trail records of changes: the command, and who runs it */
	struct private_postgres *postgres; /* NULL: DATABASE_URL is used */
	char *url;
};

/* False: the process must exit with *status. Call cli_db_close() in both cases. */
bool cli_db_open(struct cli_db *db, const struct args *args, int *status);
void cli_db_close(struct cli_db *db);

/* A parameter of a statement, by name; the others are null. */
struct cli_db_param {
	const char *name, *value;
};

/* NULL: it failed, and the error has been printed. Otherwise free it with db_rows_free(). */
struct db_rows *cli_db_query(const struct cli_db *db, enum sql statement,
                             const struct cli_db_param *values, size_t count);

#define CLI_DB_QUERY(db, statement, ...)                                                           \
	cli_db_query(db, statement, (const struct cli_db_param[]){ __VA_ARGS__ },                  \
	             COUNT_OF(((const struct cli_db_param[]){ __VA_ARGS__ })))

#endif
