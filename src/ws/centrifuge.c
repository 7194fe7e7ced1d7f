/* centrifuge.c: Centrifugo's JSON protocol, version 2.
 *
 * A client sends commands, one per line, and gets a reply with the same ID to each; events on its
 * channels are sent as pushes. An empty object is a ping, and the reply to one. Commands run in
 * order; after a reconnect with many channels, at most MAX_CLIENT_QUERIES queries of a client are
 * pending and its further commands wait.
 *
 * Over WebSocket each reply is a frame. Where the client cannot send (HTTP stream, server-sent
 * events), its commands arrive in separate requests (ws_session_receive). */

#include <stdlib.h>

#include "arena.h"
#include "centrifuge.h"
#include "channel.h"
#include "client.h"
#include "conn_index.h"
#include "hub.h"
#include "json.h"
#include "pending.h"
#include "protocol.h"

/* ---- Input ---- */

static void run_line(struct client *client, struct str line)
{
	struct json *object = line.length ? json_parse(line, NULL, NULL) : NULL;
	bool valid = !line.length || (object && centrifuge_run(client, object));

	json_free(object);
	if (!valid)
		client_disconnect(client, DISCONNECT_BAD_REQUEST);
}

bool centrifuge_is_connecting(const struct client *client)
{
	const struct queued_input *queued = client->protocol_data;

	return queued && queued->connecting;
}

/* Some clients send their commands together with `connect`; they wait until the client is
 * authenticated. Later input waits behind input that is already queued. */
static bool must_queue(const struct client *client)
{
	if (centrifuge_is_connecting(client))
		return !TAILQ_EMPTY(&client->pending);
	return client->protocol_data || client_at_query_limit(client);
}

static void queue_input(struct client *client, struct str text)
{
	struct queued_input *queued = client->protocol_data;

	if (!queued)
		client->protocol_data = queued = xcalloc(1, sizeof(*queued));
	client_queue_input(client, &queued->text, text, '\n');
}

static void on_input(struct client *client, struct str text)
{
	struct str line;

	while (text.length && !client->disconnecting) {
		if (must_queue(client)) {
			queue_input(client, text);
			return;
		}
		str_cut(&text, '\n', &line);
		run_line(client, str_trim(line));
	}
}

static void queued_finish(struct queued_input *queued)
{
	buf_finish(&queued->token);
	buf_finish(&queued->text);
}

static void run_queued_input(struct client *client)
{
	struct queued_input queued = *(struct queued_input *)client->protocol_data;

	free(client->protocol_data);
	client->protocol_data = NULL;
	on_input(client, buf_as_str(&queued.text));
	queued_finish(&queued);
}

void centrifuge_connected(struct client *client, const struct pending_query *pending,
                          const struct ws_reply *subscribed)
{
	centrifuge_send_connected(client, pending, subscribed);
	run_queued_input(client);
}

static void run_queued(struct client *client)
{
	if (client->protocol_data && !centrifuge_is_connecting(client)
	    && !client_at_query_limit(client))
		run_queued_input(client);
}

/* ---- Replies ---- */

static void reject_token(struct client *client, const struct pending_query *pending,
                         enum ws_error why)
{
	if (why == WS_UNAUTHORIZED)
		client_disconnect(client, DISCONNECT_INVALID_TOKEN);
	else if (why == WS_PERMISSION_DENIED)
		client_disconnect(client, DISCONNECT_PERMISSION_DENIED);
	else
		centrifuge_send_error(client, pending->command_id, why);
	if (centrifuge_is_connecting(client))
		buf_finish(&((struct queued_input *)client->protocol_data)->text);
}

/* The reply to `connect` includes a server-side subscription to the user's own channel. */
static void on_authenticated(struct client *client, const struct pending_query *pending,
                             const struct ws_reply *reply)
{
	char name[UUID_SIZE + 5] = "user:";
	struct pending_query *pending_user;

	if (!client_set_identity(client, &reply->identity))
		return;
	memcpy(name + 5, reply->identity.id, UUID_SIZE);
	pending_user = pending_start(client, WS_SUBSCRIBE, str_of(name));
	if (!pending_user) {
		client_disconnect(client, DISCONNECT_TOO_MANY_REQUESTS);
		return;
	}
	pending_user->command_id = pending->command_id;
	pending_user->server_side = true;
	pending_user->query.has_since = pending->query.has_since;
	pending_user->query.since = pending->query.since;
	memcpy(pending_user->query.epoch, pending->query.epoch, sizeof(pending_user->query.epoch));
	pending_send(pending_user);
}

static void on_refreshed(struct client *client, const struct pending_query *pending,
                         const struct ws_reply *reply)
{
	struct buf out = { 0 };

	if (strcmp(reply->identity.id, client->identity.id) != 0) {
		client_disconnect(client, DISCONNECT_INVALID_TOKEN);
		return;
	}
	client->identity = reply->identity;
	centrifuge_begin(&out, pending->command_id);
	buf_print(&out, "\"refresh\":{\"client\":\"%016llx\",\"version\":\"binnacle/1\"",
	          client->id);
	centrifuge_write_expiry(&out, client);
	buf_char(&out, '}');
	centrifuge_end(client, &out);
}

static void on_subscribed(struct client *client, struct pending_query *pending,
                          const struct ws_reply *reply)
{
	struct buf out = { 0 };

	pending_subscribe(pending, reply);
	if (pending->server_side) {
		centrifuge_connected(client, pending, reply);
		return;
	}
	centrifuge_begin(&out, pending->command_id);
	buf_str(&out, STR("\"subscribe\":"));
	centrifuge_write_subscription(&out, pending, reply);
	centrifuge_end(client, &out);
}

static void on_history_reply(struct client *client, const struct pending_query *pending,
                             const struct ws_reply *reply)
{
	struct buf out = { 0 };

	centrifuge_begin(&out, pending->command_id);
	buf_str(&out, STR("\"history\":{"));
	centrifuge_write_position(&out, reply);
	centrifuge_write_publications(&out, reply);
	buf_char(&out, '}');
	centrifuge_end(client, &out);
}

static void on_presence_reply(struct client *client, const struct pending_query *pending,
                              const struct ws_reply *reply)
{
	struct buf out = { 0 };

	centrifuge_begin(&out, pending->command_id);
	buf_str(&out, STR("\"presence\":{\"presence\":"));
	buf_str(&out, reply->body);
	buf_char(&out, '}');
	centrifuge_end(client, &out);
}

static void on_reply(struct client *client, struct pending_query *pending,
                     const struct ws_reply *reply)
{
	enum ws_query_kind kind = pending->query.kind;

	if (reply->error != WS_OK) {
		if (kind == WS_AUTHENTICATE)
			reject_token(client, pending, reply->error);
		else if (pending->server_side && ws_error_row(reply->error)->temporary)
			/* It would miss its user's events without noticing. */
			client_disconnect(client, DISCONNECT_SERVER_ERROR);
		else if (pending->server_side)
			centrifuge_connected(client, pending, NULL);
		else
			centrifuge_send_error(client, pending->command_id, reply->error);
	} else if (kind == WS_AUTHENTICATE && client->accepted) {
		on_refreshed(client, pending, reply);
	} else if (kind == WS_AUTHENTICATE) {
		on_authenticated(client, pending, reply);
	} else if (kind == WS_SUBSCRIBE) {
		on_subscribed(client, pending, reply);
	} else if (kind == WS_HISTORY) {
		on_history_reply(client, pending, reply);
	} else {
		on_presence_reply(client, pending, reply);
	}
}

/* ---- Protocol ---- */

static void begin(struct client *client, const struct ws_incoming *incoming)
{
	struct queued_input *queued = xcalloc(1, sizeof(*queued));

	client->protocol_data = queued;
	queued->connecting = true;
	if (incoming->token.length)
		buf_str(&queued->token, incoming->token);
	if (!incoming->key) {
		struct conn_key session;

		arc4random_buf(&session, sizeof(session));
		conn_index_add(&client->ws->by_session, session, &client->session_entry);
		on_input(client, incoming->payload);
	}
}

static void ping(struct client *client)
{
	client_send(client, STR("{}"));
}

static void unsubscribed(struct client *client, const struct subscription *sub, enum ws_error why)
{
	const struct ws_error_row *row = ws_error_row(why);
	struct buf out = { 0 };

	centrifuge_write_text(&out, "{\"push\":{\"channel\":", str_of(sub->channel->name));
	buf_print(&out, ",\"unsubscribe\":{\"code\":%d,\"reason\":\"%s\"}}}", row->number,
	          row->message);
	client_send(client, buf_as_str(&out));
	buf_finish(&out);
}

/* Transports without a close frame get a disconnect push. */
static void send_disconnect(struct client *client, enum disconnect why)
{
	struct buf out = { 0 };

	if (!centrifuge_is_emulated(client))
		return;
	buf_print(&out, "{\"push\":{\"disconnect\":{\"code\":%d,\"reason\":\"%s\"}}}",
	          disconnects[why].code, disconnects[why].reason);
	client_send(client, buf_as_str(&out));
	buf_finish(&out);
}

static void finish(struct client *client)
{
	queued_finish(client->protocol_data);
}

const struct protocol_ops proto_centrifuge = {
	.begin = begin,
	.on_input = on_input,
	.on_reply = on_reply,
	.run_queued = run_queued,
	.ping = ping,
	.unsubscribed = unsubscribed,
	.send_disconnect = send_disconnect,
	.finish = finish,
};
