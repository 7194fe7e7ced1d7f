/* asyncapi_connection.c: describes the messages of /ws that are not events: those about the
 * connection. */

#include "asyncapi.h"
#include "json_schema.h"

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
	  .description = "Present if an offset was sent: whether all missed events follow. If false, none do, because "
	          "some are no longer available." },
	{ 0 },
};

static const struct field unsubscribed[] = {
	{ "channel", FIELD_LINE, READ_ONLY, 0, 131072, .description = "Channel of the subscription." },
	{ "message", FIELD_LINE, READ_ONLY, 1, 100, .description = "Reason." },
	{ 0 },
};

static const struct field error[] = {
	{ "code", FIELD_INTEGER, READ_ONLY, 100, 112, .description = "Centrifugo error code." },
	{ "message", FIELD_LINE, READ_ONLY, 1, 100, .description = "Error message." },
	{ "channel", FIELD_LINE, READ_ONLY | OPTIONAL_IN_RESPONSE, 1, 131072, .description = "Channel of the request." },
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
	spec_open(out, "connection", '{');
	spec_raw(out, "address", "null");
	spec_text(out, "description",
	              "Messages on /ws about the connection itself, sent to its client only.");
	spec_raw(out, "servers", "[{\"$ref\":\"#/servers/websocket\"}]");
	spec_open(out, "messages", '{');
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		buf_print(out, "\"%s\":{\"$ref\":\"#/components/messages/%s\"},", rows[i].type, rows[i].type);
	spec_close(out, '}');
	spec_close(out, '}');
}

void asyncapi_connection_operation(struct buf *out)
{
	spec_raw(out, "send_connection",
	             "{\"action\":\"send\",\"channel\":{\"$ref\":\"#/channels/connection\"},"
	             "\"summary\":\"Receive messages about the connection\"}");
}

static void data(struct buf *out, const struct field *fields)
{
	spec_open(out, "data", '{');
	spec_text(out, "type", "object");
	spec_open(out, "properties", '{');
	for (const struct field *field = fields; field->name; field++)
		spec_field(out, field->name, field);
	spec_close(out, '}');
	spec_open(out, "required", '[');
	for (const struct field *field = fields; field->name; field++)
		buf_print(out, field->rules & OPTIONAL_IN_RESPONSE ? "" : "\"%s\",", field->name);
	spec_close(out, ']');
	spec_raw(out, "additionalProperties", "false");
	spec_close(out, '}');
}

void asyncapi_connection_messages(struct buf *out)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		spec_open(out, rows[i].type, '{');
		spec_text(out, "name", rows[i].type);
		spec_text(out, "summary", rows[i].summary);
		spec_text(out, "contentType", "application/json");
		spec_open(out, "payload", '{');
		spec_text(out, "type", "object");
		spec_open(out, "properties", '{');
		spec_open(out, "type", '{');
		spec_text(out, "const", rows[i].type);
		spec_close(out, '}');
		data(out, rows[i].data);
		spec_raw(out, "timestamp",
		             "{\"type\":\"string\",\"format\":\"date-time\","
		             "\"description\":\"Time of the message.\"}");
		spec_close(out, '}');
		spec_raw(out, "required", "[\"type\",\"data\",\"timestamp\"]");
		spec_raw(out, "additionalProperties", "false");
		spec_close(out, '}');
		spec_close(out, '}');
	}
}
