/* pipeline_recv.c: reads results from a connection's pipeline.
 *
 * Normal sequence: when the result of a read arrives, done() is called at once. The result of a
 * write is kept until its Sync has been confirmed, because it commits there; then done() is
 * called.
 *
 * Failures:
 *
 * - a PREPARE fails: the statements sent after it get its error;
 * - the prelude of a write fails: the write has not run and gets its error;
 * - another read of the same Sync fails: the reads after it come back aborted and are retried,
 *   each in a Sync of its own, so that this happens only once;
 * - a deadlock, a serialization failure or a plan made stale by a schema change: the statement
 *   is retried once;
 * - the query was cancelled (db_cancel()) or timed out: the slot stays, its result is dropped;
 * - the connection is lost: conn_lose(). */

#include <event2/event.h>
#include <sys/socket.h>

#include "clock.h"
#include "conn.h"
#include "pipeline.h"
#include "pool.h"
#include "rows.h"
#include "variant.h"

static void drop_first(struct conn *conn)
{
	struct db_slot *slot = &conn->slots[conn->first];

	PQclear(slot->kept);
	variant_release(slot->variant);
	conn->running -= slot->kind == SLOT_RUN;
	conn->first = (conn->first + 1) % conn->slot_count;
	conn->count--;
	conn->head_us = clock_us();
}

void pipeline_clear(struct conn *conn)
{
	while (conn->count)
		drop_first(conn);
	conn->needs_sync = conn->writing = false;
}

bool pipeline_has_no_input(const struct conn *conn)
{
	char byte;

	return recv(PQsocket(conn->pg), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0;
}

void pipeline_flush(struct conn *conn)
{
	bool more = PQflush(conn->pg) == 1;

	/* -1 is a broken socket; what the server sent before is read first. */
	if (more && !conn->writing)
		event_add(&conn->writable, NULL);
	conn->writing = more;
}

static bool state_is(const PGresult *result, const char *sqlstate)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return state && strncmp(state, sqlstate, strlen(sqlstate)) == 0;
}

/* The session is over: either libpq reports it, without a SQLSTATE, or this is the server's last
 * message. (An ERROR of class 08 is about another connection, e.g. of a foreign table.) */
static bool is_session_end(const PGresult *result)
{
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (PQresultStatus(result) != PGRES_FATAL_ERROR)
		return false;
	return !PQresultErrorField(result, PG_DIAG_SQLSTATE)
	       || (severity && strcmp(severity, "ERROR") != 0);
}

/* PostgreSQL itself (not a proxy in between) was asked to end the session and did so before the
 * statement had finished. So neither this statement nor those after it have run. */
static bool is_before_execution(const PGresult *result)
{
	const char *function = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);

	return state_is(result, "57P01") && function && strcmp(function, "ProcessInterrupts") == 0;
}

static struct db_rows rows_of(struct conn *conn, const struct db_slot *slot, const PGresult *result)
{
	struct prepared *prepared;

	if (slot->variant->index < 0)
		return (struct db_rows){ result, NULL };
	prepared = &conn->prepared[slot->variant->index];
	if (!prepared->looked_up) {
		rows_columns(result, prepared->columns);
		prepared->looked_up = true;
	}
	return (struct db_rows){ result, prepared->columns };
}

/* A table has changed: the plans of all connections of the lane are stale. */
static void mark_stale(struct conn *conn, int index)
{
	const struct lane *lane = conn->lane;

	/* If it is SENT here, it is already being prepared again. */
	if (conn->prepared[index].state != PREPARED_READY)
		return;
	for (int i = 0; i < lane->count; i++)
		if (lane->conns[i].prepared[index].state != PREPARED_NONE)
			lane->conns[i].prepared[index].state = PREPARED_STALE;
}

/* `index` is that of the variant that failed: the slot's own or its prelude's. */
static void deliver_error(struct conn *conn, struct db_slot *slot, int index,
                          const PGresult *result)
{
	bool conflict = state_is(result, "40001") || state_is(result, "40P01");
	bool stale = state_is(result, "0A000"), missing = state_is(result, "26000");

	if (index >= 0 && stale)
		mark_stale(conn, index);
	else if (index >= 0 && missing && conn->prepared[index].state == PREPARED_READY)
		conn->prepared[index].state = PREPARED_NONE;
	if (!slot->query)
		return;
	if (conflict && pool_retry(slot->query, RETRY_CONFLICT))
		return;
	if ((stale || missing) && pool_retry(slot->query, RETRY_STALE))
		return;

	/* statement_timeout or lock_timeout: it was rolled back. */
	if (state_is(result, "57014") || state_is(result, "55P03"))
		pool_fail(slot->query, DB_TIMEOUT);
	else
		pool_complete(slot->query, DB_SQL_ERROR, &(struct db_rows){ result, NULL });
}

static struct db_slot *slot_at(struct conn *conn, int offset)
{
	return &conn->slots[(conn->first + offset) % conn->slot_count];
}

static void prepare_failed(struct conn *conn, struct db_slot *slot, const PGresult *result)
{
	conn->prepared[slot->variant->index].state = PREPARED_NONE;

	/* Statements that use it have already been sent. */
	for (int i = 1; i < conn->count; i++) {
		struct db_slot *other = slot_at(conn, i);

		if (other->variant != slot->variant)
			continue;
		if (other->kind == SLOT_PRELUDE)
			other = slot_at(conn, i + 1);
		if (other->kind == SLOT_RUN)
			deliver_error(conn, other, slot->variant->index, result);
	}
}

/* Locks of the prelude are held until the transaction has ended, which PostgreSQL
 * reports after the error. Delivering the error earlier would let the caller retry while they
 * are still held. */
static bool defer_error(struct db_slot *slot, int index, PGresult *result)
{
	if (!slot->query || !slot->query->prelude)
		return false;
	slot->kept = result;
	slot->failed = true;
	slot->failed_index = index;
	return true;
}

static void on_result(struct conn *conn, struct db_slot *slot, PGresult *result)
{
	struct db_rows rows;

	switch (PQresultStatus(result)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
	case PGRES_EMPTY_QUERY:
		/* Unless it became stale meanwhile. */
		if (slot->kind == SLOT_PREPARE
		    && conn->prepared[slot->variant->index].state == PREPARED_SENT)
			conn->prepared[slot->variant->index].state = PREPARED_READY;
		if (!slot->query)
			break;
		if (conn->lane->kind == SQL_WRITE) {
			slot->kept = result;
			return;
		}
		rows = rows_of(conn, slot, result);
		pool_complete(slot->query, DB_OK, &rows);
		break;
	case PGRES_PIPELINE_ABORTED:
		if (slot->query && !slot->failed && !pool_retry(slot->query, RETRY_ABORTED))
			pool_fail(slot->query, DB_UNAVAILABLE);
		break;
	default:
		/* After the result of a write, this is the error of its commit. */
		PQclear(slot->kept);
		slot->kept = NULL;
		if (slot->kind == SLOT_PRELUDE
		    && defer_error(slot_at(conn, 1), slot->variant->index, result))
			return;
		if (slot->kind == SLOT_RUN && defer_error(slot, slot->variant->index, result))
			return;
		if (slot->kind == SLOT_RUN)
			deliver_error(conn, slot, slot->variant->index, result);
		else if (slot->kind == SLOT_PREPARE)
			prepare_failed(conn, slot, result);
		break;
	}
	PQclear(result);
}

static void on_synced(struct conn *conn, struct db_slot *slot)
{
	if (slot->query && slot->failed) {
		deliver_error(conn, slot, slot->failed_index, slot->kept);
	} else if (slot->query && slot->kept) {
		struct db_rows rows = rows_of(conn, slot, slot->kept);

		pool_complete(slot->query, DB_OK, &rows);
	}
	drop_first(conn);
}

/* If the connection breaks within a result, libpq returns one without rows, which must not be
 * taken for an empty result. */
static bool is_truncated(const struct conn *conn, const struct db_slot *slot,
                         const PGresult *result)
{
	return slot->kind == SLOT_RUN && PQresultStatus(result) == PGRES_COMMAND_OK
	       && PQstatus(conn->pg) != CONNECTION_OK;
}

/* Processes all results that have arrived; false, with *end set, if the session is over. */
static bool process_results(struct conn *conn, PGresult **end)
{
	int null_results = 0; /* consecutive NULL results */

	while (conn->count && !PQisBusy(conn->pg)) {
		struct db_slot *slot = &conn->slots[conn->first];
		PGresult *result = PQgetResult(conn->pg);

		if (!result) {
			/* libpq and we must agree on what is in progress. A second NULL follows an
			 * error at the Sync; a third would never stop. When the socket breaks,
			 * libpq ends the statements that have no result yet. */
			if (++null_results > 2 || (slot->query && !slot->kept))
				return false;
			if (!slot->sync)
				drop_first(conn);
			continue;
		}
		null_results = 0;
		if (is_truncated(conn, slot, result)) {
			PQclear(result);
			return false;
		}
		if (is_session_end(result)) {
			*end = result;
			return false;
		}
		if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
			PQclear(result);
			on_synced(conn, slot);
		} else {
			on_result(conn, slot, result);
		}
	}
	return true;
}

void pipeline_recv(struct conn *conn)
{
	bool ok = PQconsumeInput(conn->pg) == 1;
	PGresult *end = NULL;

	/* Results that arrived before the end are still valid. */
	bool in_sync = process_results(conn, &end);

	if (conn->count == 0)
		PQisBusy(conn->pg); /* processes notices */
	if (end)
		conn_lose(conn, PQresultErrorMessage(end), is_before_execution(end));
	else if (!in_sync)
		conn_lose(conn, "unexpected results", false);
	else if (!ok || PQstatus(conn->pg) != CONNECTION_OK)
		conn_lose(conn, PQerrorMessage(conn->pg), false);
	else
		pipeline_flush(conn);
	PQclear(end);
	if (conn->lane->waiting)
		pool_wake(conn->db);
}
