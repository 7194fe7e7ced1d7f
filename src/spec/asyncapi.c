/* asyncapi.c: writes the AsyncAPI 3.0 document. It describes the server's side: `receive`
 * operations are what clients send. */

#include "asyncapi.h"
#include "events.h"
#include "live_routes.h"
#include "spec.h"
#include "writer.h"

static const char introduction[] =
	"Live events of the Binnacle API.\n"
	"\n"
	"Every change is committed together with its events. A subscriber receives the events of a "
	"channel exactly once and in order, even across lost connections: a reconnecting client "
	"sends its last epoch and offset, and receives every event it missed, or a message that some "
	"are no longer available.\n"
	"\n"
	"| Endpoint | Protocol |\n"
	"| --- | --- |\n"
	"| `/ws` | plain JSON messages over WebSocket |\n"
	"| `GET /api/v1/events` | server-sent events |\n"
	"| `/connection/websocket` | Centrifugo, JSON, over WebSocket |\n"
	"| `/connection/http_stream`, `/connection/sse`, `/emulation` | Centrifugo's fallbacks |\n"
	"\n"
	"A token is sent in the `Authorization` header of the request, except to "
	"`/connection/http_stream` and `/connection/sse`, or in a message: `authenticate` on "
	"`/ws`, `connect` in the Centrifugo protocol. A connection without a token is anonymous and "
	"can subscribe to public channels.\n";

static void info(struct buf *out)
{
	struct buf text = { 0 };

	buf_text(&text, introduction);
	asyncapi_codes_text(&text);
	writer_open(out, "info", '{');
	writer_text(out, "title", "Binnacle");
	writer_text(out, "version", BINNACLE_VERSION);
	writer_text(out, "description", buf_cstr(&text));
	writer_raw(out, "contact", "{\"name\":\"Binnacle maintainers\"}");
	writer_raw(out, "license",
	           "{\"name\":\"Apache License 2.0\","
	           "\"url\":\"https://www.apache.org/licenses/LICENSE-2.0\"}");
	writer_raw(out, "tags", "[{\"name\":\"logbook\"},{\"name\":\"realtime\"}]");
	writer_close(out, '}');
	buf_finish(&text);
}

static const struct live_route *route_of(const char *pattern)
{
	const struct live_route *row = live_route_rows;

	while (row->method && strcmp(row->pattern, pattern) != 0)
		row++;
	return row;
}

static void servers(struct buf *out)
{
	static const struct {
		const char *name, *protocol, *pattern;
	} rows[] = {
		{ "websocket", "wss", "/ws" },
		{ "events", "https", "/api/v1/events" },
		{ "centrifugo", "wss", "/connection/websocket" },
		{ "centrifugo_http_stream", "https", "/connection/http_stream" },
		{ "centrifugo_sse", "https", "/connection/sse" },
		{ "emulation", "https", "/emulation" },
	};

	writer_open(out, "servers", '{');
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct live_route *row = route_of(rows[i].pattern);

		writer_open(out, rows[i].name, '{');
		writer_text(out, "host", "{host}");
		writer_text(out, "pathname", rows[i].pattern);
		writer_text(out, "protocol", rows[i].protocol);
		writer_text(out, "title", row->summary);
		writer_text(out, "description", row->description);
		writer_raw(out, "variables",
		           "{\"host\":{\"default\":\"localhost:8080\","
		           "\"description\":\"Host and port of the server.\"}}");
		writer_close(out, '}');
	}
	writer_close(out, '}');
}

static void components(struct buf *out, const struct event *events)
{
	writer_open(out, "components", '{');
	writer_open(out, "messages", '{');
	asyncapi_events_messages(out, events);
	asyncapi_connection_messages(out);
	asyncapi_sse_messages(out);
	asyncapi_centrifugo_messages(out);
	writer_close(out, '}');
	writer_open(out, "schemas", '{');
	for (const struct event *event = events; event->type; event++)
		event_schema(out, event);
	asyncapi_centrifugo_schemas(out);
	writer_close(out, '}');
	writer_raw(
		out, "securitySchemes",
		"{\"bearerAuth\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\","
		"\"description\":\"A token of a configured issuer, in the Authorization header of "
		"the request or in a message.\"}}");
	writer_close(out, '}');
}

void spec_asyncapi(const struct event *events, struct buf *out)
{
	writer_open(out, NULL, '{');
	writer_text(out, "asyncapi", "3.0.0");
	info(out);
	writer_text(out, "defaultContentType", "application/json");
	servers(out);
	writer_open(out, "channels", '{');
	asyncapi_events_channels(out, events);
	asyncapi_connection_channel(out);
	asyncapi_sse_channel(out);
	asyncapi_centrifugo_channels(out);
	writer_close(out, '}');
	writer_open(out, "operations", '{');
	asyncapi_events_operations(out);
	asyncapi_connection_operations(out);
	asyncapi_sse_operations(out);
	asyncapi_centrifugo_operations(out);
	writer_close(out, '}');
	components(out, events);
	asyncapi_codes(out);
	writer_close(out, '}');
	out->length--; /* the trailing comma */
}
