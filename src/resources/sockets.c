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

static const struct field guest_fields[] = {
	{ "id", FIELD_NAME, GIVEN, 16, 16, .says = "Its name, as its client knows it." },
	{ "transport", FIELD_NAME, GIVEN, .says = "websocket, http_stream, sse, plain or events." },
	{ "user_id", FIELD_UUID, GIVEN | NULLABLE, .says = "Who; null: nobody in particular." },
	{ "address", FIELD_NAME, GIVEN, .says = "From where." },
	{ "connected_at", FIELD_TIME, GIVEN, .says = "Since when." },
	{ "channels", FIELD_INTEGER, GIVEN, 0, 10000, .says = "How many channels it hears." },
	{ 0 },
};

static const struct shape guest = { "Connection", guest_fields, .says = "Somebody who listens." };

static const struct field counted[] = {
	{ "connection_count", FIELD_INTEGER, GIVEN, 0, 9007199254740991,
	  .says = "Connections of all processes, as they last said, some seconds ago." },
	{ "timestamp", FIELD_TIME, GIVEN, .says = "Now." },
	{ "process", FIELD_UUID, GIVEN, .says = "The process that answers." },
	{ "process_connections", FIELD_INTEGER, GIVEN, 0, 9007199254740991, .says = "Its own, now." },
	{ "connections", FIELD_SHAPE, GIVEN | MANY, .shape = &guest,
	  .says = "Those of them that were asked for, in the order in which they came." },
	{ 0 },
};

static const struct field page[] = {
	{ "limit", FIELD_INTEGER, PLACE, 1, 500, .usual = "100", .says = "How many at the most." },
	{ "skip", FIELD_INTEGER, PLACE, 0, 1000000, .usual = "0", .says = "How many to pass over." },
	{ 0 },
};

static const struct shape broadcast = { "Broadcast", answered, .says = "A broadcast that was sent." };
static const struct shape connections = { "Connections", counted, .says = "Who listens." };

static const char *const broadcast_refuses[] = { "VALIDATION_FAILED", NULL };

static const struct operation operations[] = {
	{ POST, "/broadcast", ADMIN, SQL_LIVE_BROADCAST, "broadcast", .body = said, .answers = &broadcast,
	  .rules = OPEN, .refuses = broadcast_refuses, .says = "Say something to everybody who listens." },
	{ GET, "/connections", ADMIN, SQL_LIVE_CONNECTIONS, "list_connections", .query = page,
	  .answers = &connections, .rules = WITH_GUESTS,
	  .says = "How many listen now, and, to the process that answers, who." },
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
