/* error_responses.h: writes the error responses of operations and routes.
 *
 * They are components that many operations share. Each lists the codes that all of these operations
 * can return; an operation lists its other codes itself. */

#ifndef ERROR_RESPONSES_H
#define ERROR_RESPONSES_H

#include "document.h"
#include "problem_set.h"

/* Operations of the same kind share their error responses. ROUTE: a route that belongs to no
 * resource; most of its errors are described by `default`. */
enum responder { READ, CHANGE, DELETION, PUBLIC_OPERATION, ROUTE };

enum responder responder_of(const struct operation *operation);

/* Returns the problems that the responses do not list. */
[[nodiscard]] struct problem_set error_responses_write(struct document *document,
                                                       const struct problem_set *problems,
                                                       enum responder responder);

#endif
