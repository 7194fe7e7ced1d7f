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

#include "backfill.h"
#include "event.h"
#include "metrics.h"
#include "state.h"

enum {
	MAX_CHANNELS = 256,    /* per query */
	MAX_EVENTS = 2048,     /* per query */
	MAX_PER_CHANNEL = 500, /* per channel and query */
};

/* A channel with undelivered events after an offset. */
struct gap {
	char *name;
	long long after, last; /* last: -1 if no event was returned */
	bool first_missing;
	TAILQ_ENTRY(gap) link;
};

TAILQ_HEAD(gap_list, gap);

struct backfill {
	struct live *live;
	struct gap_list open, pending, failed; /* gap.link */
	struct db_query query;
	struct buf channels, offsets;
	const char *values[3];
	char per_channel[16];
	struct deferred deferred;
};

static void run_next(struct backfill *backfill);

static struct gap *find_gap(const struct backfill *backfill, struct str name)
{
	struct gap *gap;

	TAILQ_FOREACH(gap, &backfill->pending, link) {
		if (str_is(name, gap->name))
			return gap;
	}
	return NULL;
}

static void deliver(struct backfill *backfill, const struct db_rows *rows)
{
	struct gap *gap = NULL;

	for (int i = 0; i < db_rows_count(rows); i++) {
		struct ws_event event = {
			.channel = db_rows_value(rows, i, "channel"),
			.type = db_rows_value(rows, i, "type"),
			.data = db_rows_value(rows, i, "data"),
			.at = db_rows_value(rows, i, "at"),
		};

		/* The rows are grouped by channel. */
		if (!gap || !str_is(event.channel, gap->name))
			gap = find_gap(backfill, event.channel);
		if (!gap || !str_number(db_rows_value(rows, i, "offset"), &event.offset))
			continue;
		if (gap->last < 0)
			gap->first_missing = event.offset != gap->after + 1;
		gap->last = event.offset;
		if (!gap->first_missing)
			event_deliver(backfill->live, &event);
	}
}

static void close_gap(struct backfill *backfill, struct gap *gap)
{
	if (gap->first_missing)
		ws_reset_channel(backfill->live->ws, gap->name);
	else
		ws_backfill_done(backfill->live->ws, gap->name);
	free(gap->name);
	free(gap);
}

static void on_events(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct backfill *backfill = container_of(query, struct backfill, query);
	struct gap *gap;

	if (status != DB_OK) {
		TAILQ_CONCAT(&backfill->failed, &backfill->pending, link);
		return;
	}
	metrics_count(METRIC_WS_BACKFILLS, 1);
	deliver(backfill, rows);
	while ((gap = TAILQ_FIRST(&backfill->pending))) {
		TAILQ_REMOVE(&backfill->pending, gap, link);
		close_gap(backfill, gap);
	}
	run_next(backfill);
}

/* Runs one statement at a time, for all gaps that are open at that time. */
static void run_next(struct backfill *backfill)
{
	struct gap *gap;
	int count = 0;

	if (!TAILQ_EMPTY(&backfill->pending) || TAILQ_EMPTY(&backfill->open))
		return;
	buf_clear(&backfill->channels);
	buf_clear(&backfill->offsets);
	for (; count < MAX_CHANNELS && (gap = TAILQ_FIRST(&backfill->open)); count++) {
		TAILQ_REMOVE(&backfill->open, gap, link);
		TAILQ_INSERT_TAIL(&backfill->pending, gap, link);
		buf_print(&backfill->channels, "%c%s", count ? ',' : '{', gap->name);
		buf_print(&backfill->offsets, "%c%lld", count ? ',' : '{', gap->after);
	}
	buf_char(&backfill->channels, '}');
	buf_char(&backfill->offsets, '}');
	backfill->values[0] = buf_cstr(&backfill->channels);
	backfill->values[1] = buf_cstr(&backfill->offsets);
	snprintf(backfill->per_channel, sizeof(backfill->per_channel), "%d",
	         MAX_EVENTS / count < MAX_PER_CHANNEL ? MAX_EVENTS / count : MAX_PER_CHANNEL);
	backfill->query = (struct db_query){
		.statement = SQL_EVENTS_BACKFILL,
		.params = backfill->values,
		.done = on_events,
	};
	db_run(backfill->live->db, &backfill->query);
}

static void on_deferred(struct deferred *deferred)
{
	run_next(container_of(deferred, struct backfill, deferred));
}

void backfill_add(struct backfill *backfill, const char *channel, long long after)
{
	struct gap *gap = xcalloc(1, sizeof(*gap));

	gap->name = xstrdup(channel);
	gap->after = after;
	gap->last = -1;
	TAILQ_INSERT_TAIL(&backfill->open, gap, link);
	/* Wait for other gaps of this turn. */
	loop_defer(backfill->live->loop, &backfill->deferred);
}

void backfill_retry(struct backfill *backfill)
{
	TAILQ_CONCAT(&backfill->open, &backfill->failed, link);
	run_next(backfill);
}

struct backfill *backfill_new(struct live *live)
{
	struct backfill *backfill = xcalloc(1, sizeof(*backfill));

	backfill->live = live;
	backfill->deferred.run = on_deferred;
	backfill->values[2] = backfill->per_channel;
	TAILQ_INIT(&backfill->open);
	TAILQ_INIT(&backfill->pending);
	TAILQ_INIT(&backfill->failed);
	return backfill;
}

static void list_free(struct gap_list *list)
{
	struct gap *gap;

	while ((gap = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, gap, link);
		free(gap->name);
		free(gap);
	}
}

void backfill_free(struct backfill *backfill)
{
	if (!backfill)
		return;
	db_cancel(&backfill->query);
	loop_defer_cancel(backfill->live->loop, &backfill->deferred);
	list_free(&backfill->open);
	list_free(&backfill->pending);
	list_free(&backfill->failed);
	buf_finish(&backfill->channels);
	buf_finish(&backfill->offsets);
	free(backfill);
}
