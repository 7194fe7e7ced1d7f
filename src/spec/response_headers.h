/* response_headers.h: writes the headers of responses. */

#ifndef RESPONSE_HEADERS_H
#define RESPONSE_HEADERS_H

#include "str.h"

/* A reference to a header. */
void response_header(struct buf *out, const char *name);
/* The headers of every response. */
void response_headers_common(struct buf *out);

/* Those that the responses of deprecated operations have. */
void response_headers_deprecated(struct buf *out);

/* Writes components.headers. */
void response_headers_write(struct buf *out);

#endif
