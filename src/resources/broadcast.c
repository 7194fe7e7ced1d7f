/* broadcast.c: broadcasts to all connected clients, and the list of connections. */

#include <stddef.h>

#include "shapes.h"

static const struct field broadcast_fields[] = {
	{ "type", FIELD_NAME, REQUIRED, 1, 100,
	  .says = "Event type: a-z, 0-9, underscores, and dots, such as `drill.begins`." },
	{ "data", FIELD_OBJECT, REQUIRED, .says = "Any JSON object of at most 32768 bytes." },
	{ 0 },
};

static const struct field statistics_fields[] = {
	{ "total_connections", FIELD_INTEGER, GIVEN, 0, 9007199254740991,
	  .says = "Number of connections to all processes." },
	{ "sent", FIELD_INTEGER, GIVEN, 0, 9007199254740991,
	  .says = "Number of connections that the event is delivered to." },
	{ "failed", FIELD_INTEGER, GIVEN, 0, 9007199254740991,
	  .says = "Always 0. Clients that are disconnected receive the event when they "
	          "reconnect." },
	{ "stale_removed", FIELD_INTEGER, GIVEN, 0, 9007199254740991,
	  .says = "Always 0. Closed connections are removed immediately." },
	{ 0 },
};

static const struct shape broadcast_statistics = {
	"BroadcastResults", statistics_fields, .says = "Delivery statistics of a broadcast.",
};

static const struct field broadcast_result_fields[] = {
	{ "message", FIELD_NAME, GIVEN, .says = "Summary of the result." },
	{ "results", FIELD_SHAPE, GIVEN, .shape = &broadcast_statistics,
	  .says = "Delivery statistics." },
	{ 0 },
};

static const struct field connection_fields[] = {
	{ "id", FIELD_NAME, GIVEN, 16, 16, .says = "Connection ID, as known to the client." },
	{ "transport", FIELD_NAME, GIVEN,
	  .says = "`websocket`, `http_stream`, `sse`, `plain`, or `events`." },
	{ "user_id", FIELD_UUID, GIVEN | NULLABLE,
	  .says = "ID of the user; null if the connection is not authenticated." },
	{ "address", FIELD_NAME, GIVEN, .says = "IP address of the client." },
	{ "connected_at", FIELD_TIME, GIVEN, .says = "Time of connection." },
	{ "channels", FIELD_INTEGER, GIVEN, 0, 10000,
	  .says = "Number of channels the connection is subscribed to." },
	{ 0 },
};

static const struct shape connection = {
	"Connection", connection_fields, .says = "An open connection.",
};

static const struct field connections_fields[] = {
	{ "connection_count", FIELD_INTEGER, GIVEN, 0, 9007199254740991,
	  .says = "Number of connections to all processes, as of a few seconds ago." },
	{ "timestamp", FIELD_TIME, GIVEN, .says = "Current time." },
	{ "process", FIELD_UUID, GIVEN, .says = "ID of the process that responds." },
	{ "process_connections", FIELD_INTEGER, GIVEN, 0, 9007199254740991,
	  .says = "Number of connections to that process." },
	{ "connections", FIELD_SHAPE, GIVEN | MANY, .shape = &connection,
	  .says = "Connections to that process, oldest first, as selected by `limit` and `skip`." },
	{ 0 },
};

static const struct field page_query[] = {
	{ "limit", FIELD_INTEGER, PLACE, 1, 500, .usual = "100",
	  .says = "Maximum number of connections to return." },
	{ "skip", FIELD_INTEGER, PLACE, 0, 1000000, .usual = "0",
	  .says = "Number of connections to skip." },
	{ 0 },
};

static const struct shape broadcast_result = {
	"Broadcast", broadcast_result_fields, .says = "A broadcast event.",
};
static const struct shape connections = {
	"Connections", connections_fields, .says = "Open connections.",
};

static const char *const broadcast_refuses[] = { "VALIDATION_FAILED", NULL };

static const struct operation operations[] = {
	{ POST, "/broadcast", ADMIN, SQL_LIVE_BROADCAST, "broadcast", .body = broadcast_fields,
	  .answers = &broadcast_result, .rules = OPEN, .refuses = broadcast_refuses,
	  .summary = "Broadcast an event",
	  .description = "Publishes the event on the channel `all`." },
	{ GET, "/connections", ADMIN, SQL_LIVE_CONNECTIONS, "list_connections", .query = page_query,
	  .answers = &connections, .rules = WITH_GUESTS, .summary = "List connections",
	  .description = "Number of all open connections, and details of those to the process "
	                 "that responds." },
	{ 0 },
};

const struct resource broadcast = {
	.path = "/websocket",
	.outside = true,
	.name = "Connections",
	.domain = LIVE,
	.operations = operations,
	.says = "Open connections of clients, and broadcasts to them.",
};
