/* encoding.h: content codings, and which of them a client accepts (RFC 9110, 12.5.3). */

#ifndef HTTP_ENCODING_H
#define HTTP_ENCODING_H

#include "str.h"

/* In increasing order of preference: if the client accepts two equally, the later one is used. */
enum encoding { ENCODING_IDENTITY, ENCODING_GZIP, ENCODING_BROTLI, ENCODINGS };

const char *encoding_name(enum encoding encoding); /* NULL: identity */

/* The coding to use. `available` has a bit for each available coding (1 << ENCODING_GZIP). Identity
 * is always available, and is used if the client accepts none. */
enum encoding encoding_choose(struct str accept_encoding, unsigned available);

#endif
