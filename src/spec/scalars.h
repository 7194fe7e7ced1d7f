/* scalars.h: schemas of strings that many fields have. */

#ifndef SCALARS_H
#define SCALARS_H

#include "schema.h"

enum use { IN_EVENT, IN_RESPONSE, IN_REQUEST };

/* The component for the field; NULL: its schema is written in place. */
const char *scalar_name(const struct field *field, enum use use);

/* What a value must match besides format and lengths; NULL: nothing. */
const char *scalar_pattern(enum field_type type);

/* Writes those that the document refers to so far. */
void scalars_write(struct buf *out);

#endif
