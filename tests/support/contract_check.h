/* contract_check.h: is an answer one that the contract promises?
 *
 * The contract is what the program under test prints (`binnacle openapi`), kept at
 * build time. */

#ifndef CONTRACT_CHECK_H
#define CONTRACT_CHECK_H

#include "client.h"

/* NULL: it is, or it is none of an operation's; otherwise what is wrong, lent until the next call. */
const char *contract_check(const struct answer *answer);

#endif
