/* centrifuge_commands.c: the commands of the Centrifugo protocol. */

#include "centrifuge.h"
#include "config.h"
#include "json.h"

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
static void take_place(struct ws_ask *ask, const struct json *place)
{
	const struct json *epoch = json_member(place, "epoch");
	struct str text = epoch ? json_string(epoch) : STR("");

	ask->since_given = true;
	ask->since = number_of(place, "offset");
	if (text.length < sizeof(ask->epoch))
		memcpy(ask->epoch, text.at, text.length);
}

/* Starts a query for this command; replies with an error if there are too many. */
static struct question *ask(const struct command *command, enum ws_question what, struct str text)
{
	struct question *question = client_ask(command->client, what, text);

	if (question)
		question->command = command->id;
	else
		centrifuge_refuse(command->client, command->id, WS_TOO_MANY_REQUESTS);
	return question;
}

/* Reads the position of the server-side subscription, which a reconnecting client sends with
 * `connect`. */
static void take_subs(struct ws_ask *ask, const struct command *command)
{
	const struct json *subs = command->params ? json_member(command->params, "subs") : NULL;
	struct json_cursor at;

	if (!subs || json_kind(subs) != JSON_OBJECT)
		return;
	for (at = json_begin(subs); json_next(&at);) {
		if (str_begins(str_of(at.name), "user:") && json_kind(at.value) == JSON_OBJECT
		    && flag_of(at.value, "recover"))
			take_place(ask, at.value);
	}
}

static void on_connect(const struct command *command)
{
	struct client *client = command->client;
	struct waiting *waiting = client->more;
	struct str token = json_member_string(command->params, "token");
	struct question *question;

	if (!centrifuge_is_outside(client)) {
		client_end(client, BYE_BAD_REQUEST);
		return;
	}
	if (!token.length)
		token = buf_as_str(&waiting->token);
	if (!token.length) {
		if (client_welcome(client, &(struct ws_who){ 0 }))
			centrifuge_let_in(client, &(struct question){ .command = command->id }, NULL);
		return;
	}
	question = ask(command, WS_WHO, token);
	if (question) {
		take_subs(&question->ask, command);
		question_send(question);
	}
}

static void on_refresh(const struct command *command)
{
	struct question *question = ask(command, WS_WHO, json_member_string(command->params, "token"));

	if (question)
		question_send(question);
}

static void on_subscribe(const struct command *command)
{
	struct client *client = command->client;
	struct str channel = json_member_string(command->params, "channel");
	enum ws_refusal why = client_cannot_hear(client, channel);
	struct question *question;

	if (why != WS_YES) {
		centrifuge_refuse(client, command->id, why);
	} else if ((question = ask(command, WS_HEAR, channel))) {
		if (flag_of(command->params, "recover"))
			take_place(&question->ask, command->params);
		question_send(question);
	}
}

static void done(const struct command *command, const char *name)
{
	struct buf out = { 0 };

	centrifuge_begin(&out, command->id);
	buf_print(&out, "\"%s\":{}", name);
	centrifuge_end(command->client, &out);
}

/* A client that unsubscribes before its subscribe is answered may subscribe again at once: the
 * temporary error makes it wait for the result of the next command. */
static void on_unsubscribe(const struct command *command)
{
	struct str channel = json_member_string(command->params, "channel");
	const struct question *question = client_asking(command->client, channel);

	if (question)
		centrifuge_refuse(command->client, question->command, WS_TOO_MANY_REQUESTS);
	client_hear_no_more(command->client, channel);
	done(command, "unsubscribe");
}

/* Only subscribers may read a channel's history and presence. */
static void ask_of_heard(const struct command *command, enum ws_question what)
{
	struct str channel = json_member_string(command->params, "channel");
	const struct json *since = command->params ? json_member(command->params, "since") : NULL;
	struct question *question;

	if (!client_ear(command->client, channel)) {
		centrifuge_refuse(command->client, command->id, WS_PERMISSION_DENIED);
		return;
	}
	question = ask(command, what, channel);
	if (!question)
		return;
	if (since && json_kind(since) == JSON_OBJECT)
		take_place(&question->ask, since);
	question->ask.most = (int)number_of(command->params, "limit");
	question->ask.reverse = flag_of(command->params, "reverse");
	question_send(question);
}

static void on_history(const struct command *command)
{
	ask_of_heard(command, WS_PAST);
}

static void on_presence(const struct command *command)
{
	ask_of_heard(command, WS_PRESENT);
}

/* Data changes go through REST, where they are validated and stored. */
static void on_publish(const struct command *command)
{
	centrifuge_refuse(command->client, command->id, WS_PERMISSION_DENIED);
}

static void on_rpc(const struct command *command)
{
	centrifuge_refuse(command->client, command->id, WS_METHOD_NOT_FOUND);
}

static void on_unavailable(const struct command *command)
{
	centrifuge_refuse(command->client, command->id, WS_NOT_AVAILABLE);
}

static void on_ping(const struct command *command)
{
	done(command, "ping");
}

static void on_send(const struct command *)
{
}

static const struct {
	const char *name;
	void (*run)(const struct command *command);
} commands[] = {
	{ "connect", on_connect },
	{ "subscribe", on_subscribe },
	{ "unsubscribe", on_unsubscribe },
	{ "refresh", on_refresh },
	{ "history", on_history },
	{ "presence", on_presence },
	{ "presence_stats", on_unavailable },
	{ "publish", on_publish },
	{ "rpc", on_rpc },
	{ "sub_refresh", on_unavailable },
	{ "ping", on_ping },
	{ "send", on_send },
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
		if (json_kind(params) != JSON_OBJECT || (!client->known && commands[i].run != on_connect)
		    || (command.id <= 0 && commands[i].run != on_send))
			return false;
		command.params = params;
		commands[i].run(&command);
		return true;
	}
	if (!client->known || command.id <= 0)
		return false;
	centrifuge_refuse(client, command.id, WS_METHOD_NOT_FOUND);
	return true;
}
