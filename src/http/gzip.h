/* gzip.h: compresses with gzip. */

#ifndef HTTP_GZIP_H
#define HTTP_GZIP_H

#include "str.h"

struct gzip;

struct gzip *gzip_new(void); /* about 200 KB */
void gzip_free(struct gzip *gzip);

/* Compresses a piece and appends to `out` what is complete; `last` ends the file, and the next
 * piece begins another one. */
void gzip_add(struct gzip *gzip, struct str piece, bool last, struct buf *out);

#endif
