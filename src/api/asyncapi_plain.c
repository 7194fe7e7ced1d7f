/* asyncapi_plain.c: what /ws says of the connection itself, beside the events: for AsyncAPI. */

#include "asyncapi.h"
#include "contract.h"

static const struct field connected[] = {
	{ "connection_id", FIELD_NAME, GIVEN, 16, 16, .says = "The connection's name." },
	{ "user_id", FIELD_UUID, GIVEN | NULLABLE, .says = "Who is there; null: nobody in particular." },
	{ 0 },
};

static const struct field subscribed[] = {
	{ "channel", FIELD_NAME, GIVEN, 1, 128, .says = "What is heard from now on." },
	{ "epoch", FIELD_NAME, GIVEN, 1, 39, .says = "To be said with the offset when one comes again." },
	{ "offset", FIELD_INTEGER, GIVEN, 0, 9007199254740991, .says = "The channel's last; what comes is told from there on." },
	{ "recovered", FIELD_BOOLEAN, GIVEN | SOMETIMES,
	  .says = "When an offset was said: all that came behind it follows; or nothing of it, since it cannot be had." },
	{ 0 },
};

static const struct field unsubscribed[] = {
	{ "channel", FIELD_NAME, GIVEN, 0, 131072, .says = "What is heard no more." },
	{ "message", FIELD_NAME, GIVEN, 1, 100, .says = "Why." },
	{ 0 },
};

static const struct field error[] = {
	{ "code", FIELD_INTEGER, GIVEN, 100, 112, .says = "Centrifugo's number for it." },
	{ "message", FIELD_NAME, GIVEN, 1, 100, .says = "The same in words." },
	{ "channel", FIELD_NAME, GIVEN | SOMETIMES, 1, 131072, .says = "What was asked for." },
	{ 0 },
};

static const struct field echo[] = {
	{ "message", FIELD_NAME, GIVEN, 1, 100, .says = "That it was received." },
	{ "original", FIELD_JSON, GIVEN, .says = "What was said." },
	{ "connection_id", FIELD_NAME, GIVEN, 16, 16, .says = "The connection's name." },
	{ 0 },
};

static const struct {
	const char *type, *says;
	const struct field *data;
} rows[] = {
	{ "connected", "One is let in, or is known by name from now on.", connected },
	{ "subscribed", "One hears a channel.", subscribed },
	{ "unsubscribed", "One hears a channel no more: as one wished, or since one may not any more.", unsubscribed },
	{ "error", "What was said cannot be done, or cannot be read; the connection stays.", error },
	{ "echo", "What was said means nothing here, and comes back.", echo },
};

void asyncapi_plain_channel(struct buf *out)
{
	contract_open(out, "connection", '{');
	contract_raw(out, "address", "null");
	contract_text(out, "description", "What is said on /ws of the connection itself, to whoever has it.");
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
	             "\"summary\":\"What is said of the connection itself.\"}");
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
		contract_raw(out, "timestamp", "{\"type\":\"string\",\"format\":\"date-time\",\"description\":\"When.\"}");
		contract_close(out, '}');
		contract_raw(out, "required", "[\"type\",\"data\",\"timestamp\"]");
		contract_raw(out, "additionalProperties", "false");
		contract_close(out, '}');
		contract_close(out, '}');
	}
}
