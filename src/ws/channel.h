/* channel.h: channels and their subscriptions.
 *
 * A *client* is one connection; a *subscription* is one client on one channel, with its position
 * in the channel's ring. A channel exists while it has subscriptions or pending subscribes.
 *
 * channel.c, client.c, pending.c and recheck.c call each other. A channel disconnects a client that
 * is too slow; a client that disconnects ends its subscriptions and queries; the reply to a query
 * starts a subscription; an event can start re-checks, and their results continue or end
 * subscriptions. */

#ifndef WS_CHANNEL_H
#define WS_CHANNEL_H

#include <sys/queue.h>

#include "str.h"

struct client;
struct message;
struct pending_query;
struct ws;

enum { MAX_CHANNEL_NAME = 128 };

struct subscription {
	struct client *client;
	struct channel *channel;
	long long delivered;           /* last offset delivered */
	bool lagging;                  /* events wait in the ring because its client is full */
	bool server_side;              /* made by the server, not requested by the client */
	unsigned short index;          /* SSE: index of the channel in the request */
	struct pending_query *recheck; /* pending re-check, which holds delivery; NULL: none */
	TAILQ_ENTRY(subscription) client_link;  /* client->subs */
	TAILQ_ENTRY(subscription) channel_link; /* channel->subs */
};

struct channel {
	struct ws *ws;
	TAILQ_ENTRY(channel) link; /* ws->channels */
	struct channel *next;      /* in its hash bucket */
	uint64_t hash;
	TAILQ_HEAD(, subscription) subs; /* subscription.channel_link */
	size_t sub_count, lagging_count;
	int pending_count; /* pending subscribes */

	long long last_offset;  /* last published offset; -1: not known yet */
	long long known_offset; /* last offset known to exist */
	/* Offset of the last event that re-checked all subscribers; 0: none. */
	long long recheck_offset;
	long long backfill_from; /* `last_offset` when the backfill was requested */
	bool backfilling;        /* a backfill is pending */
	/* ring[offset & (ring_size - 1)] holds the last `ring_count` messages. */
	struct message **ring;
	size_t ring_size, ring_count, ring_bytes;

	bool busy; /* in ws->busy: has events to deliver */
	long long busy_since_us;
	struct subscription *next_sub; /* next in this round; NULL: start a round */
	long long round_offset;        /* `last_offset` at its start; -1: run another round */
	TAILQ_ENTRY(channel) busy_link;
	char name[];
};

struct channel *channel_find(const struct ws *ws, struct str name);
/* Finds or creates it, and counts a pending subscribe. */
struct channel *channel_hold(struct ws *ws, struct str name);
void channel_release(struct channel *channel); /* the subscribe is over; frees an unused channel */
/* Subscribes after `offset`, the channel's last offset when the database was queried. */
struct subscription *channel_subscribe(struct channel *channel, struct client *client,
                                       long long offset);
int channel_deliver(struct channel *channel, int max); /* returns the number served */

void subscription_free(struct subscription *sub);
/* Writes undelivered events until the client is full (struct peer). */
void subscription_deliver(struct subscription *sub);
/* Delivers in the channel's next round, since many subscriptions may be waiting. */
void subscription_deliver_soon(struct subscription *sub);

#endif
