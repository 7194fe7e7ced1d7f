/* spec.h: helpers for writing the OpenAPI and AsyncAPI documents (private to the module). */

#ifndef SPEC_H
#define SPEC_H

#include "call.h"

/* Every spec_open() needs a spec_close(). Each value is written with a trailing comma;
 * spec_close() removes the last one. */
void spec_open(struct buf *out, const char *key, char bracket);
void spec_close(struct buf *out, char bracket);
void spec_text(struct buf *out, const char *key, const char *value);
void spec_raw(struct buf *out, const char *key, const char *value);

/* json_schema.c */
void spec_field(struct buf *out, const char *key, const struct field *field);
void spec_shape_ref(struct buf *out, const char *key, const struct shape *shape);
/* "create_log" → "CreateLogBody" */
void spec_body_name(const struct operation *operation, char *out, size_t size);
void spec_schemas(struct buf *out, const struct resource *const *resources);

#endif
