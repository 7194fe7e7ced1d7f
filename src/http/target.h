/* target.h: the request target; percent-decoding. */

#ifndef HTTP_TARGET_H
#define HTTP_TARGET_H

#include "http.h"

enum { MAX_TARGET = 8192 };

/* All members are slices of the input, except `path`: if it was percent-encoded, it is in a static
 * buffer that the next call overwrites. */
struct target {
	struct str authority; /* of an absolute-form target; otherwise at is NULL */
	struct str raw_path;  /* as received */
	struct str path;      /* decoded */
	struct str query;
};

/* NULL on success, otherwise the error as a sentence. */
const char *target_read(struct str text, enum method method, struct target *target);
/* Whether the text is an RFC 3986 authority without userinfo. */
bool target_is_authority(struct str text);
/* Decodes %XX (and '+', if `plus`) into `out`, which must hold text.length bytes. Returns the
 * length, or -1 if the text is malformed, contains a NUL or is not UTF-8. */
long target_decode(struct str text, bool plus, char *out);

#endif
