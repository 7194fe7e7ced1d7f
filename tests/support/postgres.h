/* postgres.h: a PostgreSQL of the test's own, which can be mistreated.
 *
 * It lives in a short temporary directory and listens on a socket in there. When
 * the test ends, however it ends, server and directory go. What cannot be had
 * ends the test with a line. */

#ifndef POSTGRES_H
#define POSTGRES_H

#include <stdbool.h>

struct postgres;

struct postgres *postgres_new(void); /* started, with a database "postgres" */
void postgres_free(struct postgres *postgres);

/* Lent until the next call for this server. */
const char *postgres_url(struct postgres *postgres, const char *database);

void postgres_create(struct postgres *postgres, const char *database);

void postgres_start(struct postgres *postgres);
void postgres_stop(struct postgres *postgres); /* as `pg_ctl stop -m fast` */
void postgres_kill(struct postgres *postgres); /* all of it, at once and without a word */

/* A backend that does not answer any more, and one that does again. */
void postgres_pause(struct postgres *postgres, int backend);
void postgres_resume(struct postgres *postgres);

/* The first value that the statements give, or NULL; lent until the next call. */
const char *postgres_ask(struct postgres *postgres, const char *database, const char *sql);

#endif
