/* proto_sse.c: the server-sent events protocol of /api/v1/events.
 *
 * The ID of each event holds the epoch and the client's offset in each of its channels, in the
 * order in which the request named them. A reconnecting browser sends it back as Last-Event-ID and
 * gets what it missed. If that is no longer possible, a `reset` event says so.
 *
 * Channels are queried one after the other. Nothing is delivered before the last reply, so that
 * no event ID covers only some of the channels. */

#include <stdio.h>
#include <stdlib.h>

#include "ws_private.h"

enum { CHANNELS_MOST = 16 };

struct listening {
	char epoch[40];
	int count, asked;
	struct {
		struct str name;
		long long place;	/* the client's offset */
		bool resumes, reset;
	} channels[CHANNELS_MOST];
	TAILQ_HEAD(, missed) missed; /* missed.link; in order of delivery */
	char text[];
};

struct missed {
	struct message *message;
	int channel;
	TAILQ_ENTRY(missed) link;
};

/* ---- Output ---- */

static void write_id(struct buf *out, const struct listening *listening)
{
	buf_str(out, STR("id: "));
	buf_text(out, listening->epoch);
	for (int i = 0; i < listening->count; i++) {
		buf_char(out, i ? ',' : ':');
		buf_number(out, listening->channels[i].place);
	}
	buf_char(out, '\n');
}

void events_place(struct buf *out, const struct ear *ear)
{
	struct listening *listening = ear->client->more;

	listening->channels[ear->place].place = ear->heard;
	write_id(out, listening);
}

static void say_missed(struct client *client, struct listening *listening)
{
	struct buf out = { 0 };
	struct missed *missed;

	while ((missed = TAILQ_FIRST(&listening->missed))) {
		TAILQ_REMOVE(&listening->missed, missed, link);
		listening->channels[missed->channel].place = missed->message->event.offset;
		write_id(&out, listening);
		buf_str(&out, message_form(missed->message, FORM_EVENT));
		message_free(missed->message);
		free(missed);
	}
	client_say_raw(client, buf_as_str(&out));
	buf_finish(&out);
}

/* Includes an ID: a client whose connection breaks before the first event resumes from here. */
static void say_resets(struct client *client, struct listening *listening)
{
	struct buf out = { 0 };

	write_id(&out, listening);
	buf_str(&out, STR("retry: 3000\n\n"));
	for (int i = 0; i < listening->count; i++) {
		if (!listening->channels[i].reset)
			continue;
		write_id(&out, listening);
		buf_str(&out, STR("event: reset\ndata: {\"channel\":"));
		buf_json(&out, listening->channels[i].name);
		buf_print(&out, ",\"offset\":%lld}\n\n", listening->channels[i].place);
	}
	client_say_raw(client, buf_as_str(&out));
	buf_finish(&out);
}

/* ---- Subscribing ---- */

static void ask_next(struct client *client)
{
	struct listening *listening = client->more;
	struct question *question = client_ask(client, WS_HEAR, listening->channels[listening->asked].name);

	if (!question) {
		client_end(client, BYE_TOO_MANY_REQUESTS);
		return;
	}
	if (listening->channels[listening->asked].resumes) {
		question->ask.since_given = true;
		question->ask.since = listening->channels[listening->asked].place;
		memcpy(question->ask.epoch, listening->epoch, sizeof(question->ask.epoch));
	}
	question_send(question);
}

static void keep_missed(struct listening *listening, const struct ws_answer *answer)
{
	for (size_t i = 0; i < answer->count; i++) {
		struct missed *missed = xcalloc(1, sizeof(*missed));

		missed->message = message_new(&answer->events[i]);
		missed->channel = listening->asked;
		TAILQ_INSERT_TAIL(&listening->missed, missed, link);
	}
}

static void all_answered(struct client *client, struct listening *listening)
{
	struct ear *ear;

	say_resets(client, listening);
	say_missed(client, listening);
	client->deaf = false;
	TAILQ_FOREACH(ear, &client->ears, client_link) {
		listening->channels[ear->place].place = ear->heard;
		ear_serve(ear);
	}
}

static void answered(struct client *client, struct question *question, const struct ws_answer *answer)
{
	struct listening *listening = client->more;
	int now = listening->asked;
	bool resumed;

	if (answer->refusal != WS_YES) {
		client_end(client, refusal_row(answer->refusal)->temporary ? BYE_SERVER_ERROR : BYE_PERMISSION_DENIED);
		return;
	}
	question_join(question, answer)->place = (unsigned char)now;
	resumed = question->ask.since_given && answer->recovered;
	if (resumed)
		keep_missed(listening, answer);
	else
		listening->channels[now].place = answer->offset;
	listening->channels[now].reset = question->ask.since_given && !answer->recovered;
	/* All channels have the same epoch; until here the field held the one sent by the
	 * client. */
	if (++listening->asked == listening->count) {
		snprintf(listening->epoch, sizeof(listening->epoch), "%.*s", STR_ARGS(answer->epoch));
		all_answered(client, listening);
	} else {
		ask_next(client);
	}
}

/* ---- Protocol ---- */

/* "epoch:3,,17": an offset per channel, or none. Ignores invalid input. */
static void take_places(struct listening *listening, struct str since)
{
	struct str epoch, place;

	if (!str_cut(&since, ':', &epoch) || !epoch.length || epoch.length >= sizeof(listening->epoch))
		return;
	memcpy(listening->epoch, epoch.at, epoch.length);
	for (int i = 0; i < listening->count && str_cut(&since, ',', &place); i++) {
		long long offset;

		listening->channels[i].resumes = str_number(place, &offset) && offset >= 0;
		if (listening->channels[i].resumes)
			listening->channels[i].place = offset;
	}
}

static void begin(struct client *client, const struct ws_arrival *arrival)
{
	struct listening *listening = xcalloc(1, sizeof(*listening) + arrival->words.length + 1);
	struct str rest = { listening->text, arrival->words.length };

	client->more = listening;
	client->deaf = true;
	TAILQ_INIT(&listening->missed);
	memcpy(listening->text, arrival->words.at, arrival->words.length);
	while (listening->count < CHANNELS_MOST && str_cut(&rest, ',', &listening->channels[listening->count].name))
		listening->count++;
	take_places(listening, arrival->since);
	if (client_welcome(client, &arrival->who))
		ask_next(client);
}

/* Clients cannot send on this connection. */
static void hear(struct client *, struct str)
{
}

static void beat(struct client *client)
{
	client_say_raw(client, STR(": ping\n\n"));
}

/* The reconnect fails and returns the reason. */
static void deafen(struct client *client, const struct ear *, enum ws_refusal)
{
	client_end(client, BYE_PERMISSION_DENIED);
}

static void leave(struct client *client)
{
	struct listening *listening = client->more;
	struct missed *missed;

	while ((missed = TAILQ_FIRST(&listening->missed))) {
		TAILQ_REMOVE(&listening->missed, missed, link);
		message_free(missed->message);
		free(missed);
	}
}

const struct manner events = {
	.begin = begin,
	.hear = hear,
	.answered = answered,
	.beat = beat,
	.deafen = deafen,
	.leave = leave,
};
