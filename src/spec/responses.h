/* responses.h: writes the responses of operations and routes. */

#ifndef RESPONSES_H
#define RESPONSES_H

#include "document.h"
#include "problem_set.h"

/* The successful response of a route that belongs to no resource. */
struct route_response {
	int status;
	const char *media_type;    /* NULL: no body */
	const struct shape *shape; /* NULL: text */
	bool has_503;              /* with status 503, the response has the same body */
	bool has_etag;
};

/* Both also write x-problem-codes: the problems that no response lists. */
void responses_of_operation(struct document *document, const struct operation *operation,
                            const struct problem_set *problems);
void responses_of_route(struct document *document, const struct route_response *response,
                        const struct problem_set *problems);

#endif
