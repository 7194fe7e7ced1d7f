/* embedded.h: the API documents of all domains, embedded by embed.py. */

#ifndef DOCUMENTS_EMBEDDED_H
#define DOCUMENTS_EMBEDDED_H

#include "http.h"

extern const struct static_file embedded_openapi, embedded_asyncapi;

#endif
