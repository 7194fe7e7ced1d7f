/* recheck.c: re-authorizes users and subscriptions in batches.
 *
 * Normal sequence: all queries of a turn are sent in one statement, and each is answered from its
 * result.
 *
 * Failures:
 *
 * - a query is cancelled: its entry in the result is ignored;
 * - the database is unavailable: each query is answered with an internal error. */

#include <stdlib.h>

#include "recheck.h"
#include "state.h"

enum { MAX_BATCH = 128 };

struct batch {
	struct recheck *recheck;
	struct ws_query *queries[MAX_BATCH]; /* NULL: cancelled */
	int count;
	struct buf channels, callers;
	const char *values[2];
	struct db_query query;
	TAILQ_ENTRY(batch) link;
};

struct recheck {
	struct live *live;
	struct batch *open;          /* being filled; NULL: none */
	TAILQ_HEAD(, batch) pending; /* batch.link */
	struct deferred deferred;
};

static void batch_free(struct batch *batch)
{
	buf_finish(&batch->channels);
	buf_finish(&batch->callers);
	free(batch);
}

static void reply(struct batch *batch, int i, enum ws_error error)
{
	struct ws_query *query = batch->queries[i];

	if (!query)
		return;
	batch->queries[i] = NULL;
	query->handler_data = NULL;
	ws_reply(batch->recheck->live->ws, query, &(struct ws_reply){ .error = error });
}

/* "t f t", in the order of the queries. */
static void on_rechecked(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct batch *batch = container_of(query, struct batch, query);
	struct str results = status == DB_OK && db_rows_count(rows) > 0
	                             ? db_rows_value(rows, 0, "allowed")
	                             : STR("");
	struct str allowed;

	for (int i = 0; i < batch->count; i++) {
		bool known = str_cut(&results, ' ', &allowed);

		reply(batch, i,
		      !known                 ? WS_INTERNAL
		      : str_is(allowed, "t") ? WS_OK
		                             : WS_PERMISSION_DENIED);
	}
	TAILQ_REMOVE(&batch->recheck->pending, batch, link);
	batch_free(batch);
}

static void run(struct recheck *recheck)
{
	struct batch *batch = recheck->open;

	recheck->open = NULL;
	TAILQ_INSERT_TAIL(&recheck->pending, batch, link);
	buf_char(&batch->channels, '}');
	buf_char(&batch->callers, '}');
	batch->values[0] = buf_cstr(&batch->channels);
	batch->values[1] = buf_cstr(&batch->callers);
	batch->query = (struct db_query){
		.statement = SQL_CHANNELS_AUTHORIZE,
		.params = batch->values,
		.done = on_rechecked,
	};
	db_run(recheck->live->db, &batch->query);
}

static void on_deferred(struct deferred *deferred)
{
	struct recheck *recheck = container_of(deferred, struct recheck, deferred);

	if (recheck->open)
		run(recheck);
}

/* The channel was validated when it was subscribed, so it needs no quotes in the array. */
void recheck_add(struct recheck *recheck, struct ws_query *query)
{
	struct batch *batch = recheck->open;
	const char *id = query->identity.id;
	char comma = batch ? ',' : '{';

	if (!batch) {
		recheck->open = batch = xcalloc(1, sizeof(*batch));
		batch->recheck = recheck;
		loop_defer(recheck->live->loop, &recheck->deferred);
	}
	query->handler_data = batch;
	batch->queries[batch->count++] = query;
	/* An active user can always subscribe to their own channel. */
	if (query->kind == WS_RECHECK_USER)
		buf_print(&batch->channels, "%cuser:%s", comma, id);
	else
		buf_print(&batch->channels, "%c%.*s", comma, STR_ARGS(query->text));
	buf_print(&batch->callers, "%c%s", comma, *id ? id : "null");
	if (batch->count == MAX_BATCH)
		run(recheck);
}

void recheck_cancel(struct ws_query *query)
{
	struct batch *batch = query->handler_data;

	for (int i = 0; i < batch->count; i++) {
		if (batch->queries[i] == query)
			batch->queries[i] = NULL;
	}
	query->handler_data = NULL;
}

struct recheck *recheck_new(struct live *live)
{
	struct recheck *recheck = xcalloc(1, sizeof(*recheck));

	recheck->live = live;
	recheck->deferred.run = on_deferred;
	TAILQ_INIT(&recheck->pending);
	return recheck;
}

void recheck_free(struct recheck *recheck)
{
	struct batch *batch;

	if (!recheck)
		return;
	loop_defer_cancel(recheck->live->loop, &recheck->deferred);
	if (recheck->open)
		batch_free(recheck->open);
	while ((batch = TAILQ_FIRST(&recheck->pending))) {
		TAILQ_REMOVE(&recheck->pending, batch, link);
		db_cancel(&batch->query);
		batch_free(batch);
	}
	free(recheck);
}
