/* uuid.h: UUIDs. Generated ones are UUIDv7 (RFC 9562), which sort by creation time. */

#ifndef UUID_H
#define UUID_H

#include "str.h"

enum { UUID_SIZE = 37 };

/* Strictly increasing within this process, even if the clock is set back. */
void uuid_make(char out[UUID_SIZE]);

/* The ID of this process; the same at each call. */
const char *uuid_process(void);

/* True for any version, in either case, with four hyphens. */
bool uuid_is_valid(struct str text);

#endif
