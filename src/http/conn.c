/* conn.c: reads and writes a connection and manages its state.
 *
 * Normal sequence:
 *
 * - input is read into one static buffer shared by all connections. The intake takes complete
 *   requests out of it; only the remainder is copied to the connection;
 * - while a request is being handled, reading goes on up to a limit;
 * - the reply is sent at once and the connection becomes idle, or the socket is full and the
 *   connection waits in the writing state;
 * - further requests received meanwhile are handled on a later turn, a few at a time, so that a
 *   client that pipelines many does not delay other connections;
 * - after the last reply the write side is shut down, and the connection reads on for a moment
 *   before it closes, so that a reset does not destroy the reply before the peer has read it;
 * - or the connection is detached: it is closed here, and its descriptor is used elsewhere.
 *
 * Failures:
 *
 * - the peer shuts down its write side: its requests are answered, then the connection closes;
 * - the connection breaks: the current request is notified, and its reply is discarded;
 * - the peer is too slow: see timeouts.c. */

#include <errno.h>
#include <sys/socket.h>

#include "http_private.h"
#include "clock.h"
#include "metrics.h"

enum {
	SCRATCH = 64 * 1024,
	PENDING_MOST = 32 * 1024, /* kept input while a request is being handled */
	LINGER_MOST = 1024 * 1024,
};

static char scratch[SCRATCH];

static void name_peer(struct wire *wire, const struct sockaddr *peer)
{
	if (peer->sa_family == AF_INET)
		wire->peer = address_map(((const struct sockaddr_in *)peer)->sin_addr);
	else if (peer->sa_family == AF_INET6)
		wire->peer = ((const struct sockaddr_in6 *)peer)->sin6_addr;
	address_print(&wire->peer, wire->client);
	wire->trusted = hops_trust(wire->http->hops, &wire->peer);
}

void wire_move(struct wire *wire, enum place place)
{
	struct http *http = wire->http;

	TAILQ_REMOVE(&http->places[wire->place], wire, link);
	wire->place = place;
	wire->since_us = clock_us();
	wire->until_us = wire->since_us + GRACE_US;
	wire->seen = 0;
	TAILQ_INSERT_TAIL(&http->places[place], wire, link);
}

static void read_on(struct wire *wire, bool on)
{
	if (wire->reading == on)
		return;
	wire->reading = on;
	if (on)
		event_add(&wire->readable, NULL);
	else
		event_del(&wire->readable);
}

/* Closes the connection and removes it from all lists. leave() frees it. */
static void part(struct wire *wire)
{
	struct http *http = wire->http;

	if (wire->dead)
		return;
	wire->dead = true;
	read_on(wire, false);
	TAILQ_REMOVE(&http->places[wire->place], wire, link);
	if (wire->hungry)
		TAILQ_REMOVE(&http->hungry, wire, hungry_link);
	server_close(wire);
	buf_finish(&wire->pending);
	metrics_set(METRIC_HTTP_CONNECTIONS, --http->open);
	http_perhaps_drained(http);
}

static bool waits(const struct wire *wire)
{
	return wire->place == PLACE_BUSY || wire->place == PLACE_WRITING || wire->hungry;
}

/* Every change of a connection happens between enter() and leave(). The outermost leave() decides
 * whether to resume, close, free or read. */
static void enter(struct wire *wire)
{
	wire->entered++;
}

static void leave(struct wire *wire)
{
	if (--wire->entered)
		return;
	if (!wire->dead && wire->place == PLACE_IDLE && wire->pending.length && !wire->hungry)
		http_hunger(wire->http, wire);
	if (!wire->dead && wire->eof && !waits(wire)) {
		intake_drop(wire);
		part(wire);
	}
	if (wire->dead)
		wire_free(wire);
	else
		read_on(wire,
			!wire->eof && (!waits(wire) || wire->pending.length < PENDING_MOST));
}

void wire_lost(struct wire *wire)
{
	struct inside *inside = wire->inside;

	enter(wire);
	if (inside && !inside->entered) {
		intake_drop(wire);
		inside = NULL;
	}
	wire->inside = NULL;
	part(wire);
	/* Last, because the callback may do anything. */
	if (inside) {
		inside->wire = NULL;
		inside->gone = true;
		if (inside->request.gone)
			inside->request.gone(&inside->request);
	}
	leave(wire);
}

static void linger(struct wire *wire)
{
	if (wire->eof) {
		part(wire);
		return;
	}
	server_shut(wire);
	buf_finish(&wire->pending);
	wire_move(wire, PLACE_LINGER);
}

/* The reply has been sent. */
static void finish(struct wire *wire)
{
	wire->served++;
	if (wire->closing)
		linger(wire);
	else if (server_answered(wire))
		wire_move(wire, PLACE_IDLE);
	else
		part(wire);
}

void wire_answer(struct wire *wire, struct str head, struct str body)
{
	enter(wire);
	wire->inside = NULL;
	if (!server_send(wire, head, body)) {
		part(wire);
	} else if (server_unsent(wire)) {
		wire_move(wire, PLACE_WRITING);
		wire->seen = server_unsent(wire);
	} else {
		finish(wire);
	}
	leave(wire);
}

int wire_take(struct wire *wire, struct str head, struct buf *rest)
{
	int fd = wire->fd;

	enter(wire);
	wire->inside = NULL;
	*rest = (struct buf){ 0 };
	if ((head.length && !server_send(wire, head, (struct str){ NULL, 0 })) || server_unsent(wire)) {
		fd = -1;
	} else {
		if (wire->behind.at) {
			buf_str(rest, wire->behind);
		} else {
			*rest = wire->pending;
			wire->pending = (struct buf){ 0 };
		}
		server_let_go(wire);
	}
	part(wire);
	leave(wire);
	return fd;
}

void wire_on_written(struct wire *wire)
{
	enter(wire);
	/* In any other state it was only `100 Continue`. */
	if (wire->place == PLACE_WRITING)
		finish(wire);
	leave(wire);
}

/* Keeps what the intake leaves: new bytes are copied, kept ones moved to the front. If the
 * connection ended meanwhile, `rest` is invalid. */
static void feed(struct wire *wire, struct str fresh)
{
	struct str rest;

	if (wire->pending.length) {
		buf_str(&wire->pending, fresh);
		rest = intake_run(wire, buf_as_str(&wire->pending));
		if (wire->dead || wire->place == PLACE_LINGER)
			return;
		memmove(wire->pending.at, rest.at, rest.length);
		wire->pending.length = rest.length;
	} else {
		rest = intake_run(wire, fresh);
		if (wire->dead || wire->place == PLACE_LINGER)
			return;
		buf_str(&wire->pending, rest);
	}
	if (wire->pending.length == 0)
		buf_finish(&wire->pending); /* an idle connection needs no buffer */
}

void wire_feed(struct wire *wire)
{
	enter(wire);
	feed(wire, (struct str){ NULL, 0 });
	leave(wire);
}

static void on_readable(evutil_socket_t fd, short, void *arg)
{
	struct wire *wire = arg;
	size_t room = waits(wire) ? PENDING_MOST - wire->pending.length : sizeof(scratch);
	ssize_t n = recv(fd, scratch, room, 0);

	enter(wire);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			wire_lost(wire);
	} else if (n == 0) {
		wire->eof = true;
	} else if (wire->place == PLACE_LINGER) {
		wire->seen += (size_t)n;
		if (wire->seen > LINGER_MOST)
			part(wire);
	} else if (waits(wire)) {
		buf_add(&wire->pending, scratch, (size_t)n);
	} else {
		feed(wire, (struct str){ scratch, (size_t)n });
	}
	leave(wire);
}

void wire_open(struct wire *wire, struct http *http, int fd, const struct sockaddr *peer)
{
	wire->http = http;
	wire->fd = fd;
	name_peer(wire, peer);
	wire->since_us = clock_us();
	wire->place = PLACE_IDLE;
	TAILQ_INSERT_TAIL(&http->places[PLACE_IDLE], wire, link);
	metrics_set(METRIC_HTTP_CONNECTIONS, ++http->open);
	event_assign(&wire->readable, loop_base(http->loop), fd, EV_READ | EV_PERSIST,
		     on_readable, wire);
	read_on(wire, true);
}
