/* asyncapi_sse.c: describes the frames of GET /api/v1/events. A payload has the fields of a frame;
 * its data, which is JSON, is shown parsed. */

#include "asyncapi.h"
#include "asyncapi_message.h"
#include "json_schema.h"
#include "live_routes.h"
#include "writer.h"

#define CHANNEL_NAME "event_stream"
#define ID                                                                                         \
	"\"id\":{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{16}:[0-9]+(,[0-9]+)*$\","             \
	"\"description\":\"Epoch, and the offset of each channel in the order of the request.\"}"
#define FRAME "\"contentType\":\"text/event-stream\","

static const struct {
	const char *key, *name, *summary, *description, *rest;
} frames[] = {
	{ "stream_opened", "opened", "Stream opened",
	  "The first frame. If the connection is lost before the first event, the client resumes "
	  "from this ID.",
	  FRAME "\"payload\":{\"type\":\"object\",\"properties\":{" ID
	        ",\"retry\":{\"type\":\"integer\",\"const\":3000,"
	        "\"description\":\"Milliseconds after which to reconnect.\"}},"
	        "\"required\":[\"id\",\"retry\"],\"additionalProperties\":false},"
	        "\"examples\":[{\"name\":\"example\",\"payload\":"
	        "{\"id\":\"558cfbbe98813cf7:0\",\"retry\":3000}}]" },
	{ "stream_event", "event", "Event of a channel",
	  "`data` is the event as the messages of its channel describe it.",
	  FRAME
	  "\"payload\":{\"type\":\"object\",\"properties\":{" ID
	  ",\"event\":{\"type\":\"string\",\"pattern\":\"^[a-z0-9_.]{1,100}$\","
	  "\"description\":\"Type of the event.\"},"
	  "\"data\":{\"type\":\"object\",\"additionalProperties\":true,\"description\":\"The "
	  "event.\"}},"
	  "\"required\":[\"id\",\"event\",\"data\"],\"additionalProperties\":false},"
	  "\"examples\":[{\"name\":\"example\",\"payload\":{\"id\":\"558cfbbe98813cf7:1\","
	  "\"event\":\"drill.started\",\"data\":{\"type\":\"drill.started\",\"data\":{},"
	  "\"timestamp\":\"2026-11-21T05:47:00.123+00:00\",\"channel\":\"all\",\"offset\":1}}}]" },
	{ "stream_reset", "reset", "Missed events cannot be recovered",
	  "Load the current state of what the channel covers; the stream continues after the "
	  "offset. Sent only at the beginning of a stream with `Last-Event-ID`.",
	  FRAME "\"payload\":{\"type\":\"object\",\"properties\":{" ID
	        ",\"event\":{\"type\":\"string\",\"const\":\"reset\"},"
	        "\"data\":{\"type\":\"object\",\"properties\":{"
	        "\"channel\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":128},"
	        "\"offset\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":9007199254740991}},"
	        "\"required\":[\"channel\",\"offset\"],\"additionalProperties\":false}},"
	        "\"required\":[\"id\",\"event\",\"data\"],\"additionalProperties\":false},"
	        "\"examples\":[{\"name\":\"example\",\"payload\":{\"id\":\"558cfbbe98813cf7:7\","
	        "\"event\":\"reset\",\"data\":{\"channel\":\"all\",\"offset\":7}}}]" },
	{ "stream_ping", "ping", "Comment that keeps the connection open",
	  "`: ping`, every `WS_PING_SECONDS`. Clients ignore it.",
	  FRAME "\"payload\":{\"type\":\"object\",\"properties\":{\"comment\":{\"type\":\"string\","
	        "\"const\":\"ping\"}},\"required\":[\"comment\"],\"additionalProperties\":false},"
	        "\"examples\":[{\"name\":\"example\",\"payload\":{\"comment\":\"ping\"}}]" },
};

void asyncapi_sse_channel(struct buf *out)
{
	message_channel_open(
		out, CHANNEL_NAME, "Event stream",
		"The frames of `GET /api/v1/events` (server-sent events). A browser sends the last "
		"ID as `Last-Event-ID` when it reconnects, and gets the events that it missed.",
		"[{\"$ref\":\"#/servers/events\"}]");
	message_ref(out, "stream_request");
	for (size_t i = 0; i < COUNT_OF(frames); i++)
		message_ref(out, frames[i].key);
	writer_close(out, '}');
	writer_close(out, '}');
}

static void query_binding(struct buf *out)
{
	writer_open(out, "bindings", '{');
	writer_open(out, "http", '{');
	writer_text(out, "method", "GET");
	message_object(out, "query", live_events_query);
	writer_text(out, "bindingVersion", "0.3.0");
	writer_close(out, '}');
	writer_close(out, '}');
}

void asyncapi_sse_operations(struct buf *out)
{
	message_operation_open(out, "receive_stream_request", "receive", CHANNEL_NAME,
	                       "Open a server-sent event stream");
	message_operation_messages(out, CHANNEL_NAME, "stream_request");
	message_operation_reply(out, CHANNEL_NAME,
	                        "stream_opened stream_event stream_reset stream_ping");
	query_binding(out);
	writer_close(out, '}');
}

static void request(struct buf *out)
{
	message_open(
		out, "stream_request", "request", "Request that opens a stream",
		"`GET` without a body. A token in the `Authorization` header is required unless "
		"all channels are public. Errors are `application/problem+json`; `errors` names "
		"each channel that is invalid or not permitted.");
	writer_open(out, "headers", '{');
	writer_text(out, "type", "object");
	writer_open(out, "properties", '{');
	for (const struct field *field = live_events_headers; field->name; field++)
		json_schema_field(out, field->name, field);
	writer_close(out, '}');
	writer_close(out, '}');
	writer_raw(out, "payload", "{\"type\":\"null\"}");
	writer_raw(out, "examples",
	           "[{\"name\":\"resume\",\"headers\":{\"Last-Event-ID\":\"558cfbbe98813cf7:41\"},"
	           "\"payload\":null}]");
	writer_close(out, '}');
}

void asyncapi_sse_messages(struct buf *out)
{
	request(out);
	for (size_t i = 0; i < COUNT_OF(frames); i++) {
		message_open(out, frames[i].key, frames[i].name, frames[i].summary,
		             frames[i].description);
		buf_text(out, frames[i].rest);
		buf_char(out, ',');
		writer_close(out, '}');
	}
}
