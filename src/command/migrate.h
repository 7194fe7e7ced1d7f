/* migrate.h: checks the version of the database; messages about migrations. */

#ifndef MIGRATE_H
#define MIGRATE_H

#include "db.h"

/* Like db_look(), with a complete message for the user. */
enum db_version migrate_look(const char *url, const char *program, struct buf *fault);

/* Prints a step of db_migrate(). */
void migrate_say(const char *line);

#endif
