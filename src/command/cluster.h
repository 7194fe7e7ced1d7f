/* cluster.h: PostgreSQL's programs, and a data directory that is whole or not there. */

#ifndef CLUSTER_H
#define CLUSTER_H

#include "home.h"

/* The directory of the newest programs, or of those the cluster was made by;
 * the caller frees it. NULL with a fault when there are none. */
char *cluster_programs(const struct home *home, struct buf *fault);

bool cluster_exists(const struct home *home);
bool cluster_make(const struct home *home, const char *programs, struct buf *fault);
bool cluster_remove(const struct home *home, struct buf *fault);

/* Removes what somebody who was killed has left. */
bool cluster_tidy(const struct home *home, struct buf *fault);

#endif
