/* pipeline_send.c: writes statements into a connection's pipeline.
 *
 * Normal sequence: the variant is already prepared on this connection; the statement is sent and
 * takes the next slot. At the end of the turn one Sync follows for all reads. A write has its own
 * Sync, which it shares only with its prelude (db_query.prelude).
 *
 * If a variant is not prepared yet, PREPARE is sent first, with its own Sync, and the
 * statement directly after it. */

#include <stdio.h>

#include "clock.h"
#include "conn.h"
#include "pipeline.h"
#include "pool.h"
#include "statement.h"
#include "variant.h"

static struct db_slot *add(struct conn *conn, enum slot_kind kind, struct variant *variant,
                           int timeout_ms)
{
	struct db_slot *slot = &conn->slots[(conn->first + conn->count) % conn->slot_count];

	*slot = (struct db_slot){
		.kind = kind,
		.variant = variant,
		.timeout_ms = timeout_ms,
	};
	if (conn->count++ == 0)
		conn->head_us = clock_us();
	conn->running += kind == SLOT_RUN;
	conn->needs_sync = true;
	return slot;
}

bool pipeline_sync(struct conn *conn)
{
	if (!conn->needs_sync)
		return true;
	conn->slots[(conn->first + conn->count - 1) % conn->slot_count].sync = true;
	conn->needs_sync = false;
#ifdef LIBPQ_HAS_SEND_PIPELINE_SYNC
	return PQsendPipelineSync(conn->pg) == 1;
#else
	return PQpipelineSync(conn->pg) == 1;
#endif
}

/* Sends a session command, alone between two Syncs. */
static bool send_command(struct conn *conn, int timeout_ms, const char *text)
{
	if (!pipeline_sync(conn)
	    || !PQsendQueryParams(conn->pg, text, 0, NULL, NULL, NULL, NULL, 0))
		return false;
	add(conn, SLOT_COMMAND, NULL, timeout_ms);
	return pipeline_sync(conn);
}

static bool prepare(struct conn *conn, struct variant *variant, int timeout_ms)
{
	struct prepared *prepared = &conn->prepared[variant->index];
	char text[32];

	if (prepared->state == PREPARED_STALE) {
		snprintf(text, sizeof(text), "deallocate %s", variant->name);
		if (!send_command(conn, timeout_ms, text))
			return false;
	}
	if (!pipeline_sync(conn) || !PQsendPrepare(conn->pg, variant->name, variant->text, 0, NULL))
		return false;
	add(conn, SLOT_PREPARE, variant, timeout_ms);
	*prepared = (struct prepared){ .state = PREPARED_SENT };
	return pipeline_sync(conn);
}

/* The statement_timeout of a read session is the longest timeout of its lane: we report the
 * timeout ourselves, and PostgreSQL only has to stop eventually. A write must be known to have
 * been rolled back, so its session gets the exact timeout, less the time it was queued. If this
 * differs from the current value, a SET is sent first. That costs no round trip and is rare,
 * since most writes have the same timeout. */
static bool set_timeout(struct conn *conn, const struct db_query *query, int timeout_ms)
{
	long long waited = (clock_us() - query->queued_us) / 1000;
	int timeout = timeout_ms;
	char text[48];

	if (waited > GRACE_MS / 2) {
		timeout = (int)(timeout_ms - waited) / 100 * 100;
		if (timeout < 100)
			timeout = 100;
	}
	if (conn->timeout_ms == timeout)
		return true;
	conn->timeout_ms = timeout;
	snprintf(text, sizeof(text), "set statement_timeout = %d", timeout);
	return send_command(conn, timeout_ms, text);
}

/* Prepares the variant on this connection, unless it is or cannot be. */
static bool ensure_prepared(struct conn *conn, struct variant *variant, int timeout_ms)
{
	int state;

	if (variant->index < 0)
		return true;
	state = conn->prepared[variant->index].state;
	return (state != PREPARED_NONE && state != PREPARED_STALE)
	       || prepare(conn, variant, timeout_ms);
}

static bool send_statement(struct conn *conn, const struct variant *variant,
                           const char *const *params)
{
	const char *buffer[SQL_PARAMS];
	const char *const *values = variant_values(variant, params, buffer);

	if (variant->index < 0)
		return PQsendQueryParams(conn->pg, variant->text, variant->count, NULL, values,
		                         NULL, NULL, 0);
	return PQsendQueryPrepared(conn->pg, variant->name, variant->count, values, NULL, NULL, 0);
}

/* Preparations have their own Syncs, so they are sent before the statements that form one
 * transaction. */
bool pipeline_send(struct conn *conn, struct db_query *query)
{
	const struct sql_statement *row = &sql_statements[query->statement];
	const struct db_prelude *first = query->prelude;
	struct variant *variant =
		variant_find(&conn->db->variants, query->statement, query->params);
	struct variant *prelude =
		first ? variant_find(&conn->db->variants, first->statement, first->params) : NULL;

	if ((row->lane == SQL_WRITE && !set_timeout(conn, query, row->timeout_ms))
	    || (prelude && !ensure_prepared(conn, prelude, row->timeout_ms))
	    || !ensure_prepared(conn, variant, row->timeout_ms)
	    || (prelude && !send_statement(conn, prelude, first->params)))
		goto fail;
	if (prelude)
		add(conn, SLOT_PRELUDE, prelude, row->timeout_ms);
	prelude = NULL;
	if (!send_statement(conn, variant, query->params))
		goto fail;
	query->slot = add(conn, SLOT_RUN, variant, row->timeout_ms);
	query->slot->query = query;
	return true;

fail:
	variant_release(prelude);
	variant_release(variant);
	return false;
}
