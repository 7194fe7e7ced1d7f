/* postgres.h: a temporary PostgreSQL that a test can stop, kill and pause.
 *
 * It has its own temporary directory, with its socket. Both are removed when the test ends, also
 * if it crashes. If something cannot be set up, the test ends with a message. */

#ifndef POSTGRES_H
#define POSTGRES_H

#include <stdbool.h>

struct postgres;

struct postgres *postgres_new(void); /* started, with a database "postgres" */
void postgres_free(struct postgres *postgres);

/* Valid until the next call for this server. */
const char *postgres_url(struct postgres *postgres, const char *database);

void postgres_create(struct postgres *postgres, const char *database);

void postgres_start(struct postgres *postgres);
void postgres_stop(struct postgres *postgres); /* as `pg_ctl stop -m fast` */
void postgres_kill(struct postgres *postgres); /* SIGKILL to all of its processes */

/* Stops a backend, which then does not answer, and continues all that were stopped. */
void postgres_pause(struct postgres *postgres, int backend);
void postgres_resume(struct postgres *postgres);

/* The first value that the statements return, or NULL; valid until the next call. */
const char *postgres_query(struct postgres *postgres, const char *database, const char *sql);

#endif
