/* encoding.h: content codings, and which of them a client accepts (RFC 9110, 12.5.3). */

#ifndef HTTP_ENCODING_H
#define HTTP_ENCODING_H

#include "str.h"

/* In the order of preference: the later of two that the client accepts equally is used. */
enum encoding { ENCODING_IDENTITY, ENCODING_GZIP, ENCODING_BROTLI, ENCODINGS };

const char *encoding_name(enum encoding encoding); /* NULL: identity */

/* The coding to use. `available` has a bit for each coding there is (1 << ENCODING_GZIP); identity
 * is always available, and used if the client accepts nothing. */
enum encoding encoding_choose(struct str accept_encoding, unsigned available);

#endif
