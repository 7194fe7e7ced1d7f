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

enum home_stay { HOME_STAYS, HOME_FOR_A_MOMENT };

/* Makes the directory where it is missing and takes both locks. */
bool home_open(struct home *home, const char *path, enum home_stay stay, struct buf *fault);
void home_close(struct home *home);

/* visit.c: as a guest. */

/* Is there a cluster in that directory? */
bool home_is_made(const char *path);

/* While another binnacle stays there: its home, without the locks. False when nobody
 * does; one that is there for a moment is waited for. */
bool home_visit(struct home *home, const char *path);

/* What both of them know: the names of the places in home->path, and what the lock's
 * file says, below the number of the process that holds it. */
void home_name_places(struct home *home);
#define HOME_MOMENT "for a moment"
enum { HOME_WHO = 32 }; /* room for all of that */

#endif
