/* scalars.h: schemas that many string fields share. */

#ifndef SCALARS_H
#define SCALARS_H

#include "schema.h"

enum use { IN_EVENT, IN_RESPONSE, IN_REQUEST };

/* The component for the field; NULL: its schema is written in place. */
const char *scalar_name(const struct field *field, enum use use);

/* The pattern that a value must match in addition to format and lengths; NULL: none. */
const char *scalar_pattern(enum field_type type);

/* Writes the components that the document has referred to so far. */
void scalars_write(struct buf *out);

#endif
