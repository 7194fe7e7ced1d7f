/* contract_check.h: checks an answer against the API description.
 *
 * The description is the output of `binnacle openapi`, saved by the build. */

#ifndef CONTRACT_CHECK_H
#define CONTRACT_CHECK_H

#include "client.h"

/* NULL: the answer is allowed, or does not belong to an operation; otherwise what is wrong, valid
 * until the next call. */
const char *contract_check(const struct answer *answer);

#endif
