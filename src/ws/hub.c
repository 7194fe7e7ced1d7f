/* hub.c: all connections and channels, delivery in slices, and timers.
 *
 * Normal sequence of an event: the layer above publishes it, and its channel joins the list of busy
 * channels. On the next turns, one slice of subscriptions per turn is served, so that a broadcast
 * does not block the loop. */

#include <stdio.h>
#include <stdlib.h>

#include "ws_private.h"
#include "clock.h"
#include "config.h"
#include "log.h"
#include "metrics.h"

enum { BEATS_AT_ONCE = 256, FAREWELLS_AT_ONCE = 256, BUCKETS_LEAST = 64 };

/* ---- Delivery ---- */

/* Uses a timer: an event activated during a turn runs in the same turn before any I/O, so a
 * broadcast would block the loop until it is complete. */
void hub_wake(struct ws *ws)
{
	if (!evtimer_pending(ws->more, NULL))
		evtimer_add(ws->more, &(struct timeval){ 0 });
}

void hub_busy(struct channel *channel)
{
	struct ws *ws = channel->ws;

	if (channel->busy)
		return;
	channel->busy = true;
	channel->busy_us = clock_us();
	TAILQ_INSERT_TAIL(&ws->busy, channel, busy_link);
	hub_wake(ws);
}

static void say_goodbye(struct ws *ws)
{
	struct client *client = TAILQ_FIRST(&ws->clients);

	for (int i = 0; client && i < FAREWELLS_AT_ONCE; client = TAILQ_NEXT(client, link)) {
		if (client->leaving)
			continue;
		client_end(client, BYE_SHUTDOWN);
		i++;
	}
	if (client)
		hub_wake(ws);
}

/* In order of the due times; each pinged client moves to the end. */
static void beat(struct ws *ws)
{
	long long now = clock_ms();
	struct client *client = TAILQ_FIRST(&ws->beats);

	for (int i = 0; i < BEATS_AT_ONCE && client && client->beat_ms <= now; i++) {
		TAILQ_REMOVE(&ws->beats, client, beat_link);
		client->beat_ms = now + ws->config->ws_ping_seconds * 1000;
		TAILQ_INSERT_TAIL(&ws->beats, client, beat_link);
		client_beat(client);
		client = TAILQ_FIRST(&ws->beats);
	}
	if (client && client->beat_ms <= now)
		hub_wake(ws);
}

static void on_more(evutil_socket_t, short, void *arg)
{
	struct ws *ws = arg;
	int left = SLICE;

	beat(ws);
	doubts_send(ws);
	questions_send(ws);
	while (left > 0 && !TAILQ_EMPTY(&ws->busy)) {
		struct channel *channel = TAILQ_FIRST(&ws->busy);

		TAILQ_REMOVE(&ws->busy, channel, busy_link);
		TAILQ_INSERT_TAIL(&ws->busy, channel, busy_link);
		left -= channel_serve(channel, left) + 1;
	}
	if (!TAILQ_EMPTY(&ws->busy))
		hub_wake(ws);
	if (ws->draining)
		say_goodbye(ws);
}

void hub_speak(struct client *client)
{
	struct ws *ws = client->ws;

	if (client->speaking)
		return;
	client->speaking = true;
	TAILQ_INSERT_TAIL(&ws->speaking, client, speaking_link);
	loop_defer(ws->loop, &ws->flush);
}

static void on_flush(struct deferred *deferred)
{
	struct ws *ws = container_of(deferred, struct ws, flush);

	while (!TAILQ_EMPTY(&ws->speaking)) {
		struct client *client = TAILQ_FIRST(&ws->speaking);

		TAILQ_REMOVE(&ws->speaking, client, speaking_link);
		client->speaking = false;
		client_flush(client);
	}
}

/* ---- Connections ---- */

bool ws_has_room(const struct ws *ws, const struct in6_addr *address, const char *user_id)
{
	const struct crowd *from = crowd_find(&ws->addresses, key_of_address(address));
	const struct crowd *of = user_id ? crowd_find(&ws->people, key_of_text(user_id)) : NULL;

	return !ws->draining && ws->client_count < (size_t)ws->config->ws_connections
	       && (!from || from->count < (size_t)ws->config->ws_per_address)
	       && (!of || of->count < (size_t)ws->config->ws_per_user);
}

void ws_arrive(struct ws *ws, const struct ws_arrival *arrival)
{
	client_new(ws, arrival);
}

static void count(struct ws *ws, const struct client *client, int more)
{
	ws->client_count += (size_t)more;
	metrics_add(ws->spoken[client->speech - speeches], more);
}

void hub_came(struct client *client)
{
	TAILQ_INSERT_TAIL(&client->ws->clients, client, link);
	count(client->ws, client, 1);
}

static void perhaps_drained(struct ws *ws)
{
	void (*drained)(void *arg) = ws->drained;

	if (!drained || ws->client_count)
		return;
	ws->drained = NULL;
	drained(ws->drained_arg);
}

void hub_gone(struct client *client)
{
	struct ws *ws = client->ws;

	TAILQ_REMOVE(&ws->clients, client, link);
	if (client->speaking)
		TAILQ_REMOVE(&ws->speaking, client, speaking_link);
	count(ws, client, -1);
	perhaps_drained(ws);
}

void ws_drain(struct ws *ws, void (*done)(void *arg), void *arg)
{
	ws->draining = true;
	ws->drained = done;
	ws->drained_arg = arg;
	hub_wake(ws);
	perhaps_drained(ws);
}

bool ws_speak(struct ws *ws, struct str session, struct str words)
{
	char text[33];
	struct crowd *crowd;
	struct client *client;

	if (session.length != sizeof(text) - 1)
		return false;
	memcpy(text, session.at, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	crowd = crowd_find(&ws->sessions, key_of_text(text));
	if (!crowd)
		return false;
	client = container_of(LIST_FIRST(&crowd->members), struct client, session);
	if (client->leaving)
		return false;
	client->peer.ears->on_message(&client->peer, words);
	return true;
}

const char *ws_node(const struct ws *ws)
{
	return ws->node;
}

void ws_doubt(struct ws *ws, const char *user_id)
{
	struct client *client;
	struct crowd *crowd;
	struct member_of *member;

	if (!user_id) {
		TAILQ_FOREACH(client, &ws->clients, link)
			client_doubt(client);
		return;
	}
	crowd = crowd_find(&ws->people, key_of_text(user_id));
	if (crowd) {
		LIST_FOREACH(member, &crowd->members, link)
			client_doubt(container_of(member, struct client, of));
	}
}

/* ---- Timer ---- */

static void on_tick(evutil_socket_t, short, void *arg)
{
	struct ws *ws = arg;
	long long now = clock_ms();
	struct client *client;

	TAILQ_FOREACH(client, &ws->newcomers, beat_link) {
		if (client->beat_ms > now)
			break;
		/* If a query is pending, the delay is ours. */
		if (!client->asks)
			client_end(client, BYE_STALE);
	}
	ws->unanswered = false;
	hub_wake(ws);
}

/* ---- Lists ---- */

size_t ws_count(const struct ws *ws)
{
	return ws->client_count;
}

size_t ws_ear_count(const struct ws *ws)
{
	return ws->ear_count;
}

bool ws_is_heard(const struct ws *ws)
{
	return ws->channel_count > 0;
}

void ws_each_channel(struct ws *ws, void (*call)(void *arg, const char *channel, long long offset), void *arg)
{
	struct channel *channel;

	TAILQ_FOREACH(channel, &ws->channels, link)
		call(arg, channel->name, channel->top);
}

void ws_each_guest(const struct ws *ws, size_t skip, size_t most,
                   void (*call)(void *arg, const struct ws_guest *guest), void *arg)
{
	const struct client *client;
	struct in6_addr address;
	char id[17];

	TAILQ_FOREACH(client, &ws->clients, link) {
		if (skip > 0) {
			skip--;
			continue;
		}
		if (most-- == 0)
			break;
		snprintf(id, sizeof(id), "%016llx", client->id);
		memcpy(&address, &client->from.crowd->key, sizeof(address));
		call(arg, &(struct ws_guest){
			.id = id,
			.speech = client->speech->name,
			.user_id = client->who.id,
			.address = address,
			.since_ms = client->since_ms,
			.channels = client->ear_count,
		});
	}
}

/* ---- Setup ---- */

struct ws *ws_new(struct loop *loop, const struct config *config, const struct ws_above *above)
{
	struct ws *ws = xcalloc(1, sizeof(*ws));
	char labels[64];

	ws->loop = loop;
	ws->config = config;
	ws->above = *above;
	uuid_make(ws->node);
	ws->flush.run = on_flush;
	ws->sent = metrics_series(METRIC_WS_SENT, "");
	for (int i = 0; i < WS_SPEECHES; i++) {
		snprintf(labels, sizeof(labels), "transport=\"%s\"", speeches[i].name);
		ws->spoken[i] = metrics_series(METRIC_WS_CONNECTIONS, labels);
	}
	ws->buckets = BUCKETS_LEAST;
	ws->table = xcalloc(ws->buckets, sizeof(*ws->table));
	TAILQ_INIT(&ws->channels);
	TAILQ_INIT(&ws->busy);
	TAILQ_INIT(&ws->clients);
	TAILQ_INIT(&ws->newcomers);
	TAILQ_INIT(&ws->beats);
	TAILQ_INIT(&ws->speaking);
	TAILQ_INIT(&ws->line);
	TAILQ_INIT(&ws->doubts);
	ws->more = evtimer_new(loop_base(loop), on_more, ws);
	ws->tick = event_new(loop_base(loop), -1, EV_PERSIST, on_tick, ws);
	ws->sockets = sockets_new(loop, (size_t)config->ws_message_bytes, (int)config->ws_connections);
	if (!ws->more || !ws->tick || !ws->sockets) {
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
		if (!client->speech->socket)
			stream_end(&client->peer);
	}
	sockets_free(ws->sockets);
	loop_defer_cancel(ws->loop, &ws->flush);
	if (ws->more)
		event_free(ws->more);
	if (ws->tick)
		event_free(ws->tick);
	crowds_finish(&ws->addresses);
	crowds_finish(&ws->people);
	crowds_finish(&ws->sessions);
	buf_finish(&ws->scratch);
	free(ws->table);
	free(ws);
}
