/* schemas.h: writes components.schemas. */

#ifndef SCHEMAS_H
#define SCHEMAS_H

#include "document.h"

/* "create_log" → "CreateLogBody" */
void schemas_body_name(const char *operation, char *out, size_t size);

/* All schemas that these resources and the routes use, each once, by name. */
void schemas_write(struct document *document, const struct resource *const *resources);

#endif
