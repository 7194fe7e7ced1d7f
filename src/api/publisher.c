/* publisher.c: publishes committed events to this process' subscribers and to the other processes.
 *
 * Normal sequence:
 *
 * - a committed statement returns its events; they are published to this process' subscribers at
 *   once, and at the end of the turn one NOTIFY sends the channels and their offsets to the
 *   other processes;
 * - there, a channel with subscribers whose known offset is ahead of its delivered one is
 *   backfilled (backfill.c).
 *
 * A process that is alone sends no such notifications. It considers itself alone if the database
 * has no other live process, until it receives a notification from one: every process sends one
 * with each heartbeat.
 *
 * Failures:
 *
 * - a process ends between commit and NOTIFY, or a NOTIFY is lost: every few seconds, and as
 *   soon as the listening connection is back, the database is polled for the offsets of all
 *   channels with subscribers (offset_poll.c);
 * - the listening connection is lost: lost permissions are not notified. All subscribers are
 *   re-authorized with each poll, and once more when the connection is back;
 * - the database is unavailable: backfills are retried with the next poll. */

#include <event2/event.h>
#include <stdlib.h>

#include "config.h"
#include "log.h"
#include "metrics.h"
#include "publisher.h"

enum { NOTICE_MOST = 7000 }; /* bytes per NOTIFY */

static const char channel[] = "binnacle_live";

struct stream {
	struct api *api;
	struct ws *ws;
	struct db_listener events, users;
	struct buf notice; /* payload for the other processes */
	struct deferred deferred;
	struct holes *holes;
	struct tops *tops;
	struct verdicts *verdicts;
	struct db_query beat;
	const char *beat_values[3];
	char connections[16], subscriptions[16];
	struct event *tick;
	long long until_sweep;	/* ticks */
	bool deaf;              /* notifications may have been missed */
	bool alone;             /* there is no other process to notify */
};

static bool revokes(struct str name, struct str type)
{
	struct str id;
	const struct channel_row *row = channels_find(name, &id);

	return row && channel_revokes(row, type);
}

void stream_tell(struct stream *stream, struct ws_event *event)
{
	event->revokes = revokes(event->channel, event->type);
	ws_tell(stream->ws, event);
}

/* ---- The other processes ---- */

static void send_notice(struct stream *stream)
{
	if (stream->notice.length > UUID_SIZE)
		db_tell(stream->api->db, channel, buf_as_str(&stream->notice));
	buf_clear(&stream->notice);
}

static void announce(struct stream *stream, const struct ws_event *event)
{
	if (stream->alone)
		return;
	if (stream->notice.length + event->channel.length + 24 > NOTICE_MOST)
		send_notice(stream);
	if (!stream->notice.length)
		buf_text(&stream->notice, ws_node(stream->ws));
	buf_char(&stream->notice, ' ');
	buf_str(&stream->notice, event->channel);
	buf_char(&stream->notice, '=');
	buf_number(&stream->notice, event->offset);
	loop_defer(stream->api->loop, &stream->deferred);
}

/* "process channel=offset channel=offset …" */
static void on_heard(struct db_listener *listener, const char *payload)
{
	struct stream *stream = container_of(listener, struct stream, events);
	struct str rest = str_of(payload), part, name;
	long long offset;

	if (!str_cut(&rest, ' ', &part) || str_is(part, ws_node(stream->ws)))
		return;
	stream->alone = false;
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
	/* on_lost() handles both. */
}

void stream_doubt(struct stream *stream, struct str user_id)
{
	char id[UUID_SIZE];

	if (user_id.length >= sizeof(id))
		return;
	memcpy(id, user_id.at, user_id.length);
	id[user_id.length] = '\0';
	ws_doubt(stream->ws, id);
}

/* ---- Events of this process ---- */

void stream_take(struct stream *stream, struct str text)
{
	const char *fault;
	size_t where;
	struct json *events;
	struct buf data = { 0 };

	if (stream->alone && !ws_is_heard(stream->ws))
		return;
	events = json_parse(text, &fault, &where);
	for (size_t i = 0; events && i < json_count(events); i++) {
		struct ws_event event = { 0 };

		if (!event_read(json_at(events, i), &data, &event))
			continue;
		announce(stream, &event);
		stream_tell(stream, &event);
	}
	if (!events)
		log_error("stream.unreadable", kv_text("why", fault));
	buf_finish(&data);
	json_free(events);
}

static void on_deferred(struct deferred *deferred)
{
	send_notice(container_of(deferred, struct stream, deferred));
}

static void on_beaten(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct stream *stream = container_of(query, struct stream, beat);

	if (status == DB_OK)
		stream->alone = str_is(db_rows_value(rows, 0, "others"), "0");
}

static void beat(struct stream *stream)
{
	if (stream->beat.waiting)
		return;
	snprintf(stream->connections, sizeof(stream->connections), "%zu", ws_count(stream->ws));
	snprintf(stream->subscriptions, sizeof(stream->subscriptions), "%zu", ws_ear_count(stream->ws));
	metrics_set(METRIC_WS_SUBSCRIPTIONS, (long long)ws_ear_count(stream->ws));
	/* A process that considers itself alone learns at once that it is not. */
	db_tell(stream->api->db, channel, str_of(ws_node(stream->ws)));
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

/* Every second: poll if it is time, or if the listening connection is back. */
static void on_tick(evutil_socket_t, short, void *arg)
{
	struct stream *stream = arg;
	bool hears = db_listening(stream->api->db), hears_again = stream->deaf && hears;

	stream->deaf |= !hears;
	if (--stream->until_sweep > 0 && !hears_again)
		return;
	stream->until_sweep = stream->api->config->ws_sweep_seconds;
	holes_retry(stream->holes);
	tops_ask(stream->tops);
	beat(stream);
	if (stream->deaf)
		ws_doubt(stream->ws, NULL);
	stream->deaf = !hears;
}

/* ---- Lifetime ---- */

struct ws *stream_ws(const struct stream *stream)
{
	return stream->ws;
}

static bool is_doubt(const struct ws_ask *ask)
{
	return ask->question == WS_AGAIN || ask->question == WS_STILL;
}

static void on_ask(void *context, struct ws_ask *ask)
{
	struct api *api = context;

	if (is_doubt(ask))
		verdicts_ask(api->stream->verdicts, ask);
	else
		hearing_ask(api, ask);
}

static void on_forget(void *, struct ws_ask *ask)
{
	if (is_doubt(ask))
		verdicts_forget(ask);
	else
		hearing_forget(ask);
}

static void on_fill(void *context, const char *name, long long behind)
{
	holes_open(((struct api *)context)->stream->holes, name, behind);
}

struct stream *stream_new(struct api *api)
{
	struct stream *stream = xcalloc(1, sizeof(*stream));
	const struct ws_above above = { api, on_ask, on_forget, on_fill };

	stream->api = api;
	stream->deferred.run = on_deferred;
	stream->holes = holes_new(api);
	stream->tops = tops_new(api);
	stream->verdicts = verdicts_new(api);
	stream->ws = ws_new(api->loop, api->config, &above);
	if (!stream->ws) {
		holes_free(stream->holes);
		tops_free(stream->tops);
		verdicts_free(stream->verdicts);
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

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	ws_free(stream->ws);
	db_forget(&stream->beat);
	loop_defer_cancel(stream->api->loop, &stream->deferred);
	event_free(stream->tick);
	holes_free(stream->holes);
	tops_free(stream->tops);
	verdicts_free(stream->verdicts);
	buf_finish(&stream->notice);
	free(stream);
}
