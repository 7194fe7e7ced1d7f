/* conn.c: keeps one connection of the pool alive.
 *
 * Normal sequence: connector.c opens the connection; it is put into pipeline mode and carries
 * statements (pipeline_recv.c) until the program ends.
 *
 * Failures:
 *
 * - it cannot be opened: it is retried after a delay that doubles up to BACKOFF_MAX_MS, with
 *   jitter, so that many processes do not reconnect at the same time;
 * - it is lost with statements in flight: reads are requeued once; a write that was sent may
 *   have committed and is reported as DB_OUTCOME_UNKNOWN, unless the server said that it ended the
 *   session before running it. */

#include <event2/event.h>
#include <stdlib.h>

#include "arena.h"
#include "clock.h"
#include "conn.h"
#include "connector.h"
#include "metrics.h"
#include "pipeline.h"
#include "pool.h"
#include "statement.h"
#include "timer.h"

/* A statement, its preparation and two session commands; the same for its prelude. */
enum { SLOTS_PER_STATEMENT = 8 };

static void on_readable(evutil_socket_t, short, void *arg)
{
	pipeline_recv(arg);
}

static void on_writable(evutil_socket_t, short, void *arg)
{
	struct conn *conn = arg;

	conn->writing = false;
	pipeline_flush(conn);
}

static void schedule_retry(struct conn *conn)
{
	start_timer(&conn->retry, connector_backoff(&conn->backoff_ms));
}

static void on_connected(struct connector *connector, PGconn *pg, const char *why)
{
	struct conn *conn = container_of(connector, struct conn, connector);
	struct event_base *base = loop_base(conn->db->loop);

	if (!pg) {
		schedule_retry(conn);
		pool_conn_changed(conn->db, why);
		return;
	}
	conn->pg = pg;
	conn->up_us = clock_us();
	conn->timeout_ms = conn->lane->timeout_ms;
	memset(conn->prepared, 0, sizeof(conn->prepared));
	PQsetnonblocking(pg, 1);
	PQenterPipelineMode(pg);
	event_assign(&conn->readable, base, PQsocket(pg), EV_READ | EV_PERSIST, on_readable, conn);
	event_assign(&conn->writable, base, PQsocket(pg), EV_WRITE, on_writable, conn);
	event_add(&conn->readable, NULL);
	conn->lane->up++;
	pool_conn_changed(conn->db, NULL);
}

static void on_retry(evutil_socket_t, short, void *arg)
{
	struct conn *conn = arg;

	connector_start(&conn->connector);
}

static void requeue_or_fail(struct db_query *query, bool not_executed)
{
	bool write = sql_statements[query->statement].lane == SQL_WRITE;

	if (write && !not_executed)
		pool_fail(query, DB_OUTCOME_UNKNOWN);
	else if (!pool_retry(query, RETRY_LOST))
		pool_fail(query, DB_UNAVAILABLE);
}

/* libpq sends a Terminate if the socket accepts it; it is still non-blocking. */
static void disconnect(struct conn *conn)
{
	event_del(&conn->readable);
	event_del(&conn->writable);
	PQfinish(conn->pg);
	conn->pg = NULL;
}

void conn_lose(struct conn *conn, const char *why, bool not_executed)
{
	struct lane *lane = conn->lane;
	char *reason = xstrdup(*why ? why : "connection lost");

	for (int i = 0; i < conn->count; i++) {
		struct db_slot *slot = &conn->slots[(conn->first + i) % conn->slot_count];

		/* A kept result means that it was about to commit or has committed. */
		if (slot->query)
			requeue_or_fail(slot->query, not_executed && !slot->kept);
	}
	pipeline_clear(conn);
	disconnect(conn);
	if (--lane->up == 0)
		lane->down_us = clock_us();

	/* A connection that is lost at once must not be reopened without a delay. */
	if (clock_us() - conn->up_us > 2000 * BACKOFF_MAX_MS)
		conn->backoff_ms = 0;
	schedule_retry(conn);
	metrics_count(METRIC_DB_LOST, 1);
	pool_conn_changed(conn->db, reason);
	free(reason);
}

void conn_init(struct conn *conn, struct db *db, struct lane *lane)
{
	struct event_base *base = loop_base(db->loop);

	conn->db = db;
	conn->lane = lane;
	conn->slot_count = db->pipeline * SLOTS_PER_STATEMENT;
	conn->slots = xcalloc((size_t)conn->slot_count, sizeof(*conn->slots));
	evtimer_assign(&conn->retry, base, on_retry, conn);
	connector_init(&conn->connector, db, lane->options, on_connected);
	connector_start(&conn->connector);
}

void conn_finish(struct conn *conn)
{
	if (!conn->slots)
		return;
	event_del(&conn->retry);
	connector_finish(&conn->connector);
	pipeline_clear(conn);
	if (conn->pg)
		disconnect(conn);
	free(conn->slots);
}
