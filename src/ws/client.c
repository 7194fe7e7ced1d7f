/* client.c: one connected client: its identity, its queries, its subscriptions.
 *
 * Normal sequence:
 *
 * - a new client must authenticate within AUTHENTICATE_MS, in the way of its protocol;
 * - it subscribes to channels; each subscribe is a query to the layer above;
 * - replies are collected in its outbox and written at the end of the turn;
 * - it is pinged periodically.
 *
 * Failures:
 *
 * - it does not authenticate, does not answer pings, its token expires, it is too slow or sends
 *   too many commands: it is disconnected with a reason;
 * - it disconnects: pending queries are cancelled and its subscriptions end. Its memory is freed
 *   once the transport has released the connection. */

#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "arena.h"
#include "channel.h"
#include "client.h"
#include "clock.h"
#include "config.h"
#include "conn_index.h"
#include "http_stream.h"
#include "hub.h"
#include "message.h"
#include "metrics.h"
#include "pending.h"
#include "protocol.h"
#include "websocket.h"

enum { AUTHENTICATE_MS = 10 * 1000 }; /* time to authenticate */

/* ---- Output ---- */

/* A single reply may exceed the bound: otherwise a client that missed many events would be
 * disconnected each time it tries to recover. */
void client_send_raw(struct client *client, struct str bytes)
{
	size_t max = (size_t)client->ws->config->ws_pending_bytes;

	if (client->disconnecting)
		return;
	if (client->outbox.length + bytes.length > max)
		client_flush(client);
	if (client->outbox.length && client->outbox.length + bytes.length > max) {
		/* The pending replies will not be sent anyway; free the space for the disconnect
		 * message. */
		buf_finish(&client->outbox);
		metrics_count(METRIC_WS_SLOW, 1);
		client_disconnect(client, DISCONNECT_SLOW);
		return;
	}
	buf_str(&client->outbox, bytes);
	hub_flush_soon(client);
}

void client_send(struct client *client, struct str text)
{
	struct buf bytes = { 0 };

	encoding_wrap(&bytes, client->protocol->encoding, text);
	client_send_raw(client, buf_as_str(&bytes));
	buf_finish(&bytes);
}

static void write_out(struct client *client)
{
	if (!client->outbox.length || client->peer.closing)
		return;
	client->peer.transport->write(&client->peer, buf_as_str(&client->outbox));
	buf_finish(&client->outbox);
}

void client_flush(struct client *client)
{
	if (!client->peer.full)
		write_out(client);
}

void client_disconnect(struct client *client, enum disconnect why)
{
	if (client->disconnecting)
		return;
	if (client->protocol->ops->send_disconnect)
		client->protocol->ops->send_disconnect(client, why);
	write_out(client); /* the disconnect message follows pending output */
	client->disconnecting = true;
	client->peer.transport->close(&client->peer, disconnects[why].code,
	                              disconnects[why].reason);
}

/* ---- Input ---- */

void client_queue_input(struct client *client, struct buf *queue, struct str input, char separator)
{
	if (queue->length + input.length >= (size_t)client->ws->config->ws_message_bytes) {
		client_disconnect(client, DISCONNECT_TOO_MANY_REQUESTS);
		return;
	}
	buf_str(queue, input);
	buf_char(queue, separator);
}

bool client_at_query_limit(const struct client *client)
{
	return client->query_count >= MAX_CLIENT_QUERIES;
}

/* ---- Subscriptions ---- */

struct subscription *client_subscription(const struct client *client, struct str channel)
{
	struct subscription *sub;

	TAILQ_FOREACH(sub, &client->subs, client_link) {
		if (str_is(channel, sub->channel->name))
			return sub;
	}
	return NULL;
}

struct pending_query *client_pending_subscribe(const struct client *client, struct str channel)
{
	struct pending_query *pending;

	TAILQ_FOREACH(pending, &client->pending, link) {
		if (pending->channel && str_equal(pending->query.text, channel))
			return pending;
	}
	return NULL;
}

enum ws_error client_check_subscribe(const struct client *client, struct str channel)
{
	const struct pending_query *pending;
	size_t channels = client->sub_count;

	if (!channel.length || channel.length > MAX_CHANNEL_NAME)
		return WS_UNKNOWN_CHANNEL;
	if (client_subscription(client, channel) || client_pending_subscribe(client, channel))
		return WS_ALREADY_SUBSCRIBED;
	TAILQ_FOREACH(pending, &client->pending, link)
		channels += pending->channel != NULL;
	if (channels >= (size_t)client->ws->config->ws_channels)
		return WS_LIMIT_EXCEEDED;
	return pending_over_rate(client) ? WS_TOO_MANY_REQUESTS : WS_OK;
}

void client_unsubscribe(struct client *client, struct str channel)
{
	struct subscription *sub = client_subscription(client, channel);
	struct pending_query *pending = client_pending_subscribe(client, channel);

	if (sub)
		subscription_free(sub);
	if (pending)
		pending_cancel(pending);
}

/* ---- Connecting ---- */

static void count(const struct client *client, int more)
{
	metrics_add(client->ws->connections_of[client->protocol - protocols], more);
}

bool client_set_identity(struct client *client, const struct ws_identity *identity)
{
	struct ws *ws = client->ws;

	conn_index_remove(&ws->by_user, &client->user_entry);
	client->identity = *identity;
	if (*identity->id)
		conn_index_add(&ws->by_user, conn_key_of_id(identity->id), &client->user_entry);
	if (client->user_entry.group
	    && client->user_entry.group->count > (size_t)ws->config->ws_per_user) {
		client_disconnect(client, DISCONNECT_CONNECTION_LIMIT);
		return false;
	}
	if (!client->accepted) {
		client->accepted = true;
		TAILQ_REMOVE(&ws->unauthenticated, client, due_link);
		client->due_ms = clock_ms() + ws->config->ws_ping_seconds * 1000;
		TAILQ_INSERT_TAIL(&ws->pinged, client, due_link);
	}
	return true;
}

static void on_message(struct peer *peer, struct str text)
{
	struct client *client = container_of(peer, struct client, peer);

	client->alive = true;
	if (!client->disconnecting)
		client->protocol->ops->on_input(client, text);
}

static void on_pong(struct peer *peer)
{
	container_of(peer, struct client, peer)->alive = true;
}

/* All output has been written: send what has accumulated meanwhile. */
static void on_drained(struct peer *peer)
{
	struct client *client = container_of(peer, struct client, peer);
	struct subscription *sub, *next;

	client_flush(client);
	for (sub = TAILQ_FIRST(&client->subs); sub && !peer->full && !client->disconnecting;
	     sub = next) {
		next = TAILQ_NEXT(sub, client_link);
		if (sub->lagging)
			subscription_deliver(sub);
	}
}

static void on_closed(struct peer *peer)
{
	struct client *client = container_of(peer, struct client, peer);
	struct ws *ws = client->ws;

	client->disconnecting = true;
	while (!TAILQ_EMPTY(&client->pending))
		pending_cancel(TAILQ_FIRST(&client->pending));
	while (!TAILQ_EMPTY(&client->subs))
		subscription_free(TAILQ_FIRST(&client->subs));
	TAILQ_REMOVE(client->accepted ? &ws->pinged : &ws->unauthenticated, client, due_link);
	conn_index_remove(&ws->by_address, &client->address_entry);
	conn_index_remove(&ws->by_user, &client->user_entry);
	conn_index_remove(&ws->by_session, &client->session_entry);
	buf_finish(&client->outbox);
	if (client->protocol->ops->finish && client->protocol_data)
		client->protocol->ops->finish(client);
	free(client->protocol_data);
	count(client, -1);
	hub_remove_client(client);
	free(client);
}

static const struct peer_handlers handlers = { on_message, on_pong, on_drained, on_closed };

/* Limits what the kernel buffers for a client that does not read, and how long it retransmits to
 * one that no longer responds: further output is buffered here, within our own bounds. */
static void bound_kernel(int fd)
{
	const int bytes = 64 * 1024, gone_ms = 60 * 1000;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &gone_ms, sizeof(gone_ms));
}

void client_new(struct ws *ws, const struct ws_incoming *incoming)
{
	struct client *client = xcalloc(1, sizeof(*client));

	client->ws = ws;
	client->peer.handlers = &handlers;
	client->protocol = &protocols[incoming->protocol];
	client->connected_at_ms = clock_wall_ms();
	client->due_ms = clock_ms() + AUTHENTICATE_MS;
	client->alive = true;
	TAILQ_INIT(&client->subs);
	TAILQ_INIT(&client->pending);
	arc4random_buf(&client->id, sizeof(client->id));
	conn_index_add(&ws->by_address, conn_key_of_address(&incoming->address),
	               &client->address_entry);
	TAILQ_INSERT_TAIL(&ws->unauthenticated, client, due_link);
	hub_add_client(client);
	count(client, 1);
	bound_kernel(incoming->fd);
	if (!incoming->key) {
		http_stream_open(ws->loop, &client->peer, incoming->fd);
	} else if (!websocket_open(ws->websockets, &client->peer, incoming->fd,
	                           &(struct handshake){ incoming->key, incoming->subprotocol },
	                           incoming->rest)) {
		on_closed(&client->peer);
		return;
	}
	client->protocol->ops->begin(client, incoming);
}

/* ---- Pings ---- */

void client_ping(struct client *client)
{
	const struct config *config = client->ws->config;
	long long now = clock_wall_ms();

	if (!client->alive) {
		client_disconnect(client, DISCONNECT_NO_PONG);
	} else if ((client->identity.expires_ms && now > client->identity.expires_ms)
	           || now - client->connected_at_ms > config->ws_ttl_hours * 3600 * 1000) {
		client_disconnect(client, DISCONNECT_EXPIRED);
	} else {
		client->alive = !client->protocol->is_websocket;
		client->protocol->ops->ping(client);
	}
}
