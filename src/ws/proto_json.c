/* proto_json.c: the JSON protocol of /ws: messages {type, data, timestamp}.
 *
 * A client is connected at once, as an anonymous user, and subscribed to `all`. It authenticates
 * (`authenticate`), which subscribes it to its user's channel, and requests channels (`subscribe`;
 * `resume`, with the last offset and epoch it received). Other messages are echoed, and malformed
 * ones are answered with an error: neither disconnects the client.
 *
 * Messages that arrive during authentication wait for its result. A reconnecting client can
 * therefore send everything at once, and resume its user's channel before an event of it is
 * delivered. At most ASKS_MOST queries of a client are pending; its further messages wait. */

#include <stdlib.h>

#include "ws_private.h"
#include "clock.h"
#include "config.h"
#include "json.h"

/* client->more. JSON contains no NUL, so NUL separates the messages. */
struct waiting {
	bool judging; /* authentication is pending */
	bool given;   /* subscribe to the user's channel after the queued messages have run */
	struct buf words;
};

/* ---- Output ---- */

static void say_begin(struct buf *out, const char *type)
{
	buf_print(out, "{\"type\":\"%s\",\"data\":", type);
}

static void say_end(struct client *client, struct buf *out)
{
	char stamp[CLOCK_STAMP_SIZE];

	clock_stamp(stamp, clock_wall_ms());
	buf_print(out, ",\"timestamp\":\"%.23s+00:00\"}", stamp);
	client_say(client, buf_as_str(out));
	buf_finish(out);
}

/* `channel` may be empty. */
static void say_error(struct client *client, struct str channel, int code, const char *message)
{
	struct buf out = { 0 };

	say_begin(&out, "error");
	buf_print(&out, "{\"code\":%d,\"message\":\"%s\"", code, message);
	if (channel.length) {
		buf_str(&out, STR(",\"channel\":"));
		buf_json(&out, channel);
	}
	buf_char(&out, '}');
	say_end(client, &out);
}

static void refuse(struct client *client, struct str channel, enum ws_refusal why)
{
	const struct refusal_row *row = refusal_row(why);

	say_error(client, channel, row->number, row->message);
}

static void say_connected(struct client *client)
{
	struct buf out = { 0 };

	say_begin(&out, "connected");
	buf_print(&out, "{\"connection_id\":\"%016llx\",\"user_id\":", client->id);
	if (*client->who.id)
		buf_json(&out, str_of(client->who.id));
	else
		buf_str(&out, STR("null"));
	buf_char(&out, '}');
	say_end(client, &out);
}

static void say_left(struct client *client, struct str channel, const char *why)
{
	struct buf out = { 0 };

	say_begin(&out, "unsubscribed");
	buf_str(&out, STR("{\"channel\":"));
	buf_json(&out, channel);
	buf_print(&out, ",\"message\":\"%s\"}", why);
	say_end(client, &out);
}

/* ---- Commands ---- */

/* Subscribes a client without its request; a denial is not reported. */
static void give(struct client *client, struct str channel)
{
	struct question *question;

	if (client_ear(client, channel) || client_asking(client, channel))
		return;
	question = client_ask(client, WS_HEAR, channel);
	if (!question) {
		refuse(client, channel, WS_TOO_MANY_REQUESTS);
		return;
	}
	question->given = true;
	question_send(question);
}

static void give_his(struct client *client)
{
	char name[UUID_SIZE + 5] = "user:";

	memcpy(name + 5, client->who.id, UUID_SIZE);
	give(client, str_of(name));
}

static void authenticate(struct client *client, struct str token)
{
	struct question *question = token.length ? client_ask(client, WS_WHO, token) : NULL;

	if (!question) {
		refuse(client, STR(""), token.length ? WS_TOO_MANY_REQUESTS : WS_UNAUTHORIZED);
		return;
	}
	((struct waiting *)client->more)->judging = true;
	question_send(question);
}

static void on_authenticate(struct client *client, const struct json *data)
{
	authenticate(client, json_member_string(data, "token"));
}

static void on_subscribe(struct client *client, const struct json *data)
{
	struct str channel = json_member_string(data, "channel"), epoch = json_member_string(data, "epoch");
	const struct json *offset = data ? json_member(data, "offset") : NULL;
	enum ws_refusal why = client_cannot_hear(client, channel);
	struct question *question = why == WS_YES ? client_ask(client, WS_HEAR, channel) : NULL;

	if (!question) {
		refuse(client, channel, why);
		return;
	}
	if (offset && json_kind(offset) == JSON_INTEGER) {
		question->ask.since_given = true;
		question->ask.since = json_integer(offset);
		if (epoch.length < sizeof(question->ask.epoch))
			memcpy(question->ask.epoch, epoch.at, epoch.length);
	}
	question_send(question);
}

/* Restarts a subscription the server made at the requested offset. */
static void on_resume(struct client *client, const struct json *data)
{
	if (data && json_member(data, "offset"))
		client_hear_no_more(client, json_member_string(data, "channel"));
	on_subscribe(client, data);
}

static void on_unsubscribe(struct client *client, const struct json *data)
{
	struct str channel = json_member_string(data, "channel");

	client_hear_no_more(client, channel);
	say_left(client, channel, "client unsubscribed");
}

static const struct {
	const char *type;
	void (*run)(struct client *client, const struct json *data);
} words_known[] = {
	{ "authenticate", on_authenticate },
	{ "subscribe", on_subscribe },
	{ "resume", on_resume },
	{ "unsubscribe", on_unsubscribe },
};

static void echo(struct client *client, const struct json *original)
{
	struct buf out = { 0 };

	say_begin(&out, "echo");
	buf_str(&out, STR("{\"message\":\"Message received\",\"original\":"));
	buf_json_value(&out, original);
	buf_print(&out, ",\"connection_id\":\"%016llx\"}", client->id);
	say_end(client, &out);
}

static void run(struct client *client, const struct json *message)
{
	bool object = json_kind(message) == JSON_OBJECT;
	struct str type = json_member_string(object ? message : NULL, "type");
	const struct json *data = object ? json_member(message, "data") : NULL;

	if (data && json_kind(data) != JSON_OBJECT)
		data = NULL;
	for (size_t i = 0; i < COUNT_OF(words_known); i++) {
		if (str_is(type, words_known[i].type)) {
			words_known[i].run(client, data);
			return;
		}
	}
	echo(client, message);
}

static void hear_now(struct client *client, struct str words)
{
	const char *fault = NULL;
	size_t where = 0;
	struct json *message = json_parse(words.length ? words : STR("{}"), &fault, &where);

	if (message)
		run(client, message);
	else
		say_error(client, STR(""), refusal_row(WS_BAD_COMMAND)->number, "invalid JSON");
	json_free(message);
}

static void hear(struct client *client, struct str words)
{
	struct waiting *waiting = client->more;

	if (waiting->judging || waiting->words.length || client_waits(client))
		client_keep(client, &waiting->words, words, '\0');
	else
		hear_now(client, words);
}

static void go_on(struct client *client)
{
	struct waiting *waiting = client->more, before = *waiting;
	struct str rest = buf_as_str(&before.words), words;

	if (before.judging)
		return;
	*waiting = (struct waiting){ 0 };
	while (rest.length && !client->leaving) {
		str_cut(&rest, '\0', &words);
		hear(client, words);
	}
	buf_finish(&before.words);
	if (before.given && waiting->words.length)
		waiting->given = true;
	else if (before.given)
		give_his(client);
}

/* ---- Replies ---- */

static void say_subscribed(struct client *client, const struct question *question, const struct ws_answer *answer)
{
	struct buf out = { 0 };

	say_begin(&out, "subscribed");
	buf_str(&out, STR("{\"channel\":"));
	buf_json(&out, question->ask.text);
	buf_str(&out, STR(",\"epoch\":"));
	buf_json(&out, answer->epoch);
	buf_print(&out, ",\"offset\":%lld", answer->offset);
	if (question->ask.since_given)
		buf_print(&out, ",\"recovered\":%s", answer->recovered ? "true" : "false");
	buf_char(&out, '}');
	say_end(client, &out);
}

static void on_who(struct client *client, const struct ws_answer *answer)
{
	struct waiting *waiting = client->more;
	enum ws_refusal why = answer->refusal;

	/* The user of a connection cannot change; another user needs another connection. */
	if (why == WS_YES && *client->who.id && strcmp(client->who.id, answer->who.id) != 0)
		why = WS_PERMISSION_DENIED;
	if (why != WS_YES)
		refuse(client, STR(""), why);
	else if (client_welcome(client, &answer->who))
		say_connected(client);
	/* Queued and further messages would run as anonymous and be denied permanently. */
	if (why != WS_YES && refusal_row(why)->temporary)
		client_end(client, BYE_SERVER_ERROR);
	waiting->judging = false;
	waiting->given |= why == WS_YES;
}

static void on_heard(struct client *client, struct question *question, const struct ws_answer *answer)
{
	struct buf out = { 0 };

	question_join(question, answer);
	say_subscribed(client, question, answer);
	for (size_t i = 0; answer->recovered && i < answer->count; i++) {
		write_event(&out, &answer->events[i], true);
		client_say(client, buf_as_str(&out));
		buf_clear(&out);
	}
	buf_finish(&out);
}

static void answered(struct client *client, struct question *question, const struct ws_answer *answer)
{
	enum ws_refusal why = answer->refusal;

	if (question->ask.question == WS_WHO)
		on_who(client, answer);
	else if (why == WS_YES)
		on_heard(client, question, answer);
	else if (!question->given || refusal_row(why)->temporary)
		refuse(client, question->ask.text, why);
}

/* ---- Protocol ---- */

static void begin(struct client *client, const struct ws_arrival *arrival)
{
	client->more = xcalloc(1, sizeof(struct waiting));
	if (!client_welcome(client, &arrival->who))
		return;
	give(client, STR("all"));
	if (arrival->token.length)
		authenticate(client, arrival->token);
	else
		say_connected(client);
}

static void beat(struct client *client)
{
	/* libwebsockets does not report pongs without a payload. */
	client_say_raw(client, STR("\x89\x01!"));
}

static void deafen(struct client *client, const struct ear *ear, enum ws_refusal why)
{
	say_left(client, str_of(ear->channel->name), refusal_row(why)->message);
}

static void leave(struct client *client)
{
	buf_finish(&((struct waiting *)client->more)->words);
}

const struct manner plain = {
	.begin = begin,
	.hear = hear,
	.answered = answered,
	.go_on = go_on,
	.beat = beat,
	.deafen = deafen,
	.leave = leave,
};
