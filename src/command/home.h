/* home.h: the directory that keeps a private PostgreSQL, and who is in it. */

#ifndef HOME_H
#define HOME_H

#include "child.h"

struct home {
	struct owner owner;
	char *path;	/* absolute; ours */
	char *pg;	/* path/pg: the owner's, closed to all others */
	char *cluster;	/* path/pg/cluster: PostgreSQL's data */
	char *sockets;	/* path/pg, or a shorter one where that is too long for a socket */
	int ours;	/* the lock that says: a binnacle is at home */
	int postgres;	/* the lock that PostgreSQL inherits and holds until its last process is gone */
};

/* "dev" → where its data are when nobody says otherwise; the caller frees it.
 * NULL with a fault when there is no home at all. */
char *home_usual(const char *name, struct buf *fault);

/* Makes the directory where it is missing and takes both locks. */
bool home_open(struct home *home, const char *path, struct buf *fault);
void home_close(struct home *home);

#endif
