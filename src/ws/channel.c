/* channel.c: a ring of numbered messages, and the channel's subscribers.
 *
 * Normal sequence:
 *
 * - an event with the next offset arrives and is put into the ring;
 * - in rounds, a slice at a time, each subscription gets everything it has not received yet;
 * - after a round in which no subscription lags, the ring is emptied: delivered events need not
 *   be kept, since the database has them.
 *
 * Failures:
 *
 * - an offset is skipped: the missing events are backfilled, and nothing is delivered until they
 *   have arrived. If they do not fit into the ring, the rest is requested once the first part is
 *   delivered;
 * - a client cannot take more: its subscription lags, and the ring keeps what it has not received,
 *   up to a bound. Beyond it the client is disconnected and recovers when it reconnects. */

#include <stdlib.h>

#include "arena.h"
#include "channel.h"
#include "client.h"
#include "clock.h"
#include "config.h"
#include "hub.h"
#include "message.h"
#include "metrics.h"
#include "protocol.h"
#include "recheck.h"

enum { MAX_WRITE = 16 * 1024 }; /* bytes written to one client before others are served */

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
	channel->last_offset = -1;
	TAILQ_INIT(&channel->subs);
	if (ws->channel_count++ == ws->buckets)
		grow(ws);
	TAILQ_INSERT_TAIL(&ws->channels, channel, link);
	channel->next = *bucket(ws, channel->hash);
	*bucket(ws, channel->hash) = channel;
	return channel;
}

struct channel *channel_hold(struct ws *ws, struct str name)
{
	struct channel *channel = channel_find(ws, name);

	if (!channel)
		channel = channel_new(ws, name);
	channel->pending_count++;
	return channel;
}

/* ---- Ring ---- */

static struct message **slot(const struct channel *channel, long long offset)
{
	return &channel->ring[(size_t)offset & (channel->ring_size - 1)];
}

static long long oldest_offset(const struct channel *channel)
{
	return channel->last_offset - (long long)channel->ring_count + 1;
}

static void drop_oldest(struct channel *channel)
{
	struct message **oldest = slot(channel, oldest_offset(channel));

	channel->ring_bytes -= (*oldest)->bytes;
	message_free(*oldest);
	*oldest = NULL;
	channel->ring_count--;
}

static void ring_grow(struct channel *channel)
{
	struct message **old = channel->ring;
	size_t old_size = channel->ring_size;

	channel->ring_size = old_size ? old_size * 2 : 8;
	channel->ring = xcalloc(channel->ring_size, sizeof(*channel->ring));
	for (size_t i = 0; i < channel->ring_count; i++) {
		long long offset = oldest_offset(channel) + (long long)i;

		*slot(channel, offset) = old[(size_t)offset & (old_size - 1)];
	}
	free(old);
}

static void ring_empty(struct channel *channel)
{
	while (channel->ring_count)
		drop_oldest(channel);
	free(channel->ring);
	channel->ring = NULL;
	channel->ring_size = 0;
}

static bool is_full(const struct channel *channel, size_t bytes)
{
	const struct config *config = channel->ws->config;

	return channel->ring_count
	       && (channel->ring_count >= (size_t)config->ws_ring
	           || channel->ring_bytes + bytes > (size_t)config->ws_ring_bytes);
}

/* False: it would evict events of the same backfill that are not delivered yet. */
static bool ring_put(struct channel *channel, const struct ws_event *event)
{
	struct message *message = message_new(event);

	while (is_full(channel, message->bytes)) {
		if (channel->backfilling && oldest_offset(channel) > channel->backfill_from) {
			message_free(message);
			return false;
		}
		drop_oldest(channel);
	}
	if (channel->ring_count == channel->ring_size)
		ring_grow(channel);
	channel->last_offset = event->offset;
	channel->ring_count++;
	channel->ring_bytes += message->bytes;
	*slot(channel, event->offset) = message;
	return true;
}

/* ---- Publishing ---- */

/* Not before the previous events are delivered. */
static void backfill(struct channel *channel)
{
	struct ws *ws = channel->ws;

	if (channel->backfilling || channel->busy || channel->last_offset < 0
	    || channel->known_offset <= channel->last_offset)
		return;
	channel->backfilling = true;
	channel->backfill_from = channel->last_offset;
	ws->handlers.backfill(ws->handlers.context, channel->name, channel->last_offset);
}

void ws_publish(struct ws *ws, const struct ws_event *event)
{
	struct channel *channel = channel_find(ws, event->channel);
	struct subscription *sub;

	if (!channel || event->offset <= channel->last_offset)
		return;
	if (channel->last_offset < 0 || event->offset != channel->last_offset + 1
	    || !ring_put(channel, event)) {
		ws_offset_seen(ws, event->channel, event->offset);
		return;
	}
	if (channel->known_offset < channel->last_offset)
		channel->known_offset = channel->last_offset;
	/* Hold this and later events until each subscriber is re-authorized. */
	if (event->revokes) {
		channel->recheck_offset = event->offset;
		TAILQ_FOREACH(sub, &channel->subs, channel_link)
			recheck_subscription(sub);
	}
	hub_mark_busy(channel);
}

void ws_offset_seen(struct ws *ws, struct str name, long long offset)
{
	struct channel *channel = channel_find(ws, name);

	if (!channel || offset <= channel->known_offset)
		return;
	channel->known_offset = offset;
	backfill(channel);
}

void ws_backfill_done(struct ws *ws, const char *name)
{
	struct channel *channel = channel_find(ws, str_of(name));

	if (!channel || !channel->backfilling)
		return;
	channel->backfilling = false;
	/* The offset was announced but the events do not exist. */
	if (channel->last_offset == channel->backfill_from)
		channel->known_offset = channel->last_offset;
	backfill(channel);
}

void ws_reset_channel(struct ws *ws, const char *name)
{
	struct channel *channel = channel_find(ws, str_of(name));
	struct subscription *sub;

	if (!channel)
		return;
	TAILQ_FOREACH(sub, &channel->subs, channel_link)
		client_disconnect(sub->client, DISCONNECT_INSUFFICIENT);
	/* The next subscriber sets the offset again. */
	ring_empty(channel);
	channel->last_offset = channel->known_offset = -1;
	channel->recheck_offset = 0;
	channel->backfilling = false;
}

/* ---- Subscriptions ---- */

struct subscription *channel_subscribe(struct channel *channel, struct client *client,
                                       long long offset)
{
	struct subscription *sub = xcalloc(1, sizeof(*sub));

	sub->client = client;
	sub->channel = channel;
	sub->delivered = offset;
	TAILQ_INSERT_TAIL(&client->subs, sub, client_link);
	TAILQ_INSERT_TAIL(&channel->subs, sub, channel_link);
	client->sub_count++;
	channel->sub_count++;
	channel->ws->sub_count++;
	if (channel->last_offset < 0)
		channel->last_offset = offset;
	if (channel->known_offset < offset)
		channel->known_offset = offset;
	backfill(channel);
	/* Events published while the database was queried. */
	if (channel->last_offset > offset)
		hub_mark_busy(channel);
	return sub;
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

static void release_unused(struct channel *channel)
{
	if (channel->pending_count == 0 && channel->sub_count == 0)
		channel_free(channel);
	else if (channel->pending_count == 0 && channel->lagging_count == 0 && !channel->busy)
		ring_empty(channel);
}

void channel_release(struct channel *channel)
{
	channel->pending_count--;
	release_unused(channel);
}

static void set_caught_up(struct subscription *sub, bool caught_up)
{
	if (sub->lagging == !caught_up)
		return;
	sub->lagging = !caught_up;
	if (caught_up)
		sub->channel->lagging_count--;
	else
		sub->channel->lagging_count++;
}

void subscription_free(struct subscription *sub)
{
	struct channel *channel = sub->channel;

	set_caught_up(sub, true);
	recheck_end_subscription(sub);
	if (channel->next_sub == sub)
		channel->next_sub = TAILQ_NEXT(sub, channel_link);
	TAILQ_REMOVE(&sub->client->subs, sub, client_link);
	TAILQ_REMOVE(&channel->subs, sub, channel_link);
	sub->client->sub_count--;
	channel->sub_count--;
	channel->ws->sub_count--;
	free(sub);
	release_unused(channel);
}

/* ---- Delivery ---- */

/* Collects as much as fits into one write. */
static void gather(struct subscription *sub, struct buf *out)
{
	const struct channel *channel = sub->channel;
	const struct protocol *protocol = sub->client->protocol;

	while (sub->delivered < channel->last_offset && out->length < MAX_WRITE) {
		struct message *message = *slot(channel, sub->delivered + 1);

		sub->delivered++;
		if (protocol->ops->write_id)
			protocol->ops->write_id(out, sub);
		buf_str(out, message_encoded(message, protocol->encoding));
		metrics_count(METRIC_WS_DELIVERIES, 1);
	}
}

/* The ring no longer has the client's next event. */
static void disconnect_slow(struct client *client)
{
	if (!client->disconnecting)
		metrics_count(METRIC_WS_SLOW, 1);
	client_disconnect(client, DISCONNECT_SLOW);
}

void subscription_deliver(struct subscription *sub)
{
	struct channel *channel = sub->channel;
	struct client *client = sub->client;
	struct buf *scratch = &channel->ws->scratch;
	struct str text;

	while (!sub->recheck && !client->recheck && !client->held
	       && sub->delivered < channel->last_offset && !client->disconnecting) {
		client_flush(client);
		if (client->peer.full || client->disconnecting)
			break;
		if (sub->delivered + 1 < oldest_offset(channel)) {
			disconnect_slow(client);
			break;
		}
		/* A single event without an ID has the same bytes for every subscriber: write them
		 * without a copy. */
		if (sub->delivered + 1 == channel->last_offset
		    && !client->protocol->ops->write_id) {
			sub->delivered++;
			metrics_count(METRIC_WS_DELIVERIES, 1);
			text = message_encoded(*slot(channel, sub->delivered),
			                       client->protocol->encoding);
			client->peer.transport->write(&client->peer, text);
			continue;
		}
		buf_clear(scratch);
		gather(sub, scratch);
		client->peer.transport->write(&client->peer, buf_as_str(scratch));
	}
	set_caught_up(sub, sub->delivered >= channel->last_offset || client->disconnecting);
	release_unused(channel);
}

/* The current round may have passed this subscription: request another. */
void subscription_deliver_soon(struct subscription *sub)
{
	struct channel *channel = sub->channel;

	if (sub->delivered >= channel->last_offset)
		return;
	hub_mark_busy(channel);
	channel->round_offset = -1;
}

static bool has_fallen_behind(const struct subscription *sub)
{
	return sub->lagging && sub->delivered + 1 < oldest_offset(sub->channel);
}

int channel_deliver(struct channel *channel, int max)
{
	int served = 0;

	if (!channel->next_sub) {
		channel->next_sub = TAILQ_FIRST(&channel->subs);
		channel->round_offset = channel->last_offset;
	}
	for (; channel->next_sub && served < max; served++) {
		struct subscription *sub = channel->next_sub;

		channel->next_sub = TAILQ_NEXT(sub, channel_link);
		if (has_fallen_behind(sub))
			disconnect_slow(sub->client);
		subscription_deliver(sub);
	}
	if (channel->next_sub || channel->round_offset != channel->last_offset)
		return served;
	channel->busy = false;
	TAILQ_REMOVE(&channel->ws->busy, channel, busy_link);
	metrics_observe(channel->ws->publish_to_send, clock_exact_us() - channel->busy_since_us);
	backfill(channel);
	release_unused(channel);
	return served;
}
