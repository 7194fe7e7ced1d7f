/* asyncapi.c: writes the AsyncAPI 3.0 document from the rows of channels.def and events.def. */

#include <stdio.h>

#include "asyncapi.h"
#include "channels.h"
#include "json_schema.h"
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
	spec_open(out, event_name(event), '{');
	spec_text(out, "name", event_name(event));
	spec_text(out, "summary", event->summary);
	spec_text(out, "contentType", "application/json");
	spec_open(out, "payload", '{');
	spec_text(out, "type", "object");
	spec_open(out, "properties", '{');
	spec_raw(out, "channel",
	             "{\"type\":\"string\",\"description\":\"Channel of the event.\"}");
	spec_raw(out, "offset",
	             "{\"type\":\"integer\",\"minimum\":1,"
	             "\"description\":\"Position in the channel: 1, 2, 3 … without gaps.\"}");
	spec_open(out, "type", '{');
	if (event_is_broadcast(event))
		buf_text(out, "\"type\":\"string\",\"pattern\":\"^[a-z0-9_.]{1,100}$\",");
	else
		spec_text(out, "const", event->type);
	spec_close(out, '}');
	buf_print(out, "\"data\":{\"$ref\":\"#/components/schemas/%s\"},", event_name(event));
	spec_raw(out, "timestamp",
	             "{\"type\":\"string\",\"format\":\"date-time\","
	             "\"description\":\"Time of the event.\"}");
	spec_close(out, '}');
	spec_raw(out, "required", "[\"channel\",\"offset\",\"type\",\"data\",\"timestamp\"]");
	spec_raw(out, "additionalProperties", "false");
	spec_close(out, '}');
	spec_close(out, '}');
}

/* "note:{id}" → "note" */
static const char *base_name(const struct channel_row *row, char kind[32])
{
	snprintf(kind, 32, "%.*s", (int)strcspn(row->pattern, ":"), row->pattern);
	return kind;
}

static void description(struct buf *out, const struct channel_row *row)
{
	struct buf text = { 0 };

	buf_text(&text, row->description);
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
	spec_text(out, "description", buf_cstr(&text));
	buf_finish(&text);
}

static void channel(struct buf *out, const struct channel_row *row)
{
	char kind[32];

	spec_open(out, base_name(row, kind), '{');
	spec_text(out, "address", row->pattern);
	description(out, row);
	if (strchr(row->pattern, '{'))
		spec_raw(out, "parameters",
		             "{\"id\":{\"description\":\"Resource ID, a UUID in lower case.\"}}");
	spec_open(out, "messages", '{');
	for (const struct event_row *event = event_rows; event->type; event++) {
		if (is_among(event->channels, str_of(row->pattern)))
			buf_print(out, "\"%s\":{\"$ref\":\"#/components/messages/%s\"},", event_name(event), event_name(event));
	}
	spec_close(out, '}');
	spec_close(out, '}');
}

static void operation(struct buf *out, const struct channel_row *row)
{
	char kind[32];

	base_name(row, kind);
	buf_print(out, "\"send_%s\":{\"action\":\"send\",\"channel\":{\"$ref\":\"#/channels/%s\"},", kind, kind);
	spec_text(out, "summary", row->description);
	if (row->role != PUBLIC)
		spec_raw(out, "security", "[{\"$ref\":\"#/components/securitySchemes/bearerAuth\"}]");
	spec_close(out, '}');
}

static void servers(struct buf *out)
{
	static const struct {
		const char *name, *protocol, *path, *description;
	} rows[] = {
		{ "websocket", "wss", "/ws", "JSON messages as described here." },
		{ "events", "https", "/api/v1/events", "The same messages as server-sent events." },
		{ "centrifugo", "wss", "/connection/websocket",
		  "The Centrifugo protocol, for its client libraries. The data of a publication has the members "
		  "type, data and timestamp; channel and offset are sent beside it." },
	};

	spec_open(out, "servers", '{');
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		spec_open(out, rows[i].name, '{');
		spec_text(out, "host", "{host}");
		spec_text(out, "pathname", rows[i].path);
		spec_text(out, "protocol", rows[i].protocol);
		spec_text(out, "description", rows[i].description);
		spec_raw(out, "variables",
		             "{\"host\":{\"default\":\"localhost:8080\","
		             "\"description\":\"Host and port of the server.\"}}");
		spec_close(out, '}');
	}
	spec_close(out, '}');
}

void api_asyncapi(const struct resource *const *resources, struct buf *out)
{
	spec_open(out, NULL, '{');
	spec_text(out, "asyncapi", "3.0.0");
	spec_raw(out, "info",
	             "{\"title\":\"Binnacle\",\"version\":\"" BINNACLE_VERSION "\",\"description\":"
	             "\"Live events of the Binnacle API. A reconnecting client sends its last offset "
	             "and epoch. It then receives every event it missed, or is told that some are no "
	             "longer available.\"}");
	spec_text(out, "defaultContentType", "application/json");
	servers(out);
	spec_open(out, "channels", '{');
	for (size_t i = 0; i < CHANNELS; i++)
		channel(out, &channel_rows[i]);
	asyncapi_connection_channel(out);
	spec_close(out, '}');
	spec_open(out, "operations", '{');
	for (size_t i = 0; i < CHANNELS; i++)
		operation(out, &channel_rows[i]);
	asyncapi_connection_operation(out);
	spec_close(out, '}');
	spec_open(out, "components", '{');
	spec_open(out, "messages", '{');
	for (const struct event_row *event = event_rows; event->type; event++)
		message(out, event);
	asyncapi_connection_messages(out);
	spec_close(out, '}');
	spec_open(out, "schemas", '{');
	for (const struct event_row *event = event_rows; event->type; event++)
		event_schema(out, event, resources);
	spec_close(out, '}');
	spec_raw(out, "securitySchemes",
	             "{\"bearerAuth\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\"}}");
	spec_close(out, '}');
	spec_close(out, '}');
	out->length--; /* the trailing comma */
}
