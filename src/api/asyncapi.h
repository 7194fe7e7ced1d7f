/* asyncapi.h: parts of AsyncAPI's document (private to the room). */

#ifndef ASYNCAPI_H
#define ASYNCAPI_H

#include "str.h"

/* asyncapi_plain.c: what /ws says of the connection itself, in each part of the document. */
void asyncapi_plain_channel(struct buf *out);
void asyncapi_plain_operation(struct buf *out);
void asyncapi_plain_messages(struct buf *out);

#endif
