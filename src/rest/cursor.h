/* cursor.h: encodes and decodes positions in lists. */

#ifndef CURSOR_H
#define CURSOR_H

#include "str.h"

struct call;

/* Appends the cursor for these sort keys. */
void cursor_write(struct call *call, struct str keys, struct buf *out);

/* Sets call->cursor. False: the cursor is invalid, or belongs to another list. */
[[nodiscard]] bool cursor_read(struct call *call, struct str text);

#endif
