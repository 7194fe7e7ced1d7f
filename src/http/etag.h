/* etag.h: entity tags of a representation. */

#ifndef HTTP_ETAG_H
#define HTTP_ETAG_H

#include "arena.h"
#include "encoding.h"

/* Whether an If-None-Match lists the tag. The comparison is weak: W/ is ignored. */
bool etag_matches(struct str list, const char *tag);

/* The tag of the same content in another coding: "7.abc" becomes "7.abc-gzip". */
const char *etag_encoded(struct arena *arena, const char *tag, enum encoding encoding);

#endif
