/* schemas.h: writes components.schemas. */

#ifndef SCHEMAS_H
#define SCHEMAS_H

#include "schema.h"

/* "create_log" → "CreateLogBody" */
void schemas_body_name(const char *operation, char *out, size_t size);

/* All schemas that these resources use, each once, by name. */
void schemas_write(struct buf *out, const struct resource *const *resources, enum version version);

#endif
