/* version.h: the headers of deprecated operations. */

#ifndef VERSION_H
#define VERSION_H

#include "http.h"

/* A route's add_headers(); its row is the mounted endpoint. */
void version_add_headers(struct request *request, struct buf *head);

#endif
