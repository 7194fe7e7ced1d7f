/* asyncapi_events.c: describes the channels and their events, from channels.def and events.def. */

#include <stdio.h>

#include "asyncapi.h"
#include "asyncapi_message.h"
#include "channels.h"
#include "events.h"
#include "writer.h"

#define EXAMPLE_ID "019aa5b7-2c40-7d31-8f5e-6a1b0c9d4e72"

/* "note:{id}" → "note" */
static const char *base_name(const struct channel_row *row, char kind[32])
{
	snprintf(kind, 32, "%.*s", (int)strcspn(row->pattern, ":"), row->pattern);
	return kind;
}

/* ---- Channels ---- */

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
	writer_text(out, "title", row->pattern);
	description(out, row);
	writer_raw(out, "servers",
	           "[{\"$ref\":\"#/servers/websocket\"},{\"$ref\":\"#/servers/events\"}]");
	if (strchr(row->pattern, '{'))
		writer_raw(out, "parameters",
		           "{\"id\":{\"description\":\"Resource ID, a UUID in lower case.\","
		           "\"examples\":[\"" EXAMPLE_ID "\"]}}");
	writer_open(out, "messages", '{');
	for (const struct event *event = events; event->type; event++) {
		if (str_has_part(str_of(event->channels), ' ', str_of(row->pattern)))
			message_ref(out, event_name(event));
	}
	writer_close(out, '}');
	writer_close(out, '}');
}

void asyncapi_events_channels(struct buf *out, const struct event *events)
{
	for (size_t i = 0; i < CHANNELS; i++)
		channel(out, &channel_rows[i], events);
}

void asyncapi_events_operations(struct buf *out)
{
	for (size_t i = 0; i < CHANNELS; i++) {
		char kind[32], name[40], summary[64];

		base_name(&channel_rows[i], kind);
		snprintf(name, sizeof(name), "send_%s", kind);
		snprintf(summary, sizeof(summary), "Receive events of %s", channel_rows[i].pattern);
		message_operation_open(out, name, "send", kind, summary);
		if (channel_rows[i].role != PUBLIC)
			writer_raw(out, "security",
			           "[{\"$ref\":\"#/components/securitySchemes/bearerAuth\"}]");
		writer_close(out, '}');
	}
}

/* ---- Messages ---- */

static void payload(struct buf *out, const struct event *event)
{
	message_object_open(out, "payload");
	writer_raw(out, "channel",
	           "{\"type\":\"string\",\"minLength\":1,\"maxLength\":128,"
	           "\"description\":\"Channel of the event.\"}");
	writer_raw(out, "offset",
	           "{\"type\":\"integer\",\"minimum\":1,\"maximum\":9007199254740991,"
	           "\"description\":\"Position in the channel: 1, 2, 3 … without gaps.\"}");
	writer_open(out, "type", '{');
	writer_text(out, "type", "string");
	if (event_is_broadcast(event))
		writer_text(out, "pattern", "^[a-z0-9_.]{1,100}$");
	else
		writer_text(out, "const", event->type);
	writer_close(out, '}');
	buf_print(out, "\"data\":{\"$ref\":\"#/components/schemas/%s\"},", event_name(event));
	writer_raw(out, "timestamp",
	           "{\"type\":\"string\",\"format\":\"date-time\","
	           "\"description\":\"Time of the event.\"}");
	message_object_close(out, "[\"channel\",\"offset\",\"type\",\"data\",\"timestamp\"]");
}

/* On the event's first channel. */
static void example(struct buf *out, const struct event *event)
{
	size_t length = strcspn(event->channels, " {");

	message_example_open(out);
	writer_open(out, NULL, '{');
	writer_text(out, "type", event_is_broadcast(event) ? "drill.started" : event->type);
	buf_text(out, "\"data\":");
	event_example(out, event);
	writer_raw(out, "timestamp", "\"2026-11-21T05:47:00.123+00:00\"");
	buf_print(out, "\"channel\":\"%.*s%s\",\"offset\":42,", (int)length, event->channels,
	          event->channels[length] == '{' ? EXAMPLE_ID : "");
	writer_close(out, '}');
	message_example_close(out);
}

void asyncapi_events_messages(struct buf *out, const struct event *events)
{
	for (const struct event *event = events; event->type; event++) {
		message_open(out, event_name(event), event_name(event), event->summary, NULL);
		payload(out, event);
		example(out, event);
		writer_close(out, '}');
	}
}
