/* centrifuge.c: Centrifugo's JSON protocol, version 2.
 *
 * A client sends commands, one per line, and gets a reply with the same ID to each; events on its
 * channels are sent as pushes. An empty object is a ping, and the reply to one. Commands run in
 * order; after a reconnect with many channels, at most ASKS_MOST queries of a client are pending
 * and its further commands wait.
 * Over WebSocket each reply is a frame. Where the client cannot send (HTTP stream, server-sent
 * events), its commands arrive in separate requests (ws_speak). */

#include <stdlib.h>

#include "centrifuge.h"
#include "config.h"
#include "json.h"

/* ---- Input ---- */

static void hear_line(struct client *client, struct str line)
{
	struct json *object = line.length ? json_parse(line, NULL, NULL) : NULL;
	bool well = !line.length || (object && centrifuge_run(client, object));

	json_free(object);
	if (!well)
		client_end(client, BYE_BAD_REQUEST);
}

bool centrifuge_is_outside(const struct client *client)
{
	const struct waiting *waiting = client->more;

	return waiting && waiting->outside;
}

/* Some clients send their commands together with `connect`: those wait until the client is
 * authenticated. Later input waits behind input that is already queued. */
static bool must_wait(const struct client *client)
{
	if (centrifuge_is_outside(client))
		return !TAILQ_EMPTY(&client->questions);
	return client->more || client_waits(client);
}

static void keep(struct client *client, struct str words)
{
	struct waiting *waiting = client->more;

	if (!waiting)
		client->more = waiting = xcalloc(1, sizeof(*waiting));
	client_keep(client, &waiting->words, words, '\n');
}

static void hear(struct client *client, struct str words)
{
	struct str line;

	while (words.length && !client->leaving) {
		if (must_wait(client)) {
			keep(client, words);
			return;
		}
		str_cut(&words, '\n', &line);
		hear_line(client, str_trim(line));
	}
}

static void waiting_finish(struct waiting *waiting)
{
	buf_finish(&waiting->token);
	buf_finish(&waiting->words);
}

static void hear_kept(struct client *client)
{
	struct waiting waiting = *(struct waiting *)client->more;

	free(client->more);
	client->more = NULL;
	hear(client, buf_as_str(&waiting.words));
	waiting_finish(&waiting);
}

void centrifuge_let_in(struct client *client, const struct question *question, const struct ws_answer *given)
{
	centrifuge_welcome(client, question, given);
	hear_kept(client);
}

static void go_on(struct client *client)
{
	if (client->more && !centrifuge_is_outside(client) && !client_waits(client))
		hear_kept(client);
}

/* ---- Replies ---- */

static void refuse_token(struct client *client, const struct question *question, enum ws_refusal why)
{
	if (why == WS_UNAUTHORIZED)
		client_end(client, BYE_INVALID_TOKEN);
	else if (why == WS_PERMISSION_DENIED)
		client_end(client, BYE_PERMISSION_DENIED);
	else
		centrifuge_refuse(client, question->command, why);
	if (centrifuge_is_outside(client))
		buf_finish(&((struct waiting *)client->more)->words);
}

/* The reply to `connect` includes a server-side subscription to the user's own channel. */
static void on_who(struct client *client, const struct question *question, const struct ws_answer *answer)
{
	char name[UUID_SIZE + 5] = "user:";
	struct question *hears;

	if (!client_welcome(client, &answer->who))
		return;
	memcpy(name + 5, answer->who.id, UUID_SIZE);
	hears = client_ask(client, WS_HEAR, str_of(name));
	if (!hears) {
		client_end(client, BYE_TOO_MANY_REQUESTS);
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
	buf_print(&out, "\"refresh\":{\"client\":\"%016llx\",\"version\":\"binnacle/1\"", client->id);
	centrifuge_expiry(&out, client);
	buf_char(&out, '}');
	centrifuge_end(client, &out);
}

static void on_heard(struct client *client, struct question *question, const struct ws_answer *answer)
{
	struct buf out = { 0 };

	question_join(question, answer);
	if (question->given) {
		centrifuge_let_in(client, question, answer);
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
		else if (question->given && refusal_row(answer->refusal)->temporary)
			/* it would miss its user's events without noticing */
			client_end(client, BYE_SERVER_ERROR);
		else if (question->given)
			centrifuge_let_in(client, question, NULL);
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

/* ---- Protocol ---- */

static void begin(struct client *client, const struct ws_arrival *arrival)
{
	struct waiting *waiting = xcalloc(1, sizeof(*waiting));

	client->more = waiting;
	waiting->outside = true;
	if (arrival->token.length)
		buf_str(&waiting->token, arrival->token);
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

/* Transports without a close frame get a disconnect push. */
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

static void leave(struct client *client)
{
	waiting_finish(client->more);
}

const struct manner centrifuge = {
	.begin = begin,
	.hear = hear,
	.answered = answered,
	.go_on = go_on,
	.beat = beat,
	.deafen = deafen,
	.farewell = farewell,
	.leave = leave,
};
