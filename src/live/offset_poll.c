/* offset_poll.c: polls the offsets of the channels with subscribers, to find events whose NOTIFY was
 * lost.
 *
 * It also checks the epoch of the database. After a restore, or on a promoted standby that lagged
 * behind, offsets may refer to different events. All subscribers are then disconnected with a code
 * that makes them reload. */

#include <stdlib.h>

#include "log.h"
#include "offset_poll.h"
#include "state.h"

enum { MAX_CHANNELS = 1024 }; /* per query */

struct offset_poll {
	struct live *live;
	struct db_query query;
	struct buf names;
	const char *values[1];
	char epoch[40];
	size_t queried;  /* channels that this poll has queried already */
	size_t channels; /* with subscribers */
};

static void add_channel(void *arg, const char *name, long long offset)
{
	struct offset_poll *offset_poll = arg;

	if (offset < 0)
		return;
	offset_poll->channels++;
	if (offset_poll->channels <= offset_poll->queried
	    || offset_poll->channels > offset_poll->queried + MAX_CHANNELS)
		return;
	buf_char(&offset_poll->names, offset_poll->names.length ? ',' : '{');
	buf_text(&offset_poll->names, name);
}

static void reset_channel(void *arg, const char *name, long long)
{
	ws_reset_channel(((struct offset_poll *)arg)->live->ws, name);
}

static void check_epoch(struct offset_poll *offset_poll, struct str epoch)
{
	bool changed = *offset_poll->epoch && !str_is(epoch, offset_poll->epoch);

	if (!epoch.at || epoch.length >= sizeof(offset_poll->epoch))
		return;
	memcpy(offset_poll->epoch, epoch.at, epoch.length);
	offset_poll->epoch[epoch.length] = '\0';
	if (!changed)
		return;
	log_warn("live.epoch_changed", kv_text("epoch", offset_poll->epoch));
	ws_each_channel(offset_poll->live->ws, reset_channel, offset_poll);
}

static void query_next(struct offset_poll *offset_poll);

static void on_offsets(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct offset_poll *offset_poll = container_of(query, struct offset_poll, query);
	long long offset;

	if (status != DB_OK || db_rows_count(rows) == 0)
		return;
	check_epoch(offset_poll, db_rows_value(rows, 0, "epoch"));
	for (int i = 0; i < db_rows_count(rows); i++) {
		if (str_number(db_rows_value(rows, i, "offset"), &offset))
			ws_offset_seen(offset_poll->live->ws, db_rows_value(rows, i, "channel"),
			               offset);
	}
	offset_poll->queried += MAX_CHANNELS;
	query_next(offset_poll);
}

/* Queries a batch of channels. A channel may be skipped if others are added or removed between
 * batches; the next poll covers it. */
static void query_next(struct offset_poll *offset_poll)
{
	buf_clear(&offset_poll->names);
	offset_poll->channels = 0;
	ws_each_channel(offset_poll->live->ws, add_channel, offset_poll);
	if (!offset_poll->names.length)
		return;
	buf_char(&offset_poll->names, '}');
	offset_poll->values[0] = buf_cstr(&offset_poll->names);
	offset_poll->query = (struct db_query){
		.statement = SQL_EVENTS_LAST_OFFSETS,
		.params = offset_poll->values,
		.done = on_offsets,
	};
	db_run(offset_poll->live->db, &offset_poll->query);
}

void offset_poll_run(struct offset_poll *offset_poll)
{
	if (offset_poll->query.waiting)
		return;
	offset_poll->queried = 0;
	query_next(offset_poll);
}

struct offset_poll *offset_poll_new(struct live *live)
{
	struct offset_poll *offset_poll = xcalloc(1, sizeof(*offset_poll));

	offset_poll->live = live;
	return offset_poll;
}

void offset_poll_free(struct offset_poll *offset_poll)
{
	if (!offset_poll)
		return;
	db_cancel(&offset_poll->query);
	buf_finish(&offset_poll->names);
	free(offset_poll);
}
