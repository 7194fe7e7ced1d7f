/* broadcast.c: broadcasts to all connected clients, and the list of connections. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
static const struct field broadcast_fields[] = {
	{ "type", FIELD_EVENT_TYPE, REQUIRED, 1, 100,
	  .description = "Event type: a-z, 0-9, underscores, and dots, such as `drill.begins`.",
	  .example = "drill.begins" },
	{ "data", FIELD_OBJECT, REQUIRED, .description = "Any JSON object of at most 32768 bytes.",
	  .example = JSON({"place": "Fuel dock", "minutes": 20}) },
	{ 0 },
};

#define TOTAL_FIELDS                                                                               \
	{ "subscribers", FIELD_INTEGER, READ_ONLY, 0, 9007199254740991,                            \
	  .description = "Number of connections subscribed to the channel `all`.", .example = "9" }, \
	{ "processes", FIELD_INTEGER, READ_ONLY, 0, 9007199254740991,                              \
	  .description = "Number of processes whose figures are included: those that reported "    \
	          "within the last minute.", .example = "2" },                                     \
	{ "as_of", FIELD_TIME, READ_ONLY | NULLABLE,                                               \
	  .description = "Time of the oldest of these figures; null if no process has reported "   \
	          "yet." }

static const struct field statistics_fields[] = {
	{ "total_connections", FIELD_INTEGER, READ_ONLY, 0, 9007199254740991,
	  .description = "Number of connections to all processes.", .example = "12" },
	TOTAL_FIELDS,
	{ 0 },
};

static const struct shape broadcast_statistics = {
	"BroadcastResults", statistics_fields, .description = "Who can receive a broadcast.",
};

static const struct field broadcast_result_fields[] = {
	{ "message", FIELD_LINE, READ_ONLY, .description = "Summary of the result.",
	  .example = "Published to 9 of 12 connections." },
	{ "results", FIELD_SHAPE, READ_ONLY, .shape = &broadcast_statistics,
	  .description = "Who can receive it." },
	{ 0 },
};

static const struct field connection_fields[] = {
	{ "id", FIELD_LINE, READ_ONLY, 16, 16, .description = "Connection ID, which is also sent to the client.",
	  .example = "4f1d0a7be2c95386" },
	{ "transport", FIELD_LINE, READ_ONLY,
	  .description = "`websocket`, `http_stream`, `sse`, `plain`, or `events`.",
	  .example = "websocket" },
	{ "user_id", FIELD_UUID, READ_ONLY | NULLABLE,
	  .description = "ID of the user; null if the connection is not authenticated.",
	  .example = DEMO_ID("109") },
	{ "address", FIELD_LINE, READ_ONLY, .description = "IP address of the client.",
	  .example = "192.0.2.17" },
	{ "connected_at", FIELD_TIME, READ_ONLY, .description = "Time of connection." },
	{ "channels", FIELD_INTEGER, READ_ONLY, 0, 10000,
	  .description = "Number of channels the connection is subscribed to.", .example = "3" },
	{ 0 },
};

static const struct shape connection = {
	"Connection", connection_fields, .description = "An open connection.",
};

static const struct field connections_fields[] = {
	{ "connection_count", FIELD_INTEGER, READ_ONLY, 0, 9007199254740991,
	  .description = "Number of connections to all processes.", .example = "12" },
	TOTAL_FIELDS,
	{ "timestamp", FIELD_TIME, READ_ONLY, .description = "Current time." },
	{ "gateway_connections", FIELD_INTEGER, READ_ONLY, 0, 9007199254740991,
	  .description = "Number of connections that API gateways reported, which are not counted "
	                 "above and receive no events from this server.", .example = "0" },
	{ "process", FIELD_UUID, READ_ONLY, .description = "ID of the process that responds." },
	{ "process_connections", FIELD_INTEGER, READ_ONLY, 0, 9007199254740991,
	  .description = "Number of connections to that process.", .example = "12" },
	{ "connections", FIELD_SHAPE, READ_ONLY | MULTIPLE, .shape = &connection,
	  .description = "Connections to that process, oldest first, as selected by `limit` and `skip`." },
	{ 0 },
};

static const struct field page_query[] = {
	{ "limit", FIELD_INTEGER, POSITION, 1, 500, .default_value = "100",
	  .description = "Maximum number of connections to return." },
	{ "skip", FIELD_INTEGER, POSITION, 0, 1000000, .default_value = "0",
	  .description = "Number of connections to skip." },
	{ 0 },
};

static const struct shape broadcast_result = {
	"Broadcast", broadcast_result_fields, .description = "Result of a broadcast.",
};
static const struct shape connections = {
	"Connections", connections_fields, .description = "Open connections.",
};

/* Names and values of AWS API Gateway. */
static const char *const gateway_routes[] = { "$connect", "$disconnect", NULL };

static const struct field gateway_context_fields[] = {
	{ "connectionId", FIELD_LINE, REQUIRED, 1, 128,
	  .description = "ID of the connection, as the gateway names it.",
	  .example = "L0SM9cOFvHcCIhw=" },
	{ "routeKey", FIELD_CHOICE, REQUIRED, .choices = gateway_routes,
	  .choice_name = "GatewayRoute", .description = "Route of the gateway: that of the operation.",
	  .example = "$connect" },
	{ 0 },
};

static const struct shape gateway_context = {
	"GatewayContext", gateway_context_fields, .is_input = true,
	.description = "A connection to a gateway.",
};

static const struct field gateway_fields[] = {
	{ "requestContext", FIELD_SHAPE, REQUIRED, .shape = &gateway_context,
	  .description = "The connection." },
	{ 0 },
};

static const struct field gateway_result_fields[] = {
	{ "statusCode", FIELD_INTEGER, READ_ONLY, 200, 200, .description = "Status for the gateway.",
	  .example = "200" },
	{ "body", FIELD_LINE, READ_ONLY, .description = "JSON object with a `message`.",
	  .example = JSON({"message": "Connected"}) },
	{ 0 },
};

static const struct shape gateway_result = {
	"GatewayResult", gateway_result_fields, .description = "Result for an API gateway.",
};

static const struct operation operations[] = {
	{ POST, "/broadcast", ADMIN, SQL_BROADCAST_SEND, "broadcast", .body = broadcast_fields,
	  .response = &broadcast_result, .rules = API_KEY_ALLOWED, .summary = "Broadcast an event",
	  .description = "Publishes the event on the channel `all`. Connections that are not "
	                 "subscribed to it do not receive the event; deliveries are not counted.",
	  .example = JSON({"type": "drill.begins",
	                  "data": {"place": "Fuel dock", "minutes": 20}}) },
	{ GET, "/connections", ADMIN, SQL_BROADCAST_CONNECTIONS, "list_connections", .query = page_query,
	  .response = &connections, .rules = ADD_CONNECTIONS, .summary = "List connections",
	  .description = "Returns the number of all open connections, and details of those to the "
	                 "process that responds." },
	{ POST, "/connect", ADMIN, SQL_BROADCAST_GATEWAY_CONNECTED, "report_connect",
	  .body = gateway_fields, .response = &gateway_result, .rules = API_KEY_ALLOWED,
	  .summary = "Report a connection to an API gateway",
	  .description = "For the `$connect` route of AWS API Gateway. Counted for 24 hours, or "
	                 "until the end is reported.",
	  .example = JSON({"requestContext": {"connectionId": "L0SM9cOFvHcCIhw=",
	                  "routeKey": "$connect"}}) },
	{ POST, "/disconnect", ADMIN, SQL_BROADCAST_GATEWAY_DISCONNECTED, "report_disconnect",
	  .body = gateway_fields, .response = &gateway_result, .rules = API_KEY_ALLOWED,
	  .summary = "Report the end of a connection to an API gateway",
	  .description = "For the `$disconnect` route of AWS API Gateway. Unknown connections are "
	                 "ignored.",
	  .example = JSON({"requestContext": {"connectionId": "L0SM9cOFvHcCIhw=",
	                  "routeKey": "$disconnect"}}) },
	{ 0 },
};

const struct resource broadcast = {
	.path = "/websocket",
	.at_root = true,
	.name = "Connections",
	.domain = LIVE,
	.operations = operations,
	.description = "Open connections of clients, and broadcasts to them.",
};
