/* offset_poll.c: polls the offsets of the channels with subscribers, to find events whose NOTIFY was lost.
 *
 * It also checks that it is still the same database: after a restore, or on a standby that lagged
 * behind, offsets may stand for other events, and all subscribers are disconnected with a code that
 * makes them reload. */

#include <stdlib.h>

#include "log.h"
#include "publisher.h"

enum { TOPS_MOST = 1024 }; /* channels per query */

struct tops {
	struct api *api;
	struct db_query query;
	struct buf names;
	const char *values[1];
	char epoch[40];
	size_t asked;    /* channels that this poll has queried already */
	size_t channels; /* with subscribers */
};

static void gather_channel(void *arg, const char *name, long long offset)
{
	struct tops *tops = arg;

	if (offset < 0)
		return;
	tops->channels++;
	if (tops->channels <= tops->asked || tops->channels > tops->asked + TOPS_MOST)
		return;
	buf_char(&tops->names, tops->names.length ? ',' : '{');
	buf_text(&tops->names, name);
}

static void break_channel(void *arg, const char *name, long long)
{
	ws_broken(stream_ws(((struct tops *)arg)->api->stream), name);
}

static void check_epoch(struct tops *tops, struct str epoch)
{
	bool another = *tops->epoch && !str_is(epoch, tops->epoch);

	if (!epoch.at || epoch.length >= sizeof(tops->epoch))
		return;
	memcpy(tops->epoch, epoch.at, epoch.length);
	tops->epoch[epoch.length] = '\0';
	if (!another)
		return;
	log_warn("stream.another_epoch", kv_text("epoch", tops->epoch));
	ws_each_channel(stream_ws(tops->api->stream), break_channel, tops);
}

static void ask_on(struct tops *tops);

static void on_swept(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct tops *tops = container_of(query, struct tops, query);
	long long offset;

	if (status != DB_OK || db_rows_count(rows) == 0)
		return;
	check_epoch(tops, db_rows_value(rows, 0, "epoch"));
	for (int i = 0; i < db_rows_count(rows); i++) {
		if (str_number(db_rows_value(rows, i, "offset"), &offset))
			ws_known(stream_ws(tops->api->stream), db_rows_value(rows, i, "channel"), offset);
	}
	tops->asked += TOPS_MOST;
	ask_on(tops);
}

/* Queries a batch of channels. A channel may be skipped if others are added or removed
 * meanwhile; the next poll covers it. */
static void ask_on(struct tops *tops)
{
	buf_clear(&tops->names);
	tops->channels = 0;
	ws_each_channel(stream_ws(tops->api->stream), gather_channel, tops);
	if (!tops->names.length)
		return;
	buf_char(&tops->names, '}');
	tops->values[0] = buf_cstr(&tops->names);
	tops->query = (struct db_query){
		.statement = SQL_LIVE_TOPS,
		.params = tops->values,
		.done = on_swept,
	};
	db_run(tops->api->db, &tops->query);
}

void tops_ask(struct tops *tops)
{
	if (tops->query.waiting)
		return;
	tops->asked = 0;
	ask_on(tops);
}

struct tops *tops_new(struct api *api)
{
	struct tops *tops = xcalloc(1, sizeof(*tops));

	tops->api = api;
	return tops;
}

void tops_free(struct tops *tops)
{
	if (!tops)
		return;
	db_forget(&tops->query);
	buf_finish(&tops->names);
	free(tops);
}
