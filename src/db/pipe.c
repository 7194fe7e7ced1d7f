/* pipe.c: statements into a connection's pipeline, answers out of it.
 *
 * The happy path of a read:
 *
 * - its variant is prepared here already: it is sent, and takes the next place
 *   of the ring; at the end of the turn one Sync follows for all its neighbours;
 * - its result comes, and done() is called at once.
 *
 * Of a write:
 *
 * - it has a Sync of its own, for it commits there: its result is kept until
 *   the Sync was answered, and then done() is called.
 *
 * When it goes wrong:
 *
 * - the variant is not prepared yet: PREPARE goes first, with its own Sync, and
 *   the statement right behind it; when PREPARE is refused, whoever came behind
 *   it gets that refusal;
 * - a neighbour failed: the reads behind it in its Sync come back unanswered,
 *   and are run again, each with a Sync of its own, so that this happens once;
 * - a deadlock or a conflict of transactions, or a plan that a change of tables
 *   made useless: run again, once;
 * - nobody waits any more (db_forget(), or the allowance was over): the place
 *   stays, its answer is dropped;
 * - the connection goes: conn_lose(). */

#include <stdio.h>
#include <sys/socket.h>

#include "clock.h"
#include "conn.h"

static struct db_slot *add(struct conn *conn, enum slot_kind kind, struct variant *variant,
			   int allowance_ms)
{
	struct db_slot *slot = &conn->slots[(conn->first + conn->count) % conn->slot_count];

	*slot = (struct db_slot){
		.kind = kind,
		.variant = variant,
		.allowance_ms = allowance_ms,
	};
	if (conn->count++ == 0)
		conn->head_us = clock_us();
	conn->running += kind == SLOT_RUN;
	conn->open = true;
	return slot;
}

static void drop_first(struct conn *conn)
{
	struct db_slot *slot = &conn->slots[conn->first];

	PQclear(slot->kept);
	variant_let_go(slot->variant);
	conn->running -= slot->kind == SLOT_RUN;
	conn->first = (conn->first + 1) % conn->slot_count;
	conn->count--;
	conn->head_us = clock_us();
}

void pipe_clear(struct conn *conn)
{
	while (conn->count)
		drop_first(conn);
	conn->open = conn->writing = false;
}

bool pipe_sync(struct conn *conn)
{
	if (!conn->open)
		return true;
	conn->slots[(conn->first + conn->count - 1) % conn->slot_count].sync = true;
	conn->open = false;
#ifdef LIBPQ_HAS_SEND_PIPELINE_SYNC
	return PQsendPipelineSync(conn->pg) == 1;
#else
	return PQpipelineSync(conn->pg) == 1;
#endif
}

/* A word to the session, alone between two Syncs. */
static bool tell(struct conn *conn, int allowance_ms, const char *text)
{
	if (!pipe_sync(conn)
	    || !PQsendQueryParams(conn->pg, text, 0, NULL, NULL, NULL, NULL, 0))
		return false;
	add(conn, SLOT_TELL, NULL, allowance_ms);
	return pipe_sync(conn);
}

static bool prepare(struct conn *conn, struct variant *variant, int allowance_ms)
{
	struct prepared *prepared = &conn->prepared[variant->index];
	char text[32];

	if (prepared->state == PREPARED_STALE) {
		snprintf(text, sizeof(text), "deallocate %s", variant->name);
		if (!tell(conn, allowance_ms, text))
			return false;
	}
	if (!pipe_sync(conn) || !PQsendPrepare(conn->pg, variant->name, variant->text, 0, NULL))
		return false;
	add(conn, SLOT_PREPARE, variant, allowance_ms);
	*prepared = (struct prepared){ .state = PREPARED_SENT };
	return pipe_sync(conn);
}

/* A reading session has the longest allowance of its lane as its time-out: the
 * asker is answered on time by us, and PostgreSQL only has to come to an end. A
 * write must be known to be undone, so its session has its very allowance, less
 * what it spent in the line; where that differs from the last one's, a word goes
 * ahead of it: no round trip, and seldom, as writes mostly allow the same. */
static bool set_timeout(struct conn *conn, const struct db_query *query, int allowance_ms)
{
	long long waited = (clock_us() - query->asked_us) / 1000;
	int timeout = allowance_ms;
	char text[48];

	if (waited > GRACE_MS / 2) {
		timeout = (int)(allowance_ms - waited) / 100 * 100;
		if (timeout < 100)
			timeout = 100;
	}
	if (conn->timeout_ms == timeout)
		return true;
	conn->timeout_ms = timeout;
	snprintf(text, sizeof(text), "set statement_timeout = %d", timeout);
	return tell(conn, allowance_ms, text);
}

bool pipe_send(struct conn *conn, struct db_query *query)
{
	const struct sql_statement *row = &sql_statements[query->statement];
	struct variant *variant = variant_find(&conn->db->variants, query);
	const char *room[SQL_PARAMS];
	const char *const *values = variant_values(variant, query, room);
	bool sent;

	if (row->lane == SQL_WRITE && !set_timeout(conn, query, row->allowance_ms))
		goto fail;
	if (variant->index < 0) {
		sent = PQsendQueryParams(conn->pg, variant->text, variant->count, NULL, values,
					 NULL, NULL, 0);
	} else {
		int state = conn->prepared[variant->index].state;

		if ((state == PREPARED_NOT || state == PREPARED_STALE)
		    && !prepare(conn, variant, row->allowance_ms))
			goto fail;
		sent = PQsendQueryPrepared(conn->pg, variant->name, variant->count, values,
					   NULL, NULL, 0);
	}
	if (!sent)
		goto fail;
	query->slot = add(conn, SLOT_RUN, variant, row->allowance_ms);
	query->slot->query = query;
	return true;

fail:
	variant_let_go(variant);
	return false;
}

bool pipe_is_quiet(const struct conn *conn)
{
	char byte;

	return recv(PQsocket(conn->pg), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0;
}

void pipe_flush(struct conn *conn)
{
	bool more = PQflush(conn->pg) == 1;

	/* -1 is a broken socket; what the server said before it broke is read first. */
	if (more && !conn->writing)
		event_add(&conn->writable, NULL);
	conn->writing = more;
}

static bool state_is(const PGresult *result, const char *sqlstate)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return state && strncmp(state, sqlstate, strlen(sqlstate)) == 0;
}

/* The session is over: libpq says so, which knows no SQLSTATE, or these are the
 * server's last words. (An ERROR of class 08 is another one's: a foreign table's.) */
static bool is_the_end(const PGresult *result)
{
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (PQresultStatus(result) != PGRES_FATAL_ERROR)
		return false;
	return !PQresultErrorField(result, PG_DIAG_SQLSTATE)
	       || (severity && strcmp(severity, "ERROR") != 0);
}

/* PostgreSQL itself (and not somebody between us) was asked to end this session,
 * and did so before the statement had ended: so neither this one nor those
 * behind it have happened. */
static bool is_untouched(const PGresult *result)
{
	const char *place = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);

	return state_is(result, "57P01") && place && strcmp(place, "ProcessInterrupts") == 0;
}

static struct db_rows rows_of(struct conn *conn, const struct db_slot *slot,
			      const PGresult *result)
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

/* A table has changed: the plans of all connections are of no more use. */
static void make_stale(struct conn *conn, int index)
{
	const struct lane *lane = conn->lane;

	/* While it is SENT here it is being prepared anew already. */
	if (conn->prepared[index].state != PREPARED_YES)
		return;
	for (int i = 0; i < lane->count; i++)
		if (lane->conns[i].prepared[index].state != PREPARED_NOT)
			lane->conns[i].prepared[index].state = PREPARED_STALE;
}

static void refuse(struct conn *conn, struct db_slot *slot, const PGresult *result)
{
	bool passing = state_is(result, "40001") || state_is(result, "40P01");
	bool stale = state_is(result, "0A000"), gone = state_is(result, "26000");
	int index = slot->variant->index;

	if (index >= 0 && stale)
		make_stale(conn, index);
	else if (index >= 0 && gone && conn->prepared[index].state == PREPARED_YES)
		conn->prepared[index].state = PREPARED_NOT;
	if (!slot->query)
		return;
	if (passing && pool_again(slot->query, AGAIN_PASSING))
		return;
	if ((stale || gone) && pool_again(slot->query, AGAIN_PLAN))
		return;

	/* statement_timeout and lock_timeout: it was undone. */
	if (state_is(result, "57014") || state_is(result, "55P03"))
		pool_verdict(slot->query, DB_LATE);
	else
		pool_answer(slot->query, DB_REFUSED, &(struct db_rows){ result, NULL });
}

static void prepare_failed(struct conn *conn, struct db_slot *slot, const PGresult *result)
{
	conn->prepared[slot->variant->index].state = PREPARED_NOT;

	/* Those behind it were sent in good faith. */
	for (int i = 1; i < conn->count; i++) {
		struct db_slot *behind = &conn->slots[(conn->first + i) % conn->slot_count];

		if (behind->kind == SLOT_RUN && behind->variant == slot->variant)
			refuse(conn, behind, result);
	}
}

static void on_result(struct conn *conn, struct db_slot *slot, PGresult *result)
{
	struct db_rows rows;

	switch (PQresultStatus(result)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
	case PGRES_EMPTY_QUERY:
		/* Unless it became stale on its way. */
		if (slot->kind == SLOT_PREPARE
		    && conn->prepared[slot->variant->index].state == PREPARED_SENT)
			conn->prepared[slot->variant->index].state = PREPARED_YES;
		if (!slot->query)
			break;
		if (conn->lane->kind == SQL_WRITE) {
			slot->kept = result;
			return;
		}
		rows = rows_of(conn, slot, result);
		pool_answer(slot->query, DB_OK, &rows);
		break;
	case PGRES_PIPELINE_ABORTED:
		if (slot->query && !pool_again(slot->query, AGAIN_NEIGHBOUR))
			pool_verdict(slot->query, DB_DOWN);
		break;
	default:
		/* After the result of a write this is what became of its commit. */
		PQclear(slot->kept);
		slot->kept = NULL;
		if (slot->kind == SLOT_RUN)
			refuse(conn, slot, result);
		else if (slot->kind == SLOT_PREPARE)
			prepare_failed(conn, slot, result);
		break;
	}
	PQclear(result);
}

static void on_synced(struct conn *conn, struct db_slot *slot)
{
	if (slot->query && slot->kept) {
		struct db_rows rows = rows_of(conn, slot, slot->kept);

		pool_answer(slot->query, DB_OK, &rows);
	}
	drop_first(conn);
}

/* Of an answer that was cut off with the connection libpq makes one without rows,
 * which would be believed: nothing found. */
static bool is_made_up(const struct conn *conn, const struct db_slot *slot, const PGresult *result)
{
	return slot->kind == SLOT_RUN && PQresultStatus(result) == PGRES_COMMAND_OK
	       && PQstatus(conn->pg) != CONNECTION_OK;
}

/* Takes what has come; false with *end when the session is over. */
static bool take(struct conn *conn, PGresult **end)
{
	int silence = 0; /* ends in a row, without anything between */

	while (conn->count && !PQisBusy(conn->pg)) {
		struct db_slot *slot = &conn->slots[conn->first];
		PGresult *result = PQgetResult(conn->pg);

		if (!result) {
			/* libpq and we must agree on what is under way; a second end is
			 * that of an error at the Sync, a third one would never stop.
			 * When its socket broke it ends statements that had no result. */
			if (++silence > 2 || (slot->query && !slot->kept))
				return false;
			if (!slot->sync)
				drop_first(conn);
			continue;
		}
		silence = 0;
		if (is_made_up(conn, slot, result)) {
			PQclear(result);
			return false;
		}
		if (is_the_end(result)) {
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

void pipe_read(struct conn *conn)
{
	bool fine = PQconsumeInput(conn->pg) == 1;
	PGresult *end = NULL;

	/* Answers that came before the end are answers all the same. */
	bool in_step = take(conn, &end);

	if (conn->count == 0)
		PQisBusy(conn->pg); /* notices are read by the way */
	if (end)
		conn_lose(conn, PQresultErrorMessage(end), is_untouched(end));
	else if (!in_step)
		conn_lose(conn, "answers out of step", false);
	else if (!fine || PQstatus(conn->pg) != CONNECTION_OK)
		conn_lose(conn, PQerrorMessage(conn->pg), false);
	else
		pipe_flush(conn);
	PQclear(end);
	if (conn->lane->waiting)
		pool_wake(conn->db);
}
