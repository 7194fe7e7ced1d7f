/* uuid.h: identities. Ours are UUIDv7 (RFC 9562): they sort by the time they were made. */

#ifndef UUID_H
#define UUID_H

#include "str.h"

enum { UUID_TEXT = 37 };

/* Strictly rising within this process, also when the clock is set back. */
void uuid_make(char out[UUID_TEXT]);

/* Any version, either case, with its four hyphens. */
bool uuid_is(struct str text);

#endif
