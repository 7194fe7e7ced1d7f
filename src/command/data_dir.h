/* data_dir.h: the data directory of a private PostgreSQL, and its locks. */

#ifndef HOME_H
#define HOME_H

#include "spawn.h"

struct home {
	struct owner owner;
	char *path;     /* absolute; owned by us */
	char *pg;       /* path/pg: belongs to the owner, mode 0700 */
	char *cluster;	/* path/pg/cluster: PostgreSQL's data */
	char *sockets;  /* path/pg, or a shorter path if that is too long for a socket */
	int ours;       /* lock: a binnacle is using the directory */
	int postgres;   /* lock: inherited by PostgreSQL and held until its last process ends */
};

/* The default directory for a name such as "dev"; freed by the caller. NULL with a message in
 * `fault` if HOME is not set. */
char *home_usual(const char *name, struct buf *fault);

enum home_stay { HOME_STAYS, HOME_FOR_A_MOMENT };

/* Creates the directory if it is missing and takes both locks. */
bool home_open(struct home *home, const char *path, enum home_stay stay, struct buf *fault);
void home_close(struct home *home);

/* data_dir_probe.c: a directory that another process uses. */

/* Whether the directory contains a cluster. */
bool home_is_made(const char *path);

/* If a server uses the directory: fills `home`, without taking the locks. False if none does. A
 * command that uses it is waited for. */
bool home_visit(struct home *home, const char *path);

/* Shared by data_dir.c and data_dir_probe.c: the paths below home->path, and the line in the lock file after
 * the process ID of the holder. */
void home_name_places(struct home *home);
#define HOME_MOMENT "for a moment"
enum { HOME_WHO = 32 }; /* size of both */

#endif
