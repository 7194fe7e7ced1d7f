/* resolve.h: asynchronous name resolution.
 *
 * A lookup is embedded in the caller's struct. done() is called exactly once, on a
 * later turn, even for a numeric address, unless resolve_cancel() was called first.
 * There is no timeout: the caller must have its own. */

#ifndef RESOLVE_H
#define RESOLVE_H

#include <netinet/in.h>

#include "loop.h"

struct resolver;

struct resolver *resolver_new(struct loop *loop);
void resolver_free(struct resolver *resolver);

enum { LOOKUP_MAX = 8 };

struct lookup;

/* If lookup->count is 0, `error` describes why; otherwise it is NULL. */
typedef void lookup_done_fn(struct lookup *lookup, const char *error);

struct lookup {
	lookup_done_fn *done;
	char addresses[LOOKUP_MAX][INET6_ADDRSTRLEN]; /* as text, in the order to try */
	int count;
	struct dns_query *query; /* private to resolve.c; NULL when idle */
	struct deferred deferred;
	struct resolver *resolver;
	const char *error;
};

void resolve(struct resolver *resolver, struct lookup *lookup, const char *host,
             lookup_done_fn *done);
void resolve_cancel(struct lookup *lookup);

#endif
