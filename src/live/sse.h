/* sse.h: GET /api/v1/events, server-sent events. */

#ifndef SSE_H
#define SSE_H

#include "http.h"

/* A route's run(). */
void sse_open(struct request *request);

#endif
