/* recheck.c: re-authorizes subscriptions.
 *
 * Normal sequence, after a user's role has changed or a note was made private:
 *
 * - the affected subscriptions get no further events;
 * - the layer above is queried, a limited number of queries at a time: for a client first whether
 *   its user is still active, then for each of its subscriptions;
 * - a subscription that is still permitted continues where it stopped and misses nothing.
 *
 * Failures:
 *
 * - permission denied: the client is unsubscribed from the channel, or disconnected;
 * - another change before the answer: the query is repeated;
 * - no answer possible (the database is unavailable): all re-checks wait until the next second and
 *   are repeated. Nothing is delivered until then. */

#include <stdlib.h>

#include "ws_private.h"

enum { AT_ONCE_MOST = 128 };

bool is_doubt(const struct question *question)
{
	return question->ask.question == WS_AGAIN || question->ask.question == WS_STILL;
}

static void wait(struct question *question)
{
	struct ws *ws = question->client->ws;

	question->waiting = true;
	question->again = false;
	TAILQ_INSERT_TAIL(&ws->doubts, question, wait_link);
}

static struct question *doubt(struct client *client, enum ws_question what, struct str text)
{
	struct question *question = question_new(client, what, text);

	wait(question);
	/* Start on the next turn, so that all affected subscriptions are marked before the first
	 * query. */
	hub_wake(client->ws);
	return question;
}

void ear_doubt(struct ear *ear)
{
	if (ear->doubt) {
		ear->doubt->again = true;
		return;
	}
	ear->doubt = doubt(ear->client, WS_STILL, str_of(ear->channel->name));
	ear->doubt->ear = ear;
}

void client_doubt(struct client *client)
{
	struct question *question;

	if (client->leaving || !*client->who.id)
		return;
	/* Pending queries may return results from before the change. */
	TAILQ_FOREACH(question, &client->questions, link)
		question->again = true;
	if (!client->doubt)
		client->doubt = doubt(client, WS_AGAIN, STR(""));
}

void doubts_send(struct ws *ws)
{
	while (ws->doubting < AT_ONCE_MOST && !ws->unanswered && !TAILQ_EMPTY(&ws->doubts)) {
		struct question *question = TAILQ_FIRST(&ws->doubts);

		TAILQ_REMOVE(&ws->doubts, question, wait_link);
		question->waiting = false;
		question->again = false;
		question->ask.who = question->client->who;
		ws->doubting++;
		ws->above.ask(ws->above.context, &question->ask);
	}
}

void doubt_forget(struct question *question)
{
	struct ws *ws = question->client->ws;

	if (question->waiting) {
		TAILQ_REMOVE(&ws->doubts, question, wait_link);
	} else {
		ws->doubting--;
		hub_wake(ws);
		ws->above.forget(ws->above.context, &question->ask);
	}
	if (question->ear)
		question->ear->doubt = NULL;
	if (question == question->client->doubt)
		question->client->doubt = NULL;
}

void ear_believe(struct ear *ear)
{
	if (ear->doubt)
		question_drop(ear->doubt);
}

static void judge_ear(struct client *client, struct ear *ear, enum ws_refusal refusal)
{
	ear->doubt = NULL;
	if (refusal == WS_YES) {
		ear_serve_soon(ear);
		return;
	}
	client->speech->manner->deafen(client, ear, refusal);
	ear_leave(ear);
}

static void judge_client(struct client *client, const struct ws_answer *answer)
{
	struct ear *ear;

	client->doubt = NULL;
	if (answer->refusal != WS_YES) {
		client_end(client, BYE_PERMISSION_DENIED);
		return;
	}
	TAILQ_FOREACH(ear, &client->ears, client_link)
		ear_doubt(ear);
}

void doubt_answered(struct question *question, const struct ws_answer *answer)
{
	struct client *client = question->client;
	struct ear *ear = question->ear;
	bool nobody_knows = answer->refusal != WS_YES && refusal_row(answer->refusal)->temporary;

	client->ws->doubting--;
	client->ws->unanswered |= nobody_knows;
	hub_wake(client->ws);
	if (question->again || nobody_knows) {
		wait(question);
		return;
	}
	if (client->leaving) {
		if (ear)
			ear->doubt = NULL;
		else
			client->doubt = NULL;
	} else if (ear) {
		judge_ear(client, ear, answer->refusal);
	} else {
		judge_client(client, answer);
	}
	question_free(question);
}
