/* json_schema.h: writes fields and shapes as JSON Schema. */

#ifndef JSON_SCHEMA_H
#define JSON_SCHEMA_H

#include "schema.h"

void json_schema_field(struct buf *out, const char *key, const struct field *field);
void json_schema_shape_ref(struct buf *out, const char *key, const struct shape *shape);

/* "create_log" → "CreateLogBody" */
void json_schema_body_name(const struct operation *operation, char *out, size_t size);

/* All schemas that these resources use, each once, by name. */
void json_schema_all(struct buf *out, const struct resource *const *resources);

#endif
