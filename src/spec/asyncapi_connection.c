/* asyncapi_connection.c: describes the messages of /ws that are not events but concern the
 * connection itself, from ws_client_messages.def and ws_server_messages.def. */

#include <stdio.h>

#include "asyncapi.h"
#include "asyncapi_message.h"
#include "writer.h"

#define CHANNEL_NAME "connection"
#define TIMESTAMP    "2026-11-21T05:47:00.123+00:00"

enum content { MEMBERS, ANYTHING };

static const struct {
	const char *type;
	enum content content;
	const char *summary, *description, *replies;
} requests[] = {
#define CLIENT_MESSAGE(type, content, summary, description, replies)                               \
	{ #type, content, summary, description, replies },
#define MEMBER(...)
#include "table/ws_client_messages.def"
#undef CLIENT_MESSAGE
#undef MEMBER
};

static const struct {
	const char *type, *summary, *description;
} replies[] = {
#define SERVER_MESSAGE(type, summary, description) { #type, summary, description },
#define MEMBER(...)
#include "table/ws_server_messages.def"
#undef SERVER_MESSAGE
#undef MEMBER
};

#define MEMBER(message, name, type, present, min, max, example_, text)                             \
	{ #message,                                                                                \
	  { #name, FIELD_##type, PRESENT_##present, min, max, .example = example_,                 \
	    .description = text } },

static const struct message_member request_members[] = {
#define CLIENT_MESSAGE(...)
#include "table/ws_client_messages.def"
#undef CLIENT_MESSAGE
	{ 0 },
};

static const struct message_member reply_members[] = {
#define SERVER_MESSAGE(...)
#include "table/ws_server_messages.def"
#undef SERVER_MESSAGE
	{ 0 },
};
#undef MEMBER

/* The client's "echo" and the server's have the same type. */
static const char *request_key(const char *type, char key[32])
{
	snprintf(key, 32, "client_%s", type);
	return key;
}

void asyncapi_connection_channel(struct buf *out)
{
	char key[32];

	writer_open(out, CHANNEL_NAME, '{');
	writer_raw(out, "address", "null");
	writer_text(out, "title", "Connection");
	writer_text(
		out, "description",
		"Messages on `/ws` about the connection itself, between its client and the server. "
		"Replies arrive in the order of the messages that they answer.");
	writer_raw(out, "servers", "[{\"$ref\":\"#/servers/websocket\"}]");
	writer_open(out, "messages", '{');
	for (size_t i = 0; i < COUNT_OF(requests); i++)
		message_ref(out, request_key(requests[i].type, key));
	for (size_t i = 0; i < COUNT_OF(replies); i++)
		message_ref(out, replies[i].type);
	writer_close(out, '}');
	writer_raw(out, "bindings", "{\"ws\":{\"method\":\"GET\",\"bindingVersion\":\"0.1.0\"}}");
	writer_close(out, '}');
}

void asyncapi_connection_operations(struct buf *out)
{
	char key[32], name[32];

	for (size_t i = 0; i < COUNT_OF(requests); i++) {
		snprintf(name, sizeof(name), "receive_%s", requests[i].type);
		message_operation_open(out, name, "receive", CHANNEL_NAME, requests[i].summary);
		writer_text(out, "description", requests[i].description);
		message_operation_messages(out, CHANNEL_NAME, request_key(requests[i].type, key));
		message_operation_reply(out, CHANNEL_NAME, requests[i].replies);
		writer_close(out, '}');
	}
	message_operation_open(out, "send_" CHANNEL_NAME, "send", CHANNEL_NAME,
	                       "Send messages about the connection");
	writer_text(out, "description", "Also without a message of the client.");
	message_operation_messages(out, CHANNEL_NAME, "connected subscribed unsubscribed error");
	writer_close(out, '}');
}

/* ---- Payloads ---- */

static void type_and_timestamp(struct buf *out, const char *type, const char *description)
{
	writer_open(out, "type", '{');
	writer_text(out, "type", "string");
	writer_text(out, "const", type);
	writer_close(out, '}');
	writer_open(out, "timestamp", '{');
	writer_raw(out, "type", "\"string\"");
	writer_text(out, "format", "date-time");
	writer_text(out, "description", description);
	writer_close(out, '}');
}

static void request_payload(struct buf *out, size_t i, const struct field *fields)
{
	writer_open(out, "payload", '{');
	writer_text(out, "type", "object");
	writer_open(out, "properties", '{');
	type_and_timestamp(out, requests[i].type, "Ignored.");
	if (requests[i].content == ANYTHING)
		writer_raw(out, "data", "{\"description\":\"Any value.\"}");
	else
		message_object(out, "data", fields);
	writer_close(out, '}');
	writer_raw(out, "required",
	           message_has_required(fields) ? "[\"type\",\"data\"]" : "[\"type\"]");
	writer_raw(out, "additionalProperties", "false");
	writer_close(out, '}');
}

static void example_open(struct buf *out)
{
	writer_open(out, "examples", '[');
	writer_open(out, NULL, '{');
	writer_text(out, "name", "example");
	writer_open(out, "payload", '{');
}

static void example_close(struct buf *out)
{
	writer_close(out, '}');
	writer_close(out, '}');
	writer_close(out, ']');
}

static void request_message(struct buf *out, size_t i)
{
	struct field fields[MESSAGE_MEMBERS];
	char key[32];

	message_fields(request_members, requests[i].type, fields);
	message_open(out, request_key(requests[i].type, key), requests[i].type, requests[i].summary,
	             requests[i].description);
	request_payload(out, i, fields);
	example_open(out);
	writer_text(out, "type", requests[i].type);
	if (fields[0].name) {
		buf_text(out, "\"data\":");
		message_object_example(out, fields);
	} else if (requests[i].content == ANYTHING) {
		writer_raw(out, "data", "{\"n\":1}");
	}
	example_close(out);
	writer_close(out, '}');
}

static void reply_examples(struct buf *out, const char *type, const struct field *fields)
{
	if (strcmp(type, "error") == 0) {
		asyncapi_codes_examples(
			out, "{\"type\":\"error\",\"data\":", ",\"timestamp\":\"" TIMESTAMP "\"}");
		return;
	}
	example_open(out);
	writer_text(out, "type", type);
	buf_text(out, "\"data\":");
	message_object_example(out, fields);
	buf_char(out, ',');
	writer_text(out, "timestamp", TIMESTAMP);
	example_close(out);
}

static void reply_message(struct buf *out, size_t i)
{
	struct field fields[MESSAGE_MEMBERS];

	message_fields(reply_members, replies[i].type, fields);
	message_open(out, replies[i].type, replies[i].type, replies[i].summary,
	             replies[i].description);
	writer_open(out, "payload", '{');
	writer_text(out, "type", "object");
	writer_open(out, "properties", '{');
	type_and_timestamp(out, replies[i].type, "Time of the message.");
	message_object(out, "data", fields);
	writer_close(out, '}');
	writer_raw(out, "required", "[\"type\",\"data\",\"timestamp\"]");
	writer_raw(out, "additionalProperties", "false");
	writer_close(out, '}');
	reply_examples(out, replies[i].type, fields);
	writer_close(out, '}');
}

void asyncapi_connection_messages(struct buf *out)
{
	for (size_t i = 0; i < COUNT_OF(requests); i++)
		request_message(out, i);
	for (size_t i = 0; i < COUNT_OF(replies); i++)
		reply_message(out, i);
}
