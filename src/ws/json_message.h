/* json_message.h: validates the messages of clients of /ws. */

#ifndef WS_JSON_MESSAGE_H
#define WS_JSON_MESSAGE_H

#include "ws.h"

struct json;

enum json_message_type {
#define CLIENT_MESSAGE(type, ...) JSON_MESSAGE_##type,
#define MEMBER(...)
#include "table/ws_client_messages.def"
#undef CLIENT_MESSAGE
#undef MEMBER
	JSON_MESSAGE_TYPES
};

struct json_message {
	const struct json *value; /* the whole message */
	enum json_message_type type;
	const struct json *data; /* NULL: absent */
	/* If the message is invalid: the error, and a sentence in UTF-8 of bounded length. */
	enum ws_error error;
	struct buf fault;
};

/* False: the message is invalid, and `error` and `fault` are set. The caller frees `fault`. */
[[nodiscard]] bool json_message_read(struct json_message *message, const struct json *value);

#endif
