/* request_check.h: validates a request against the fields of its operation. */

#ifndef REQUEST_CHECK_H
#define REQUEST_CHECK_H

#include <stdbool.h>

struct call;

/* Validates path, query, headers and body. False: the request has been answered with an error. */
[[nodiscard]] bool request_check(struct call *call);

#endif
