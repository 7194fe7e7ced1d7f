/* recheck.c: re-authorizes users and subscriptions in batches.
 *
 * Normal sequence: all queries of a turn are sent in one statement, and each gets its reply from
 * the result.
 *
 * Failures:
 *
 * - a query is cancelled: its entry in the result is ignored;
 * - the database is unavailable: each query gets an internal error as reply. */

#include <stdlib.h>

#include "publisher.h"

enum { ASKS_OF_ONE = 128 };

struct batch {
	struct verdicts *verdicts;
	struct ws_ask *asks[ASKS_OF_ONE]; /* NULL: cancelled */
	int count;
	struct buf channels, callers;
	const char *values[2];
	struct db_query query;
	TAILQ_ENTRY(batch) link;
};

struct verdicts {
	struct api *api;
	struct batch *open;        /* being filled; NULL: none */
	TAILQ_HEAD(, batch) asked; /* batch.link */
	struct deferred deferred;
};

static void batch_free(struct batch *batch)
{
	buf_finish(&batch->channels);
	buf_finish(&batch->callers);
	free(batch);
}

static void tell(struct batch *batch, int i, enum ws_refusal refusal)
{
	struct ws_ask *ask = batch->asks[i];

	if (!ask)
		return;
	batch->asks[i] = NULL;
	ask->asked = NULL;
	ws_answer(stream_ws(batch->verdicts->api->stream), ask, &(struct ws_answer){ .refusal = refusal });
}

/* "t f t", in the order of the queries. */
static void on_judged(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct batch *batch = container_of(query, struct batch, query);
	struct str may = status == DB_OK && db_rows_count(rows) > 0 ? db_rows_value(rows, 0, "may") : STR("");
	struct str verdict;

	for (int i = 0; i < batch->count; i++) {
		bool known = str_cut(&may, ' ', &verdict);

		tell(batch, i, !known ? WS_INTERNAL : str_is(verdict, "t") ? WS_YES : WS_PERMISSION_DENIED);
	}
	TAILQ_REMOVE(&batch->verdicts->asked, batch, link);
	batch_free(batch);
}

static void run(struct verdicts *verdicts)
{
	struct batch *batch = verdicts->open;

	verdicts->open = NULL;
	TAILQ_INSERT_TAIL(&verdicts->asked, batch, link);
	buf_char(&batch->channels, '}');
	buf_char(&batch->callers, '}');
	batch->values[0] = buf_cstr(&batch->channels);
	batch->values[1] = buf_cstr(&batch->callers);
	batch->query = (struct db_query){
		.statement = SQL_LIVE_MAY_HEAR,
		.params = batch->values,
		.done = on_judged,
	};
	db_run(verdicts->api->db, &batch->query);
}

static void on_deferred(struct deferred *deferred)
{
	struct verdicts *verdicts = container_of(deferred, struct verdicts, deferred);

	if (verdicts->open)
		run(verdicts);
}

/* The channel was validated when it was subscribed, so it needs no quotes in the array. */
void verdicts_ask(struct verdicts *verdicts, struct ws_ask *ask)
{
	struct batch *batch = verdicts->open;
	const char *id = ask->who.id;
	char comma = batch ? ',' : '{';

	if (!batch) {
		verdicts->open = batch = xcalloc(1, sizeof(*batch));
		batch->verdicts = verdicts;
		loop_defer(verdicts->api->loop, &verdicts->deferred);
	}
	ask->asked = batch;
	batch->asks[batch->count++] = ask;
	/* An active user can always subscribe to their own channel. */
	if (ask->question == WS_AGAIN)
		buf_print(&batch->channels, "%cuser:%s", comma, id);
	else
		buf_print(&batch->channels, "%c%.*s", comma, STR_ARGS(ask->text));
	buf_print(&batch->callers, "%c%s", comma, *id ? id : "null");
	if (batch->count == ASKS_OF_ONE)
		run(verdicts);
}

void verdicts_forget(struct ws_ask *ask)
{
	struct batch *batch = ask->asked;

	for (int i = 0; i < batch->count; i++) {
		if (batch->asks[i] == ask)
			batch->asks[i] = NULL;
	}
	ask->asked = NULL;
}

struct verdicts *verdicts_new(struct api *api)
{
	struct verdicts *verdicts = xcalloc(1, sizeof(*verdicts));

	verdicts->api = api;
	verdicts->deferred.run = on_deferred;
	TAILQ_INIT(&verdicts->asked);
	return verdicts;
}

void verdicts_free(struct verdicts *verdicts)
{
	struct batch *batch;

	if (!verdicts)
		return;
	loop_defer_cancel(verdicts->api->loop, &verdicts->deferred);
	if (verdicts->open)
		batch_free(verdicts->open);
	while ((batch = TAILQ_FIRST(&verdicts->asked))) {
		TAILQ_REMOVE(&verdicts->asked, batch, link);
		db_forget(&batch->query);
		batch_free(batch);
	}
	free(verdicts);
}
