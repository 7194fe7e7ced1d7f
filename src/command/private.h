/* private.h: a PostgreSQL of our own, in a directory, which ends when we end. */

#ifndef PRIVATE_H
#define PRIVATE_H

#include "str.h"

struct loop;

struct private;

/* FOR_A_MOMENT: for a command that has something to ask, and goes. While another
 * binnacle runs there, its PostgreSQL is the one, and is not stopped at the end. */
enum private_data { PRIVATE_KEEP, PRIVATE_RESET, PRIVATE_FOR_A_MOMENT };

/* Makes what is missing in the directory, starts PostgreSQL and waits until it
 * answers. NULL with one sentence in `fault` when it cannot. */
struct private *private_new(const char *directory, enum private_data data, struct buf *fault);

/* Stops it as one should, and waits for that. */
void private_free(struct private *private);

/* From now on, until private_free(): when PostgreSQL dies it is started again.
 * The loop must live as long. */
void private_watch(struct private *private, struct loop *loop);
void private_unwatch(struct private *private);

const char *private_url(const struct private *private);
const char *private_path(const struct private *private); /* the directory, absolute */
bool private_is_fresh(const struct private *private);	 /* its database is new */
bool private_is_ours(const struct private *private);	 /* no other binnacle has started it */

#endif
