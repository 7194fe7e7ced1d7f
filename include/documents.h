/* documents.h: the API documents as static files. */

#ifndef DOCUMENTS_H
#define DOCUMENTS_H

#include "schema.h"

struct config;

struct documents;

/* The documents of a process with these settings. DOMAINS must be valid. */
struct documents *documents_new(const struct config *config);
void documents_free(struct documents *documents);

const struct static_file *documents_openapi(const struct documents *documents,
                                            enum version version);
/* NULL: no event streams are served. */
const struct static_file *documents_asyncapi(const struct documents *documents);

#endif
