/* pool.c: queues queries, assigns them to connections and enforces timeouts.
 *
 * Normal sequence of a query:
 *
 * - db_run() appends it to the queue of its lane;
 * - at the end of the turn a connection is chosen, and the queue is written into its pipeline
 *   (pipeline_send.c);
 * - its result is read on a later turn (pipeline_recv.c), and done() is called.
 *
 * Failures:
 *
 * - the queue is full: DB_QUEUE_FULL;
 * - its timeout has passed: DB_TIMEOUT. Only PostgreSQL can confirm that a write that was sent was
 *   rolled back, and does so by its own statement_timeout (set_timeout() in pipeline_send.c);
 *   without this confirmation it is DB_OUTCOME_UNKNOWN;
 * - no connection of its lane is up: it waits at most UNAVAILABLE_MS, then DB_UNAVAILABLE;
 * - a connection does not respond for twice the timeout of its first statement: it is closed, and
 *   conn_lose() handles what is in flight.
 *
 * One timer checks all of this, every TICK_MS while anything is in progress. */

#include "clock.h"
#include "conn.h"
#include "listen.h"
#include "log.h"
#include "metrics.h"
#include "one_line.h"
#include "pipeline.h"
#include "pool.h"
#include "rows.h"
#include "statement.h"
#include "timer.h"

enum {
	TICK_MS = 50,          /* interval of the timeout check */
	MAX_HEAD_AGE_MS = 50,  /* a connection whose first statement is this old gets no more */
	UNAVAILABLE_MS = 1000, /* how long a statement waits while its lane has no connection */
};

static const struct sql_statement *statement_of(const struct db_query *query)
{
	return &sql_statements[query->statement];
}

static struct lane *lane_of(const struct db_query *query)
{
	return &query->db->lanes[statement_of(query)->lane];
}

/* ---- Queue ---- */

static void queue_insert(struct db_query *query)
{
	struct lane *lane = lane_of(query);
	struct db_query *other;

	/* A requeued query is older than most, so its position is near the head. */
	TAILQ_FOREACH(other, &lane->queue, link)
		if (other->queued_us > query->queued_us)
			break;
	if (other)
		TAILQ_INSERT_BEFORE(other, query, link);
	else
		TAILQ_INSERT_TAIL(&lane->queue, query, link);
	lane->waiting++;
}

static void queue_remove(struct db_query *query)
{
	struct lane *lane = lane_of(query);

	TAILQ_REMOVE(&lane->queue, query, link);
	lane->waiting--;
}

static int queue_length(const struct db *db)
{
	return db->lanes[SQL_READ].waiting + db->lanes[SQL_WRITE].waiting;
}

/* What the pipelines can take at the end of this turn does not count as queued. */
static bool queue_is_full(const struct db *db, const struct lane *lane)
{
	int bound = db->queue_max;

	for (int i = 0; i < lane->count && queue_length(db) >= bound; i++)
		if (lane->conns[i].pg)
			bound += db->pipeline - lane->conns[i].running;
	return queue_length(db) >= bound;
}

/* ---- Completion ---- */

/* Removes the query from its slot, queue or list. */
static void detach(struct db_query *query)
{
	if (query->slot)
		query->slot->query = NULL;
	else if (query->failure != DB_OK)
		TAILQ_REMOVE(&query->db->failures, query, link);
	else
		queue_remove(query);
	query->slot = NULL;
}

static void done(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	metrics_observe(query->db->durations[query->statement], clock_us() - query->queued_us);
	query->waiting = false;
	query->done(query, status, rows);
}

void pool_complete(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	detach(query);
	done(query, status, rows);
}

void pool_fail(struct db_query *query, enum db_status status)
{
	struct db *db = query->db;

	detach(query);
	query->failure = status;
	TAILQ_INSERT_TAIL(&db->failures, query, link);
	start_timer(&db->failure_timer, 0);
	if (status == DB_TIMEOUT)
		metrics_count(METRIC_DB_TIMEOUTS, 1);
}

bool pool_retry(struct db_query *query, unsigned reason)
{
	if (query->retried & reason)
		return false;
	query->retried |= reason;
	detach(query);
	queue_insert(query);
	metrics_count(METRIC_DB_RETRIES, 1);
	pool_wake(query->db);
	return true;
}

void pool_deliver_failures(evutil_socket_t, short, void *arg)
{
	static const struct db_rows none;
	struct db *db = arg;
	struct db_query *query;
	int left = 0;

	/* done() may run a query that fails at once; that one is left for the next turn. */
	TAILQ_FOREACH(query, &db->failures, link)
		left++;
	while (left-- > 0 && (query = TAILQ_FIRST(&db->failures))) {
		TAILQ_REMOVE(&db->failures, query, link);
		done(query, query->failure, &none);
	}
	if (!TAILQ_EMPTY(&db->failures))
		start_timer(&db->failure_timer, 0);
}

/* ---- Sending ---- */

/* The connection with the fewest statements, among those that make progress: their first
 * statement is not old. NULL: leave the queries in the queue, from where they can still go to
 * another connection. The reads of a turn are not spread over several connections: a deep
 * pipeline costs PostgreSQL half as much as shallow ones. */
static struct conn *choose_conn(const struct lane *lane)
{
	long long old = clock_us() - MAX_HEAD_AGE_MS * 1000;
	struct conn *best = NULL;

	for (int i = 0; i < lane->count; i++) {
		struct conn *conn = &lane->conns[i];

		if (!conn->pg || conn->running >= conn->db->pipeline
		    || (conn->count && conn->head_us < old))
			continue;
		if (!best || conn->running < best->running)
			best = conn;
	}
	return best;
}

/* Reads share a Sync, and fail together. A retried read gets its own, so that it can only be
 * aborted once by another; so does a write, because it commits. (Equal reads could be merged
 * here, where they are next to each other.) */
static bool fill_pipeline(struct conn *conn)
{
	struct lane *lane = conn->lane;
	struct db_query *query;

	while (conn->running < conn->db->pipeline && (query = TAILQ_FIRST(&lane->queue))) {
		bool own_sync = lane->kind == SQL_WRITE || query->retried;

		if (own_sync && !pipeline_sync(conn))
			return false;
		queue_remove(query);
		if (!pipeline_send(conn, query)) {
			queue_insert(query);
			return false;
		}
		if (own_sync && !pipeline_sync(conn))
			return false;

		/* Send the next write to another connection: writes then commit in parallel. */
		if (lane->kind == SQL_WRITE)
			break;
	}
	return pipeline_sync(conn);
}

static void lane_send(struct lane *lane)
{
	struct conn *conn;

	while (lane->waiting && (conn = choose_conn(lane))) {
		/* Input on an idle connection usually means that it was closed: a write sent
		 * there now would have an unknown outcome. */
		if (conn->count == 0 && !pipeline_has_no_input(conn)) {
			pipeline_recv(conn);
			if (!conn->pg)
				continue;
		}
		if (fill_pipeline(conn)) {
			pipeline_flush(conn);
			continue;
		}
		/* The server may have reported why, and how far it got. */
		pipeline_recv(conn);
		if (conn->pg)
			conn_lose(conn, PQerrorMessage(conn->pg), false);
	}
}

void pool_send(struct deferred *deferred)
{
	struct db *db = container_of(deferred, struct db, deferred);

	for (int i = 0; i < LANES; i++)
		lane_send(&db->lanes[i]);
	metrics_set(METRIC_DB_QUEUE, queue_length(db));
}

void pool_wake(struct db *db)
{
	loop_defer(db->loop, &db->deferred);
}

/* ---- Timeouts ---- */

static void check_queue(struct lane *lane, long long now)
{
	struct db_query *query, *next;

	for (query = TAILQ_FIRST(&lane->queue); query; query = next) {
		long long since =
			query->queued_us > lane->down_us ? query->queued_us : lane->down_us;

		next = TAILQ_NEXT(query, link);
		if (now - query->queued_us >= statement_of(query)->timeout_ms * 1000LL)
			pool_fail(query, DB_TIMEOUT);
		else if (lane->up == 0 && now - since >= UNAVAILABLE_MS * 1000)
			pool_fail(query, DB_UNAVAILABLE);
	}
}

static void check_conn(struct conn *conn, long long now)
{
	bool write = conn->lane->kind == SQL_WRITE;
	int grace = write ? GRACE_MS : 0;

	for (int i = 0; i < conn->count; i++) {
		struct db_slot *slot = &conn->slots[(conn->first + i) % conn->slot_count];

		if (slot->query
		    && now - slot->query->queued_us >= (slot->timeout_ms + grace) * 1000LL)
			pool_fail(slot->query, write ? DB_OUTCOME_UNKNOWN : DB_TIMEOUT);
	}
	if (conn->count && now - conn->head_us >= conn->slots[conn->first].timeout_ms * 2000LL)
		conn_lose(conn, "no response for twice the timeout of a statement", false);
}

/* Starts the timer unless it is running. */
static void tick(struct db *db)
{
	if (db->ticking)
		return;
	db->ticking = true;
	start_timer(&db->tick, TICK_MS);
}

void pool_check_timeouts(evutil_socket_t, short, void *arg)
{
	struct db *db = arg;
	long long now = clock_us();
	bool busy = false;

	for (int i = 0; i < LANES; i++) {
		struct lane *lane = &db->lanes[i];

		check_queue(lane, now);
		for (int k = 0; k < lane->count; k++) {
			check_conn(&lane->conns[k], now);
			busy |= lane->conns[k].count > 0;
		}
		busy |= lane->waiting > 0;
	}
	metrics_set(METRIC_DB_QUEUE, queue_length(db));
	db->ticking = false;
	if (busy)
		tick(db);
}

/* ---- Connections ---- */

void pool_conn_changed(struct db *db, const char *why)
{
	char line[ONE_LINE_SIZE];
	int up = db->lanes[SQL_READ].up + db->lanes[SQL_WRITE].up;
	int count = db->lanes[SQL_READ].count + db->lanes[SQL_WRITE].count;

	metrics_set(METRIC_DB_CONNECTIONS, up);
	pool_wake(db);
	if (!why) {
		if (up == count && db->outage) {
			db->outage = false;
			db->why[0] = '\0';
			log_info("db.connected", kv_number("connections", up));
		}
		return;
	}

	/* Many connections report the same outage; log each distinct reason once. */
	one_line(line, why);
	if (strcmp(db->why, line) == 0 || (db->why[0] && clock_us() - db->logged_us < 1000000))
		return;
	db->outage = true;
	db->logged_us = clock_us();
	memcpy(db->why, line, sizeof(line));
	log_error("db.disconnected", kv_text("why", line), kv_number("connections", up));
}

/* ---- Public interface ---- */

void db_run(struct db *db, struct db_query *query)
{
	struct lane *lane;
	bool full;

	query->db = db;
	query->slot = NULL;
	query->queued_us = clock_us();
	query->retried = 0;
	query->failure = DB_OK;
	query->waiting = true;

	lane = lane_of(query);
	full = queue_is_full(db, lane);
	TAILQ_INSERT_TAIL(&lane->queue, query, link);
	lane->waiting++;
	if (full) {
		metrics_count(METRIC_DB_QUEUE_FULL, 1);
		pool_fail(query, DB_QUEUE_FULL);
		return;
	}
	pool_wake(db);
	tick(db);
}

void db_cancel(struct db_query *query)
{
	if (!query->waiting)
		return;
	detach(query);
	query->waiting = false;
}

bool db_ready(const struct db *db)
{
	return db->lanes[SQL_READ].up == db->lanes[SQL_READ].count
	       && db->lanes[SQL_WRITE].up == db->lanes[SQL_WRITE].count;
}

void db_listen(struct db *db, struct db_listener *listener)
{
	listen_add(db->listen, listener);
}

bool db_listening(const struct db *db)
{
	return listen_alive(db->listen);
}

void db_notify(struct db *db, const char *channel, struct str text)
{
	listen_notify(db->listen, channel, text);
}
