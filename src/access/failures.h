/* failures.h: limits failed attempts to authenticate. */

#ifndef FAILURES_H
#define FAILURES_H

#include "access.h"

/* Checks the limit before an unknown credential is verified. False: the client's address exceeded
 * it and the request has been answered. */
bool failures_check(struct request *request);

#endif
