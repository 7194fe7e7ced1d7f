/* resolve.h: names to addresses, without waiting for anybody.
 *
 * A lookup is a member of its asker's own struct. done() follows exactly once,
 * on a later turn, also for a numeric address, unless resolve_forget() came
 * first. There is no time limit here: the asker has one of his own. */

#ifndef RESOLVE_H
#define RESOLVE_H

#include <netinet/in.h>

#include "loop.h"

struct resolver;

struct resolver *resolver_new(struct loop *loop);
void resolver_free(struct resolver *resolver);

enum { LOOKUP_MOST = 8 };

struct lookup;

/* `count` is 0 when there is no address, and then `error` says why. */
typedef void lookup_done_fn(struct lookup *lookup, const char *error);

struct lookup {
	lookup_done_fn *done;
	char addresses[LOOKUP_MOST][INET6_ADDRSTRLEN]; /* as text, in the order to try them */
	int count;
	struct question *question; /* resolve.c's, NULL when none is under way */
	struct later later;
	struct resolver *resolver;
	const char *error;
};

void resolve(struct resolver *resolver, struct lookup *lookup, const char *host, lookup_done_fn *done);
void resolve_forget(struct lookup *lookup);

#endif
