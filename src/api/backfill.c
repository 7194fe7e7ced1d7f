/* backfill.c: fetches events that this process has missed and delivers them.
 *
 * Normal sequence: a channel's known offset is ahead of its delivered offset. All such channels
 * of a turn are queried with one statement; the events are delivered in order; channels with
 * more events are queried again. The more channels a query covers, the fewer events it takes of
 * each, because a result is held in memory as a whole.
 *
 * Failures:
 *
 * - the missing events have expired: the channel's subscribers are disconnected with a code that
 *   makes them reload;
 * - the database is unavailable: the gap stays open and is retried with the next poll. */

#include <stdio.h>
#include <stdlib.h>

#include "metrics.h"
#include "publisher.h"

enum {
	HOLES_MOST = 256,   /* per query */
	EVENTS_MOST = 2048, /* per query */
	EACH_MOST = 500,    /* per channel */
};

/* A channel with undelivered events after an offset. */
struct hole {
	char *name;
	long long behind, reached; /* reached: -1 if no event was returned */
	bool first_missing;
	TAILQ_ENTRY(hole) link;
};

TAILQ_HEAD(hole_list, hole);

struct holes {
	struct api *api;
	struct hole_list open, asked, failed; /* hole.link */
	struct db_query query;
	struct buf channels, offsets;
	const char *values[3];
	char each[16];
	struct deferred deferred;
};

static void fill_on(struct holes *holes);

static struct hole *hole_of(const struct holes *holes, struct str name)
{
	struct hole *hole;

	TAILQ_FOREACH(hole, &holes->asked, link) {
		if (str_is(name, hole->name))
			return hole;
	}
	return NULL;
}

static void take_missed(struct holes *holes, const struct db_rows *rows)
{
	struct hole *hole = NULL;

	for (int i = 0; i < db_rows_count(rows); i++) {
		struct ws_event event = {
			.channel = db_rows_value(rows, i, "channel"),
			.type = db_rows_value(rows, i, "type"),
			.data = db_rows_value(rows, i, "data"),
			.at = db_rows_value(rows, i, "at"),
		};

		/* The rows are grouped by channel. */
		if (!hole || !str_is(event.channel, hole->name))
			hole = hole_of(holes, event.channel);
		if (!hole || !str_number(db_rows_value(rows, i, "offset"), &event.offset))
			continue;
		if (hole->reached < 0)
			hole->first_missing = event.offset != hole->behind + 1;
		hole->reached = event.offset;
		if (!hole->first_missing)
			stream_tell(holes->api->stream, &event);
	}
}

static void close_hole(struct holes *holes, struct hole *hole)
{
	if (hole->first_missing)
		ws_broken(stream_ws(holes->api->stream), hole->name);
	else
		ws_filled(stream_ws(holes->api->stream), hole->name);
	free(hole->name);
	free(hole);
}

static void on_filled(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct holes *holes = container_of(query, struct holes, query);
	struct hole *hole;

	if (status != DB_OK) {
		TAILQ_CONCAT(&holes->failed, &holes->asked, link);
		return;
	}
	metrics_count(METRIC_WS_BACKFILLS, 1);
	take_missed(holes, rows);
	while ((hole = TAILQ_FIRST(&holes->asked))) {
		TAILQ_REMOVE(&holes->asked, hole, link);
		close_hole(holes, hole);
	}
	fill_on(holes);
}

/* Runs one statement at a time, for all gaps that are open by then. */
static void fill_on(struct holes *holes)
{
	struct hole *hole;
	int count = 0;

	if (!TAILQ_EMPTY(&holes->asked) || TAILQ_EMPTY(&holes->open))
		return;
	buf_clear(&holes->channels);
	buf_clear(&holes->offsets);
	for (; count < HOLES_MOST && (hole = TAILQ_FIRST(&holes->open)); count++) {
		TAILQ_REMOVE(&holes->open, hole, link);
		TAILQ_INSERT_TAIL(&holes->asked, hole, link);
		buf_print(&holes->channels, "%c%s", count ? ',' : '{', hole->name);
		buf_print(&holes->offsets, "%c%lld", count ? ',' : '{', hole->behind);
	}
	buf_char(&holes->channels, '}');
	buf_char(&holes->offsets, '}');
	holes->values[0] = buf_cstr(&holes->channels);
	holes->values[1] = buf_cstr(&holes->offsets);
	snprintf(holes->each, sizeof(holes->each), "%d",
	         EVENTS_MOST / count < EACH_MOST ? EVENTS_MOST / count : EACH_MOST);
	holes->query = (struct db_query){
		.statement = SQL_LIVE_MISSED,
		.params = holes->values,
		.done = on_filled,
	};
	db_run(holes->api->db, &holes->query);
}

static void on_deferred(struct deferred *deferred)
{
	fill_on(container_of(deferred, struct holes, deferred));
}

void holes_open(struct holes *holes, const char *channel, long long behind)
{
	struct hole *hole = xcalloc(1, sizeof(*hole));

	hole->name = xstrdup(channel);
	hole->behind = behind;
	hole->reached = -1;
	TAILQ_INSERT_TAIL(&holes->open, hole, link);
	/* Wait for other gaps of this turn. */
	loop_defer(holes->api->loop, &holes->deferred);
}

void holes_retry(struct holes *holes)
{
	TAILQ_CONCAT(&holes->open, &holes->failed, link);
	fill_on(holes);
}

struct holes *holes_new(struct api *api)
{
	struct holes *holes = xcalloc(1, sizeof(*holes));

	holes->api = api;
	holes->deferred.run = on_deferred;
	holes->values[2] = holes->each;
	TAILQ_INIT(&holes->open);
	TAILQ_INIT(&holes->asked);
	TAILQ_INIT(&holes->failed);
	return holes;
}

static void list_free(struct hole_list *list)
{
	struct hole *hole;

	while ((hole = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, hole, link);
		free(hole->name);
		free(hole);
	}
}

void holes_free(struct holes *holes)
{
	if (!holes)
		return;
	db_forget(&holes->query);
	loop_defer_cancel(holes->api->loop, &holes->deferred);
	list_free(&holes->open);
	list_free(&holes->asked);
	list_free(&holes->failed);
	buf_finish(&holes->channels);
	buf_finish(&holes->offsets);
	free(holes);
}
