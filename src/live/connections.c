/* connections.c: lists this process' connections in a response. */

#include <arpa/inet.h>

#include "clock.h"
#include "publisher.h"

static void add_connection(void *arg, const struct ws_connection_info *connection)
{
	struct buf *out = arg;
	char address[INET6_ADDRSTRLEN] = "", stamp[CLOCK_STAMP_SIZE];

	inet_ntop(AF_INET6, &connection->address, address, sizeof(address));
	clock_stamp(stamp, connection->connected_at_ms);
	buf_print(out, "%s{\"id\":\"%s\",\"transport\":\"%s\",\"user_id\":", out->at[out->length - 1] == '[' ? "" : ",",
	          connection->id, connection->protocol);
	buf_print(out, *connection->user_id ? "\"%s\"" : "null", connection->user_id);
	buf_print(out, ",\"address\":\"%s\",\"connected_at\":\"%.23s+00:00\",\"channels\":%zu}",
	          str_begins(str_of(address), "::ffff:") ? address + 7 : address, stamp, connection->channels);
}

static size_t query_number(const struct call *call, const char *name)
{
	long long number = 0;

	for (int i = 0; i < call->endpoint->query_count; i++) {
		if (strcmp(call->endpoint->query[i]->name, name) == 0 && call->query_values[i])
			str_number(str_of(call->query_values[i]), &number);
	}
	return (size_t)number;
}

void connections_write(struct call *call, struct buf *members)
{
	const struct ws *ws = publisher_ws(call->api->publisher);

	buf_print(members, ",\"process\":\"%s\",\"process_connections\":%zu,\"connections\":[", ws_node(ws),
	          ws_connection_count(ws));
	ws_each_connection(ws, query_number(call, "skip"), query_number(call, "limit"), add_connection, members);
	buf_char(members, ']');
}
