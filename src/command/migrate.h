/* migrate.h: is the database at this version, and what is said on its way there. */

#ifndef MIGRATE_H
#define MIGRATE_H

#include "db.h"

/* db_look(), and a whole sentence about what is wrong. */
enum db_version migrate_look(const char *url, const char *program, struct buf *fault);

/* For db_migrate(): a step that was taken. */
void migrate_say(const char *line);

#endif
