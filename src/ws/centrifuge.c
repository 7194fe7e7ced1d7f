/* centrifuge.c: Centrifugo's JSON protocol (version 2), as its clients speak it.
 *
 * A client sends commands, a line each, and gets a reply with the same number to each; what
 * happens on its channels comes as pushes. An empty object is a ping, and an answer to one.
 * Over WebSocket each reply is a frame; where the client cannot speak (an answer that does
 * not end, server-sent events) its commands come by requests of their own (ws_speak). */

#include <stdlib.h>

#include "centrifuge.h"
#include "config.h"
#include "json.h"

struct command {
	struct client *client;
	long long id;
	const struct json *params;
};

/* ---- Commands ---- */

static struct str text_of(const struct command *command, const char *name)
{
	const struct json *value = command->params ? json_member(command->params, name) : NULL;

	return value ? json_text(value) : STR("");
}

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

/* Where he was: {"recover", "offset", "epoch"}. */
static void take_place(struct ws_ask *ask, const struct json *place)
{
	const struct json *epoch = json_member(place, "epoch");
	struct str text = epoch ? json_text(epoch) : STR("");

	ask->since_given = true;
	ask->since = number_of(place, "offset");
	if (text.length < sizeof(ask->epoch))
		memcpy(ask->epoch, text.at, text.length);
}

/* A question that goes by the command's number; refused when there is no room for it. */
static struct question *ask(const struct command *command, enum ws_question what, struct str text)
{
	struct question *question = client_ask(command->client, what, text);

	if (question)
		question->command = command->id;
	else
		centrifuge_refuse(command->client, command->id, WS_TOO_MANY_REQUESTS);
	return question;
}

/* What a client says of the server's own subscription when it comes again. */
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
	struct str token = text_of(command, "token");
	struct question *question;

	if (client->known || !TAILQ_EMPTY(&client->questions)) {
		client_end(client, BYE_BAD_REQUEST);
		return;
	}
	if (!token.length && client->more)
		token = str_of(client->more);
	if (!token.length) {
		if (client_welcome(client, &(struct ws_who){ 0 }))
			centrifuge_welcome(client, &(struct question){ .command = command->id }, NULL);
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
	struct question *question = ask(command, WS_WHO, text_of(command, "token"));

	if (question)
		question_send(question);
}

static bool is_asked(const struct client *client, struct str channel)
{
	const struct question *question;

	TAILQ_FOREACH(question, &client->questions, link) {
		if (question->ask.question == WS_HEAR && !question->ear && str_equal(question->ask.text, channel))
			return true;
	}
	return false;
}

static void on_subscribe(const struct command *command)
{
	struct client *client = command->client;
	struct str channel = text_of(command, "channel");
	struct question *question;

	if (!channel.length || channel.length > CHANNEL_NAME_MOST) {
		centrifuge_refuse(client, command->id, WS_UNKNOWN_CHANNEL);
	} else if (client_ear(client, channel) || is_asked(client, channel)) {
		centrifuge_refuse(client, command->id, WS_ALREADY_SUBSCRIBED);
	} else if (client->ear_count >= (unsigned)client->ws->config->ws_channels) {
		centrifuge_refuse(client, command->id, WS_LIMIT_EXCEEDED);
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

static void on_unsubscribe(const struct command *command)
{
	struct ear *ear = client_ear(command->client, text_of(command, "channel"));

	if (ear)
		ear_leave(ear);
	done(command, "unsubscribe");
}

/* Who does not hear a channel does not see its past, nor who is there. */
static void ask_of_heard(const struct command *command, enum ws_question what)
{
	struct str channel = text_of(command, "channel");
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

/* Data change by REST, where they are checked and kept. */
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

/* False: it is no command, and whoever says it is no client. */
static bool run(struct client *client, const struct json *object)
{
	struct command command = { client, 0, NULL };

	if (json_kind(object) != JSON_OBJECT)
		return false;
	if (is_empty(object))
		return true; /* an answer to a beat */
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

static void hear(struct client *client, struct str words)
{
	struct str line;
	const char *fault;
	size_t where;

	while (str_cut(&words, '\n', &line) && !client->leaving) {
		struct json *object;
		bool well;

		line = str_trim(line);
		if (!line.length)
			continue;
		object = json_read(line, &fault, &where);
		well = object && run(client, object);
		json_drop(object);
		if (!well)
			client_end(client, BYE_BAD_REQUEST);
	}
}

/* ---- Answers ---- */

static void refuse_token(struct client *client, const struct question *question, enum ws_refusal why)
{
	if (why == WS_UNAUTHORIZED)
		client_end(client, BYE_INVALID_TOKEN);
	else if (why == WS_PERMISSION_DENIED)
		client_end(client, BYE_PERMISSION_DENIED);
	else
		centrifuge_refuse(client, question->command, why);
}

/* And with the welcome comes what he is told in any case: what is for him. */
static void on_who(struct client *client, const struct question *question, const struct ws_answer *answer)
{
	char name[UUID_TEXT + 5] = "user:";
	struct question *hears;

	if (!client_welcome(client, &answer->who))
		return;
	memcpy(name + 5, answer->who.id, UUID_TEXT);
	hears = client_ask(client, WS_HEAR, str_of(name));
	if (!hears) {
		centrifuge_welcome(client, question, NULL);
		return;
	}
	hears->command = question->command;
	hears->given = true;
	hears->ask.since_given = question->ask.since_given;
	hears->ask.since = question->ask.since;
	memcpy(hears->ask.epoch, question->ask.epoch, sizeof(hears->ask.epoch));
	question_send(hears);
}

static void on_refreshed(struct client *client, const struct question *question, const struct ws_answer *answer)
{
	struct buf out = { 0 };

	if (strcmp(answer->who.id, client->who.id) != 0) {
		client_end(client, BYE_INVALID_TOKEN);
		return;
	}
	client->who = answer->who;
	centrifuge_begin(&out, question->command);
	buf_print(&out, "\"refresh\":{\"client\":\"%s\",\"version\":\"binnacle/1\"", client->id);
	centrifuge_expiry(&out, client);
	buf_char(&out, '}');
	centrifuge_end(client, &out);
}

static void on_heard(struct client *client, struct question *question, const struct ws_answer *answer)
{
	struct buf out = { 0 };

	question_join(question, answer);
	if (question->given) {
		centrifuge_welcome(client, question, answer);
		return;
	}
	centrifuge_begin(&out, question->command);
	buf_str(&out, STR("\"subscribe\":"));
	centrifuge_hearing(&out, question, answer);
	centrifuge_end(client, &out);
}

static void on_past(struct client *client, const struct question *question, const struct ws_answer *answer)
{
	struct buf out = { 0 };

	centrifuge_begin(&out, question->command);
	buf_str(&out, STR("\"history\":{"));
	centrifuge_position(&out, answer);
	centrifuge_publications(&out, answer);
	buf_char(&out, '}');
	centrifuge_end(client, &out);
}

static void on_present(struct client *client, const struct question *question, const struct ws_answer *answer)
{
	struct buf out = { 0 };

	centrifuge_begin(&out, question->command);
	buf_str(&out, STR("\"presence\":{\"presence\":"));
	buf_str(&out, answer->body);
	buf_char(&out, '}');
	centrifuge_end(client, &out);
}

static void answered(struct client *client, struct question *question, const struct ws_answer *answer)
{
	enum ws_question what = question->ask.question;

	if (answer->refusal != WS_YES) {
		if (what == WS_WHO)
			refuse_token(client, question, answer->refusal);
		else if (question->given)
			centrifuge_welcome(client, question, NULL);
		else
			centrifuge_refuse(client, question->command, answer->refusal);
	} else if (what == WS_WHO && client->known) {
		on_refreshed(client, question, answer);
	} else if (what == WS_WHO) {
		on_who(client, question, answer);
	} else if (what == WS_HEAR) {
		on_heard(client, question, answer);
	} else if (what == WS_PAST) {
		on_past(client, question, answer);
	} else {
		on_present(client, question, answer);
	}
}

/* ---- The rest of the speech ---- */

static void begin(struct client *client, const struct ws_arrival *arrival)
{
	if (arrival->token.length) {
		char *token = xmalloc(arrival->token.length + 1);

		memcpy(token, arrival->token.at, arrival->token.length);
		token[arrival->token.length] = '\0';
		client->more = token;
	}
	if (!arrival->key) {
		struct crowd_key session;

		arc4random_buf(&session, sizeof(session));
		crowd_join(&client->ws->sessions, session, &client->session);
		hear(client, arrival->words);
	}
}

static void beat(struct client *client)
{
	client_say(client, STR("{}"));
}

static void deafen(struct client *client, const struct ear *ear, enum ws_refusal why)
{
	const struct refusal_row *row = refusal_row(why);
	struct buf out = { 0 };

	centrifuge_text(&out, "{\"push\":{\"channel\":", str_of(ear->channel->name));
	buf_print(&out, ",\"unsubscribe\":{\"code\":%d,\"reason\":\"%s\"}}}", row->number, row->message);
	client_say(client, buf_as_str(&out));
	buf_finish(&out);
}

/* Where there is no close frame to say it. */
static void farewell(struct client *client, enum farewell why)
{
	struct buf out = { 0 };

	if (!centrifuge_cannot_speak(client))
		return;
	buf_print(&out, "{\"push\":{\"disconnect\":{\"code\":%d,\"reason\":\"%s\"}}}", farewells[why].code,
	          farewells[why].reason);
	client_say(client, buf_as_str(&out));
	buf_finish(&out);
}

const struct manner centrifuge = {
	.begin = begin,
	.hear = hear,
	.answered = answered,
	.beat = beat,
	.deafen = deafen,
	.farewell = farewell,
};
