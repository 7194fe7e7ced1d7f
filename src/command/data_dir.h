/* data_dir.h: the data directory of a private PostgreSQL, and its locks. */

#ifndef DATA_DIR_H
#define DATA_DIR_H

#include "spawn.h"

struct data_dir {
	struct owner owner;
	char *path;        /* absolute */
	char *pg;          /* path/pg: belongs to the owner, mode 0700 */
	char *cluster;     /* path/pg/cluster: PostgreSQL's data */
	char *socket_dir;  /* path/pg, or a shorter path if that is too long for a socket */
	int lock;          /* held while a binnacle uses the directory */
	int postgres_lock; /* inherited by PostgreSQL and held until its last process ends */
};

/* The default directory for a name such as "dev"; freed by the caller. NULL with a message in
 * `error` if HOME is not set. */
char *data_dir_default(const char *name, struct buf *error);

enum data_dir_use { DATA_DIR_SERVER, DATA_DIR_COMMAND };

/* Creates the directory if it is missing and takes both locks. */
bool data_dir_open(struct data_dir *dir, const char *path, enum data_dir_use use,
                   struct buf *error);
void data_dir_close(struct data_dir *dir);

/* data_dir_probe.c: a directory that another process uses. */

/* Whether the directory contains a cluster. */
bool data_dir_has_cluster(const char *path);

/* If a server uses the directory, fills `dir` without taking the locks. False if none does. Waits
 * for a command that uses it. */
bool data_dir_attach(struct data_dir *dir, const char *path);

/* Shared by data_dir.c and data_dir_probe.c. */
void data_dir_set_paths(struct data_dir *dir); /* sets the paths below dir->path */

/* The lock file holds the process ID of the holder and, if that is a command, this line. */
#define DATA_DIR_TEMPORARY "temporary"
enum { LOCK_TEXT_SIZE = 32 };

#endif
