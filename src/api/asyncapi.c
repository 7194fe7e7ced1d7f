/* asyncapi.c: writes the AsyncAPI 3.0 document from the rows of channels.def and events.def. */

#include <stdio.h>

#include "asyncapi.h"
#include "channels.h"
#include "spec.h"
#include "events.h"

static bool is_among(const char *words, struct str word)
{
	struct str rest = str_of(words), each;

	while (str_cut(&rest, ' ', &each)) {
		if (str_equal(each, word))
			return true;
	}
	return false;
}

/* The message as /ws and /api/v1/events send it. */
static void message(struct buf *out, const struct event_row *event)
{
	contract_open(out, event_name(event), '{');
	contract_text(out, "name", event_name(event));
	contract_text(out, "summary", event->says);
	contract_text(out, "contentType", "application/json");
	contract_open(out, "payload", '{');
	contract_text(out, "type", "object");
	contract_open(out, "properties", '{');
	contract_raw(out, "channel",
	             "{\"type\":\"string\",\"description\":\"Channel of the event.\"}");
	contract_raw(out, "offset",
	             "{\"type\":\"integer\",\"minimum\":1,"
	             "\"description\":\"Position in the channel: 1, 2, 3 … without gaps.\"}");
	contract_open(out, "type", '{');
	if (event_is_free(event))
		buf_text(out, "\"type\":\"string\",\"pattern\":\"^[a-z0-9_.]{1,100}$\",");
	else
		contract_text(out, "const", event->type);
	contract_close(out, '}');
	buf_print(out, "\"data\":{\"$ref\":\"#/components/schemas/%s\"},", event_name(event));
	contract_raw(out, "timestamp",
	             "{\"type\":\"string\",\"format\":\"date-time\","
	             "\"description\":\"Time of the event.\"}");
	contract_close(out, '}');
	contract_raw(out, "required", "[\"channel\",\"offset\",\"type\",\"data\",\"timestamp\"]");
	contract_raw(out, "additionalProperties", "false");
	contract_close(out, '}');
	contract_close(out, '}');
}

/* "note:{id}" → "note" */
static const char *kind_of(const struct channel_row *row, char kind[32])
{
	snprintf(kind, 32, "%.*s", (int)strcspn(row->pattern, ":"), row->pattern);
	return kind;
}

static void description(struct buf *out, const struct channel_row *row)
{
	struct buf text = { 0 };

	buf_text(&text, row->says);
	if (row->role == PUBLIC)
		buf_text(&text, " Public content requires no token.");
	else
		buf_print(&text, " Requires %s.", role_name(row->role));
	for (struct str rest = str_of(row->revokes), type; str_cut(&rest, ' ', &type);)
		buf_print(&text, "%s%.*s",
		          type.at == row->revokes ? " Subscribers are re-authorized after "
		                                  : " and ",
		          STR_ARGS(type));
	buf_text(&text, *row->revokes ? "." : "");
	contract_text(out, "description", buf_cstr(&text));
	buf_finish(&text);
}

static void channel(struct buf *out, const struct channel_row *row)
{
	char kind[32];

	contract_open(out, kind_of(row, kind), '{');
	contract_text(out, "address", row->pattern);
	description(out, row);
	if (strchr(row->pattern, '{'))
		contract_raw(out, "parameters",
		             "{\"id\":{\"description\":\"Resource ID, a UUID in lower case.\"}}");
	contract_open(out, "messages", '{');
	for (const struct event_row *event = event_rows; event->type; event++) {
		if (is_among(event->channels, str_of(row->pattern)))
			buf_print(out, "\"%s\":{\"$ref\":\"#/components/messages/%s\"},", event_name(event), event_name(event));
	}
	contract_close(out, '}');
	contract_close(out, '}');
}

static void operation(struct buf *out, const struct channel_row *row)
{
	char kind[32];

	kind_of(row, kind);
	buf_print(out, "\"hear_%s\":{\"action\":\"send\",\"channel\":{\"$ref\":\"#/channels/%s\"},", kind, kind);
	contract_text(out, "summary", row->says);
	if (row->role != PUBLIC)
		contract_raw(out, "security", "[{\"$ref\":\"#/components/securitySchemes/bearerAuth\"}]");
	contract_close(out, '}');
}

static void servers(struct buf *out)
{
	static const struct {
		const char *name, *protocol, *path, *says;
	} rows[] = {
		{ "websocket", "wss", "/ws", "JSON messages as described here." },
		{ "events", "https", "/api/v1/events", "The same messages as server-sent events." },
		{ "centrifugo", "wss", "/connection/websocket",
		  "The Centrifugo protocol, for its client libraries. The data of a publication has the members "
		  "type, data and timestamp; channel and offset are sent beside it." },
	};

	contract_open(out, "servers", '{');
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		contract_open(out, rows[i].name, '{');
		contract_text(out, "host", "{host}");
		contract_text(out, "pathname", rows[i].path);
		contract_text(out, "protocol", rows[i].protocol);
		contract_text(out, "description", rows[i].says);
		contract_raw(out, "variables",
		             "{\"host\":{\"default\":\"localhost:8080\","
		             "\"description\":\"Host and port of the server.\"}}");
		contract_close(out, '}');
	}
	contract_close(out, '}');
}

void api_asyncapi(const struct resource *const *resources, struct buf *out)
{
	contract_open(out, NULL, '{');
	contract_text(out, "asyncapi", "3.0.0");
	contract_raw(out, "info",
	             "{\"title\":\"Binnacle\",\"version\":\"" BINNACLE_VERSION "\",\"description\":"
	             "\"Live events of the Binnacle API. A reconnecting client sends its last offset "
	             "and epoch. It then receives every event it missed, or is told that some are no "
	             "longer available.\"}");
	contract_text(out, "defaultContentType", "application/json");
	servers(out);
	contract_open(out, "channels", '{');
	for (size_t i = 0; i < CHANNELS; i++)
		channel(out, &channel_rows[i]);
	asyncapi_plain_channel(out);
	contract_close(out, '}');
	contract_open(out, "operations", '{');
	for (size_t i = 0; i < CHANNELS; i++)
		operation(out, &channel_rows[i]);
	asyncapi_plain_operation(out);
	contract_close(out, '}');
	contract_open(out, "components", '{');
	contract_open(out, "messages", '{');
	for (const struct event_row *event = event_rows; event->type; event++)
		message(out, event);
	asyncapi_plain_messages(out);
	contract_close(out, '}');
	contract_open(out, "schemas", '{');
	for (const struct event_row *event = event_rows; event->type; event++)
		event_schema(out, event, resources);
	contract_close(out, '}');
	contract_raw(out, "securitySchemes",
	             "{\"bearerAuth\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\"}}");
	contract_close(out, '}');
	contract_close(out, '}');
	out->length--; /* the trailing comma */
}
