/* connections.c: adds this process's connections to a response. */

#include <arpa/inet.h>

#include "clock.h"
#include "state.h"

static void add_connection(void *arg, const struct ws_connection_info *connection)
{
	struct buf *out = arg;
	char address[INET6_ADDRSTRLEN] = "", stamp[CLOCK_STAMP_SIZE];

	inet_ntop(AF_INET6, &connection->address, address, sizeof(address));
	clock_stamp(stamp, connection->connected_at_ms);
	buf_print(out, "%s{\"id\":\"%s\",\"transport\":\"%s\",\"user_id\":",
	          out->at[out->length - 1] == '[' ? "" : ",", connection->id, connection->protocol);
	buf_print(out, *connection->user_id ? "\"%s\"" : "null", connection->user_id);
	buf_print(out, ",\"address\":\"%s\",\"connected_at\":\"%.23s+00:00\",\"channels\":%zu}",
	          str_begins(str_of(address), "::ffff:") ? address + 7 : address, stamp,
	          connection->channels);
}

void live_append_connections(const struct live *live, size_t skip, size_t limit,
                             struct buf *members)
{
	buf_print(members, ",\"process\":\"%s\",\"process_connections\":%zu,\"connections\":[",
	          ws_node(live->ws), ws_connection_count(live->ws));
	ws_each_connection(live->ws, skip, limit, add_connection, members);
	buf_char(members, ']');
}
