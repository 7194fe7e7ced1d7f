/* maintenance.h: what the server does by itself, periodically: see maintenance.c. */

#ifndef MAINTENANCE_H
#define MAINTENANCE_H

#include <stdbool.h>

struct config;
struct db;
struct loop;

struct maintenance;

/* Whether its statements have the expected parameters. */
bool maintenance_check_statements(void);

struct maintenance *maintenance_new(struct loop *loop, struct db *db, const struct config *config);
void maintenance_free(struct maintenance *maintenance);

#endif
