/* asyncapi_connection.c: describes the messages of /ws that are not events but concern the
 * connection itself. */

#include <stdio.h>

#include "asyncapi.h"
#include "asyncapi_message.h"
#include "live_messages.h"
#include "writer.h"

#define CHANNEL_NAME "connection"
#define TIMESTAMP    "2026-11-21T05:47:00.123+00:00"

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
	for (const struct live_message *request = live_client_messages; request->type; request++)
		message_ref(out, request_key(request->type, key));
	for (const struct live_message *reply = live_server_messages; reply->type; reply++)
		message_ref(out, reply->type);
	writer_close(out, '}');
	writer_raw(out, "bindings", "{\"ws\":{\"method\":\"GET\",\"bindingVersion\":\"0.1.0\"}}");
	writer_close(out, '}');
}

void asyncapi_connection_operations(struct buf *out)
{
	char key[32], name[32];

	for (const struct live_message *request = live_client_messages; request->type; request++) {
		snprintf(name, sizeof(name), "receive_%s", request->type);
		message_operation_open(out, name, "receive", CHANNEL_NAME, request->summary);
		writer_text(out, "description", request->description);
		message_operation_messages(out, CHANNEL_NAME, request_key(request->type, key));
		message_operation_reply(out, CHANNEL_NAME, request->replies);
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

static void request_payload(struct buf *out, const struct live_message *request,
                            const struct field *fields)
{
	writer_open(out, "payload", '{');
	writer_text(out, "type", "object");
	writer_open(out, "properties", '{');
	type_and_timestamp(out, request->type, "Ignored.");
	if (request->any_data)
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

static void request_message(struct buf *out, const struct live_message *request)
{
	struct field fields[LIVE_MEMBERS];
	char key[32];

	live_message_fields(live_client_members, request->type, fields);
	message_open(out, request_key(request->type, key), request->type, request->summary,
	             request->description);
	request_payload(out, request, fields);
	example_open(out);
	writer_text(out, "type", request->type);
	if (fields[0].name) {
		buf_text(out, "\"data\":");
		message_object_example(out, fields);
	} else if (request->any_data) {
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

static void reply_message(struct buf *out, const struct live_message *reply)
{
	struct field fields[LIVE_MEMBERS];

	live_message_fields(live_server_members, reply->type, fields);
	message_open(out, reply->type, reply->type, reply->summary, reply->description);
	writer_open(out, "payload", '{');
	writer_text(out, "type", "object");
	writer_open(out, "properties", '{');
	type_and_timestamp(out, reply->type, "Time of the message.");
	message_object(out, "data", fields);
	writer_close(out, '}');
	writer_raw(out, "required", "[\"type\",\"data\",\"timestamp\"]");
	writer_raw(out, "additionalProperties", "false");
	writer_close(out, '}');
	reply_examples(out, reply->type, fields);
	writer_close(out, '}');
}

void asyncapi_connection_messages(struct buf *out)
{
	for (const struct live_message *request = live_client_messages; request->type; request++)
		request_message(out, request);
	for (const struct live_message *reply = live_server_messages; reply->type; reply++)
		reply_message(out, reply);
}
