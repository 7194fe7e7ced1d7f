/* question.c: what a client wants to know of the floor above, and when it is asked.
 *
 * The happy path: it is asked at once, and its answer goes to the client's speech.
 *
 * When it goes wrong:
 *
 * - so much is under way that others would not get at the database: it waits for its turn;
 * - too much waits, or he asks too often: he is told to come later;
 * - he leaves, or does not want to know any more: it is forgotten. */

#include <stdlib.h>

#include "ws_room.h"
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

/* Each takes its time: as many at once as two rounds of all his channels need, then so many a second.
 * A socket is no way around the limits of requests. */
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

/* Who somebody is may be up to his issuer: nobody else waits for that. */
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

/* When all come again at once, more is asked than the floor above takes. */
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
	/* The answer is older than what makes it doubtful. */
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
