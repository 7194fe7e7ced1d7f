/* asyncapi_message.h: writes messages and their payloads. */

#ifndef ASYNCAPI_MESSAGE_H
#define ASYNCAPI_MESSAGE_H

#include "schema.h"

/* Whether the message can be sent without its members. */
bool message_has_required(const struct field *fields);

/* The schema of an object: its properties follow, then message_object_close() with the array of
 * those that are required. */
void message_object_open(struct buf *out, const char *key);
void message_object_close(struct buf *out, const char *required);

/* The schema of an object with these fields, and an example of it. */
void message_object(struct buf *out, const char *key, const struct field *fields);
void message_object_example(struct buf *out, const struct field *fields);

/* A message; `description` may be NULL. The payload and examples follow. */
void message_open(struct buf *out, const char *key, const char *name, const char *summary,
                  const char *description);

/* The only example of a message; its payload follows. */
void message_example_open(struct buf *out);
void message_example_close(struct buf *out);

/* A channel without an address; `servers` is a JSON array. Its messages follow; writer_close() ends
 * these, and then the channel. */
void message_channel_open(struct buf *out, const char *name, const char *title,
                          const char *description, const char *servers);

/* Operations: "action" and "channel"; then "messages", and "reply" with its messages, which are
 * separated by spaces. */
void message_operation_open(struct buf *out, const char *name, const char *action,
                            const char *channel, const char *summary);
void message_operation_messages(struct buf *out, const char *channel, const char *messages);
void message_operation_reply(struct buf *out, const char *channel, const char *messages);

/* A reference to a message as an entry of a channel. */
void message_ref(struct buf *out, const char *key);

#endif
