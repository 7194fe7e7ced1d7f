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

#include "channel.h"
#include "client.h"
#include "hub.h"
#include "pending.h"
#include "protocol.h"
#include "recheck.h"

enum { MAX_ACTIVE_RECHECKS = 128 };

static void enqueue(struct pending_query *pending)
{
	struct ws *ws = pending->client->ws;

	pending->queued = true;
	pending->repeat = false;
	TAILQ_INSERT_TAIL(&ws->recheck_queue, pending, wait_link);
}

static struct pending_query *start(struct client *client, enum ws_query_kind kind, struct str text)
{
	struct pending_query *pending = pending_new(client, kind, text);

	enqueue(pending);
	/* Start on the next turn, so that all affected subscriptions are marked before the first
	 * query. */
	hub_wake(client->ws);
	return pending;
}

void recheck_subscription(struct subscription *sub)
{
	if (sub->recheck) {
		sub->recheck->repeat = true;
		return;
	}
	sub->recheck = start(sub->client, WS_RECHECK_CHANNEL, str_of(sub->channel->name));
	sub->recheck->sub = sub;
}

void recheck_client(struct client *client)
{
	struct pending_query *pending;

	if (client->disconnecting || !*client->identity.id)
		return;
	/* Pending queries may return results from before the change. */
	TAILQ_FOREACH(pending, &client->pending, link)
		pending->repeat = true;
	if (!client->recheck)
		client->recheck = start(client, WS_RECHECK_USER, STR(""));
}

void recheck_send_queued(struct ws *ws)
{
	while (ws->active_rechecks < MAX_ACTIVE_RECHECKS && !ws->rechecks_paused
	       && !TAILQ_EMPTY(&ws->recheck_queue)) {
		struct pending_query *pending = TAILQ_FIRST(&ws->recheck_queue);

		TAILQ_REMOVE(&ws->recheck_queue, pending, wait_link);
		pending->queued = false;
		pending->repeat = false;
		pending->query.identity = pending->client->identity;
		ws->active_rechecks++;
		ws->handlers.query(ws->handlers.context, &pending->query);
	}
}

void recheck_on_cancel(struct pending_query *pending)
{
	struct ws *ws = pending->client->ws;

	if (pending->queued) {
		TAILQ_REMOVE(&ws->recheck_queue, pending, wait_link);
	} else {
		ws->active_rechecks--;
		hub_wake(ws);
		ws->handlers.cancel(ws->handlers.context, &pending->query);
	}
	if (pending->sub)
		pending->sub->recheck = NULL;
	if (pending == pending->client->recheck)
		pending->client->recheck = NULL;
}

void recheck_end_subscription(struct subscription *sub)
{
	if (sub->recheck)
		pending_cancel(sub->recheck);
}

static void apply_to_subscription(struct client *client, struct subscription *sub,
                                  enum ws_error error)
{
	sub->recheck = NULL;
	if (error == WS_OK) {
		subscription_deliver_soon(sub);
		return;
	}
	client->protocol->ops->unsubscribed(client, sub, error);
	subscription_free(sub);
}

static void apply_to_client(struct client *client, const struct ws_reply *reply)
{
	struct subscription *sub;

	client->recheck = NULL;
	if (reply->error != WS_OK) {
		client_disconnect(client, DISCONNECT_PERMISSION_DENIED);
		return;
	}
	TAILQ_FOREACH(sub, &client->subs, client_link)
		recheck_subscription(sub);
}

void recheck_on_reply(struct pending_query *pending, const struct ws_reply *reply)
{
	struct client *client = pending->client;
	struct subscription *sub = pending->sub;
	bool unavailable = reply->error != WS_OK && ws_error_row(reply->error)->temporary;

	client->ws->active_rechecks--;
	client->ws->rechecks_paused |= unavailable;
	hub_wake(client->ws);
	if (pending->repeat || unavailable) {
		enqueue(pending);
		return;
	}
	if (client->disconnecting) {
		if (sub)
			sub->recheck = NULL;
		else
			client->recheck = NULL;
	} else if (sub) {
		apply_to_subscription(client, sub, reply->error);
	} else {
		apply_to_client(client, reply);
	}
	pending_free(pending);
}
