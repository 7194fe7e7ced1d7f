/* docs_pages.h: Swagger UI at /docs and ReDoc at /redoc, and the API documents they read. */

#ifndef PAGES_DOCS_PAGES_H
#define PAGES_DOCS_PAGES_H

#include "state.h"

/* Writes the policies of both pages, which name the configured issuers. */
void docs_pages_init(struct pages *pages);

void docs_run(struct request *request);
void oauth2_redirect_run(struct request *request);
void redoc_run(struct request *request);

#endif
