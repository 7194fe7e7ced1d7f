/* stream.c: committed events → this process' listeners, and the other processes.
 *
 * The happy path of an event:
 *
 * - a statement has committed and returns what it emitted: this process' listeners are told
 *   at once, and at the end of the turn one NOTIFY tells the other processes which channels
 *   have come how far;
 * - there, a channel that somebody hears has come farther than it was told: what lies
 *   between is read, for all such channels of a turn by one statement, and told.
 *
 * When it goes wrong:
 *
 * - a process ends between commit and NOTIFY, or a NOTIFY is lost: every few seconds, and as
 *   soon as the listening connection is back, the database is asked how far the channels have
 *   come that somebody hears here;
 * - what lies between cannot be had (it was dropped as too old; the database is another one
 *   by now): all who hear the channel are sent to begin anew;
 * - the database is away: holes stay open, and are asked for again with the next sweep. */

#include <event2/event.h>
#include <stdlib.h>

#include "config.h"
#include "log.h"
#include "metrics.h"
#include "stream.h"

enum {
	NOTICE_MOST = 7000,	/* bytes of one NOTIFY */
	HOLES_MOST = 256,	/* channels of one statement */
	TOPS_MOST = 1024,	/* likewise */
	EVENTS_MOST = 500,	/* of one channel, of one statement */
};

static const char channel[] = "binnacle_live";

/* A channel whose events behind an offset are missing. */
struct hole {
	char *name;
	long long behind, reached;	/* -1: nothing has come */
	bool first_missing;
	TAILQ_ENTRY(hole) link;
};

TAILQ_HEAD(holes, hole);

struct stream {
	struct api *api;
	struct ws *ws;
	struct db_listener events, users;
	struct buf notice;	/* to be told to the others */
	struct later later;
	struct holes open, asked, failed; /* hole.link */
	struct db_query fill, sweep, beat;
	struct buf fill_channels, fill_offsets, sweep_channels;
	const char *fill_values[3], *sweep_values[1], *beat_values[3];
	char connections[16], subscriptions[16];
	char epoch[40];
	struct event *tick;
	long long until_sweep;	/* ticks */
	size_t swept;		/* channels that this sweep has asked about before */
	size_t channels;	/* that somebody hears */
	bool deaf;		/* notices may have been missed */
};

static bool revokes(struct str name, struct str type)
{
	struct str id;
	const struct channel_row *row = channels_find(name, &id);

	return row && channel_revokes(row, type);
}

static void tell(struct stream *stream, struct ws_event *event)
{
	event->revokes = revokes(event->channel, event->type);
	ws_tell(stream->ws, event);
}

/* ---- The other processes ---- */

static void send_notice(struct stream *stream)
{
	if (stream->notice.length > UUID_TEXT)
		db_tell(stream->api->db, channel, buf_as_str(&stream->notice));
	buf_clear(&stream->notice);
}

static void announce(struct stream *stream, const struct ws_event *event)
{
	if (stream->notice.length + event->channel.length + 24 > NOTICE_MOST)
		send_notice(stream);
	if (!stream->notice.length)
		buf_text(&stream->notice, ws_node(stream->ws));
	buf_char(&stream->notice, ' ');
	buf_str(&stream->notice, event->channel);
	buf_char(&stream->notice, '=');
	buf_number(&stream->notice, event->offset);
	loop_later(stream->api->loop, &stream->later);
}

/* "process channel=offset channel=offset …" */
static void on_heard(struct db_listener *listener, const char *payload)
{
	struct stream *stream = container_of(listener, struct stream, events);
	struct str rest = str_of(payload), part, name;
	long long offset;

	if (!str_cut(&rest, ' ', &part) || str_is(part, ws_node(stream->ws)))
		return;
	while (str_cut(&rest, ' ', &part)) {
		if (str_cut(&part, '=', &name) && str_number(part, &offset))
			ws_known(stream->ws, name, offset);
	}
}

static void on_lost(struct db_listener *listener)
{
	container_of(listener, struct stream, events)->deaf = true;
}

static void on_user(struct db_listener *listener, const char *id)
{
	ws_doubt(container_of(listener, struct stream, users)->ws, id);
}

static void on_user_lost(struct db_listener *)
{
	/* on_lost() sees to both. */
}

void stream_doubt(struct stream *stream, struct str user_id)
{
	char id[UUID_TEXT];

	if (user_id.length >= sizeof(id))
		return;
	memcpy(id, user_id.at, user_id.length);
	id[user_id.length] = '\0';
	ws_doubt(stream->ws, id);
}

/* ---- What this process did ---- */

void stream_take(struct stream *stream, struct str text)
{
	const char *fault;
	size_t where;
	struct json *events = json_read(text, &fault, &where);
	struct buf data = { 0 };

	for (size_t i = 0; events && i < json_count(events); i++) {
		struct ws_event event = { 0 };

		if (!event_read(json_at(events, i), &data, &event))
			continue;
		announce(stream, &event);
		tell(stream, &event);
	}
	if (!events)
		log_error("stream.unreadable", kv_text("why", fault));
	buf_finish(&data);
	json_drop(events);
}

/* ---- Holes ---- */

static void fill_on(struct stream *stream);

static struct hole *hole_of(const struct stream *stream, struct str name)
{
	struct hole *hole;

	TAILQ_FOREACH(hole, &stream->asked, link) {
		if (str_is(name, hole->name))
			return hole;
	}
	return NULL;
}

static void take_missed(struct stream *stream, const struct db_rows *rows)
{
	struct hole *hole = NULL;

	for (int i = 0; i < db_rows_count(rows); i++) {
		struct ws_event event = {
			.channel = db_rows_value(rows, i, "channel"),
			.type = db_rows_value(rows, i, "type"),
			.data = db_rows_value(rows, i, "data"),
			.at = db_rows_value(rows, i, "at"),
		};

		/* The rows come channel by channel. */
		if (!hole || !str_is(event.channel, hole->name))
			hole = hole_of(stream, event.channel);
		if (!hole || !str_number(db_rows_value(rows, i, "offset"), &event.offset))
			continue;
		if (hole->reached < 0)
			hole->first_missing = event.offset != hole->behind + 1;
		hole->reached = event.offset;
		if (!hole->first_missing)
			tell(stream, &event);
	}
}

static void close_hole(struct stream *stream, struct hole *hole)
{
	if (hole->first_missing)
		ws_broken(stream->ws, hole->name);
	else
		ws_filled(stream->ws, hole->name);
	free(hole->name);
	free(hole);
}

static void on_filled(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct stream *stream = container_of(query, struct stream, fill);
	struct hole *hole;

	if (status != DB_OK) {
		TAILQ_CONCAT(&stream->failed, &stream->asked, link);
		return;
	}
	metrics_count(METRIC_WS_HOLES, 1);
	take_missed(stream, rows);
	while ((hole = TAILQ_FIRST(&stream->asked))) {
		TAILQ_REMOVE(&stream->asked, hole, link);
		close_hole(stream, hole);
	}
	fill_on(stream);
}

/* One statement at a time, for as many as there are by then. */
static void fill_on(struct stream *stream)
{
	struct hole *hole;

	if (!TAILQ_EMPTY(&stream->asked) || TAILQ_EMPTY(&stream->open))
		return;
	buf_clear(&stream->fill_channels);
	buf_clear(&stream->fill_offsets);
	for (int i = 0; i < HOLES_MOST && (hole = TAILQ_FIRST(&stream->open)); i++) {
		TAILQ_REMOVE(&stream->open, hole, link);
		TAILQ_INSERT_TAIL(&stream->asked, hole, link);
		buf_print(&stream->fill_channels, "%c%s", i ? ',' : '{', hole->name);
		buf_print(&stream->fill_offsets, "%c%lld", i ? ',' : '{', hole->behind);
	}
	buf_char(&stream->fill_channels, '}');
	buf_char(&stream->fill_offsets, '}');
	stream->fill_values[0] = buf_cstr(&stream->fill_channels);
	stream->fill_values[1] = buf_cstr(&stream->fill_offsets);
	stream->fill = (struct db_query){
		.statement = SQL_LIVE_MISSED,
		.params = stream->fill_values,
		.done = on_filled,
	};
	db_run(stream->api->db, &stream->fill);
}

static void on_fill(void *context, const char *name, long long behind)
{
	struct stream *stream = ((struct api *)context)->stream;
	struct hole *hole = xcalloc(1, sizeof(*hole));

	hole->name = xstrdup(name);
	hole->behind = behind;
	hole->reached = -1;
	TAILQ_INSERT_TAIL(&stream->open, hole, link);
	loop_later(stream->api->loop, &stream->later);
}

static void on_later(struct later *later)
{
	struct stream *stream = container_of(later, struct stream, later);

	send_notice(stream);
	fill_on(stream);
}

/* ---- The sweep ---- */

static void gather_channel(void *arg, const char *name, long long offset)
{
	struct stream *stream = arg;

	if (offset < 0)
		return;
	stream->channels++;
	if (stream->channels <= stream->swept || stream->channels > stream->swept + TOPS_MOST)
		return;
	buf_char(&stream->sweep_channels, stream->sweep_channels.length ? ',' : '{');
	buf_text(&stream->sweep_channels, name);
}

static void break_channel(void *arg, const char *name, long long)
{
	ws_broken(((struct stream *)arg)->ws, name);
}

/* After a restore, or on a standby that was behind, numbers may stand for something else. */
static void check_epoch(struct stream *stream, struct str epoch)
{
	bool another = *stream->epoch && !str_is(epoch, stream->epoch);

	if (!epoch.at || epoch.length >= sizeof(stream->epoch))
		return;
	memcpy(stream->epoch, epoch.at, epoch.length);
	stream->epoch[epoch.length] = '\0';
	if (!another)
		return;
	log_warn("stream.another_epoch", kv_text("epoch", stream->epoch));
	ws_each_channel(stream->ws, break_channel, stream);
}

static void sweep_on(struct stream *stream);

static void on_swept(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct stream *stream = container_of(query, struct stream, sweep);
	long long offset;

	if (status != DB_OK || db_rows_count(rows) == 0)
		return;
	check_epoch(stream, db_rows_value(rows, 0, "epoch"));
	for (int i = 0; i < db_rows_count(rows); i++) {
		if (str_number(db_rows_value(rows, i, "offset"), &offset))
			ws_known(stream->ws, db_rows_value(rows, i, "channel"), offset);
	}
	stream->swept += TOPS_MOST;
	sweep_on(stream);
}

/* So many at a time. (Where channels come and go meanwhile, one may be left out: the next sweep asks
 * about it.) */
static void sweep_on(struct stream *stream)
{
	buf_clear(&stream->sweep_channels);
	stream->channels = 0;
	ws_each_channel(stream->ws, gather_channel, stream);
	if (!stream->sweep_channels.length)
		return;
	buf_char(&stream->sweep_channels, '}');
	stream->sweep_values[0] = buf_cstr(&stream->sweep_channels);
	stream->sweep = (struct db_query){
		.statement = SQL_LIVE_TOPS,
		.params = stream->sweep_values,
		.done = on_swept,
	};
	db_run(stream->api->db, &stream->sweep);
}

static void sweep(struct stream *stream)
{
	if (stream->sweep.waiting)
		return;
	stream->swept = 0;
	sweep_on(stream);
}

static void on_beaten(struct db_query *, enum db_status, const struct db_rows *)
{
	/* The next one says the same. */
}

static void beat(struct stream *stream)
{
	if (stream->beat.waiting)
		return;
	snprintf(stream->connections, sizeof(stream->connections), "%zu", ws_count(stream->ws));
	snprintf(stream->subscriptions, sizeof(stream->subscriptions), "%zu", ws_ear_count(stream->ws));
	metrics_set(METRIC_WS_SUBSCRIPTIONS, (long long)ws_ear_count(stream->ws));
	stream->beat_values[0] = ws_node(stream->ws);
	stream->beat_values[1] = stream->connections;
	stream->beat_values[2] = stream->subscriptions;
	stream->beat = (struct db_query){
		.statement = SQL_LIVE_BEAT,
		.params = stream->beat_values,
		.done = on_beaten,
	};
	db_run(stream->api->db, &stream->beat);
}

/* Every second: is it time to sweep, or is somebody hearing again who was deaf? */
static void on_tick(evutil_socket_t, short, void *arg)
{
	struct stream *stream = arg;
	bool hears_again = stream->deaf && db_listening(stream->api->db);

	if (--stream->until_sweep > 0 && !hears_again)
		return;
	stream->until_sweep = stream->api->config->ws_sweep_seconds;
	TAILQ_CONCAT(&stream->open, &stream->failed, link);
	fill_on(stream);
	sweep(stream);
	beat(stream);
	if (!hears_again)
		return;
	stream->deaf = false;
	ws_doubt(stream->ws, NULL);
}

/* ---- Coming and going ---- */

struct ws *stream_ws(const struct stream *stream)
{
	return stream->ws;
}

struct stream *stream_new(struct api *api)
{
	struct stream *stream = xcalloc(1, sizeof(*stream));
	const struct ws_above above = { api, hearing_ask, hearing_forget, on_fill };

	stream->api = api;
	stream->later.run = on_later;
	stream->fill_values[2] = "500";
	TAILQ_INIT(&stream->open);
	TAILQ_INIT(&stream->asked);
	TAILQ_INIT(&stream->failed);
	stream->ws = ws_new(api->loop, api->config, &above);
	if (!stream->ws) {
		free(stream);
		return NULL;
	}
	stream->events = (struct db_listener){ .channel = channel, .heard = on_heard, .lost = on_lost };
	stream->users = (struct db_listener){ .channel = "binnacle_users", .heard = on_user, .lost = on_user_lost };
	db_listen(api->db, &stream->events);
	db_listen(api->db, &stream->users);
	stream->tick = event_new(loop_base(api->loop), -1, EV_PERSIST, on_tick, stream);
	event_add(stream->tick, &(struct timeval){ .tv_sec = 1 });
	return stream;
}

static void holes_free(struct holes *holes)
{
	struct hole *hole;

	while ((hole = TAILQ_FIRST(holes))) {
		TAILQ_REMOVE(holes, hole, link);
		free(hole->name);
		free(hole);
	}
}

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	ws_free(stream->ws);
	db_forget(&stream->fill);
	db_forget(&stream->sweep);
	db_forget(&stream->beat);
	loop_later_forget(stream->api->loop, &stream->later);
	event_free(stream->tick);
	holes_free(&stream->open);
	holes_free(&stream->asked);
	holes_free(&stream->failed);
	buf_finish(&stream->notice);
	buf_finish(&stream->fill_channels);
	buf_finish(&stream->fill_offsets);
	buf_finish(&stream->sweep_channels);
	free(stream);
}
