/* timeouts.c: enforces all timeouts of connections with one timer.
 *
 * A connection that enters a state goes to the end of that state's list. In states with a fixed
 * timeout, expired connections are therefore at the head of the list. States with a minimum rate (a
 * body, a reply waiting for its reader) have a deadline: each byte extends it by its share of a
 * second, but never beyond the grace period from now, so that a burst does not excuse a later
 * pause.
 *
 * On a timeout, a started request is answered with 408. Idle connections and clients that do not
 * read their reply are closed silently. */

#include <event2/event.h>

#include "clock.h"
#include "config.h"
#include "conn.h"
#include "http_problems.h"
#include "listener.h"
#include "metrics.h"
#include "request.h"
#include "request_reader.h"
#include "server.h"
#include "timeouts.h"

enum {
	INTERVAL_MS = 250,
	LINGER_US = 2 * 1000 * 1000,
	FRESH_US = 1000 * 1000, /* while draining: time for the first request */
};

static const struct timeval interval = { 0, INTERVAL_MS * 1000 };

static void time_out(struct http_conn *conn, const char *detail)
{
	metrics_count(METRIC_HTTP_SLOW, 1);
	if (detail)
		reader_reject(conn, HTTP_REQUEST_TIMEOUT, detail);
	else
		http_conn_abort(conn);
}

/* Whether anything was received besides the empty lines that some clients send after a body. */
static bool has_begun(const struct http_conn *conn)
{
	return conn->pending.length > 4 || conn->pending.at[0] != '\r';
}

static void head_timed_out(struct http_conn *conn)
{
	time_out(conn, has_begun(conn) ? "The request head did not arrive in time." : NULL);
}

static void check_fixed(struct http *http, enum http_conn_state state, long long timeout_us,
                        void (*end)(struct http_conn *conn))
{
	struct http_conn *conn;

	while ((conn = TAILQ_FIRST(&http->conns[state]))
	       && conn->since_us + timeout_us <= clock_us())
		end(conn);
}

/* `passed`: bytes since the last check. */
static bool is_overdue(struct http_conn *conn, size_t passed)
{
	long long now = clock_us(), max = now + GRACE_US;

	conn->deadline_us += (long long)passed * 1000000 / conn->http->config->body_rate;
	if (conn->deadline_us > max)
		conn->deadline_us = max;
	return conn->deadline_us <= now;
}

static void check_bodies(struct http *http)
{
	struct http_conn *conn, *next;

	for (conn = TAILQ_FIRST(&http->conns[CONN_READING_BODY]); conn; conn = next) {
		size_t length = conn->priv->body.length, passed = length - conn->last_count;

		next = TAILQ_NEXT(conn, link);
		conn->last_count = length;
		if (is_overdue(conn, passed))
			time_out(conn, "The request body did not arrive in time.");
	}
}

static void check_readers(struct http *http)
{
	struct http_conn *conn, *next;

	for (conn = TAILQ_FIRST(&http->conns[CONN_WRITING]); conn; conn = next) {
		size_t unsent = http_conn_unsent(conn), passed = conn->last_count - unsent;

		next = TAILQ_NEXT(conn, link);
		conn->last_count = unsent;
		if (is_overdue(conn, passed))
			time_out(conn, NULL);
	}
}

static void close_idle(struct http *http)
{
	struct http_conn *conn, *next;

	for (conn = TAILQ_FIRST(&http->conns[CONN_IDLE]); conn; conn = next) {
		next = TAILQ_NEXT(conn, link);
		if (!conn->resuming && (conn->served || conn->since_us + FRESH_US <= clock_us()))
			http_conn_abort(conn);
	}
}

static void on_timer(evutil_socket_t, short, void *arg)
{
	struct http *http = arg;
	const struct config *config = http->config;

	check_fixed(http, CONN_READING_HEAD, config->head_seconds * 1000000, head_timed_out);
	check_fixed(http, CONN_IDLE, config->idle_seconds * 1000000, http_conn_abort);
	check_fixed(http, CONN_LINGERING, LINGER_US, http_conn_abort);
	check_bodies(http);
	check_readers(http);
	if (http->draining) {
		/* The listener was polled in this turn before this timer, so all connections
		 * waiting in its backlog have been accepted. */
		listener_stop(http->listener);
		http->accepting = false;
		close_idle(http);
		http_check_drained(http);
	} else {
		listener_resume(http->listener);
	}
	evtimer_add(http->timeout_timer, &interval);
}

void timeouts_start(struct http *http)
{
	http->timeout_timer = evtimer_new(loop_base(http->loop), on_timer, http);
	evtimer_add(http->timeout_timer, &interval);
}

void timeouts_stop(struct http *http)
{
	if (http->timeout_timer)
		event_free(http->timeout_timer);
	http->timeout_timer = NULL;
}

void timeouts_run_soon(struct http *http)
{
	evtimer_add(http->timeout_timer, &(struct timeval){ 0 });
}
