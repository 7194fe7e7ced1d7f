/* gzip.h: compresses with gzip. */

#ifndef HTTP_GZIP_H
#define HTTP_GZIP_H

#include "str.h"

struct gzip;

struct gzip *gzip_new(void); /* about 200 KB */
void gzip_free(struct gzip *gzip);

/* Compresses a piece and appends the available output to `out`. `last` ends the gzip file; the next
 * piece then begins a new one. */
void gzip_add(struct gzip *gzip, struct str piece, bool last, struct buf *out);

#endif
