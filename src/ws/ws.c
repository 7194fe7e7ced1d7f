/* ws.c: setup, accepting and listing connections, delivery in slices, and timers.
 *
 * Normal sequence of an event: the layer above publishes it, and its channel joins the list of busy
 * channels. On the next turns, one slice of subscriptions per turn is served, so that a broadcast
 * does not block the loop. */

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "channel.h"
#include "client.h"
#include "clock.h"
#include "config.h"
#include "conn_index.h"
#include "http_stream.h"
#include "hub.h"
#include "log.h"
#include "metrics.h"
#include "pending.h"
#include "protocol.h"
#include "recheck.h"
#include "uuid.h"
#include "websocket.h"

enum { PINGS_PER_TURN = 256, DISCONNECTS_PER_TURN = 256, MIN_BUCKETS = 64 };

/* ---- Delivery ---- */

static void disconnect_some(struct ws *ws)
{
	struct client *client = TAILQ_FIRST(&ws->clients);

	for (int i = 0; client && i < DISCONNECTS_PER_TURN; client = TAILQ_NEXT(client, link)) {
		if (client->disconnecting)
			continue;
		client_disconnect(client, DISCONNECT_SHUTDOWN);
		i++;
	}
	if (client)
		hub_wake(ws);
}

/* In order of their due times; each pinged client moves to the end. */
static void ping_due(struct ws *ws)
{
	long long now = clock_ms();
	struct client *client = TAILQ_FIRST(&ws->pinged);

	for (int i = 0; i < PINGS_PER_TURN && client && client->due_ms <= now; i++) {
		TAILQ_REMOVE(&ws->pinged, client, due_link);
		client->due_ms = now + ws->config->ws_ping_seconds * 1000;
		TAILQ_INSERT_TAIL(&ws->pinged, client, due_link);
		client_ping(client);
		client = TAILQ_FIRST(&ws->pinged);
	}
	if (client && client->due_ms <= now)
		hub_wake(ws);
}

static void on_work(evutil_socket_t, short, void *arg)
{
	struct ws *ws = arg;
	int left = SUBS_PER_SLICE;

	ping_due(ws);
	recheck_send_queued(ws);
	pending_send_queued(ws);
	while (left > 0 && !TAILQ_EMPTY(&ws->busy)) {
		struct channel *channel = TAILQ_FIRST(&ws->busy);

		TAILQ_REMOVE(&ws->busy, channel, busy_link);
		TAILQ_INSERT_TAIL(&ws->busy, channel, busy_link);
		left -= channel_deliver(channel, left) + 1;
	}
	if (!TAILQ_EMPTY(&ws->busy))
		hub_wake(ws);
	if (ws->draining)
		disconnect_some(ws);
}

static void on_flush(struct deferred *deferred)
{
	struct ws *ws = container_of(deferred, struct ws, flush);

	while (!TAILQ_EMPTY(&ws->flush_queue)) {
		struct client *client = TAILQ_FIRST(&ws->flush_queue);

		TAILQ_REMOVE(&ws->flush_queue, client, flush_link);
		client->flush_queued = false;
		client_flush(client);
	}
}

/* ---- Connections ---- */

bool ws_has_capacity(const struct ws *ws, const struct in6_addr *address, const char *user_id)
{
	const struct conn_group *same_address =
		conn_index_find(&ws->by_address, conn_key_of_address(address));
	const struct conn_group *same_user =
		user_id ? conn_index_find(&ws->by_user, conn_key_of_id(user_id)) : NULL;

	return !ws->draining && ws->client_count < (size_t)ws->config->ws_connections
	       && (!same_address || same_address->count < (size_t)ws->config->ws_per_address)
	       && (!same_user || same_user->count < (size_t)ws->config->ws_per_user);
}

void ws_accept(struct ws *ws, const struct ws_incoming *incoming)
{
	client_new(ws, incoming);
}

void ws_drain(struct ws *ws, void (*done)(void *arg), void *arg)
{
	ws->draining = true;
	ws->drained = done;
	ws->drained_arg = arg;
	hub_wake(ws);
	hub_check_drained(ws);
}

bool ws_session_receive(struct ws *ws, struct str session, struct str commands)
{
	char text[33];
	struct conn_group *group;
	struct client *client;

	if (session.length != sizeof(text) - 1)
		return false;
	memcpy(text, session.at, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	group = conn_index_find(&ws->by_session, conn_key_of_id(text));
	if (!group)
		return false;
	client = container_of(LIST_FIRST(&group->entries), struct client, session_entry);
	if (client->disconnecting)
		return false;
	client->peer.handlers->on_message(&client->peer, commands);
	return true;
}

const char *ws_node(const struct ws *ws)
{
	return ws->node;
}

void ws_recheck(struct ws *ws, const char *user_id)
{
	struct client *client;
	struct conn_group *group;
	struct conn_entry *entry;

	if (!user_id) {
		TAILQ_FOREACH(client, &ws->clients, link)
			recheck_client(client);
		return;
	}
	group = conn_index_find(&ws->by_user, conn_key_of_id(user_id));
	if (group) {
		LIST_FOREACH(entry, &group->entries, link)
			recheck_client(container_of(entry, struct client, user_entry));
	}
}

/* ---- Timer ---- */

static void on_tick(evutil_socket_t, short, void *arg)
{
	struct ws *ws = arg;
	long long now = clock_ms();
	struct client *client;

	TAILQ_FOREACH(client, &ws->unauthenticated, due_link) {
		if (client->due_ms > now)
			break;
		/* If a query is pending, the delay is ours. */
		if (!client->query_count)
			client_disconnect(client, DISCONNECT_STALE);
	}
	ws->rechecks_paused = false;
	hub_wake(ws);
}

/* ---- Lists ---- */

size_t ws_connection_count(const struct ws *ws)
{
	return ws->client_count;
}

size_t ws_subscription_count(const struct ws *ws)
{
	return ws->sub_count;
}

size_t ws_subscriber_count(const struct ws *ws, struct str name)
{
	const struct channel *channel = channel_find(ws, name);

	return channel ? channel->sub_count : 0;
}

bool ws_has_channels(const struct ws *ws)
{
	return ws->channel_count > 0;
}

void ws_each_channel(struct ws *ws, void (*call)(void *arg, const char *channel, long long offset),
                     void *arg)
{
	struct channel *channel;

	TAILQ_FOREACH(channel, &ws->channels, link)
		call(arg, channel->name, channel->last_offset);
}

void ws_each_connection(const struct ws *ws, size_t skip, size_t max,
                        void (*call)(void *arg, const struct ws_connection_info *connection),
                        void *arg)
{
	const struct client *client;
	struct ws_connection_info info;
	struct in6_addr address;
	char id[17];

	TAILQ_FOREACH(client, &ws->clients, link) {
		if (skip > 0) {
			skip--;
			continue;
		}
		if (max-- == 0)
			break;
		snprintf(id, sizeof(id), "%016llx", client->id);
		memcpy(&address, &client->address_entry.group->key, sizeof(address));
		info = (struct ws_connection_info){
			.id = id,
			.protocol = client->protocol->name,
			.user_id = client->identity.id,
			.address = address,
			.connected_at_ms = client->connected_at_ms,
			.channels = client->sub_count,
		};
		call(arg, &info);
	}
}

/* ---- Setup ---- */

struct ws *ws_new(struct loop *loop, const struct config *config,
                  const struct ws_handlers *handlers)
{
	struct ws *ws = xcalloc(1, sizeof(*ws));
	char labels[64];

	ws->loop = loop;
	ws->config = config;
	ws->handlers = *handlers;
	snprintf(ws->node, sizeof(ws->node), "%s", uuid_process());
	ws->flush.run = on_flush;
	ws->publish_to_send = metrics_series(METRIC_WS_SENT, "");
	for (int i = 0; i < WS_PROTOCOLS; i++) {
		snprintf(labels, sizeof(labels), "transport=\"%s\"", protocols[i].name);
		ws->connections_of[i] = metrics_series(METRIC_WS_CONNECTIONS, labels);
	}
	ws->buckets = MIN_BUCKETS;
	ws->table = xcalloc(ws->buckets, sizeof(*ws->table));
	TAILQ_INIT(&ws->channels);
	TAILQ_INIT(&ws->busy);
	TAILQ_INIT(&ws->clients);
	TAILQ_INIT(&ws->unauthenticated);
	TAILQ_INIT(&ws->pinged);
	TAILQ_INIT(&ws->flush_queue);
	TAILQ_INIT(&ws->query_queue);
	TAILQ_INIT(&ws->recheck_queue);
	ws->work = evtimer_new(loop_base(loop), on_work, ws);
	ws->tick = event_new(loop_base(loop), -1, EV_PERSIST, on_tick, ws);
	ws->websockets = websocket_server_new(loop, (size_t)config->ws_message_bytes,
	                                      (int)config->ws_connections);
	if (!ws->work || !ws->tick || !ws->websockets) {
		log_error("ws.not_started");
		ws_free(ws);
		return NULL;
	}
	event_add(ws->tick, &(struct timeval){ .tv_sec = 1 });
	return ws;
}

void ws_free(struct ws *ws)
{
	struct client *client, *next;

	if (!ws)
		return;
	ws->drained = NULL;
	for (client = TAILQ_FIRST(&ws->clients); client; client = next) {
		next = TAILQ_NEXT(client, link);
		if (!client->protocol->is_websocket)
			http_stream_free(&client->peer);
	}
	websocket_server_free(ws->websockets);
	loop_defer_cancel(ws->loop, &ws->flush);
	if (ws->work)
		event_free(ws->work);
	if (ws->tick)
		event_free(ws->tick);
	conn_index_finish(&ws->by_address);
	conn_index_finish(&ws->by_user);
	conn_index_finish(&ws->by_session);
	buf_finish(&ws->scratch);
	free(ws->table);
	free(ws);
}
