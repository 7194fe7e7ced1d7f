/* client.c: one connected client: its identity, its queries, its subscriptions.
 *
 * Normal sequence:
 *
 * - a new client must authenticate within NEWCOMER_MS, in the way of its protocol;
 * - it subscribes to channels; each subscribe is a query to the layer above;
 * - replies are collected in its outbox and written at the end of the turn;
 * - it is pinged periodically.
 *
 * Failures:
 *
 * - it does not authenticate, does not answer pings, its token expires, it is too slow or sends
 *   too many commands: it is disconnected with a reason;
 * - it disconnects: pending queries are canceled and its subscriptions end. Its memory is freed
 *   once the transport has released the connection. */

#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "ws_private.h"
#include "clock.h"
#include "config.h"
#include "metrics.h"

/* ---- Output ---- */

/* A single reply may exceed the bound: otherwise a client that missed many events would be
 * disconnected each time it tries to recover. */
void client_say_raw(struct client *client, struct str bytes)
{
	size_t most = (size_t)client->ws->config->ws_pending_bytes;

	if (client->leaving)
		return;
	if (client->outbox.length + bytes.length > most)
		client_flush(client);
	if (client->outbox.length && client->outbox.length + bytes.length > most) {
		/* The pending replies will not be sent anyway; free the space for the disconnect
		 * message. */
		buf_finish(&client->outbox);
		metrics_count(METRIC_WS_SLOW, 1);
		client_end(client, BYE_SLOW);
		return;
	}
	buf_str(&client->outbox, bytes);
	hub_speak(client);
}

void client_say(struct client *client, struct str text)
{
	struct buf bytes = { 0 };

	wrap(&bytes, client->speech->form, text);
	client_say_raw(client, buf_as_str(&bytes));
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

void client_end(struct client *client, enum farewell why)
{
	if (client->leaving)
		return;
	if (client->speech->manner->farewell)
		client->speech->manner->farewell(client, why);
	write_out(client); /* the disconnect message follows pending output */
	client->leaving = true;
	client->peer.transport->close(&client->peer, farewells[why].code, farewells[why].reason);
}

/* ---- Input ---- */

void client_keep(struct client *client, struct buf *kept, struct str words, char end)
{
	if (kept->length + words.length >= (size_t)client->ws->config->ws_message_bytes) {
		client_end(client, BYE_TOO_MANY_REQUESTS);
		return;
	}
	buf_str(kept, words);
	buf_char(kept, end);
}

bool client_waits(const struct client *client)
{
	return client->asks >= ASKS_MOST;
}

/* ---- Subscriptions ---- */

struct ear *client_ear(const struct client *client, struct str channel)
{
	struct ear *ear;

	TAILQ_FOREACH(ear, &client->ears, client_link) {
		if (str_is(channel, ear->channel->name))
			return ear;
	}
	return NULL;
}

struct question *client_asking(const struct client *client, struct str channel)
{
	struct question *question;

	TAILQ_FOREACH(question, &client->questions, link) {
		if (question->channel && str_equal(question->ask.text, channel))
			return question;
	}
	return NULL;
}

enum ws_refusal client_cannot_hear(const struct client *client, struct str channel)
{
	const struct question *question;
	size_t channels = client->ear_count;

	if (!channel.length || channel.length > CHANNEL_NAME_MOST)
		return WS_UNKNOWN_CHANNEL;
	if (client_ear(client, channel) || client_asking(client, channel))
		return WS_ALREADY_SUBSCRIBED;
	TAILQ_FOREACH(question, &client->questions, link)
		channels += question->channel != NULL;
	if (channels >= (size_t)client->ws->config->ws_channels)
		return WS_LIMIT_EXCEEDED;
	return client_asks_too_much(client) ? WS_TOO_MANY_REQUESTS : WS_YES;
}

void client_hear_no_more(struct client *client, struct str channel)
{
	struct ear *ear = client_ear(client, channel);
	struct question *question = client_asking(client, channel);

	if (ear)
		ear_leave(ear);
	if (question)
		question_drop(question);
}

/* ---- Connecting ---- */

bool client_welcome(struct client *client, const struct ws_who *who)
{
	struct ws *ws = client->ws;

	crowd_leave(&ws->people, &client->of);
	client->who = *who;
	if (*who->id)
		crowd_join(&ws->people, key_of_text(who->id), &client->of);
	if (client->of.crowd && client->of.crowd->count > (size_t)ws->config->ws_per_user) {
		client_end(client, BYE_CONNECTION_LIMIT);
		return false;
	}
	if (!client->known) {
		client->known = true;
		TAILQ_REMOVE(&ws->newcomers, client, beat_link);
		client->beat_ms = clock_ms() + ws->config->ws_ping_seconds * 1000;
		TAILQ_INSERT_TAIL(&ws->beats, client, beat_link);
	}
	return true;
}

static void on_message(struct peer *peer, struct str text)
{
	struct client *client = container_of(peer, struct client, peer);

	client->alive = true;
	if (!client->leaving)
		client->speech->manner->hear(client, text);
}

static void on_pong(struct peer *peer)
{
	container_of(peer, struct client, peer)->alive = true;
}

/* All output has been written: send what has accumulated meanwhile. */
static void on_room(struct peer *peer)
{
	struct client *client = container_of(peer, struct client, peer);
	struct ear *ear, *next;

	client_flush(client);
	for (ear = TAILQ_FIRST(&client->ears); ear && !peer->full && !client->leaving; ear = next) {
		next = TAILQ_NEXT(ear, client_link);
		if (ear->late)
			ear_serve(ear);
	}
}

static void on_closed(struct peer *peer)
{
	struct client *client = container_of(peer, struct client, peer);
	struct ws *ws = client->ws;

	client->leaving = true;
	while (!TAILQ_EMPTY(&client->questions))
		question_drop(TAILQ_FIRST(&client->questions));
	while (!TAILQ_EMPTY(&client->ears))
		ear_leave(TAILQ_FIRST(&client->ears));
	TAILQ_REMOVE(client->known ? &ws->beats : &ws->newcomers, client, beat_link);
	crowd_leave(&ws->addresses, &client->from);
	crowd_leave(&ws->people, &client->of);
	crowd_leave(&ws->sessions, &client->session);
	buf_finish(&client->outbox);
	if (client->speech->manner->leave && client->more)
		client->speech->manner->leave(client);
	free(client->more);
	hub_gone(client);
	free(client);
}

static const struct peer_ears ears = { on_message, on_pong, on_room, on_closed };

/* Limits what the kernel buffers for a client that does not read, and how long it retransmits to
 * one that is gone: further output is buffered here, within our own bounds. */
static void bound_kernel(int fd)
{
	const int bytes = 64 * 1024, gone_ms = 60 * 1000;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &gone_ms, sizeof(gone_ms));
}

void client_new(struct ws *ws, const struct ws_arrival *arrival)
{
	struct client *client = xcalloc(1, sizeof(*client));

	client->ws = ws;
	client->peer.ears = &ears;
	client->speech = &speeches[arrival->speech];
	client->since_ms = clock_wall_ms();
	client->beat_ms = clock_ms() + NEWCOMER_MS;
	client->alive = true;
	TAILQ_INIT(&client->ears);
	TAILQ_INIT(&client->questions);
	arc4random_buf(&client->id, sizeof(client->id));
	crowd_join(&ws->addresses, key_of_address(&arrival->address), &client->from);
	TAILQ_INSERT_TAIL(&ws->newcomers, client, beat_link);
	hub_came(client);
	bound_kernel(arrival->fd);
	if (!arrival->key) {
		stream_open(ws->loop, &client->peer, arrival->fd);
	} else if (!socket_open(ws->sockets, &client->peer, arrival->fd,
	                        &(struct handshake){ arrival->key, arrival->protocol }, arrival->rest)) {
		on_closed(&client->peer);
		return;
	}
	client->speech->manner->begin(client, arrival);
}

/* ---- Pings ---- */

void client_beat(struct client *client)
{
	const struct config *config = client->ws->config;
	long long now = clock_wall_ms();

	if (!client->alive) {
		client_end(client, BYE_NO_PONG);
	} else if ((client->who.expires_ms && now > client->who.expires_ms)
	           || now - client->since_ms > config->ws_ttl_hours * 3600 * 1000) {
		client_end(client, BYE_EXPIRED);
	} else {
		client->alive = !client->speech->socket;
		client->speech->manner->beat(client);
	}
}
