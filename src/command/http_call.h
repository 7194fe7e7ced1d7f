/* http_call.h: makes one HTTP request and waits for the response. */

#ifndef ASK_H
#define ASK_H

#include "fetch.h"

struct answer {
	int status;      /* 0: no response, and `body` is the reason */
	struct buf body; /* owned by the caller */
};

void ask(const struct fetch_request *question, struct answer *answer);

#endif
