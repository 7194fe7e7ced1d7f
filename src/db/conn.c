/* conn.c: one connection of the pool: made, lost, and made again.
 *
 * The happy path: dial.c brings it, it is put into pipeline mode, and carries
 * statements (pipe.c) until the program ends.
 *
 * When it goes wrong:
 *
 * - it cannot be made: tried again after a time that doubles up to
 *   BACKOFF_MOST_MS, with jitter, so that many processes do not come at once;
 * - it is lost with statements in flight: reads go back to their place in line,
 *   once; a write that was sent may have happened and is answered so, unless
 *   the server said that it ended before it. */

#include <stdlib.h>

#include "arena.h"
#include "clock.h"
#include "conn.h"
#include "log.h"
#include "metrics.h"

enum { SLOTS_EACH = 8 }; /* a statement, its preparation and two words to the session; the same of one ahead */

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

/* libpq sends a Terminate, if the socket takes it: it is non-blocking still. */
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
	char *says = xstrdup(*why ? why : "the connection was lost");

	for (int i = 0; i < conn->count; i++) {
		struct db_slot *slot = &conn->slots[(conn->first + i) % conn->slot_count];

		/* A kept answer means that it was about to commit, or had. */
		if (slot->query)
			give_back(slot->query, untouched && !slot->kept);
	}
	pipe_clear(conn);
	hang_up(conn);
	if (--lane->up == 0)
		lane->down_us = clock_us();

	/* One that comes and goes at once must not be dialled without a pause. */
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
