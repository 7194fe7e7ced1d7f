/* connections.c: lists this process' connections in a response. */

#include <arpa/inet.h>

#include "clock.h"
#include "publisher.h"

static void add_guest(void *arg, const struct ws_guest *guest)
{
	struct buf *out = arg;
	char address[INET6_ADDRSTRLEN] = "", stamp[CLOCK_STAMP_SIZE];

	inet_ntop(AF_INET6, &guest->address, address, sizeof(address));
	clock_stamp(stamp, guest->since_ms);
	buf_print(out, "%s{\"id\":\"%s\",\"transport\":\"%s\",\"user_id\":", out->at[out->length - 1] == '[' ? "" : ",",
	          guest->id, guest->speech);
	buf_print(out, *guest->user_id ? "\"%s\"" : "null", guest->user_id);
	buf_print(out, ",\"address\":\"%s\",\"connected_at\":\"%.23s+00:00\",\"channels\":%zu}",
	          str_begins(str_of(address), "::ffff:") ? address + 7 : address, stamp, guest->channels);
}

static size_t number_given(const struct call *call, const char *name)
{
	long long number = 0;

	for (int i = 0; i < call->endpoint->query_count; i++) {
		if (strcmp(call->endpoint->query[i]->name, name) == 0 && call->given[i])
			str_number(str_of(call->given[i]), &number);
	}
	return (size_t)number;
}

void guests_write(struct call *call, struct buf *members)
{
	const struct ws *ws = stream_ws(call->api->stream);

	buf_print(members, ",\"process\":\"%s\",\"process_connections\":%zu,\"connections\":[", ws_node(ws),
	          ws_count(ws));
	ws_each_guest(ws, number_given(call, "skip"), number_given(call, "limit"), add_guest, members);
	buf_char(members, ']');
}
