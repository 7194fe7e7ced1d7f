/* listen.c: sends and receives NOTIFY.
 *
 * Normal sequence:
 *
 * - a dedicated connection is opened and runs LISTEN for each channel;
 * - a notification arrives and is passed to the listeners of its channel;
 * - outgoing notifications are collected and sent at the end of the turn, or after the previous
 *   result has arrived;
 * - `select 1` is sent every HEARTBEAT_MS, since a stopped server looks like an idle one.
 *
 * Failures:
 *
 * - the connection is lost or does not respond for ALIVE_MS: notifications may have been missed,
 *   so on_lost() is called on every listener; outgoing notifications are dropped; the connection is
 *   reopened. */

#include <event2/event.h>
#include <stdlib.h>

#include "arena.h"
#include "clock.h"
#include "connector.h"
#include "listen.h"
#include "log.h"
#include "one_line.h"
#include "pool.h"
#include "timer.h"

enum { HEARTBEAT_MS = 2000, ALIVE_MS = 5000, PENDING_MAX = 1024 * 1024 };

struct listen {
	struct db *db;
	struct connector connector;
	char *options;
	PGconn *pg;
	struct event readable, writable, heartbeat, retry;
	int backoff_ms;
	TAILQ_HEAD(, db_listener) listeners; /* db_listener.link */
	struct buf pending;                  /* "; select pg_notify(…)" …, not yet sent */
	struct deferred deferred;            /* sends them */

	bool in_progress; /* a query is in progress */
	bool stale;       /* some channels have no LISTEN yet */
	bool listening;   /* LISTEN has succeeded for all channels */
	long long up_us, seen_us;
};

static void disconnect(struct listen *listen)
{
	if (!listen->pg)
		return;
	event_del(&listen->readable);
	event_del(&listen->writable);
	PQfinish(listen->pg);
	listen->pg = NULL;
}

static void lose(struct listen *listen, const char *why)
{
	struct db_listener *listener;
	bool was_listening = listen->listening;
	char line[ONE_LINE_SIZE];

	one_line(line, why);
	if (was_listening)
		log_warn("db.listen_lost", kv_text("why", line));
	listen->listening = listen->in_progress = false;
	buf_finish(&listen->pending);
	event_del(&listen->heartbeat);
	disconnect(listen);
	if (clock_us() - listen->up_us > 2000 * BACKOFF_MAX_MS)
		listen->backoff_ms = 0;
	start_timer(&listen->retry, connector_backoff(&listen->backoff_ms));
	if (was_listening)
		TAILQ_FOREACH(listener, &listen->listeners, link)
			listener->on_lost(listener);
}

static void flush(struct listen *listen)
{
	if (PQflush(listen->pg) == 1)
		event_add(&listen->writable, NULL);
}

/* Sends LISTEN for all channels if one was added, and pending notifications; in any case a
 * heartbeat. */
static void send_queries(struct listen *listen)
{
	struct buf text = { 0 };
	struct db_listener *listener;

	buf_text(&text, "select 1");
	if (listen->stale)
		TAILQ_FOREACH(listener, &listen->listeners, link) {
			char *name = PQescapeIdentifier(listen->pg, listener->channel,
			                                strlen(listener->channel));

			buf_print(&text, "; listen %s", name ?: "\"\"");
			PQfreemem(name);
		}
	buf_str(&text, buf_as_str(&listen->pending));
	buf_finish(&listen->pending);
	listen->in_progress = PQsendQuery(listen->pg, buf_cstr(&text)) == 1;
	if (listen->in_progress)
		listen->stale = false;
	buf_finish(&text);
	flush(listen);
}

static void on_heartbeat(evutil_socket_t, short, void *arg)
{
	struct listen *listen = arg;

	if (clock_us() - listen->seen_us > ALIVE_MS * 1000) {
		lose(listen, "no response");
		return;
	}
	if (!listen->in_progress)
		send_queries(listen);
	start_timer(&listen->heartbeat, HEARTBEAT_MS);
}

static void dispatch(struct listen *listen)
{
	struct db_listener *listener;
	PGnotify *notification;

	while ((notification = PQnotifies(listen->pg))) {
		TAILQ_FOREACH(listener, &listen->listeners, link)
			if (strcmp(listener->channel, notification->relname) == 0)
				listener->on_notify(listener, notification->extra);
		PQfreemem(notification);
	}
}

/* NULL, or an error message. */
static const char *read_results(struct listen *listen)
{
	while (listen->in_progress && !PQisBusy(listen->pg)) {
		PGresult *result = PQgetResult(listen->pg);

		if (!result) {
			listen->in_progress = false;
			if (!listen->stale)
				listen->listening = true;
			listen->seen_us = clock_us();
			continue;
		}
		if (PQresultStatus(result) != PGRES_COMMAND_OK
		    && PQresultStatus(result) != PGRES_TUPLES_OK) {
			PQclear(result);
			return PQerrorMessage(listen->pg);
		}
		PQclear(result);
	}
	return NULL;
}

static void on_readable(evutil_socket_t, short, void *arg)
{
	struct listen *listen = arg;
	bool consumed = PQconsumeInput(listen->pg) == 1;
	const char *error = read_results(listen);

	dispatch(listen);
	if (error || !consumed || PQstatus(listen->pg) != CONNECTION_OK)
		lose(listen, error ?: PQerrorMessage(listen->pg));
	else if ((listen->stale || listen->pending.length) && !listen->in_progress)
		send_queries(listen);
	else
		flush(listen);
}

static void on_writable(evutil_socket_t, short, void *arg)
{
	flush(arg);
}

static void on_connected(struct connector *connector, PGconn *pg, const char *why)
{
	struct listen *listen = container_of(connector, struct listen, connector);
	struct event_base *base = loop_base(listen->db->loop);

	/* The pool logs what is wrong with the database. */
	if (!pg) {
		start_timer(&listen->retry, connector_backoff(&listen->backoff_ms));
		return;
	}
	listen->pg = pg;
	listen->up_us = listen->seen_us = clock_us();
	listen->stale = true;
	PQsetnonblocking(pg, 1);
	event_assign(&listen->readable, base, PQsocket(pg), EV_READ | EV_PERSIST, on_readable,
	             listen);
	event_assign(&listen->writable, base, PQsocket(pg), EV_WRITE, on_writable, listen);
	event_add(&listen->readable, NULL);
	start_timer(&listen->heartbeat, HEARTBEAT_MS);
	send_queries(listen);
}

static void on_retry(evutil_socket_t, short, void *arg)
{
	struct listen *listen = arg;

	connector_start(&listen->connector);
}

void listen_add(struct listen *listen, struct db_listener *listener)
{
	TAILQ_INSERT_TAIL(&listen->listeners, listener, link);
	listen->stale = true;
	listen->listening = false;
	if (listen->pg && !listen->in_progress)
		send_queries(listen);
}

static void on_deferred(struct deferred *deferred)
{
	struct listen *listen = container_of(deferred, struct listen, deferred);

	if (listen->pending.length && !listen->in_progress)
		send_queries(listen);
}

void listen_notify(struct listen *listen, const char *channel, struct str text)
{
	char *name, *literal;

	if (!listen->listening || listen->pending.length > PENDING_MAX)
		return;
	name = PQescapeLiteral(listen->pg, channel, strlen(channel));
	literal = PQescapeLiteral(listen->pg, text.at, text.length);
	if (name && literal)
		buf_print(&listen->pending, "; select pg_notify(%s, %s)", name, literal);
	PQfreemem(name);
	PQfreemem(literal);
	loop_defer(listen->db->loop, &listen->deferred);
}

bool listen_alive(const struct listen *listen)
{
	return listen->listening && clock_us() - listen->seen_us <= ALIVE_MS * 1000;
}

struct listen *listen_new(struct db *db, const char *options)
{
	struct listen *listen = xcalloc(1, sizeof(*listen));
	struct event_base *base = loop_base(db->loop);

	listen->db = db;
	listen->deferred.run = on_deferred;
	listen->options = xstrdup(options);
	TAILQ_INIT(&listen->listeners);
	evtimer_assign(&listen->heartbeat, base, on_heartbeat, listen);
	evtimer_assign(&listen->retry, base, on_retry, listen);
	connector_init(&listen->connector, db, listen->options, on_connected);
	connector_start(&listen->connector);
	return listen;
}

void listen_free(struct listen *listen)
{
	if (!listen)
		return;
	loop_defer_cancel(listen->db->loop, &listen->deferred);
	buf_finish(&listen->pending);
	event_del(&listen->heartbeat);
	event_del(&listen->retry);
	connector_finish(&listen->connector);
	disconnect(listen);
	free(listen->options);
	free(listen);
}
