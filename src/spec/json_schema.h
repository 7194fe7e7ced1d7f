/* json_schema.h: writes fields as JSON Schema. */

#ifndef JSON_SCHEMA_H
#define JSON_SCHEMA_H

#include "schema.h"

/* A field of an event or a message; strings are written in place. */
void json_schema_field(struct buf *out, const char *key, const struct field *field);
/* A field of a response or a request; some strings are references (scalars.h). */
void json_schema_output(struct buf *out, const char *key, const struct field *field);
void json_schema_input(struct buf *out, const char *key, const struct field *field,
                       bool has_example);
void json_schema_shape_ref(struct buf *out, const char *key, const struct shape *shape);

#endif
