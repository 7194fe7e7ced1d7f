/* fake_http.h: replaces the public interface of the HTTP server (http.h) in unit tests.
 *
 * The reply to a request is recorded; the test fails if there is a second one. There is one request
 * at a time. Link it in front of the real library. */

#ifndef FAKE_HTTP_H
#define FAKE_HTTP_H

#include "http.h"

struct fake_http {
	bool replied;
	int status;
	const char *code; /* of the problem; NULL: none */
	int retry_after;
	long long total;
	/* Texts of the reply; empty: none. */
	struct buf detail, errors, body, type, etag, location, link, cache_control, authenticate,
		extra_headers, vary;
	bool compress, revalidate;

	int holds;
	bool exceeded[LIMITS]; /* these rate limits are exceeded */
	struct buf limits;     /* "take default ID\n" for each rate limit used */
};

extern struct fake_http fake_http;

/* Empties `request` and the record. */
void fake_http_open(struct request *request);
/* Frees the request; fails the test if it is still held. */
void fake_http_close(struct request *request);

/* The rate limits used since the last call; valid until the next one. */
const char *fake_http_limits(void);
/* The value of a field of the access log; NULL: none. */
const char *fake_http_log_field(const struct request *request, const char *name);

#endif
