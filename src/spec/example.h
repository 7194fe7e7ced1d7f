/* example.h: writes example values that are valid for their fields. */

#ifndef EXAMPLE_H
#define EXAMPLE_H

#include "schema.h"

/* Each appends one JSON value. */
void example_field(struct buf *out, const struct field *field);
void example_shape(struct buf *out, const struct shape *shape);
void example_body(struct buf *out, const struct operation *operation);

/* The example of a parameter. `text` is its value as in a URL; NULL: the field's example. */
void example_parameter(struct buf *out, const struct field *field, const char *text);

#endif
