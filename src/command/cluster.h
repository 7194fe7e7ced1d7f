/* cluster.h: finds the PostgreSQL programs and creates the data directory atomically. */

#ifndef CLUSTER_H
#define CLUSTER_H

#include "data_dir.h"

/* The directory of the newest programs, or of the version that created the cluster; freed by the
 * caller. NULL with a message in `fault` if there is none. */
char *cluster_programs(const struct home *home, struct buf *fault);

bool cluster_exists(const struct home *home);
bool cluster_make(const struct home *home, const char *programs, struct buf *fault);
bool cluster_remove(const struct home *home, struct buf *fault);

/* Removes what an interrupted run left behind. */
bool cluster_tidy(const struct home *home, struct buf *fault);

#endif
