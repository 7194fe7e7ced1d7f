/* cli_db.h: runs statements for a command, without a server.
 *
 * The database is that of DATABASE_URL, or a private PostgreSQL in --data DIR or that of `dev`.
 * A private one that is already running is used; otherwise it is started for the command.
 * Errors are printed to standard error. */

#ifndef DESK_H
#define DESK_H

#include "command.h"
#include "db.h"

struct desk {
	const char *program;
	struct private *own; /* NULL: DATABASE_URL is used */
	char *url;
};

/* False: the process must exit with *status. Call desk_close() in both cases. */
bool desk_open(struct desk *desk, const struct args *args, int *status);
void desk_close(struct desk *desk);

/* A parameter of a statement, by name; the others are null. */
struct desk_value {
	const char *name, *value;
};

/* NULL: it failed, and the error has been printed. Otherwise free it with db_rows_free(). */
struct db_rows *desk_ask(const struct desk *desk, enum sql statement, const struct desk_value *values,
                         size_t count);

#define DESK_ASK(desk, statement, ...)                                                              \
	desk_ask(desk, statement, (const struct desk_value[]){ __VA_ARGS__ },                       \
	         COUNT_OF(((const struct desk_value[]){ __VA_ARGS__ })))

#endif
