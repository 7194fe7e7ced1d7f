/* link.h: writes the targets of Link headers. */

#ifndef LINK_H
#define LINK_H

#include "str.h"

struct call;

/* Percent-encodes everything but letters, digits and "-_.,". */
void link_encode(struct buf *out, struct str text);

/* The request's own target with a new cursor, as a Link header. */
const char *link_next(struct call *call, struct str keys);

#endif
