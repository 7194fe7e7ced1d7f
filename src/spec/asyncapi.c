/* asyncapi.c: writes the AsyncAPI 3.0 document from the rows of channels.def and events.def. */

#include <stdio.h>

#include "asyncapi.h"
#include "channels.h"
#include "events.h"
#include "spec.h"
#include "writer.h"

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
static void message(struct buf *out, const struct event *event)
{
	writer_open(out, event_name(event), '{');
	writer_text(out, "name", event_name(event));
	writer_text(out, "summary", event->summary);
	writer_text(out, "contentType", "application/json");
	writer_open(out, "payload", '{');
	writer_text(out, "type", "object");
	writer_open(out, "properties", '{');
	writer_raw(out, "channel",
	           "{\"type\":\"string\",\"description\":\"Channel of the event.\"}");
	writer_raw(out, "offset",
	           "{\"type\":\"integer\",\"minimum\":1,"
	           "\"description\":\"Position in the channel: 1, 2, 3 … without gaps.\"}");
	writer_open(out, "type", '{');
	if (event_is_broadcast(event))
		buf_text(out, "\"type\":\"string\",\"pattern\":\"^[a-z0-9_.]{1,100}$\",");
	else
		writer_text(out, "const", event->type);
	writer_close(out, '}');
	buf_print(out, "\"data\":{\"$ref\":\"#/components/schemas/%s\"},", event_name(event));
	writer_raw(out, "timestamp",
	           "{\"type\":\"string\",\"format\":\"date-time\","
	           "\"description\":\"Time of the event.\"}");
	writer_close(out, '}');
	writer_raw(out, "required", "[\"channel\",\"offset\",\"type\",\"data\",\"timestamp\"]");
	writer_raw(out, "additionalProperties", "false");
	writer_close(out, '}');
	writer_close(out, '}');
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
	writer_text(out, "description", buf_cstr(&text));
	buf_finish(&text);
}

static void channel(struct buf *out, const struct channel_row *row, const struct event *events)
{
	char kind[32];

	writer_open(out, base_name(row, kind), '{');
	writer_text(out, "address", row->pattern);
	description(out, row);
	if (strchr(row->pattern, '{'))
		writer_raw(out, "parameters",
		           "{\"id\":{\"description\":\"Resource ID, a UUID in lower case.\"}}");
	writer_open(out, "messages", '{');
	for (const struct event *event = events; event->type; event++) {
		if (is_among(event->channels, str_of(row->pattern)))
			buf_print(out, "\"%s\":{\"$ref\":\"#/components/messages/%s\"},",
			          event_name(event), event_name(event));
	}
	writer_close(out, '}');
	writer_close(out, '}');
}

static void operation(struct buf *out, const struct channel_row *row)
{
	char kind[32];

	base_name(row, kind);
	buf_print(out, "\"send_%s\":{\"action\":\"send\",\"channel\":{\"$ref\":\"#/channels/%s\"},",
	          kind, kind);
	buf_print(out, "\"summary\":\"Receive events of %s\",", row->pattern);
	if (row->role != PUBLIC)
		writer_raw(out, "security",
		           "[{\"$ref\":\"#/components/securitySchemes/bearerAuth\"}]");
	writer_close(out, '}');
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
		  "type, data and timestamp; channel and offset are outside it." },
	};

	writer_open(out, "servers", '{');
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		writer_open(out, rows[i].name, '{');
		writer_text(out, "host", "{host}");
		writer_text(out, "pathname", rows[i].path);
		writer_text(out, "protocol", rows[i].protocol);
		writer_text(out, "description", rows[i].description);
		writer_raw(out, "variables",
		           "{\"host\":{\"default\":\"localhost:8080\","
		           "\"description\":\"Host and port of the server.\"}}");
		writer_close(out, '}');
	}
	writer_close(out, '}');
}

void spec_asyncapi(const struct event *events, struct buf *out)
{
	writer_open(out, NULL, '{');
	writer_text(out, "asyncapi", "3.0.0");
	writer_raw(out, "info",
	           "{\"title\":\"Binnacle\",\"version\":\"" BINNACLE_VERSION "\",\"description\":"
	           "\"Live events of the Binnacle API. A reconnecting client sends its last offset "
	           "and epoch. It then receives every event it missed, or is told that some are no "
	           "longer available.\"}");
	writer_text(out, "defaultContentType", "application/json");
	servers(out);
	writer_open(out, "channels", '{');
	for (size_t i = 0; i < CHANNELS; i++)
		channel(out, &channel_rows[i], events);
	asyncapi_connection_channel(out);
	writer_close(out, '}');
	writer_open(out, "operations", '{');
	for (size_t i = 0; i < CHANNELS; i++)
		operation(out, &channel_rows[i]);
	asyncapi_connection_operation(out);
	writer_close(out, '}');
	writer_open(out, "components", '{');
	writer_open(out, "messages", '{');
	for (const struct event *event = events; event->type; event++)
		message(out, event);
	asyncapi_connection_messages(out);
	writer_close(out, '}');
	writer_open(out, "schemas", '{');
	for (const struct event *event = events; event->type; event++)
		event_schema(out, event);
	writer_close(out, '}');
	writer_raw(
		out, "securitySchemes",
		"{\"bearerAuth\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\"}}");
	writer_close(out, '}');
	writer_close(out, '}');
	out->length--; /* the trailing comma */
}
