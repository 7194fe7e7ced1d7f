/* contract.h: the two halves of OpenAPI's document (private to the room). */

#ifndef CONTRACT_H
#define CONTRACT_H

#include "call.h"

/* Everything that is opened is closed by contract_close(), which also sees to
 * the commas: each part ends with one, and a closing takes the last away. */
void contract_open(struct buf *out, const char *key, char bracket);
void contract_close(struct buf *out, char bracket);
void contract_text(struct buf *out, const char *key, const char *value);
void contract_raw(struct buf *out, const char *key, const char *value);

/* contract_schema.c */
void contract_field(struct buf *out, const char *key, const struct field *field);
void contract_shape_ref(struct buf *out, const char *key, const struct shape *shape);
/* "create_log" → "CreateLogBody" */
void contract_body_name(const struct operation *operation, char *out, size_t room);
void contract_schemas(struct buf *out, const struct resource *const *resources);

#endif
