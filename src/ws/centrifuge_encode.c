/* centrifuge_encode.c: encodes the replies of the Centrifugo protocol. */

#include "centrifuge.h"
#include "client.h"
#include "clock.h"
#include "config.h"
#include "hub.h"
#include "message.h"
#include "pending.h"
#include "protocol.h"

void centrifuge_begin(struct buf *out, long long id)
{
	buf_str(out, STR("{\"id\":"));
	buf_number(out, id);
	buf_char(out, ',');
}

void centrifuge_end(struct client *client, struct buf *out)
{
	buf_char(out, '}');
	client_send(client, buf_as_str(out));
	buf_finish(out);
}

void centrifuge_send_error(struct client *client, long long id, enum ws_error why)
{
	const struct ws_error_row *row = ws_error_row(why);
	struct buf out = { 0 };

	centrifuge_begin(&out, id);
	buf_print(&out, "\"error\":{\"code\":%d,\"message\":\"%s\"%s}", row->number, row->message,
	          row->temporary ? ",\"temporary\":true" : "");
	centrifuge_end(client, &out);
}

void centrifuge_write_text(struct buf *out, const char *name, struct str text)
{
	buf_text(out, name);
	buf_json(out, text);
}

void centrifuge_write_publications(struct buf *out, const struct ws_reply *reply)
{
	buf_str(out, STR(",\"publications\":["));
	for (size_t i = 0; i < reply->count; i++) {
		if (i > 0)
			buf_char(out, ',');
		buf_str(out, STR("{\"data\":"));
		encode_event(out, &reply->events[i], false);
		buf_str(out, STR(",\"offset\":"));
		buf_number(out, reply->events[i].offset);
		buf_char(out, '}');
	}
	buf_char(out, ']');
}

void centrifuge_write_position(struct buf *out, const struct ws_reply *reply)
{
	centrifuge_write_text(out, "\"epoch\":", reply->epoch);
	buf_str(out, STR(",\"offset\":"));
	buf_number(out, reply->offset);
}

void centrifuge_write_subscription(struct buf *out, const struct pending_query *pending,
                                   const struct ws_reply *reply)
{
	buf_str(out, STR("{\"recoverable\":true,\"positioned\":true,"));
	centrifuge_write_position(out, reply);
	if (pending->query.has_since) {
		buf_print(out, ",\"was_recovering\":true,\"recovered\":%s",
		          reply->recovered ? "true" : "false");
		if (reply->recovered)
			centrifuge_write_publications(out, reply);
	}
	buf_char(out, '}');
}

void centrifuge_write_expiry(struct buf *out, const struct client *client)
{
	long long left_ms = client->identity.expires_ms - clock_wall_ms();

	if (client->identity.expires_ms)
		buf_print(out, ",\"expires\":true,\"ttl\":%lld",
		          left_ms > 1000 ? left_ms / 1000 : 1);
}

bool centrifuge_is_emulated(const struct client *client)
{
	return client->session_entry.group;
}

void centrifuge_send_connected(struct client *client, const struct pending_query *pending,
                               const struct ws_reply *subscribed)
{
	struct buf out = { 0 };

	centrifuge_begin(&out, pending->command_id);
	buf_print(&out,
	          "\"connect\":{\"client\":\"%016llx\",\"version\":\"binnacle/1\",\"ping\":%lld%s",
	          client->id, client->ws->config->ws_ping_seconds,
	          client->protocol->is_websocket ? ",\"pong\":true" : "");
	centrifuge_write_expiry(&out, client);
	if (centrifuge_is_emulated(client)) {
		const uint64_t *key = client->session_entry.group->key.halves;

		buf_print(&out, ",\"session\":\"%016llx%016llx\",\"node\":\"%s\"",
		          (unsigned long long)key[0], (unsigned long long)key[1], client->ws->node);
	}
	if (subscribed) {
		centrifuge_write_text(&out, ",\"subs\":{", pending->query.text);
		buf_char(&out, ':');
		centrifuge_write_subscription(&out, pending, subscribed);
		buf_char(&out, '}');
	}
	buf_char(&out, '}');
	centrifuge_end(client, &out);
}
