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

	message_channel_open(
		out, CHANNEL_NAME, "Connection",
		"Messages on `/ws` about the connection itself, between its client and the server. "
		"Replies arrive in the order of the messages that they answer.",
		"[{\"$ref\":\"#/servers/websocket\"}]");
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
	writer_text(out, "description", "Some are sent without a message from the client.");
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
	message_object_open(out, "payload");
	type_and_timestamp(out, request->type, "Ignored.");
	if (request->any_data)
		writer_raw(out, "data", "{\"description\":\"Any value.\"}");
	else
		message_object(out, "data", fields);
	message_object_close(out,
	                     message_has_required(fields) ? "[\"type\",\"data\"]" : "[\"type\"]");
}

static void request_message(struct buf *out, const struct live_message *request)
{
	struct field fields[LIVE_MEMBERS];
	char key[32];

	live_message_fields(live_client_members, request->type, fields);
	message_open(out, request_key(request->type, key), request->type, request->summary,
	             request->description);
	request_payload(out, request, fields);
	message_example_open(out);
	writer_open(out, NULL, '{');
	writer_text(out, "type", request->type);
	if (fields[0].name) {
		buf_text(out, "\"data\":");
		message_object_example(out, fields);
	} else if (request->any_data) {
		writer_raw(out, "data", "{\"n\":1}");
	}
	writer_close(out, '}');
	message_example_close(out);
	writer_close(out, '}');
}

static void reply_examples(struct buf *out, const char *type, const struct field *fields)
{
	if (strcmp(type, "error") == 0) {
		asyncapi_codes_examples(
			out, "{\"type\":\"error\",\"data\":", ",\"timestamp\":\"" TIMESTAMP "\"}");
		return;
	}
	message_example_open(out);
	writer_open(out, NULL, '{');
	writer_text(out, "type", type);
	buf_text(out, "\"data\":");
	message_object_example(out, fields);
	buf_char(out, ',');
	writer_text(out, "timestamp", TIMESTAMP);
	writer_close(out, '}');
	message_example_close(out);
}

static void reply_message(struct buf *out, const struct live_message *reply)
{
	struct field fields[LIVE_MEMBERS];

	live_message_fields(live_server_members, reply->type, fields);
	message_open(out, reply->type, reply->type, reply->summary, reply->description);
	message_object_open(out, "payload");
	type_and_timestamp(out, reply->type, "Time of the message.");
	message_object(out, "data", fields);
	message_object_close(out, "[\"type\",\"data\",\"timestamp\"]");
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
