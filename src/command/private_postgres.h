/* private_postgres.h: a private PostgreSQL in a directory, which ends with this process. */

#ifndef PRIVATE_H
#define PRIVATE_H

#include "str.h"

struct loop;

struct private;

/* FOR_A_MOMENT: for a command that runs a few statements. If another binnacle runs there, its
 * PostgreSQL is used, and is not stopped at the end. */
enum private_data { PRIVATE_KEEP, PRIVATE_RESET, PRIVATE_FOR_A_MOMENT };

/* Creates what is missing in the directory, starts PostgreSQL and waits until it is ready. NULL
 * with a message in `fault` on failure. */
struct private *private_new(const char *directory, enum private_data data, struct buf *fault);

/* Shuts it down in an orderly way, and waits. */
void private_free(struct private *private);

/* Restarts PostgreSQL whenever it dies, until private_free(). The loop must live as long. */
void private_watch(struct private *private, struct loop *loop);
void private_unwatch(struct private *private);

const char *private_url(const struct private *private);
const char *private_path(const struct private *private); /* the directory, absolute */
bool private_is_fresh(const struct private *private); /* its database was created by this process */
bool private_is_ours(const struct private *private);  /* false: another binnacle has started it */

#endif
