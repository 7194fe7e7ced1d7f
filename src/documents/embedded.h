/* embedded.h: the API documents of all domains, embedded by embed.py. */

#ifndef DOCUMENTS_EMBEDDED_H
#define DOCUMENTS_EMBEDDED_H

#include "schema.h"

/* embedded_openapi_V1, … */
#define API_VERSION(name, ...) extern const struct static_file embedded_openapi_##name;
#include "table/versions.def"
#undef API_VERSION

extern const struct static_file embedded_asyncapi;

#endif
