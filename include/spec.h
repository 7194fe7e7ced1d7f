/* spec.h: writes the API documents from the tables. */

#ifndef SPEC_H
#define SPEC_H

#include "schema.h"

/* The OpenAPI 3.1 document of these resources in a version of the API. */
void spec_openapi(const struct resource *const *resources, enum version version, struct buf *out);

/* The AsyncAPI 3.0 document of these events, and of all channels. */
void spec_asyncapi(const struct event *events, struct buf *out);

#endif
