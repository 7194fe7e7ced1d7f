/* promised.h: is an answer one that the contract promises?
 *
 * The contract is what the program under test prints (`binnacle openapi`), kept at
 * build time. */

#ifndef PROMISED_H
#define PROMISED_H

#include "client.h"

/* NULL: it is, or it is none of an operation's; otherwise what is wrong, lent until the next call. */
const char *promised_not(const struct answer *answer);

#endif
