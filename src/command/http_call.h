/* http_call.h: makes one HTTP request and waits for the response. */

#ifndef HTTP_CALL_H
#define HTTP_CALL_H

#include "fetch.h"

struct http_reply {
	int status;      /* 0: no response, and `body` is the reason */
	struct buf body; /* owned by the caller */
};

void http_call(const struct fetch_request *request, struct http_reply *reply);

#endif
