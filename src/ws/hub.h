/* hub.h: the state of ws: lists of connections and channels, and pending work. */

#ifndef WS_HUB_H
#define WS_HUB_H

#include "client.h"
#include "conn_index.h"
#include "ws.h"

struct channel;
struct pending_query;

enum { SUBS_PER_SLICE = 32 }; /* subscriptions served per turn */

struct ws {
	struct loop *loop;
	const struct config *config;
	struct ws_handlers handlers;
	struct websocket_server *websockets;
	char node[UUID_SIZE];

	TAILQ_HEAD(, channel) channels, busy; /* channel.link, channel.busy_link */
	struct channel **table;
	size_t buckets, channel_count, sub_count;

	struct clients clients, unauthenticated, pinged, flush_queue;
	size_t client_count;
	struct metric_series *connections_of[WS_PROTOCOLS]; /* connections per protocol */
	struct metric_series *publish_to_send;
	struct conn_index by_address, by_user, by_session;

	/* pending_query.wait_link: wait for active ones to finish. */
	TAILQ_HEAD(, pending_query) query_queue;
	int active_queries, queued_queries;
	TAILQ_HEAD(, pending_query) recheck_queue; /* same, for re-checks */
	int active_rechecks;
	bool rechecks_paused; /* a re-check could not be answered: no more until the next second */

	struct event *tick, *work; /* tick: every second; work: next slice and queued queries */
	struct deferred flush;     /* writes the turn's output */
	struct buf scratch;
	void (*drained)(void *arg);
	void *drained_arg;
	bool draining;
};

void hub_wake(struct ws *ws); /* continue on the next turn */
void hub_mark_busy(struct channel *channel);
void hub_flush_soon(struct client *client); /* flushes its outbox at the end of the turn */
void hub_add_client(struct client *client);
void hub_remove_client(struct client *client);
void hub_check_drained(struct ws *ws); /* calls drained() if no client is left */

#endif
