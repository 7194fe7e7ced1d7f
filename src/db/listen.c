/* listen.c: sends and receives NOTIFY.
 *
 * Normal sequence:
 *
 * - a dedicated connection is opened and runs LISTEN for each channel;
 * - a notification arrives and is passed to the listeners of its channel;
 * - outgoing notifications are collected and sent at the end of the turn, or after the previous
 *   result has arrived;
 * - `select 1` is sent every BEAT_MS, since a stopped server cannot be told from an idle one.
 *
 * Failures:
 *
 * - the connection is lost or does not respond for ALIVE_MS: notifications may have been missed,
 *   so lost() is called on every listener; outgoing notifications are dropped; the connection is
 *   reopened. */

#include <stdlib.h>

#include "arena.h"
#include "clock.h"
#include "db_private.h"
#include "log.h"

enum { BEAT_MS = 2000, ALIVE_MS = 5000, TOLD_MOST = 1024 * 1024 };

struct listen {
	struct db *db;
	struct dial dial;
	char *options;
	PGconn *pg;
	struct event readable, writable, beat, retry;
	int backoff_ms;
	TAILQ_HEAD(, db_listener) listeners; /* db_listener.link */
	struct buf told;                     /* "; select pg_notify(…)" …, not yet sent */
	struct deferred deferred;	/* sends them */

	bool asked;     /* a query is in progress */
	bool stale;     /* some channels have no LISTEN yet */
	bool listening; /* LISTEN has succeeded for all channels */
	long long up_us, seen_us;
};

static void hang_up(struct listen *listen)
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
	char line[LINE_ROOM];

	one_line(line, why);
	if (was_listening)
		log_warn("db.deaf", kv_text("why", line));
	listen->listening = listen->asked = false;
	buf_finish(&listen->told);
	event_del(&listen->beat);
	hang_up(listen);
	if (clock_us() - listen->up_us > 2000 * BACKOFF_MOST_MS)
		listen->backoff_ms = 0;
	ring_in(&listen->retry, dial_backoff(&listen->backoff_ms));
	if (was_listening)
		TAILQ_FOREACH(listener, &listen->listeners, link)
			listener->lost(listener);
}

static void flush(struct listen *listen)
{
	if (PQflush(listen->pg) == 1)
		event_add(&listen->writable, NULL);
}

/* Sends LISTEN for all channels if one was added, and pending notifications; in any case a
 * heartbeat. */
static void ask(struct listen *listen)
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
	buf_str(&text, buf_as_str(&listen->told));
	buf_finish(&listen->told);
	listen->asked = PQsendQuery(listen->pg, buf_cstr(&text)) == 1;
	if (listen->asked)
		listen->stale = false;
	buf_finish(&text);
	flush(listen);
}

static void on_beat(evutil_socket_t, short, void *arg)
{
	struct listen *listen = arg;

	if (clock_us() - listen->seen_us > ALIVE_MS * 1000) {
		lose(listen, "no response");
		return;
	}
	if (!listen->asked)
		ask(listen);
	ring_in(&listen->beat, BEAT_MS);
}

static void tell(struct listen *listen)
{
	struct db_listener *listener;
	PGnotify *notice;

	while ((notice = PQnotifies(listen->pg))) {
		TAILQ_FOREACH(listener, &listen->listeners, link)
			if (strcmp(listener->channel, notice->relname) == 0)
				listener->heard(listener, notice->extra);
		PQfreemem(notice);
	}
}

/* NULL, or an error message. */
static const char *take_answer(struct listen *listen)
{
	while (listen->asked && !PQisBusy(listen->pg)) {
		PGresult *result = PQgetResult(listen->pg);

		if (!result) {
			listen->asked = false;
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
	bool fine = PQconsumeInput(listen->pg) == 1;
	const char *fault = take_answer(listen);

	tell(listen);
	if (fault || !fine || PQstatus(listen->pg) != CONNECTION_OK)
		lose(listen, fault ?: PQerrorMessage(listen->pg));
	else if ((listen->stale || listen->told.length) && !listen->asked)
		ask(listen);
	else
		flush(listen);
}

static void on_writable(evutil_socket_t, short, void *arg)
{
	flush(arg);
}

static void on_dialled(struct dial *dial, PGconn *pg, const char *why)
{
	struct listen *listen = container_of(dial, struct listen, dial);
	struct event_base *base = loop_base(listen->db->loop);

	/* The pool logs what is wrong with the database. */
	if (!pg) {
		ring_in(&listen->retry, dial_backoff(&listen->backoff_ms));
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
	ring_in(&listen->beat, BEAT_MS);
	ask(listen);
}

static void on_retry(evutil_socket_t, short, void *arg)
{
	struct listen *listen = arg;

	dial(&listen->dial);
}

void listen_add(struct listen *listen, struct db_listener *listener)
{
	TAILQ_INSERT_TAIL(&listen->listeners, listener, link);
	listen->stale = true;
	listen->listening = false;
	if (listen->pg && !listen->asked)
		ask(listen);
}

static void on_deferred(struct deferred *deferred)
{
	struct listen *listen = container_of(deferred, struct listen, deferred);

	if (listen->told.length && !listen->asked)
		ask(listen);
}

void listen_tell(struct listen *listen, const char *channel, struct str text)
{
	char *name, *words;

	if (!listen->listening || listen->told.length > TOLD_MOST)
		return;
	name = PQescapeLiteral(listen->pg, channel, strlen(channel));
	words = PQescapeLiteral(listen->pg, text.at, text.length);
	if (name && words)
		buf_print(&listen->told, "; select pg_notify(%s, %s)", name, words);
	PQfreemem(name);
	PQfreemem(words);
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
	evtimer_assign(&listen->beat, base, on_beat, listen);
	evtimer_assign(&listen->retry, base, on_retry, listen);
	dial_init(&listen->dial, db, listen->options, on_dialled);
	dial(&listen->dial);
	return listen;
}

void listen_free(struct listen *listen)
{
	if (!listen)
		return;
	loop_defer_cancel(listen->db->loop, &listen->deferred);
	buf_finish(&listen->told);
	event_del(&listen->beat);
	event_del(&listen->retry);
	dial_finish(&listen->dial);
	hang_up(listen);
	free(listen->options);
	free(listen);
}
