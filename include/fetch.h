/* fetch.h: one HTTP or HTTPS exchange on the loop, with our deadline and our size limit.
 *
 * Certificates and host names are verified; redirects are not followed; nothing
 * waits. A fetch is a member of its asker's own struct; done() follows exactly
 * once, on a later turn, unless fetch_forget() came first. Where a name has
 * several addresses, they are tried in turn until one takes the connection. */

#ifndef FETCH_H
#define FETCH_H

#include "loop.h"

struct resolver;

struct fetcher;
struct fetch;

struct fetcher *fetcher_new(struct loop *loop, struct resolver *resolver);
void fetcher_free(struct fetcher *fetcher); /* forgets what is under way */

/* Copied: nothing of it need last beyond fetch_run(). */
struct fetch_ask {
	const char *url;
	const char *etag;	/* NULL: ask without If-None-Match */
	const char *type;	/* of the body; NULL: a GET */
	struct str body;	/* a POST */
	const char *bearer;	/* NULL: no Authorization */
	size_t limit;		/* bytes of answer */
	int deadline_ms;	/* for all of it, names and TLS included */
};

/* Lent until done() returns. */
struct fetch_answer {
	int status;		   /* 0: there is no answer, and `error` says why */
	const char *error;
	struct str body;
	const char *etag;	   /* NULL when it has none */
	const char *cache_control; /* likewise */
	long long age;		   /* seconds it spent in caches; 0 when it does not say */
};

typedef void fetch_done_fn(struct fetch *fetch, const struct fetch_answer *answer);

struct fetch {
	fetch_done_fn *done;
	struct exchange *exchange; /* fetch.c's, NULL when none is under way */
};

void fetch_run(struct fetcher *fetcher, struct fetch *fetch, const struct fetch_ask *ask,
               fetch_done_fn *done);
void fetch_forget(struct fetch *fetch);

/* What is wrong with a URL, as a sentence; NULL: it can be fetched. */
const char *fetch_url_fault(const char *url);
/* https, or nowhere but to this very machine. */
bool fetch_url_is_safe(const char *url);

#endif
