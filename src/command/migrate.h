/* migrate.h: checks the version of the database; messages about migrations. */

#ifndef MIGRATE_H
#define MIGRATE_H

#include "db.h"

/* Like db_check_version(), with a complete message for the user. */
enum db_version_status migrate_check(const char *url, const char *program, struct buf *error);

/* Like db_migrate(): prints each step, and says what to do if the database is incompatible. */
bool migrate_run(const char *url, struct buf *error);
/* The same for a new database; prints nothing. */
bool migrate_new(const char *url, struct buf *error);

#endif
