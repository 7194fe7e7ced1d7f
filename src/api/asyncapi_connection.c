/* asyncapi_connection.c: describes the messages of /ws that are not events: those about the
 * connection. */

#include "asyncapi.h"
#include "spec.h"

static const struct field connected[] = {
	{ "connection_id", FIELD_NAME, GIVEN, 16, 16, .says = "Connection ID." },
	{ "user_id", FIELD_UUID, GIVEN | NULLABLE,
	  .says = "ID of the authenticated user, or null." },
	{ 0 },
};

static const struct field subscribed[] = {
	{ "channel", FIELD_NAME, GIVEN, 1, 128, .says = "Channel of the subscription." },
	{ "epoch", FIELD_NAME, GIVEN, 1, 39,
	  .says = "Send this with the offset after a reconnect." },
	{ "offset", FIELD_INTEGER, GIVEN, 0, 9007199254740991,
	  .says = "The channel's last offset; later events follow." },
	{ "recovered", FIELD_BOOLEAN, GIVEN | SOMETIMES,
	  .says = "Present if an offset was sent: whether all missed events follow. If false, none do, because "
	          "some are no longer available." },
	{ 0 },
};

static const struct field unsubscribed[] = {
	{ "channel", FIELD_NAME, GIVEN, 0, 131072, .says = "Channel of the subscription." },
	{ "message", FIELD_NAME, GIVEN, 1, 100, .says = "Reason." },
	{ 0 },
};

static const struct field error[] = {
	{ "code", FIELD_INTEGER, GIVEN, 100, 112, .says = "Centrifugo error code." },
	{ "message", FIELD_NAME, GIVEN, 1, 100, .says = "Error message." },
	{ "channel", FIELD_NAME, GIVEN | SOMETIMES, 1, 131072, .says = "Channel of the request." },
	{ 0 },
};

static const struct field echo[] = {
	{ "message", FIELD_NAME, GIVEN, 1, 100, .says = "Confirmation of receipt." },
	{ "original", FIELD_JSON, GIVEN, .says = "The message that was received." },
	{ "connection_id", FIELD_NAME, GIVEN, 16, 16, .says = "Connection ID." },
	{ 0 },
};

static const struct {
	const char *type, *says;
	const struct field *data;
} rows[] = {
	{ "connected", "Connected, or authenticated as a user", connected },
	{ "subscribed", "Subscribed to a channel", subscribed },
	{ "unsubscribed", "Unsubscribed from a channel, on request or because permission was lost",
	  unsubscribed },
	{ "error", "Request failed or invalid; the connection stays open", error },
	{ "echo", "Message of unknown type, sent back", echo },
};

void asyncapi_plain_channel(struct buf *out)
{
	contract_open(out, "connection", '{');
	contract_raw(out, "address", "null");
	contract_text(out, "description",
	              "Messages on /ws about the connection itself, sent to its client only.");
	contract_raw(out, "servers", "[{\"$ref\":\"#/servers/websocket\"}]");
	contract_open(out, "messages", '{');
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		buf_print(out, "\"%s\":{\"$ref\":\"#/components/messages/%s\"},", rows[i].type, rows[i].type);
	contract_close(out, '}');
	contract_close(out, '}');
}

void asyncapi_plain_operation(struct buf *out)
{
	contract_raw(out, "hear_connection",
	             "{\"action\":\"send\",\"channel\":{\"$ref\":\"#/channels/connection\"},"
	             "\"summary\":\"Receive messages about the connection\"}");
}

static void data(struct buf *out, const struct field *fields)
{
	contract_open(out, "data", '{');
	contract_text(out, "type", "object");
	contract_open(out, "properties", '{');
	for (const struct field *field = fields; field->name; field++)
		contract_field(out, field->name, field);
	contract_close(out, '}');
	contract_open(out, "required", '[');
	for (const struct field *field = fields; field->name; field++)
		buf_print(out, field->rules & SOMETIMES ? "" : "\"%s\",", field->name);
	contract_close(out, ']');
	contract_raw(out, "additionalProperties", "false");
	contract_close(out, '}');
}

void asyncapi_plain_messages(struct buf *out)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		contract_open(out, rows[i].type, '{');
		contract_text(out, "name", rows[i].type);
		contract_text(out, "summary", rows[i].says);
		contract_text(out, "contentType", "application/json");
		contract_open(out, "payload", '{');
		contract_text(out, "type", "object");
		contract_open(out, "properties", '{');
		contract_open(out, "type", '{');
		contract_text(out, "const", rows[i].type);
		contract_close(out, '}');
		data(out, rows[i].data);
		contract_raw(out, "timestamp",
		             "{\"type\":\"string\",\"format\":\"date-time\","
		             "\"description\":\"Time of the message.\"}");
		contract_close(out, '}');
		contract_raw(out, "required", "[\"type\",\"data\",\"timestamp\"]");
		contract_raw(out, "additionalProperties", "false");
		contract_close(out, '}');
		contract_close(out, '}');
	}
}
