/* publisher.c: publishes committed events to this process's subscribers and to the other processes.
 *
 * Normal sequence:
 *
 * - a committed statement returns its events; they are published to this process's subscribers at
 *   once, and at the end of the turn one NOTIFY sends the channels and their offsets to the
 *   other processes;
 * - there, a channel with subscribers whose known offset is ahead of its delivered one is
 *   backfilled (backfill.c).
 *
 * The only process on a database sends no such notifications. A process assumes that it is the only
 * one if the database lists no other live process, until it receives a notification from another:
 * every process sends one with each heartbeat.
 *
 * Failures:
 *
 * - a process ends between commit and NOTIFY, or a NOTIFY is lost: every few seconds, and as
 *   soon as the listening connection is back, the database is polled for the offsets of all
 *   channels with subscribers (offset_poll.c);
 * - the listening connection is lost: this process does not learn of revoked permissions. All
 *   subscribers are re-authorized with each poll, and once more when the connection is back;
 * - the database is unavailable: backfills are retried with the next poll. */

#include <event2/event.h>
#include <stdlib.h>

#include "backfill.h"
#include "config.h"
#include "event.h"
#include "log.h"
#include "metrics.h"
#include "offset_poll.h"
#include "publisher.h"
#include "state.h"

enum { MAX_PAYLOAD = 7000 }; /* bytes per NOTIFY */

static const char channel[] = "binnacle_live";

struct publisher {
	struct live *live;
	struct db_listener events, users;
	struct buf pending; /* payload for the other processes */
	struct deferred deferred;
	struct db_query heartbeat;
	const char *heartbeat_values[4];
	char connections[16], subscriptions[16], subscribers[16];
	struct event *tick;
	long long until_poll; /* ticks */
	bool may_have_missed; /* a notification */
	bool alone;           /* there is no other process to notify */
};

/* ---- The other processes ---- */

static void send_pending(struct publisher *publisher)
{
	if (publisher->pending.length > UUID_SIZE)
		db_notify(publisher->live->db, channel, buf_as_str(&publisher->pending));
	buf_clear(&publisher->pending);
}

static void notify_others(struct publisher *publisher, const struct ws_event *event)
{
	if (publisher->alone)
		return;
	if (publisher->pending.length + event->channel.length + 24 > MAX_PAYLOAD)
		send_pending(publisher);
	if (!publisher->pending.length)
		buf_text(&publisher->pending, ws_node(publisher->live->ws));
	buf_char(&publisher->pending, ' ');
	buf_str(&publisher->pending, event->channel);
	buf_char(&publisher->pending, '=');
	buf_number(&publisher->pending, event->offset);
	loop_defer(publisher->live->loop, &publisher->deferred);
}

/* "process channel=offset channel=offset …" */
static void on_notify(struct db_listener *listener, const char *payload)
{
	struct publisher *publisher = container_of(listener, struct publisher, events);
	struct str rest = str_of(payload), part, name;
	long long offset;

	if (!str_cut(&rest, ' ', &part) || str_is(part, ws_node(publisher->live->ws)))
		return;
	publisher->alone = false;
	while (str_cut(&rest, ' ', &part)) {
		if (str_cut(&part, '=', &name) && str_number(part, &offset))
			ws_offset_seen(publisher->live->ws, name, offset);
	}
}

static void on_lost(struct db_listener *listener)
{
	container_of(listener, struct publisher, events)->may_have_missed = true;
}

static void on_user(struct db_listener *listener, const char *id)
{
	ws_recheck(container_of(listener, struct publisher, users)->live->ws, id);
}

static void on_user_lost(struct db_listener *)
{
	/* on_lost() handles both. */
}

/* ---- Events of this process ---- */

void publisher_publish(struct publisher *publisher, struct str text)
{
	const char *error;
	size_t where;
	struct json *events;
	struct buf data = { 0 };

	if (publisher->alone && !ws_has_channels(publisher->live->ws))
		return;
	events = json_parse(text, &error, &where);
	for (size_t i = 0; events && i < json_count(events); i++) {
		struct ws_event event = { 0 };

		if (!event_read(json_at(events, i), &data, &event))
			continue;
		notify_others(publisher, &event);
		event_deliver(publisher->live, &event);
	}
	if (!events)
		log_error("live.invalid_events", kv_text("why", error));
	buf_finish(&data);
	json_free(events);
}

static void on_deferred(struct deferred *deferred)
{
	send_pending(container_of(deferred, struct publisher, deferred));
}

static void on_heartbeat(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct publisher *publisher = container_of(query, struct publisher, heartbeat);

	if (status == DB_OK)
		publisher->alone = str_is(db_rows_value(rows, 0, "others"), "0");
}

static void heartbeat(struct publisher *publisher)
{
	if (publisher->heartbeat.waiting)
		return;
	snprintf(publisher->connections, sizeof(publisher->connections), "%zu",
	         ws_connection_count(publisher->live->ws));
	snprintf(publisher->subscriptions, sizeof(publisher->subscriptions), "%zu",
	         ws_subscription_count(publisher->live->ws));
	snprintf(publisher->subscribers, sizeof(publisher->subscribers), "%zu",
	         ws_subscriber_count(publisher->live->ws, STR("all")));
	metrics_set(METRIC_WS_SUBSCRIPTIONS, (long long)ws_subscription_count(publisher->live->ws));
	/* Informs any process that assumes it is the only one. */
	db_notify(publisher->live->db, channel, str_of(ws_node(publisher->live->ws)));
	publisher->heartbeat_values[0] = ws_node(publisher->live->ws);
	publisher->heartbeat_values[1] = publisher->connections;
	publisher->heartbeat_values[2] = publisher->subscriptions;
	publisher->heartbeat_values[3] = publisher->subscribers;
	publisher->heartbeat = (struct db_query){
		.statement = SQL_PROCESSES_HEARTBEAT,
		.params = publisher->heartbeat_values,
		.done = on_heartbeat,
	};
	db_run(publisher->live->db, &publisher->heartbeat);
}

/* Every second: poll if it is time, or if the listening connection is back. */
static void on_tick(evutil_socket_t, short, void *arg)
{
	struct publisher *publisher = arg;
	bool listening = db_listening(publisher->live->db),
	     reconnected = publisher->may_have_missed && listening;

	publisher->may_have_missed |= !listening;
	if (--publisher->until_poll > 0 && !reconnected)
		return;
	publisher->until_poll = publisher->live->config->ws_sweep_seconds;
	backfill_retry(publisher->live->backfill);
	offset_poll_run(publisher->live->offset_poll);
	heartbeat(publisher);
	if (publisher->may_have_missed)
		ws_recheck(publisher->live->ws, NULL);
	publisher->may_have_missed = !listening;
}

/* ---- Lifetime ---- */

struct publisher *publisher_new(struct live *live)
{
	struct publisher *publisher = xcalloc(1, sizeof(*publisher));

	publisher->live = live;
	publisher->deferred.run = on_deferred;
	publisher->events = (struct db_listener){
		.channel = channel,
		.on_notify = on_notify,
		.on_lost = on_lost,
	};
	publisher->users = (struct db_listener){
		.channel = "binnacle_users",
		.on_notify = on_user,
		.on_lost = on_user_lost,
	};
	db_listen(live->db, &publisher->events);
	db_listen(live->db, &publisher->users);
	publisher->tick = event_new(loop_base(live->loop), -1, EV_PERSIST, on_tick, publisher);
	event_add(publisher->tick, &(struct timeval){ .tv_sec = 1 });
	return publisher;
}

void publisher_free(struct publisher *publisher)
{
	if (!publisher)
		return;
	db_cancel(&publisher->heartbeat);
	loop_defer_cancel(publisher->live->loop, &publisher->deferred);
	event_free(publisher->tick);
	buf_finish(&publisher->pending);
	free(publisher);
}
