/* channel.c: a ring of numbered messages, and the channel's subscribers.
 *
 * Normal sequence:
 *
 * - an event with the next offset arrives and is put into the ring;
 * - in rounds, a slice at a time, each subscription gets everything it has not received yet;
 * - after a round in which nobody lags, the ring is emptied: delivered events need not be kept,
 *   the database has them.
 *
 * Failures:
 *
 * - an offset is skipped: the missing events are backfilled, and nothing is delivered until they
 *   have arrived. If they do not fit into the ring, the rest is requested once the first part is
 *   delivered;
 * - a client cannot take more: its subscription lags, and the ring keeps what it has not received,
 *   up to a bound. Past it the client is disconnected and recovers when it reconnects. */

#include <stdlib.h>

#include "ws_private.h"
#include "clock.h"
#include "config.h"
#include "metrics.h"

/* ---- Lookup ---- */

static struct channel **bucket(const struct ws *ws, uint64_t hash)
{
	return &ws->table[hash & (ws->buckets - 1)];
}

struct channel *channel_find(const struct ws *ws, struct str name)
{
	uint64_t hash = str_hash(name, str_seed());
	struct channel *channel = *bucket(ws, hash);

	while (channel && (channel->hash != hash || !str_is(name, channel->name)))
		channel = channel->next;
	return channel;
}

static void grow(struct ws *ws)
{
	struct channel *channel;

	free(ws->table);
	ws->buckets *= 2;
	ws->table = xcalloc(ws->buckets, sizeof(*ws->table));
	TAILQ_FOREACH(channel, &ws->channels, link) {
		channel->next = *bucket(ws, channel->hash);
		*bucket(ws, channel->hash) = channel;
	}
}

static struct channel *channel_new(struct ws *ws, struct str name)
{
	struct channel *channel = xcalloc(1, sizeof(*channel) + name.length + 1);

	channel->ws = ws;
	memcpy(channel->name, name.at, name.length);
	channel->hash = str_hash(name, str_seed());
	channel->top = -1;
	TAILQ_INIT(&channel->ears);
	if (ws->channel_count++ == ws->buckets)
		grow(ws);
	TAILQ_INSERT_TAIL(&ws->channels, channel, link);
	channel->next = *bucket(ws, channel->hash);
	*bucket(ws, channel->hash) = channel;
	return channel;
}

struct channel *channel_open(struct ws *ws, struct str name)
{
	struct channel *channel = channel_find(ws, name);

	if (!channel)
		channel = channel_new(ws, name);
	channel->asking++;
	return channel;
}

/* ---- Ring ---- */

static struct message **slot(const struct channel *channel, long long offset)
{
	return &channel->ring[(size_t)offset & (channel->room - 1)];
}

static long long first_held(const struct channel *channel)
{
	return channel->top - (long long)channel->held + 1;
}

static void drop_oldest(struct channel *channel)
{
	struct message **oldest = slot(channel, first_held(channel));

	channel->bytes -= (*oldest)->bytes;
	message_free(*oldest);
	*oldest = NULL;
	channel->held--;
}

static void ring_grow(struct channel *channel)
{
	struct message **old = channel->ring;
	size_t room = channel->room;

	channel->room = room ? room * 2 : 8;
	channel->ring = xcalloc(channel->room, sizeof(*channel->ring));
	for (size_t i = 0; i < channel->held; i++) {
		long long offset = first_held(channel) + (long long)i;

		*slot(channel, offset) = old[(size_t)offset & (room - 1)];
	}
	free(old);
}

static void ring_empty(struct channel *channel)
{
	while (channel->held)
		drop_oldest(channel);
	free(channel->ring);
	channel->ring = NULL;
	channel->room = 0;
}

static bool is_full(const struct channel *channel, size_t bytes)
{
	const struct config *config = channel->ws->config;

	return channel->held && (channel->held >= (size_t)config->ws_ring
	                         || channel->bytes + bytes > (size_t)config->ws_ring_bytes);
}

/* False: it would evict events of the same backfill that are not delivered yet. */
static bool put(struct channel *channel, const struct ws_event *event)
{
	struct message *message = message_new(event);

	while (is_full(channel, message->bytes)) {
		if (channel->filling && first_held(channel) > channel->filled_from) {
			message_free(message);
			return false;
		}
		drop_oldest(channel);
	}
	if (channel->held == channel->room)
		ring_grow(channel);
	channel->top = event->offset;
	channel->held++;
	channel->bytes += message->bytes;
	*slot(channel, event->offset) = message;
	return true;
}

/* ---- Publishing ---- */

/* Not before the previous events are delivered. */
static void fill(struct channel *channel)
{
	struct ws *ws = channel->ws;

	if (channel->filling || channel->busy || channel->top < 0 || channel->seen <= channel->top)
		return;
	channel->filling = true;
	channel->filled_from = channel->top;
	ws->above.fill(ws->above.context, channel->name, channel->top);
}

void ws_tell(struct ws *ws, const struct ws_event *event)
{
	struct channel *channel = channel_find(ws, event->channel);
	struct ear *ear;

	if (!channel || event->offset <= channel->top)
		return;
	if (channel->top < 0 || event->offset != channel->top + 1 || !put(channel, event)) {
		ws_known(ws, event->channel, event->offset);
		return;
	}
	if (channel->seen < channel->top)
		channel->seen = channel->top;
	/* Hold this and later events until each subscriber is re-authorized. */
	if (event->revokes) {
		channel->revoked = event->offset;
		TAILQ_FOREACH(ear, &channel->ears, channel_link)
			ear_doubt(ear);
	}
	hub_busy(channel);
}

void ws_known(struct ws *ws, struct str name, long long offset)
{
	struct channel *channel = channel_find(ws, name);

	if (!channel || offset <= channel->seen)
		return;
	channel->seen = offset;
	fill(channel);
}

void ws_filled(struct ws *ws, const char *name)
{
	struct channel *channel = channel_find(ws, str_of(name));

	if (!channel || !channel->filling)
		return;
	channel->filling = false;
	/* The offset was announced but the events do not exist. */
	if (channel->top == channel->filled_from)
		channel->seen = channel->top;
	fill(channel);
}

void ws_broken(struct ws *ws, const char *name)
{
	struct channel *channel = channel_find(ws, str_of(name));
	struct ear *ear;

	if (!channel)
		return;
	TAILQ_FOREACH(ear, &channel->ears, channel_link)
		client_end(ear->client, BYE_INSUFFICIENT);
	/* The next subscriber sets the offset again. */
	ring_empty(channel);
	channel->top = channel->seen = -1;
	channel->revoked = 0;
	channel->filling = false;
}

/* ---- Subscriptions ---- */

struct ear *channel_join(struct channel *channel, struct client *client, long long offset)
{
	struct ear *ear = xcalloc(1, sizeof(*ear));

	ear->client = client;
	ear->channel = channel;
	ear->heard = offset;
	TAILQ_INSERT_TAIL(&client->ears, ear, client_link);
	TAILQ_INSERT_TAIL(&channel->ears, ear, channel_link);
	client->ear_count++;
	channel->ear_count++;
	channel->ws->ear_count++;
	if (channel->top < 0)
		channel->top = offset;
	if (channel->seen < offset)
		channel->seen = offset;
	fill(channel);
	/* Events published while the database was queried. */
	if (channel->top > offset)
		hub_busy(channel);
	return ear;
}

static void channel_free(struct channel *channel)
{
	struct ws *ws = channel->ws;
	struct channel **at = bucket(ws, channel->hash);

	while (*at != channel)
		at = &(*at)->next;
	*at = channel->next;
	TAILQ_REMOVE(&ws->channels, channel, link);
	if (channel->busy)
		TAILQ_REMOVE(&ws->busy, channel, busy_link);
	ws->channel_count--;
	ring_empty(channel);
	free(channel);
}

static void rest(struct channel *channel)
{
	if (channel->asking == 0 && channel->ear_count == 0)
		channel_free(channel);
	else if (channel->asking == 0 && channel->late_count == 0 && !channel->busy)
		ring_empty(channel);
}

void channel_close(struct channel *channel)
{
	channel->asking--;
	rest(channel);
}

static void ear_on_time(struct ear *ear, bool on_time)
{
	if (ear->late == !on_time)
		return;
	ear->late = !on_time;
	if (on_time)
		ear->channel->late_count--;
	else
		ear->channel->late_count++;
}

void ear_leave(struct ear *ear)
{
	struct channel *channel = ear->channel;

	ear_on_time(ear, true);
	ear_believe(ear);
	if (channel->next_ear == ear)
		channel->next_ear = TAILQ_NEXT(ear, channel_link);
	TAILQ_REMOVE(&ear->client->ears, ear, client_link);
	TAILQ_REMOVE(&channel->ears, ear, channel_link);
	ear->client->ear_count--;
	channel->ear_count--;
	channel->ws->ear_count--;
	free(ear);
	rest(channel);
}

/* ---- Delivery ---- */

/* Collects as much as fits into one write. */
static void gather(struct ear *ear, struct buf *out)
{
	const struct channel *channel = ear->channel;
	enum form form = ear->client->speech->form;

	while (ear->heard < channel->top && out->length < AT_ONCE) {
		struct message *message = *slot(channel, ear->heard + 1);

		ear->heard++;
		if (form == FORM_EVENT)
			events_place(out, ear);
		buf_str(out, message_form(message, form));
		metrics_count(METRIC_WS_DELIVERIES, 1);
	}
}

/* The ring no longer has the client's next event. */
static void leave_behind(struct client *client)
{
	if (!client->leaving)
		metrics_count(METRIC_WS_SLOW, 1);
	client_end(client, BYE_SLOW);
}

void ear_serve(struct ear *ear)
{
	struct channel *channel = ear->channel;
	struct client *client = ear->client;
	struct buf *scratch = &channel->ws->scratch;

	while (!ear->doubt && !client->doubt && !client->deaf && ear->heard < channel->top && !client->leaving) {
		client_flush(client);
		if (client->peer.full || client->leaving)
			break;
		if (ear->heard + 1 < first_held(channel)) {
			leave_behind(client);
			break;
		}
		/* A single event has the same bytes for every subscriber: write them without a
		 * copy. */
		if (ear->heard + 1 == channel->top && client->speech->form != FORM_EVENT) {
			ear->heard++;
			metrics_count(METRIC_WS_DELIVERIES, 1);
			client->peer.transport->write(&client->peer,
			                              message_form(*slot(channel, ear->heard), client->speech->form));
			continue;
		}
		buf_clear(scratch);
		gather(ear, scratch);
		client->peer.transport->write(&client->peer, buf_as_str(scratch));
	}
	ear_on_time(ear, ear->heard >= channel->top || client->leaving);
	rest(channel);
}

/* The current round may have passed this subscription: request another. */
void ear_serve_soon(struct ear *ear)
{
	struct channel *channel = ear->channel;

	if (ear->heard >= channel->top)
		return;
	hub_busy(channel);
	channel->round = -1;
}

static bool out_of_reach(const struct ear *ear)
{
	return ear->late && ear->heard + 1 < first_held(ear->channel);
}

int channel_serve(struct channel *channel, int most)
{
	int served = 0;

	if (!channel->next_ear) {
		channel->next_ear = TAILQ_FIRST(&channel->ears);
		channel->round = channel->top;
	}
	for (; channel->next_ear && served < most; served++) {
		struct ear *ear = channel->next_ear;

		channel->next_ear = TAILQ_NEXT(ear, channel_link);
		if (out_of_reach(ear))
			leave_behind(ear->client);
		ear_serve(ear);
	}
	if (channel->next_ear || channel->round != channel->top)
		return served;
	channel->busy = false;
	TAILQ_REMOVE(&channel->ws->busy, channel, busy_link);
	metrics_observe(channel->ws->sent, clock_exact_us() - channel->busy_us);
	fill(channel);
	rest(channel);
	return served;
}
