/* private_postgres.h: runs a private PostgreSQL, which ends with this process. */

#ifndef PRIVATE_POSTGRES_H
#define PRIVATE_POSTGRES_H

#include "str.h"

struct loop;

struct private_postgres;

/* TEMPORARY: for a command that runs a few statements. If another binnacle uses the directory, its
 * PostgreSQL is used and is not stopped at the end. */
enum private_postgres_mode {
	PRIVATE_POSTGRES_KEEP,
	PRIVATE_POSTGRES_RESET,
	PRIVATE_POSTGRES_TEMPORARY
};

/* Creates what is missing in the directory, starts PostgreSQL and waits until it is ready. NULL
 * with a message in `error` on failure. */
struct private_postgres *private_postgres_new(const char *directory,
                                              enum private_postgres_mode mode, struct buf *error);

/* Shuts it down and waits until it has ended. */
void private_postgres_free(struct private_postgres *postgres);

/* Restarts PostgreSQL when it dies, until private_postgres_unwatch(). The loop must live as long. */
void private_postgres_watch(struct private_postgres *postgres, struct loop *loop);
void private_postgres_unwatch(struct private_postgres *postgres);

const char *private_postgres_url(const struct private_postgres *postgres);

/* The directory, absolute. */
const char *private_postgres_path(const struct private_postgres *postgres);

/* Whether this process created its database. */
bool private_postgres_is_new(const struct private_postgres *postgres);

/* Whether this process started it. */
bool private_postgres_is_owner(const struct private_postgres *postgres);

#endif
