/* asyncapi.h: parts of the AsyncAPI document (private to the module). */

#ifndef ASYNCAPI_H
#define ASYNCAPI_H

#include "str.h"

/* asyncapi_connection.c: messages of /ws about the connection itself, for each part of the document. */
void asyncapi_plain_channel(struct buf *out);
void asyncapi_plain_operation(struct buf *out);
void asyncapi_plain_messages(struct buf *out);

#endif
