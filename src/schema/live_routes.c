/* live_routes.c: the HTTP routes of realtime connections, with their parameters and bodies. */

#include "live_routes.h"

/* clang-format off */
const struct field live_connect_fields[] = {
	{ "id", FIELD_INTEGER, REQUIRED, 1, 4294967295,
	  .description = "Command ID, repeated in the reply.", .example = "1" },
	{ "connect", FIELD_OBJECT, REQUIRED,
	  .description = "The `connect` command: `token`, and `subs` to recover.", .example = "{}" },
	{ 0 },
};

const struct field live_sse_connect_query[] = {
	{ "cf_connect", FIELD_TEXT, REQUIRED, 1, 8192,
	  .description = "A Centrifugo `connect` command, as JSON.",
	  .example = "{\"id\":1,\"connect\":{}}" },
	{ 0 },
};

const struct field live_emulation_fields[] = {
	{ "session", FIELD_TEXT, REQUIRED, 32, 32,
	  .description = "`session` of the reply to `connect`.",
	  .example = "8c1b6f0d3e2a49578c1b6f0d3e2a4957" },
	{ "node", FIELD_TEXT, 0, 0, 36,
	  .description = "`node` of the reply to `connect`; defaults to the process that receives "
	                 "the request.",
	  .example = "01900000-0000-7000-8000-0000000000ff" },
	{ "data", FIELD_TEXT, REQUIRED, 0, 262144,
	  .description = "Commands, one JSON object per line.",
	  .example = "{\"id\":2,\"subscribe\":{\"channel\":\"all\"}}" },
	{ 0 },
};

const struct field live_events_query[] = {
	{ "channels", FIELD_CHANNEL, REQUIRED | MULTIPLE | UNIQUE_ITEMS, .max_items = 10000,
	  .description = "Channels to subscribe to, each once. At most `WS_CHANNELS`, 128 by default.",
	  .example = "all" },
	{ 0 },
};

const struct field live_events_headers[] = {
	{ "Last-Event-ID", FIELD_LINE, 0, 1, 8192,
	  .description = "ID of the last event that the client received. Missed events are sent "
	                 "first. If those of a channel are no longer available, the stream begins "
	                 "with an event `reset` for it.",
	  .example = "558cfbbe98813cf7:0" },
	{ 0 },
};
/* clang-format on */

const struct live_route live_route_rows[] = {
#define LIVE_ROUTE(method, pattern, name, summary, description, status, media_type, problems,      \
                   takes_token, query, headers, body, ...)                                         \
	{ method,     pattern,  name,        summary, description, status,                         \
	  media_type, problems, takes_token, query,   headers,     body },
#include "table/live_routes.def"
#undef LIVE_ROUTE
	{ METHOD_NONE },
};
