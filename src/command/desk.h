/* desk.h: a command's way to the database: one question, one answer, and it goes.
 *
 * It is the PostgreSQL of DATABASE_URL, or a private one in --data DIR, or `dev`'s:
 * that which a binnacle runs there now, or one that is started for the moment.
 * What goes wrong is said to standard error. */

#ifndef DESK_H
#define DESK_H

#include "command.h"
#include "db.h"

struct desk {
	const char *program;
	struct private *own; /* NULL: DATABASE_URL's */
	char *url;
};

/* False: *status is what the process should end with. desk_close() either way. */
bool desk_open(struct desk *desk, const struct args *args, int *status);
void desk_close(struct desk *desk);

/* The parameters of a statement by name; those that are not named are null. */
struct desk_value {
	const char *name, *value;
};

/* NULL: it was refused, and said so. db_rows_free() otherwise. */
struct db_rows *desk_ask(const struct desk *desk, enum sql statement, const struct desk_value *values,
                         size_t count);

#define DESK_ASK(desk, statement, ...)                                                              \
	desk_ask(desk, statement, (const struct desk_value[]){ __VA_ARGS__ },                       \
	         COUNT_OF(((const struct desk_value[]){ __VA_ARGS__ })))

#endif
