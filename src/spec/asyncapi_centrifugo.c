/* asyncapi_centrifugo.c: describes the Centrifugo protocol, from centrifuge_commands.def. */

#include <stdio.h>

#include "asyncapi.h"
#include "asyncapi_message.h"
#include "json_schema.h"
#include "live_messages.h"
#include "live_routes.h"
#include "writer.h"

#define CHANNEL_NAME "centrifugo"

enum reply_kind { RESULT, ERROR, NONE };

static const struct command {
	const char *name;
	enum reply_kind reply;
	const char *summary, *description;
} commands[] = {
#define CENTRIFUGE_COMMAND(name, function, reply, summary, description)                            \
	{ #name, reply, summary, description },
#define PARAM(...)
#define RESULT(...)
#include "table/centrifuge_commands.def"
#undef CENTRIFUGE_COMMAND
#undef PARAM
#undef RESULT
};

static const struct field event_fields[] = {
	{ "type", FIELD_LINE, REQUIRED, 1, 100, .description = "Type of the event.",
	  .example = "drill.started" },
	{ "data", FIELD_OBJECT, REQUIRED,
	  .description = "Data of the event, as the messages of its channel describe it." },
	{ "timestamp", FIELD_TIME, REQUIRED, .description = "Time of the event.",
	  .example = "2026-11-21T05:47:00.123+00:00" },
	{ 0 },
};
static const struct shape event_shape = { "CentrifugoEvent", event_fields };

static const struct field publication_fields[] = {
	{ "data", FIELD_SHAPE, REQUIRED, .shape = &event_shape, .description = "The event." },
	{ "offset", FIELD_INTEGER, REQUIRED, 1, 9007199254740991,
	  .description = "Position in the channel." },
	{ 0 },
};
static const struct shape publication_shape = { "CentrifugoPublication", publication_fields };

/* Publications are a list of shapes; other members do not use the shape. */
#define FIELD_PUBLICATIONS FIELD_SHAPE
#define MEMBER(command, name, type, present, min, max, example_, text)                             \
	{ #command,                                                                                \
	  { #name, FIELD_##type, PRESENT_##present | (FIELD_##type == FIELD_SHAPE ? MULTIPLE : 0), \
	    min, max, .shape = &publication_shape, .example = example_, .description = text } },

static const struct live_member params[] = {
#define CENTRIFUGE_COMMAND(...)
#define PARAM MEMBER
#define RESULT(...)
#include "table/centrifuge_commands.def"
#undef PARAM
#undef RESULT
	{ 0 },
};

static const struct live_member results[] = {
#define PARAM(...)
#define RESULT MEMBER
#include "table/centrifuge_commands.def"
#undef PARAM
#undef RESULT
#undef CENTRIFUGE_COMMAND
	{ 0 },
};

/* Messages that the server sends unprompted, as JSON Schema of the message, and an example. */
static const struct {
	const char *key, *name, *summary, *payload, *example;
} pushes[] = {
	{ "centrifugo_publication", "publication", "Event of a channel",
	  "\"push\":{\"type\":\"object\",\"properties\":{\"channel\":{\"type\":\"string\"},"
	  "\"pub\":{\"$ref\":\"#/components/schemas/CentrifugoPublication\"}},"
	  "\"required\":[\"channel\",\"pub\"],\"additionalProperties\":false}",
	  "{\"push\":{\"channel\":\"all\",\"pub\":{\"data\":{\"type\":\"drill.started\","
	  "\"data\":{},\"timestamp\":\"2026-11-21T05:47:00.123+00:00\"},\"offset\":3}}}" },
	{ "centrifugo_unsubscribed", "unsubscribe", "Permission for a channel lost",
	  "\"push\":{\"type\":\"object\",\"properties\":{\"channel\":{\"type\":\"string\"},"
	  "\"unsubscribe\":{\"type\":\"object\",\"properties\":{\"code\":{\"type\":\"integer\"},"
	  "\"reason\":{\"type\":\"string\"}},\"required\":[\"code\",\"reason\"],"
	  "\"additionalProperties\":false}},"
	  "\"required\":[\"channel\",\"unsubscribe\"],\"additionalProperties\":false}",
	  "{\"push\":{\"channel\":\"duty\",\"unsubscribe\":{\"code\":103,"
	  "\"reason\":\"permission denied\"}}}" },
	{ "centrifugo_disconnected", "disconnect",
	  "Disconnected, with a close code; HTTP streams only",
	  "\"push\":{\"type\":\"object\",\"properties\":{\"disconnect\":{\"type\":\"object\","
	  "\"properties\":{\"code\":{\"type\":\"integer\"},\"reason\":{\"type\":\"string\"}},"
	  "\"required\":[\"code\",\"reason\"],\"additionalProperties\":false}},"
	  "\"required\":[\"disconnect\"],\"additionalProperties\":false}",
	  "{\"push\":{\"disconnect\":{\"code\":3001,\"reason\":\"shutdown\"}}}" },
	{ "centrifugo_server_ping", "server ping", "Ping from the server, or the client's reply",
	  NULL, "{}" },
};

static const char *command_key(const struct command *command, char key[48])
{
	snprintf(key, 48, "centrifugo_%s", command->name);
	return key;
}

static const char *result_key(const struct command *command, char key[48])
{
	snprintf(key, 48, "centrifugo_%s_result", command->name);
	return key;
}

/* ---- Channels and operations ---- */

void asyncapi_centrifugo_channels(struct buf *out)
{
	char key[48];

	message_channel_open(
		out, CHANNEL_NAME, "Centrifugo protocol",
		"JSON commands, replies, and pushes, as in Centrifugo's client protocol. A "
		"WebSocket frame or a line can have several, separated by line breaks. Commands of "
		"HTTP streams are sent to `/emulation`.",
		"[{\"$ref\":\"#/servers/centrifugo\"},"
		"{\"$ref\":\"#/servers/centrifugo_http_stream\"},"
		"{\"$ref\":\"#/servers/centrifugo_sse\"}]");
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		message_ref(out, command_key(&commands[i], key));
		if (commands[i].reply == RESULT)
			message_ref(out, result_key(&commands[i], key));
	}
	message_ref(out, "centrifugo_error");
	for (size_t i = 0; i < COUNT_OF(pushes); i++)
		message_ref(out, pushes[i].key);
	writer_close(out, '}');
	writer_close(out, '}');
	message_channel_open(out, "emulation", "Commands of HTTP streams",
	                     "`POST` requests with commands; the response is 204.",
	                     "[{\"$ref\":\"#/servers/emulation\"}]");
	message_ref(out, "emulation_commands");
	writer_close(out, '}');
	writer_close(out, '}');
}

static void command_operation(struct buf *out, const struct command *command)
{
	char name[64], key[48], reply[96];

	snprintf(name, sizeof(name), "receive_%s", command_key(command, key));
	message_operation_open(out, name, "receive", CHANNEL_NAME, command->summary);
	message_operation_messages(out, CHANNEL_NAME, key);
	snprintf(reply, sizeof(reply), "centrifugo_error");
	if (command->reply == RESULT)
		snprintf(reply, sizeof(reply), "%s centrifugo_error", result_key(command, key));
	if (command->reply != NONE)
		message_operation_reply(out, CHANNEL_NAME, reply);
	writer_close(out, '}');
}

void asyncapi_centrifugo_operations(struct buf *out)
{
	for (size_t i = 0; i < COUNT_OF(commands); i++)
		command_operation(out, &commands[i]);
	message_operation_open(out, "send_centrifugo", "send", CHANNEL_NAME,
	                       "Send events, pings, and disconnects");
	message_operation_messages(out, CHANNEL_NAME,
	                           "centrifugo_publication centrifugo_unsubscribed "
	                           "centrifugo_disconnected centrifugo_server_ping");
	writer_close(out, '}');
	message_operation_open(out, "receive_emulation", "receive", "emulation",
	                       "Send commands of an HTTP stream");
	message_operation_messages(out, "emulation", "emulation_commands");
	writer_raw(out, "bindings",
	           "{\"http\":{\"method\":\"POST\",\"bindingVersion\":\"0.3.0\"}}");
	writer_close(out, '}');
}

/* ---- Messages ---- */

static void id(struct buf *out)
{
	writer_raw(out, "id",
	           "{\"type\":\"integer\",\"minimum\":1,\"maximum\":4294967295,"
	           "\"description\":\"ID of the command, chosen by the client.\"}");
}

/* {"id", name: object} */
static void message(struct buf *out, const char *key, const struct command *command,
                    const char *summary, const char *description, const struct field *fields)
{
	char required[64];

	message_open(out, key, command->name, summary, description);
	message_object_open(out, "payload");
	id(out);
	message_object(out, command->name, fields);
	snprintf(required, sizeof(required), "[%s\"%s\"]", command->reply == NONE ? "" : "\"id\",",
	         command->name);
	message_object_close(out, required);
	message_example_open(out);
	buf_print(out, "{\"id\":2,\"%s\":", command->name);
	message_object_example(out, fields);
	writer_close(out, '}');
	message_example_close(out);
	writer_close(out, '}');
}

static void command_messages(struct buf *out, const struct command *command)
{
	struct field fields[LIVE_MEMBERS];
	char key[48], summary[64];

	live_message_fields(params, command->name, fields);
	message(out, command_key(command, key), command, command->summary, command->description,
	        fields);
	if (command->reply != RESULT)
		return;
	live_message_fields(results, command->name, fields);
	snprintf(summary, sizeof(summary), "Result of %s", command->name);
	message(out, result_key(command, key), command, summary, NULL, fields);
}

static void error_message(struct buf *out)
{
	message_open(
		out, "centrifugo_error", "error", "Command failed",
		"The connection stays open. `x-error-codes` of this document lists the codes.");
	message_object_open(out, "payload");
	id(out);
	message_object_open(out, "error");
	asyncapi_codes_schema(out, "code");
	writer_raw(out, "message", "{\"type\":\"string\",\"minLength\":1,\"maxLength\":100}");
	writer_raw(out, "temporary",
	           "{\"type\":\"boolean\",\"description\":"
	           "\"Present and true if a later retry may succeed.\"}");
	message_object_close(out, "[\"code\",\"message\"]");
	message_object_close(out, "[\"id\",\"error\"]");
	asyncapi_codes_examples(out, "{\"id\":2,\"error\":", "}");
	writer_close(out, '}');
}

static void push(struct buf *out, size_t i)
{
	message_open(out, pushes[i].key, pushes[i].name, pushes[i].summary, NULL);
	writer_open(out, "payload", '{');
	writer_text(out, "type", "object");
	if (pushes[i].payload) {
		buf_print(out, "\"properties\":{%s},", pushes[i].payload);
		writer_raw(out, "required", "[\"push\"]");
	}
	writer_raw(out, "additionalProperties", "false");
	writer_close(out, '}');
	message_example_open(out);
	buf_text(out, pushes[i].example);
	message_example_close(out);
	writer_close(out, '}');
}

static void emulation(struct buf *out)
{
	message_open(out, "emulation_commands", "commands", "Commands of an HTTP stream", NULL);
	message_object(out, "payload", live_emulation_fields);
	message_example_open(out);
	message_object_example(out, live_emulation_fields);
	message_example_close(out);
	writer_close(out, '}');
}

void asyncapi_centrifugo_messages(struct buf *out)
{
	for (size_t i = 0; i < COUNT_OF(commands); i++)
		command_messages(out, &commands[i]);
	error_message(out);
	for (size_t i = 0; i < COUNT_OF(pushes); i++)
		push(out, i);
	emulation(out);
}

void asyncapi_centrifugo_schemas(struct buf *out)
{
	message_object(out, event_shape.name, event_fields);
	message_object(out, publication_shape.name, publication_fields);
}
