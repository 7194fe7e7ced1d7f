/* field_text.h: describes the type of a field in words. */

#ifndef PAGES_FIELD_TEXT_H
#define PAGES_FIELD_TEXT_H

#include "schema.h"

/* Appends HTML: "text, 1 to 255 characters", "one of <code>A</code>, <code>B</code>, or null". */
void field_text(struct buf *out, const struct field *field);

#endif
