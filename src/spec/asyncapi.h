/* asyncapi.h: parts of the AsyncAPI document (private to the module). */

#ifndef ASYNCAPI_H
#define ASYNCAPI_H

#include "str.h"

/* asyncapi_connection.c: the messages of /ws about the connection itself, for each part of the
 * document. */
void asyncapi_connection_channel(struct buf *out);
void asyncapi_connection_operation(struct buf *out);
void asyncapi_connection_messages(struct buf *out);

#endif
