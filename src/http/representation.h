/* representation.h: adapts a reply to what the client accepts and already has. */

#ifndef HTTP_REPRESENTATION_H
#define HTTP_REPRESENTATION_H

#include "http.h"

/* Sets `encoding` if the body must still be compressed, `etag`, `has_encodings`, and status 304 if
 * the client has this content. */
void representation_choose(struct request *request, struct reply *reply);

#endif
