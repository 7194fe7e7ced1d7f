/* spec.h: helpers for writing the OpenAPI and AsyncAPI documents (private to the module). */

#ifndef CONTRACT_H
#define CONTRACT_H

#include "call.h"

/* Every contract_open() needs a contract_close(). Each value is written with a trailing comma;
 * contract_close() removes the last one. */
void contract_open(struct buf *out, const char *key, char bracket);
void contract_close(struct buf *out, char bracket);
void contract_text(struct buf *out, const char *key, const char *value);
void contract_raw(struct buf *out, const char *key, const char *value);

/* json_schema.c */
void contract_field(struct buf *out, const char *key, const struct field *field);
void contract_shape_ref(struct buf *out, const char *key, const struct shape *shape);
/* "create_log" → "CreateLogBody" */
void contract_body_name(const struct operation *operation, char *out, size_t room);
void contract_schemas(struct buf *out, const struct resource *const *resources);

#endif
