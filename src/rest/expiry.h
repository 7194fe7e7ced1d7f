/* expiry.h: deletes expired rows. */

#ifndef EXPIRY_H
#define EXPIRY_H

#include <stdbool.h>

struct config;
struct db;
struct loop;

struct expiry;

/* Whether its statements have the expected parameters. */
bool expiry_check_statements(void);

struct expiry *expiry_new(struct loop *loop, struct db *db, const struct config *config);
void expiry_free(struct expiry *expiry);

#endif
