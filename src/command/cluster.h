/* cluster.h: finds the PostgreSQL programs and creates a cluster atomically. */

#ifndef CLUSTER_H
#define CLUSTER_H

#include "data_dir.h"

/* The directory of the newest programs, or of the version that created the cluster; freed by the
 * caller. NULL with a message in `error` if there is none. */
char *cluster_programs(const struct data_dir *dir, struct buf *error);

bool cluster_exists(const struct data_dir *dir);
bool cluster_create(const struct data_dir *dir, const char *programs, struct buf *error);
bool cluster_remove(const struct data_dir *dir, struct buf *error);

/* Removes what an interrupted run left behind. */
bool cluster_remove_leftovers(const struct data_dir *dir, struct buf *error);

#endif
