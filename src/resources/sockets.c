/* sockets.c: what is said to everybody who listens, and how many do. */

#include <stddef.h>

#include "shapes.h"

static const struct field said[] = {
	{ "type", FIELD_NAME, REQUIRED, 1, 100, .says = "What kind of news, of a-z, 0-9, _ and the dot: \"drill.begins\"." },
	{ "data", FIELD_OBJECT, REQUIRED, .says = "Whatever belongs to it; 32768 bytes at the most." },
	{ 0 },
};

static const struct field results[] = {
	{ "total_connections", FIELD_INTEGER, GIVEN, 0, 9007199254740991, .says = "Connections of all processes." },
	{ "sent", FIELD_INTEGER, GIVEN, 0, 9007199254740991, .says = "To how many of them it goes." },
	{ "failed", FIELD_INTEGER, GIVEN, 0, 9007199254740991,
	  .says = "To how many it cannot go: none; who misses it gets it when he comes back." },
	{ "stale_removed", FIELD_INTEGER, GIVEN, 0, 9007199254740991,
	  .says = "How many were gone: none; each is removed as it goes." },
	{ 0 },
};

static const struct shape result = { "BroadcastResults", results, .says = "Whom a broadcast goes to." };

static const struct field answered[] = {
	{ "message", FIELD_NAME, GIVEN, .says = "The same in a sentence." },
	{ "results", FIELD_SHAPE, GIVEN, .shape = &result, .says = "Whom it goes to." },
	{ 0 },
};

static const struct field counted[] = {
	{ "connection_count", FIELD_INTEGER, GIVEN, 0, 9007199254740991, .says = "Connections of all processes." },
	{ "timestamp", FIELD_TIME, GIVEN, .says = "Now." },
	{ 0 },
};

static const struct shape broadcast = { "Broadcast", answered, .says = "A broadcast that was sent." };
static const struct shape connections = { "Connections", counted, .says = "How many listen." };

static const char *const broadcast_refuses[] = { "VALIDATION_FAILED", NULL };

static const struct operation operations[] = {
	{ POST, "/broadcast", ADMIN, SQL_LIVE_BROADCAST, "broadcast", .body = said, .answers = &broadcast,
	  .rules = OPEN, .refuses = broadcast_refuses, .says = "Say something to everybody who listens." },
	{ GET, "/connections", GUARD, SQL_LIVE_CONNECTIONS, "count_connections", .answers = &connections,
	  .says = "How many listen now." },
	{ 0 },
};

const struct resource sockets = {
	.path = "/websocket",
	.outside = true,
	.name = "Sockets",
	.domain = LIVE,
	.operations = operations,
	.says = "The live streams, seen from outside.",
};
