/* accept.h: the weights of Accept and Accept-Encoding. */

#ifndef HTTP_ACCEPT_H
#define HTTP_ACCEPT_H

#include "str.h"

enum { MAX_WEIGHT = 1000 };

/* Reads a weight of 0 to 1 with at most three decimals, in thousandths; -1 if it is malformed. */
int accept_read_weight(struct str text);

#endif
