/* pending.c: the queries of clients, and when they are sent to the layer above.
 *
 * Normal sequence: a query is sent at once, and its reply goes to the client's protocol.
 *
 * Failures:
 *
 * - too many queries are active, which would crowd out other users of the database: it is queued;
 * - the queue is full, or the client exceeds its query rate: an error asks it to retry later;
 * - the client disconnects or unsubscribes: the query is canceled. */

#include <stdlib.h>

#include "ws_private.h"
#include "clock.h"
#include "config.h"

struct question *question_new(struct client *client, enum ws_question what, struct str text)
{
	struct question *question = xcalloc(1, sizeof(*question) + text.length + 1);

	question->client = client;
	question->ask.question = what;
	question->ask.who = client->who;
	memcpy(question->text, text.at, text.length);
	question->ask.text = (struct str){ question->text, text.length };
	TAILQ_INSERT_TAIL(&client->questions, question, link);
	return question;
}

/* A burst may query all channels twice and ASKS_MOST times more; then the rate is one per
 * ASK_MS. A socket does not bypass the rate limits of requests. */
bool client_asks_too_much(const struct client *client)
{
	long long most = 2 * client->ws->config->ws_channels + ASKS_MOST;

	return client->ws->line_count >= LINE_MOST || client->asked_ms - clock_ms() > most * ASK_MS;
}

struct question *client_ask(struct client *client, enum ws_question what, struct str text)
{
	struct question *question;
	long long now = clock_ms();

	if (client->leaving || client_asks_too_much(client))
		return NULL;
	question = question_new(client, what, text);
	client->asks++;
	client->asked_ms = (client->asked_ms > now ? client->asked_ms : now) + ASK_MS;
	if (what == WS_HEAR)
		question->channel = channel_open(client->ws, text);
	return question;
}

/* Authentication may wait for the token's issuer: it does not count against the limit and delays
 * no other query. */
static bool has_turns(const struct question *question)
{
	return question->ask.question != WS_WHO;
}

static void ask(struct question *question)
{
	struct ws *ws = question->client->ws;

	ws->asking += has_turns(question);
	ws->above.ask(ws->above.context, &question->ask);
}

/* When all clients reconnect at once, there are more queries than the layer above accepts. */
void question_send(struct question *question)
{
	struct ws *ws = question->client->ws;

	if (!has_turns(question) || (ws->asking < ASKING_MOST && !ws->line_count)) {
		ask(question);
		return;
	}
	question->waiting = true;
	ws->line_count++;
	TAILQ_INSERT_TAIL(&ws->line, question, wait_link);
}

static void leave_line(struct question *question)
{
	struct ws *ws = question->client->ws;

	question->waiting = false;
	ws->line_count--;
	TAILQ_REMOVE(&ws->line, question, wait_link);
}

void questions_send(struct ws *ws)
{
	while (ws->asking < ASKING_MOST && ws->line_count) {
		struct question *question = TAILQ_FIRST(&ws->line);

		leave_line(question);
		ask(question);
	}
}

static void was_asked(const struct question *question)
{
	struct ws *ws = question->client->ws;

	ws->asking -= has_turns(question);
	if (ws->line_count)
		hub_wake(ws);
}

void question_free(struct question *question)
{
	struct client *client = question->client;

	TAILQ_REMOVE(&client->questions, question, link);
	if (!is_doubt(question))
		client->asks--;
	if (question->channel)
		channel_close(question->channel);
	free(question);
}

struct ear *question_join(struct question *question, const struct ws_answer *answer)
{
	struct client *client = question->client;
	struct ear *ear = channel_join(question->channel, client, answer->offset);

	ear->given = question->given;
	/* The reply predates a change of permissions. */
	if (question->again || answer->offset < ear->channel->revoked)
		ear_doubt(ear);
	return ear;
}

void ws_answer(struct ws *ws, struct ws_ask *ask, const struct ws_answer *answer)
{
	struct question *question = container_of(ask, struct question, ask);
	struct client *client = question->client;

	if (is_doubt(question)) {
		doubt_answered(question, answer);
		return;
	}
	was_asked(question);
	if (!client->leaving)
		client->speech->manner->answered(client, question, answer);
	question_free(question);
	if (!client->leaving && client->speech->manner->go_on)
		client->speech->manner->go_on(client);
}

void question_drop(struct question *question)
{
	struct ws *ws = question->client->ws;

	if (is_doubt(question)) {
		doubt_forget(question);
	} else if (question->waiting) {
		leave_line(question);
	} else {
		ws->above.forget(ws->above.context, &question->ask);
		was_asked(question);
	}
	question_free(question);
}
