/* conn.c: keeps one connection of the pool alive.
 *
 * Normal sequence: connector.c opens the connection; it is put into pipeline mode and carries
 * statements (pipeline_recv.c) until the program ends.
 *
 * Failures:
 *
 * - it cannot be opened: it is retried after a delay that doubles up to BACKOFF_MOST_MS, with
 *   jitter, so that many processes do not reconnect at the same time;
 * - it is lost with statements in flight: reads are requeued once; a write that was sent may
 *   have committed and is reported as DB_UNKNOWN, unless the server said that it ended the
 *   session before running it. */

#include <stdlib.h>

#include "arena.h"
#include "clock.h"
#include "db_private.h"
#include "log.h"
#include "metrics.h"

/* A statement, its preparation and two session commands; the same for one that runs before it. */
enum { SLOTS_EACH = 8 };

static void on_readable(evutil_socket_t, short, void *arg)
{
	pipe_read(arg);
}

static void on_writable(evutil_socket_t, short, void *arg)
{
	struct conn *conn = arg;

	conn->writing = false;
	pipe_flush(conn);
}

static void retry_later(struct conn *conn)
{
	ring_in(&conn->retry, dial_backoff(&conn->backoff_ms));
}

static void on_dialled(struct dial *dial, PGconn *pg, const char *why)
{
	struct conn *conn = container_of(dial, struct conn, dial);
	struct event_base *base = loop_base(conn->db->loop);

	if (!pg) {
		retry_later(conn);
		pool_changed(conn->db, why);
		return;
	}
	conn->pg = pg;
	conn->up_us = clock_us();
	conn->timeout_ms = conn->lane->timeout_ms;
	memset(conn->prepared, 0, sizeof(conn->prepared));
	PQsetnonblocking(pg, 1);
	PQenterPipelineMode(pg);
	event_assign(&conn->readable, base, PQsocket(pg), EV_READ | EV_PERSIST, on_readable,
		     conn);
	event_assign(&conn->writable, base, PQsocket(pg), EV_WRITE, on_writable, conn);
	event_add(&conn->readable, NULL);
	conn->lane->up++;
	pool_changed(conn->db, NULL);
}

static void on_retry(evutil_socket_t, short, void *arg)
{
	struct conn *conn = arg;

	dial(&conn->dial);
}

static void give_back(struct db_query *query, bool untouched)
{
	bool write = sql_statements[query->statement].lane == SQL_WRITE;

	if (write && !untouched)
		pool_verdict(query, DB_UNKNOWN);
	else if (!pool_again(query, AGAIN_LOST))
		pool_verdict(query, DB_DOWN);
}

/* libpq sends a Terminate if the socket accepts it; it is still non-blocking. */
static void hang_up(struct conn *conn)
{
	event_del(&conn->readable);
	event_del(&conn->writable);
	PQfinish(conn->pg);
	conn->pg = NULL;
}

void conn_lose(struct conn *conn, const char *why, bool untouched)
{
	struct lane *lane = conn->lane;
	char *says = xstrdup(*why ? why : "connection lost");

	for (int i = 0; i < conn->count; i++) {
		struct db_slot *slot = &conn->slots[(conn->first + i) % conn->slot_count];

		/* A kept result means that it was about to commit or has committed. */
		if (slot->query)
			give_back(slot->query, untouched && !slot->kept);
	}
	pipe_clear(conn);
	hang_up(conn);
	if (--lane->up == 0)
		lane->down_us = clock_us();

	/* A connection that is lost at once must not be reopened without a delay. */
	if (clock_us() - conn->up_us > 2000 * BACKOFF_MOST_MS)
		conn->backoff_ms = 0;
	retry_later(conn);
	metrics_count(METRIC_DB_LOST, 1);
	pool_changed(conn->db, says);
	free(says);
}

void conn_init(struct conn *conn, struct db *db, struct lane *lane)
{
	struct event_base *base = loop_base(db->loop);

	conn->db = db;
	conn->lane = lane;
	conn->slot_count = db->pipeline * SLOTS_EACH;
	conn->slots = xcalloc((size_t)conn->slot_count, sizeof(*conn->slots));
	evtimer_assign(&conn->retry, base, on_retry, conn);
	dial_init(&conn->dial, db, lane->options, on_dialled);
	dial(&conn->dial);
}

void conn_finish(struct conn *conn)
{
	if (!conn->slots)
		return;
	event_del(&conn->retry);
	dial_finish(&conn->dial);
	pipe_clear(conn);
	if (conn->pg)
		hang_up(conn);
	free(conn->slots);
}
