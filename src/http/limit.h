/* limit.h: rate limits. */

#ifndef HTTP_LIMIT_H
#define HTTP_LIMIT_H

#include "http.h"

/* State of a bucket, for the reply's headers. */
struct rate_status {
	enum limit limit;
	unsigned remaining, reset_s; /* requests; seconds until full */
};

struct limits;

struct limits *limits_new(const struct config *config); /* NULL: out of memory */
void limits_free(struct limits *limits);
bool limit_enter(struct request *request);
void limit_leave(struct request *request, const struct reply *reply, struct buf *head);

#endif
