/* conn.c: reads and writes a connection and manages its state.
 *
 * Normal sequence:
 *
 * - input is read into one static buffer shared by all connections. The request reader takes
 *   complete requests out of it; only the remainder is copied to the connection;
 * - while a request is being handled, reading continues up to a limit;
 * - the reply is sent at once and the connection becomes idle, or the socket is full and the
 *   connection waits in the writing state;
 * - further requests received meanwhile are handled on a later turn, a few at a time, so that a
 *   client that pipelines many does not delay other connections;
 * - after the last reply the write side is shut down, and the connection keeps reading for a moment
 *   before it closes, so that a reset does not destroy the reply before the peer has read it;
 * - or the connection is detached: it is closed here, and its descriptor is used elsewhere.
 *
 * Failures:
 *
 * - the peer shuts down its write side: its requests are answered, then the connection closes;
 * - the connection breaks: the current request is notified, and its reply is discarded;
 * - the peer is too slow: see timeouts.c. */

#include <errno.h>
#include <event2/event.h>
#include <sys/socket.h>

#include "clock.h"
#include "conn.h"
#include "forwarded.h"
#include "listener.h"
#include "metrics.h"
#include "request.h"
#include "request_reader.h"
#include "server.h"

enum {
	SCRATCH_SIZE = 64 * 1024,
	MAX_PENDING = 32 * 1024, /* kept input while a request is being handled */
	MAX_LINGER = 1024 * 1024,
};

static char scratch[SCRATCH_SIZE];

static void set_peer(struct http_conn *conn, const struct sockaddr *peer)
{
	if (peer->sa_family == AF_INET)
		conn->peer = address_map(((const struct sockaddr_in *)peer)->sin_addr);
	else if (peer->sa_family == AF_INET6)
		conn->peer = ((const struct sockaddr_in6 *)peer)->sin6_addr;
	address_print(&conn->peer, conn->client);
	conn->trusted = forwarded_is_trusted(conn->http->forwarded, &conn->peer);
}

void http_conn_set_state(struct http_conn *conn, enum http_conn_state state)
{
	struct http *http = conn->http;

	TAILQ_REMOVE(&http->conns[conn->state], conn, link);
	conn->state = state;
	conn->since_us = clock_us();
	conn->deadline_us = conn->since_us + GRACE_US;
	conn->last_count = 0;
	TAILQ_INSERT_TAIL(&http->conns[state], conn, link);
}

static void set_reading(struct http_conn *conn, bool on)
{
	if (conn->reading == on)
		return;
	conn->reading = on;
	if (on)
		event_add(&conn->readable, NULL);
	else
		event_del(&conn->readable);
}

/* Closes the connection and removes it from all lists. leave() frees it. */
static void close_conn(struct http_conn *conn)
{
	struct http *http = conn->http;

	if (conn->closed)
		return;
	conn->closed = true;
	set_reading(conn, false);
	TAILQ_REMOVE(&http->conns[conn->state], conn, link);
	if (conn->resuming)
		TAILQ_REMOVE(&http->resuming, conn, resuming_link);
	http_conn_free_evhtp(conn);
	buf_finish(&conn->pending);
	metrics_set(METRIC_HTTP_CONNECTIONS, --http->conn_count);
	http_check_drained(http);
}

static bool is_waiting(const struct http_conn *conn)
{
	return conn->state == CONN_HANDLING || conn->state == CONN_WRITING || conn->resuming;
}

/* Every change of a connection happens between enter() and leave(). The outermost leave() decides
 * whether to resume, close, free or read. */
static void enter(struct http_conn *conn)
{
	conn->depth++;
}

static void leave(struct http_conn *conn)
{
	if (--conn->depth)
		return;
	if (!conn->closed && conn->state == CONN_IDLE && conn->pending.length && !conn->resuming)
		http_resume_later(conn->http, conn);
	if (!conn->closed && conn->eof && !is_waiting(conn)) {
		reader_drop(conn);
		close_conn(conn);
	}
	if (conn->closed)
		http_conn_free(conn);
	else
		set_reading(conn,
		            !conn->eof
		                    && (!is_waiting(conn) || conn->pending.length < MAX_PENDING));
}

void http_conn_abort(struct http_conn *conn)
{
	struct request_private *priv = conn->priv;

	enter(conn);
	if (priv && !priv->entered) {
		reader_drop(conn);
		priv = NULL;
	}
	conn->priv = NULL;
	close_conn(conn);
	/* Last, because the callback may do anything. */
	if (priv) {
		priv->conn = NULL;
		priv->disconnected = true;
		if (priv->request.on_disconnect)
			priv->request.on_disconnect(&priv->request);
	}
	leave(conn);
}

static void linger(struct http_conn *conn)
{
	if (conn->eof) {
		close_conn(conn);
		return;
	}
	http_conn_shut_write(conn);
	buf_finish(&conn->pending);
	http_conn_set_state(conn, CONN_LINGERING);
}

/* The reply has been sent. */
static void reply_done(struct http_conn *conn)
{
	conn->served++;
	if (conn->closing)
		linger(conn);
	else if (http_conn_reset_evhtp(conn))
		http_conn_set_state(conn, CONN_IDLE);
	else
		close_conn(conn);
}

void http_conn_reply(struct http_conn *conn, struct str head, struct str body)
{
	enter(conn);
	conn->priv = NULL;
	if (!http_conn_send(conn, head, body)) {
		close_conn(conn);
	} else if (http_conn_unsent(conn)) {
		http_conn_set_state(conn, CONN_WRITING);
		conn->last_count = http_conn_unsent(conn);
	} else {
		reply_done(conn);
	}
	leave(conn);
}

int http_conn_detach(struct http_conn *conn, struct str head, struct buf *rest)
{
	int fd = conn->fd;

	enter(conn);
	conn->priv = NULL;
	*rest = (struct buf){ 0 };
	if ((head.length && !http_conn_send(conn, head, (struct str){ NULL, 0 }))
	    || http_conn_unsent(conn)) {
		fd = -1;
	} else {
		if (conn->following.at) {
			buf_str(rest, conn->following);
		} else {
			*rest = conn->pending;
			conn->pending = (struct buf){ 0 };
		}
		http_conn_release_fd(conn);
	}
	close_conn(conn);
	leave(conn);
	return fd;
}

void http_conn_on_written(struct http_conn *conn)
{
	enter(conn);
	/* In any other state it was only `100 Continue`. */
	if (conn->state == CONN_WRITING)
		reply_done(conn);
	leave(conn);
}

/* Keeps what the request reader leaves: new bytes are copied, kept ones moved to the front. If the
 * connection ended meanwhile, `rest` is invalid. */
static void feed(struct http_conn *conn, struct str fresh)
{
	struct str rest;

	if (conn->pending.length) {
		buf_str(&conn->pending, fresh);
		rest = reader_run(conn, buf_as_str(&conn->pending));
		if (conn->closed || conn->state == CONN_LINGERING)
			return;
		memmove(conn->pending.at, rest.at, rest.length);
		conn->pending.length = rest.length;
	} else {
		rest = reader_run(conn, fresh);
		if (conn->closed || conn->state == CONN_LINGERING)
			return;
		buf_str(&conn->pending, rest);
	}
	if (conn->pending.length == 0)
		buf_finish(&conn->pending); /* an idle connection needs no buffer */
}

void http_conn_resume(struct http_conn *conn)
{
	enter(conn);
	feed(conn, (struct str){ NULL, 0 });
	leave(conn);
}

static void on_readable(evutil_socket_t fd, short, void *arg)
{
	struct http_conn *conn = arg;
	size_t size = is_waiting(conn) ? MAX_PENDING - conn->pending.length : sizeof(scratch);
	ssize_t n = recv(fd, scratch, size, 0);

	enter(conn);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			http_conn_abort(conn);
	} else if (n == 0) {
		conn->eof = true;
	} else if (conn->state == CONN_LINGERING) {
		conn->last_count += (size_t)n;
		if (conn->last_count > MAX_LINGER)
			close_conn(conn);
	} else if (is_waiting(conn)) {
		buf_add(&conn->pending, scratch, (size_t)n);
	} else {
		feed(conn, (struct str){ scratch, (size_t)n });
	}
	leave(conn);
}

void http_conn_open(struct http_conn *conn, struct http *http, int fd, const struct sockaddr *peer)
{
	conn->http = http;
	conn->fd = fd;
	set_peer(conn, peer);
	conn->since_us = clock_us();
	conn->state = CONN_IDLE;
	TAILQ_INSERT_TAIL(&http->conns[CONN_IDLE], conn, link);
	metrics_set(METRIC_HTTP_CONNECTIONS, ++http->conn_count);
	event_assign(&conn->readable, loop_base(http->loop), fd, EV_READ | EV_PERSIST, on_readable,
	             conn);
	set_reading(conn, true);
}
