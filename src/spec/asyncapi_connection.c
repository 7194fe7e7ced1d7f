/* asyncapi_connection.c: describes the messages of /ws that are not events but concern the
 * connection itself. */

#include "asyncapi.h"
#include "json_schema.h"
#include "writer.h"

static const struct field connected[] = {
	{ "connection_id", FIELD_LINE, READ_ONLY, 16, 16, .description = "Connection ID." },
	{ "user_id", FIELD_UUID, READ_ONLY | NULLABLE,
	  .description = "ID of the authenticated user, or null." },
	{ 0 },
};

static const struct field subscribed[] = {
	{ "channel", FIELD_LINE, READ_ONLY, 1, 128, .description = "Channel of the subscription." },
	{ "epoch", FIELD_LINE, READ_ONLY, 1, 39,
	  .description = "Send this with the offset after a reconnect." },
	{ "offset", FIELD_INTEGER, READ_ONLY, 0, 9007199254740991,
	  .description = "The channel's last offset; later events follow." },
	{ "recovered", FIELD_BOOLEAN, READ_ONLY | OPTIONAL_IN_RESPONSE,
	  .description =
	          "Present if an offset was sent: whether all missed events follow. If false, none do, because "
	          "some are no longer available." },
	{ 0 },
};

static const struct field unsubscribed[] = {
	{ "channel", FIELD_LINE, READ_ONLY, 0, 131072,
	  .description = "Channel of the subscription." },
	{ "message", FIELD_LINE, READ_ONLY, 1, 100, .description = "Why the subscription ended." },
	{ 0 },
};

static const struct field error[] = {
	{ "code", FIELD_INTEGER, READ_ONLY, 100, 112, .description = "Centrifugo error code." },
	{ "message", FIELD_LINE, READ_ONLY, 1, 100, .description = "Error message." },
	{ "channel", FIELD_LINE, READ_ONLY | OPTIONAL_IN_RESPONSE, 1, 131072,
	  .description = "Channel of the request." },
	{ 0 },
};

static const struct field echo[] = {
	{ "message", FIELD_LINE, READ_ONLY, 1, 100, .description = "Confirmation of receipt." },
	{ "original", FIELD_JSON, READ_ONLY, .description = "The message that was received." },
	{ "connection_id", FIELD_LINE, READ_ONLY, 16, 16, .description = "Connection ID." },
	{ 0 },
};

static const struct {
	const char *type, *summary;
	const struct field *data;
} rows[] = {
	{ "connected", "Connected, or authenticated as a user", connected },
	{ "subscribed", "Subscribed to a channel", subscribed },
	{ "unsubscribed", "Unsubscribed from a channel, on request or because permission was lost",
	  unsubscribed },
	{ "error", "Request failed or invalid; the connection stays open", error },
	{ "echo", "Message of unknown type, sent back", echo },
};

void asyncapi_connection_channel(struct buf *out)
{
	writer_open(out, "connection", '{');
	writer_raw(out, "address", "null");
	writer_text(out, "description",
	            "Messages on /ws about the connection itself, sent to its client only.");
	writer_raw(out, "servers", "[{\"$ref\":\"#/servers/websocket\"}]");
	writer_open(out, "messages", '{');
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		buf_print(out, "\"%s\":{\"$ref\":\"#/components/messages/%s\"},", rows[i].type,
		          rows[i].type);
	writer_close(out, '}');
	writer_close(out, '}');
}

void asyncapi_connection_operation(struct buf *out)
{
	writer_raw(out, "send_connection",
	           "{\"action\":\"send\",\"channel\":{\"$ref\":\"#/channels/connection\"},"
	           "\"summary\":\"Receive messages about the connection\"}");
}

static void data(struct buf *out, const struct field *fields)
{
	writer_open(out, "data", '{');
	writer_text(out, "type", "object");
	writer_open(out, "properties", '{');
	for (const struct field *field = fields; field->name; field++)
		json_schema_field(out, field->name, field);
	writer_close(out, '}');
	writer_open(out, "required", '[');
	for (const struct field *field = fields; field->name; field++) {
		if (!(field->rules & OPTIONAL_IN_RESPONSE))
			buf_print(out, "\"%s\",", field->name);
	}
	writer_close(out, ']');
	writer_raw(out, "additionalProperties", "false");
	writer_close(out, '}');
}

void asyncapi_connection_messages(struct buf *out)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		writer_open(out, rows[i].type, '{');
		writer_text(out, "name", rows[i].type);
		writer_text(out, "summary", rows[i].summary);
		writer_text(out, "contentType", "application/json");
		writer_open(out, "payload", '{');
		writer_text(out, "type", "object");
		writer_open(out, "properties", '{');
		writer_open(out, "type", '{');
		writer_text(out, "const", rows[i].type);
		writer_close(out, '}');
		data(out, rows[i].data);
		writer_raw(out, "timestamp",
		           "{\"type\":\"string\",\"format\":\"date-time\","
		           "\"description\":\"Time of the message.\"}");
		writer_close(out, '}');
		writer_raw(out, "required", "[\"type\",\"data\",\"timestamp\"]");
		writer_raw(out, "additionalProperties", "false");
		writer_close(out, '}');
		writer_close(out, '}');
	}
}
