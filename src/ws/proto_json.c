/* proto_json.c: the JSON protocol of /ws: messages {type, data, timestamp}.
 *
 * A client is connected at once, as an anonymous user, and subscribed to `all`. It authenticates
 * (`authenticate`), which subscribes it to its user's channel, and requests channels (`subscribe`;
 * `resume`, with the last offset and epoch it received). Invalid messages are answered with an
 * error that says what is invalid; they do not disconnect the client.
 *
 * Messages that arrive during authentication wait for its result. A reconnecting client can
 * therefore send everything at once, and resume its user's channel before an event of it is
 * delivered. At most MAX_CLIENT_QUERIES queries of a client are pending; its further messages
 * wait. */

#include <stdlib.h>

#include "arena.h"
#include "channel.h"
#include "client.h"
#include "clock.h"
#include "json.h"
#include "json_message.h"
#include "message.h"
#include "pending.h"
#include "protocol.h"

/* client->protocol_data. JSON contains no NUL, so NUL separates the messages. */
struct queued_input {
	bool authenticating; /* authentication is pending */
	bool subscribe_user; /* to the user's channel, after the queued messages have run */
	struct buf text;
};

/* ---- Output ---- */

static void message_begin(struct buf *out, const char *type)
{
	buf_print(out, "{\"type\":\"%s\",\"data\":", type);
}

static void message_end(struct client *client, struct buf *out)
{
	char stamp[CLOCK_STAMP_SIZE];

	clock_stamp(stamp, clock_wall_ms());
	buf_print(out, ",\"timestamp\":\"%.23s+00:00\"}", stamp);
	client_send(client, buf_as_str(out));
	buf_finish(out);
}

/* `channel` may be empty. */
static void send_error(struct client *client, struct str channel, enum ws_error why,
                       struct str message)
{
	struct buf out = { 0 };

	message_begin(&out, "error");
	buf_print(&out, "{\"code\":%d,\"message\":", (int)why);
	buf_json(&out, message);
	if (channel.length) {
		buf_str(&out, STR(",\"channel\":"));
		buf_json(&out, channel);
	}
	buf_text(&out, ws_error_row(why)->temporary ? ",\"temporary\":true}" : "}");
	message_end(client, &out);
}

static void reject(struct client *client, struct str channel, enum ws_error why)
{
	send_error(client, channel, why, str_of(ws_error_row(why)->message));
}

static void send_connected(struct client *client)
{
	struct buf out = { 0 };

	message_begin(&out, "connected");
	buf_print(&out, "{\"connection_id\":\"%016llx\",\"user_id\":", client->id);
	if (*client->identity.id)
		buf_json(&out, str_of(client->identity.id));
	else
		buf_str(&out, STR("null"));
	buf_char(&out, '}');
	message_end(client, &out);
}

static void send_unsubscribed(struct client *client, struct str channel, const char *why)
{
	struct buf out = { 0 };

	message_begin(&out, "unsubscribed");
	buf_str(&out, STR("{\"channel\":"));
	buf_json(&out, channel);
	buf_print(&out, ",\"message\":\"%s\"}", why);
	message_end(client, &out);
}

/* ---- Commands ---- */

/* Subscribes a client without a request from it; a denial is not reported. */
static void auto_subscribe(struct client *client, struct str channel)
{
	struct pending_query *pending;

	if (client_subscription(client, channel) || client_pending_subscribe(client, channel))
		return;
	pending = pending_start(client, WS_SUBSCRIBE, channel);
	if (!pending) {
		reject(client, channel, WS_TOO_MANY_REQUESTS);
		return;
	}
	pending->server_side = true;
	pending_send(pending);
}

static void auto_subscribe_user(struct client *client)
{
	char name[UUID_SIZE + 5] = "user:";

	memcpy(name + 5, client->identity.id, UUID_SIZE);
	auto_subscribe(client, str_of(name));
}

static void authenticate(struct client *client, struct str token)
{
	struct pending_query *pending =
		token.length ? pending_start(client, WS_AUTHENTICATE, token) : NULL;

	if (!pending) {
		reject(client, STR(""), token.length ? WS_TOO_MANY_REQUESTS : WS_UNAUTHORIZED);
		return;
	}
	((struct queued_input *)client->protocol_data)->authenticating = true;
	pending_send(pending);
}

static void on_authenticate(struct client *client, const struct json_message *message)
{
	authenticate(client, json_member_string(message->data, "token"));
}

static void on_subscribe(struct client *client, const struct json_message *message)
{
	const struct json *data = message->data;
	struct str channel = json_member_string(data, "channel"),
		   epoch = json_member_string(data, "epoch");
	const struct json *offset = json_member(data, "offset");
	enum ws_error why = client_check_subscribe(client, channel);
	struct pending_query *pending =
		why == WS_OK ? pending_start(client, WS_SUBSCRIBE, channel) : NULL;

	if (!pending) {
		reject(client, channel, why);
		return;
	}
	if (offset) {
		pending->query.has_since = true;
		pending->query.since = json_integer(offset);
		if (epoch.length < sizeof(pending->query.epoch))
			memcpy(pending->query.epoch, epoch.at, epoch.length);
	}
	pending_send(pending);
}

/* Replaces an existing subscription, such as one made by the server, by one from the requested
 * offset. */
static void on_resume(struct client *client, const struct json_message *message)
{
	client_unsubscribe(client, json_member_string(message->data, "channel"));
	on_subscribe(client, message);
}

static void on_unsubscribe(struct client *client, const struct json_message *message)
{
	struct str channel = json_member_string(message->data, "channel");

	client_unsubscribe(client, channel);
	send_unsubscribed(client, channel, "client unsubscribed");
}

static void on_ping(struct client *client, const struct json_message *)
{
	struct buf out = { 0 };

	message_begin(&out, "pong");
	buf_str(&out, STR("{}"));
	message_end(client, &out);
}

static void on_echo(struct client *client, const struct json_message *message)
{
	struct buf out = { 0 };

	message_begin(&out, "echo");
	buf_str(&out, STR("{\"message\":\"Message received\",\"original\":"));
	buf_json_value(&out, message->value);
	buf_print(&out, ",\"connection_id\":\"%016llx\"}", client->id);
	message_end(client, &out);
}

static void (*const commands[JSON_MESSAGE_TYPES])(struct client *client,
                                                  const struct json_message *message) = {
#define CLIENT_MESSAGE(type, ...) on_##type,
#define MEMBER(...)
#include "table/ws_client_messages.def"
#undef CLIENT_MESSAGE
#undef MEMBER
};

static void run(struct client *client, const struct json *value)
{
	struct json_message message;

	if (json_message_read(&message, value))
		commands[message.type](client, &message);
	else
		send_error(client, STR(""), message.error, buf_as_str(&message.fault));
	buf_finish(&message.fault);
}

static void reject_text(struct client *client, size_t offset, const char *error)
{
	struct buf fault = { 0 };

	buf_print(&fault, "Invalid JSON: at byte %zu: %s.", offset, error);
	send_error(client, STR(""), WS_BAD_COMMAND, buf_as_str(&fault));
	buf_finish(&fault);
}

static void run_message(struct client *client, struct str text)
{
	const char *error = NULL;
	size_t offset = 0;
	struct json *value = json_parse(text, &error, &offset);

	if (value)
		run(client, value);
	else
		reject_text(client, offset, error);
	json_free(value);
}

static void on_input(struct client *client, struct str text)
{
	struct queued_input *queued = client->protocol_data;

	if (queued->authenticating || queued->text.length || client_at_query_limit(client))
		client_queue_input(client, &queued->text, text, '\0');
	else
		run_message(client, text);
}

static void run_queued(struct client *client)
{
	struct queued_input *queued = client->protocol_data, previous = *queued;
	struct str rest = buf_as_str(&previous.text), text;

	if (previous.authenticating)
		return;
	*queued = (struct queued_input){ 0 };
	while (rest.length && !client->disconnecting) {
		str_cut(&rest, '\0', &text);
		on_input(client, text);
	}
	buf_finish(&previous.text);
	if (previous.subscribe_user && queued->text.length)
		queued->subscribe_user = true;
	else if (previous.subscribe_user)
		auto_subscribe_user(client);
}

/* ---- Replies ---- */

static void send_subscribed(struct client *client, const struct pending_query *pending,
                            const struct ws_reply *reply)
{
	struct buf out = { 0 };

	message_begin(&out, "subscribed");
	buf_str(&out, STR("{\"channel\":"));
	buf_json(&out, pending->query.text);
	buf_str(&out, STR(",\"epoch\":"));
	buf_json(&out, reply->epoch);
	buf_print(&out, ",\"offset\":%lld", reply->offset);
	if (pending->query.has_since)
		buf_print(&out, ",\"recovered\":%s", reply->recovered ? "true" : "false");
	buf_char(&out, '}');
	message_end(client, &out);
}

static void on_authenticated(struct client *client, const struct ws_reply *reply)
{
	struct queued_input *queued = client->protocol_data;
	enum ws_error why = reply->error;

	/* The user of a connection cannot change; another user needs another connection. */
	if (why == WS_OK && *client->identity.id
	    && strcmp(client->identity.id, reply->identity.id) != 0)
		why = WS_PERMISSION_DENIED;
	if (why != WS_OK)
		reject(client, STR(""), why);
	else if (client_set_identity(client, &reply->identity))
		send_connected(client);
	/* Queued and further messages would run as anonymous and be denied permanently. */
	if (why != WS_OK && ws_error_row(why)->temporary)
		client_disconnect(client, DISCONNECT_SERVER_ERROR);
	queued->authenticating = false;
	queued->subscribe_user |= why == WS_OK;
}

static void on_subscribed(struct client *client, struct pending_query *pending,
                          const struct ws_reply *reply)
{
	struct buf out = { 0 };

	pending_subscribe(pending, reply);
	send_subscribed(client, pending, reply);
	for (size_t i = 0; reply->recovered && i < reply->count; i++) {
		encode_event(&out, &reply->events[i], true);
		client_send(client, buf_as_str(&out));
		buf_clear(&out);
	}
	buf_finish(&out);
}

static void on_reply(struct client *client, struct pending_query *pending,
                     const struct ws_reply *reply)
{
	enum ws_error why = reply->error;

	if (pending->query.kind == WS_AUTHENTICATE)
		on_authenticated(client, reply);
	else if (why == WS_OK)
		on_subscribed(client, pending, reply);
	else if (!pending->server_side || ws_error_row(why)->temporary)
		reject(client, pending->query.text, why);
}

/* ---- Protocol ---- */

static void begin(struct client *client, const struct ws_incoming *incoming)
{
	client->protocol_data = xcalloc(1, sizeof(struct queued_input));
	if (!client_set_identity(client, &incoming->identity))
		return;
	auto_subscribe(client, STR("all"));
	if (incoming->token.length)
		authenticate(client, incoming->token);
	else
		send_connected(client);
}

static void ping(struct client *client)
{
	/* libwebsockets does not report pongs without a payload. */
	client_send_raw(client, STR("\x89\x01!"));
}

static void unsubscribed(struct client *client, const struct subscription *sub, enum ws_error why)
{
	send_unsubscribed(client, str_of(sub->channel->name), ws_error_row(why)->message);
}

static void finish(struct client *client)
{
	buf_finish(&((struct queued_input *)client->protocol_data)->text);
}

const struct protocol_ops proto_json = {
	.begin = begin,
	.on_input = on_input,
	.on_reply = on_reply,
	.run_queued = run_queued,
	.ping = ping,
	.unsubscribed = unsubscribed,
	.finish = finish,
};
