/* centrifuge_commands.c: the commands of the Centrifugo protocol. */

#include "centrifuge.h"
#include "client.h"
#include "json.h"
#include "pending.h"
#include "protocol.h"

struct command {
	struct client *client;
	long long id;
	const struct json *params;
};

static long long number_of(const struct json *object, const char *name)
{
	const struct json *value = object ? json_member(object, name) : NULL;

	return value && json_kind(value) == JSON_INTEGER ? json_integer(value) : 0;
}

static bool flag_of(const struct json *object, const char *name)
{
	const struct json *value = object ? json_member(object, name) : NULL;

	return value && json_kind(value) == JSON_BOOLEAN && json_boolean(value);
}

/* Recovery position: {"recover", "offset", "epoch"}. */
static void read_position(struct ws_query *query, const struct json *place)
{
	const struct json *epoch = json_member(place, "epoch");
	struct str text = epoch ? json_string(epoch) : STR("");

	query->has_since = true;
	query->since = number_of(place, "offset");
	if (text.length < sizeof(query->epoch))
		memcpy(query->epoch, text.at, text.length);
}

/* Starts a query for this command; replies with an error if there are too many. */
static struct pending_query *start_query(const struct command *command, enum ws_query_kind kind,
                                         struct str text)
{
	struct pending_query *pending = pending_start(command->client, kind, text);

	if (pending)
		pending->command_id = command->id;
	else
		centrifuge_send_error(command->client, command->id, WS_TOO_MANY_REQUESTS);
	return pending;
}

/* Reads the position of the server-side subscription, which a reconnecting client sends with
 * `connect`. */
static void read_subs(struct ws_query *query, const struct command *command)
{
	const struct json *subs = command->params ? json_member(command->params, "subs") : NULL;
	struct json_cursor at;

	if (!subs || json_kind(subs) != JSON_OBJECT)
		return;
	for (at = json_begin(subs); json_next(&at);) {
		if (str_begins(str_of(at.name), "user:") && json_kind(at.value) == JSON_OBJECT
		    && flag_of(at.value, "recover"))
			read_position(query, at.value);
	}
}

static void on_connect(const struct command *command)
{
	struct client *client = command->client;
	struct queued_input *queued = client->protocol_data;
	struct str token = json_member_string(command->params, "token");
	struct pending_query *pending;

	if (!centrifuge_is_connecting(client)) {
		client_disconnect(client, DISCONNECT_BAD_REQUEST);
		return;
	}
	if (!token.length)
		token = buf_as_str(&queued->token);
	if (!token.length) {
		if (client_set_identity(client, &(struct ws_identity){ 0 }))
			centrifuge_connected(
				client, &(struct pending_query){ .command_id = command->id }, NULL);
		return;
	}
	pending = start_query(command, WS_AUTHENTICATE, token);
	if (pending) {
		read_subs(&pending->query, command);
		pending_send(pending);
	}
}

static void on_refresh(const struct command *command)
{
	struct pending_query *pending =
		start_query(command, WS_AUTHENTICATE, json_member_string(command->params, "token"));

	if (pending)
		pending_send(pending);
}

static void on_subscribe(const struct command *command)
{
	struct client *client = command->client;
	struct str channel = json_member_string(command->params, "channel");
	enum ws_error why = client_check_subscribe(client, channel);
	struct pending_query *pending;

	if (why != WS_OK) {
		centrifuge_send_error(client, command->id, why);
	} else if ((pending = start_query(command, WS_SUBSCRIBE, channel))) {
		if (flag_of(command->params, "recover"))
			read_position(&pending->query, command->params);
		pending_send(pending);
	}
}

static void send_empty(const struct command *command, const char *name)
{
	struct buf out = { 0 };

	centrifuge_begin(&out, command->id);
	buf_print(&out, "\"%s\":{}", name);
	centrifuge_end(command->client, &out);
}

/* A pending subscribe is answered with a temporary error: the client may have subscribed again
 * already, and then waits for the result of that command. */
static void on_unsubscribe(const struct command *command)
{
	struct str channel = json_member_string(command->params, "channel");
	const struct pending_query *pending = client_pending_subscribe(command->client, channel);

	if (pending)
		centrifuge_send_error(command->client, pending->command_id, WS_TOO_MANY_REQUESTS);
	client_unsubscribe(command->client, channel);
	send_empty(command, "unsubscribe");
}

/* Only subscribers may read a channel's history and presence. */
static void query_subscribed(const struct command *command, enum ws_query_kind kind)
{
	struct str channel = json_member_string(command->params, "channel");
	const struct json *since = command->params ? json_member(command->params, "since") : NULL;
	struct pending_query *pending;

	if (!client_subscription(command->client, channel)) {
		centrifuge_send_error(command->client, command->id, WS_PERMISSION_DENIED);
		return;
	}
	pending = start_query(command, kind, channel);
	if (!pending)
		return;
	if (since && json_kind(since) == JSON_OBJECT)
		read_position(&pending->query, since);
	pending->query.max = (int)number_of(command->params, "limit");
	pending->query.reverse = flag_of(command->params, "reverse");
	pending_send(pending);
}

static void on_history(const struct command *command)
{
	query_subscribed(command, WS_HISTORY);
}

static void on_presence(const struct command *command)
{
	query_subscribed(command, WS_PRESENCE);
}

/* Data changes go through REST, where they are validated and stored. */
static void on_publish(const struct command *command)
{
	centrifuge_send_error(command->client, command->id, WS_PERMISSION_DENIED);
}

static void on_rpc(const struct command *command)
{
	centrifuge_send_error(command->client, command->id, WS_METHOD_NOT_FOUND);
}

static void on_unavailable(const struct command *command)
{
	centrifuge_send_error(command->client, command->id, WS_NOT_AVAILABLE);
}

static void on_ping(const struct command *command)
{
	send_empty(command, "ping");
}

static void on_send(const struct command *)
{
}

static const struct {
	const char *name;
	void (*run)(const struct command *command);
} commands[] = {
#define CENTRIFUGE_COMMAND(name, function, ...) { #name, on_##function },
#define PARAM(...)
#define RESULT(...)
#include "table/centrifuge_commands.def"
#undef CENTRIFUGE_COMMAND
#undef PARAM
#undef RESULT
};

static bool is_empty(const struct json *object)
{
	struct json_cursor cursor = json_begin(object);

	return !json_next(&cursor);
}

bool centrifuge_run(struct client *client, const struct json *object)
{
	struct command command = { client, 0, NULL };

	if (json_kind(object) != JSON_OBJECT)
		return false;
	if (is_empty(object))
		return true; /* reply to a ping */
	command.id = number_of(object, "id");
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		const struct json *params = json_member(object, commands[i].name);

		if (!params)
			continue;
		if (json_kind(params) != JSON_OBJECT
		    || (!client->accepted && commands[i].run != on_connect)
		    || (command.id <= 0 && commands[i].run != on_send))
			return false;
		command.params = params;
		commands[i].run(&command);
		return true;
	}
	if (!client->accepted || command.id <= 0)
		return false;
	centrifuge_send_error(client, command.id, WS_METHOD_NOT_FOUND);
	return true;
}
