/* body.h: validates the body of a request. */

#ifndef BODY_H
#define BODY_H

#include <stdbool.h>

struct call;

/* Validates the body and appends its errors to call->errors. False: the body is not JSON, and
 * the request has been answered with an error. */
[[nodiscard]] bool body_check(struct call *call);

#endif
