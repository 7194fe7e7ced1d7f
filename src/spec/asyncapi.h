/* asyncapi.h: parts of the AsyncAPI document (private to the module).
 *
 * Each file below describes one protocol and writes its entries of each part of the document. */

#ifndef ASYNCAPI_H
#define ASYNCAPI_H

#include "schema.h"

/* asyncapi_events.c: the events of each channel, as /ws and /api/v1/events send them. */
void asyncapi_events_channels(struct buf *out, const struct event *events);
void asyncapi_events_operations(struct buf *out);
void asyncapi_events_messages(struct buf *out, const struct event *events);

/* asyncapi_connection.c: the messages of /ws about the connection itself. */
void asyncapi_connection_channel(struct buf *out);
void asyncapi_connection_operations(struct buf *out);
void asyncapi_connection_messages(struct buf *out);

/* asyncapi_sse.c: the frames of /api/v1/events. */
void asyncapi_sse_channel(struct buf *out);
void asyncapi_sse_operations(struct buf *out);
void asyncapi_sse_messages(struct buf *out);

/* asyncapi_centrifugo.c: commands, replies and pushes of the Centrifugo protocol. */
void asyncapi_centrifugo_channels(struct buf *out);
void asyncapi_centrifugo_operations(struct buf *out);
void asyncapi_centrifugo_messages(struct buf *out);
void asyncapi_centrifugo_schemas(struct buf *out);

/* asyncapi_codes.c: error codes and close codes, as Markdown and as extensions. */
void asyncapi_codes_text(struct buf *out);
void asyncapi_codes(struct buf *out);
/* The schema of an error's code. */
void asyncapi_codes_schema(struct buf *out, const char *key);
/* Examples of messages, one for each error: `before` {code, message} `after`. */
void asyncapi_codes_examples(struct buf *out, const char *before, const char *after);

#endif
