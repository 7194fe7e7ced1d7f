/* pending.c: the queries of clients, and when they are sent to the layer above.
 *
 * Normal sequence: a query is sent at once, and its reply goes to the client's protocol.
 *
 * Failures:
 *
 * - too many queries are active, which would slow down other users of the database: it is queued;
 * - the queue is full, or the client exceeds its query rate: an error asks it to retry later;
 * - the client disconnects or unsubscribes: the query is cancelled. */

#include <stdlib.h>

#include "arena.h"
#include "channel.h"
#include "client.h"
#include "clock.h"
#include "config.h"
#include "hub.h"
#include "pending.h"
#include "protocol.h"
#include "recheck.h"

static bool is_recheck(const struct pending_query *pending)
{
	return pending->query.kind == WS_RECHECK_USER || pending->query.kind == WS_RECHECK_CHANNEL;
}

struct pending_query *pending_new(struct client *client, enum ws_query_kind kind, struct str text)
{
	struct pending_query *pending = xcalloc(1, sizeof(*pending) + text.length + 1);

	pending->client = client;
	pending->query.kind = kind;
	pending->query.identity = client->identity;
	memcpy(pending->text, text.at, text.length);
	pending->query.text = (struct str){ pending->text, text.length };
	TAILQ_INSERT_TAIL(&client->pending, pending, link);
	return pending;
}

/* A burst may query all channels twice and MAX_CLIENT_QUERIES times more; then the rate is one per
 * QUERY_INTERVAL_MS. A WebSocket must not bypass the rate limits of requests. If the queue is full,
 * every client is over its rate. */
bool pending_over_rate(const struct client *client)
{
	long long max = 2 * client->ws->config->ws_channels + MAX_CLIENT_QUERIES;

	return client->ws->queued_queries >= MAX_QUEUED_QUERIES
	       || client->query_credit_ms - clock_ms() > max * QUERY_INTERVAL_MS;
}

struct pending_query *pending_start(struct client *client, enum ws_query_kind kind, struct str text)
{
	struct pending_query *pending;
	long long now = clock_ms();

	if (client->disconnecting || pending_over_rate(client))
		return NULL;
	pending = pending_new(client, kind, text);
	client->query_count++;
	client->query_credit_ms =
		(client->query_credit_ms > now ? client->query_credit_ms : now) + QUERY_INTERVAL_MS;
	if (kind == WS_SUBSCRIBE)
		pending->channel = channel_hold(client->ws, text);
	return pending;
}

/* Authentication may wait for the token's issuer: it does not count against the limit and delays
 * no other query. */
static bool is_limited(const struct pending_query *pending)
{
	return pending->query.kind != WS_AUTHENTICATE;
}

static void send_now(struct pending_query *pending)
{
	struct ws *ws = pending->client->ws;

	ws->active_queries += is_limited(pending);
	ws->handlers.query(ws->handlers.context, &pending->query);
}

/* When all clients reconnect at once, they send more queries than the database should get. */
void pending_send(struct pending_query *pending)
{
	struct ws *ws = pending->client->ws;

	if (!is_limited(pending)
	    || (ws->active_queries < MAX_ACTIVE_QUERIES && !ws->queued_queries)) {
		send_now(pending);
		return;
	}
	pending->queued = true;
	ws->queued_queries++;
	TAILQ_INSERT_TAIL(&ws->query_queue, pending, wait_link);
}

static void leave_queue(struct pending_query *pending)
{
	struct ws *ws = pending->client->ws;

	pending->queued = false;
	ws->queued_queries--;
	TAILQ_REMOVE(&ws->query_queue, pending, wait_link);
}

void pending_send_queued(struct ws *ws)
{
	while (ws->active_queries < MAX_ACTIVE_QUERIES && ws->queued_queries) {
		struct pending_query *pending = TAILQ_FIRST(&ws->query_queue);

		leave_queue(pending);
		send_now(pending);
	}
}

static void query_finished(const struct pending_query *pending)
{
	struct ws *ws = pending->client->ws;

	ws->active_queries -= is_limited(pending);
	if (ws->queued_queries)
		hub_wake(ws);
}

void pending_free(struct pending_query *pending)
{
	struct client *client = pending->client;

	TAILQ_REMOVE(&client->pending, pending, link);
	if (!is_recheck(pending))
		client->query_count--;
	if (pending->channel)
		channel_release(pending->channel);
	free(pending);
}

struct subscription *pending_subscribe(struct pending_query *pending, const struct ws_reply *reply)
{
	struct client *client = pending->client;
	struct subscription *sub = channel_subscribe(pending->channel, client, reply->offset);

	sub->server_side = pending->server_side;
	/* The reply predates a change of permissions. */
	if (pending->repeat || reply->offset < sub->channel->recheck_offset)
		recheck_subscription(sub);
	return sub;
}

void ws_reply(struct ws *ws, struct ws_query *query, const struct ws_reply *reply)
{
	struct pending_query *pending = container_of(query, struct pending_query, query);
	struct client *client = pending->client;

	if (is_recheck(pending)) {
		recheck_on_reply(pending, reply);
		return;
	}
	query_finished(pending);
	if (!client->disconnecting)
		client->protocol->ops->on_reply(client, pending, reply);
	pending_free(pending);
	if (!client->disconnecting && client->protocol->ops->run_queued)
		client->protocol->ops->run_queued(client);
}

void pending_cancel(struct pending_query *pending)
{
	struct ws *ws = pending->client->ws;

	if (is_recheck(pending)) {
		recheck_on_cancel(pending);
	} else if (pending->queued) {
		leave_queue(pending);
	} else {
		ws->handlers.cancel(ws->handlers.context, &pending->query);
		query_finished(pending);
	}
	pending_free(pending);
}
