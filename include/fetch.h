/* fetch.h: asynchronous HTTP and HTTPS requests with a timeout and a size limit.
 *
 * Certificates and host names are verified; redirects are not followed; nothing
 * blocks. A fetch is embedded in the caller's struct; done() is called exactly
 * once, on a later turn, unless fetch_cancel() was called first. If a name has
 * several addresses, they are tried in order until one accepts the connection. */

#ifndef FETCH_H
#define FETCH_H

#include "loop.h"

struct resolver;

struct fetcher;
struct fetch;

struct fetcher *fetcher_new(struct loop *loop, struct resolver *resolver);
void fetcher_free(struct fetcher *fetcher); /* cancels all fetches */

/* Copied by fetch_run(). */
struct fetch_request {
	const char *url;
	const char *etag;   /* NULL: no If-None-Match */
	const char *type;   /* Content-Type of a POST; NULL: GET */
	struct str body;    /* of a POST */
	const char *bearer; /* token; NULL: no Authorization */
	size_t limit;       /* maximum size of the response body */
	int timeout_ms;     /* in total, including name resolution and TLS */
};

/* Valid until done() returns. */
struct fetch_response {
	int status; /* 0: no response; see `error` */
	const char *error;
	struct str body;
	const char *etag;          /* NULL: no such header */
	const char *cache_control; /* NULL: no such header */
	long long age;             /* of the Age header, in seconds; 0 without one */
};

typedef void fetch_done_fn(struct fetch *fetch, const struct fetch_response *response);

struct fetch {
	fetch_done_fn *done;
	struct exchange *exchange; /* private to fetch.c; NULL when idle */
};

void fetch_run(struct fetcher *fetcher, struct fetch *fetch, const struct fetch_request *request,
               fetch_done_fn *done);
void fetch_cancel(struct fetch *fetch);

/* Returns NULL if the URL is valid, or what is wrong with it ("it has a fragment"). */
const char *fetch_url_error(const char *url);
/* True for https, and for http to the loopback interface. */
bool fetch_url_is_safe(const char *url);

#endif
