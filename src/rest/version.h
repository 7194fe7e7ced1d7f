/* version.h: the headers of deprecated operations. */

#ifndef VERSION_H
#define VERSION_H

#include "http.h"

/* add_headers() of a route whose row is a struct mounted. */
void version_add_headers(struct request *request, struct buf *head);

#endif
