/* subscribe.c: answers the queries of ws: authenticate, subscribe, history, presence.
 *
 * Each query takes one statement (a token may need none), whose result is returned unchanged. If
 * the database is unavailable, the reply is a temporary error and the client retries. */

#include <stdlib.h>

#include "channels.h"
#include "config.h"
#include "event.h"
#include "metrics.h"
#include "state.h"
#include "subscribe.h"

struct pending {
	struct live *live;
	struct ws_query *ws_query;
	struct arena arena;
	struct authentication authentication;
	struct db_query query;
	const char *values[SQL_PARAMS];
};

static void finish(struct pending *pending, const struct ws_reply *reply)
{
	struct live *live = pending->live;
	struct ws_query *ws_query = pending->ws_query;

	ws_query->handler_data = NULL;
	ws_reply(live->ws, ws_query, reply);
	arena_finish(&pending->arena);
	free(pending);
}

static void fail(struct pending *pending, enum ws_error error)
{
	finish(pending, &(struct ws_reply){ .error = error });
}

static void set_value(struct pending *pending, enum sql sql, const char *name, const char *value)
{
	db_bind(sql, pending->values, name, value);
}

static void run(struct pending *pending, enum sql sql, db_done_fn *done)
{
	pending->query =
		(struct db_query){ .statement = sql, .params = pending->values, .done = done };
	db_run(pending->live->db, &pending->query);
}

/* False: the query has been answered with an error. */
static bool has_result(struct pending *pending, enum db_status status, const struct db_rows *rows)
{
	if (status == DB_OK && db_rows_count(rows) > 0 && !db_rows_value(rows, 0, "code").at)
		return true;
	fail(pending, status == DB_OK ? WS_PERMISSION_DENIED : WS_INTERNAL);
	return false;
}

static const char *number(struct pending *pending, long long value)
{
	return arena_print(&pending->arena, "%lld", value);
}

/* ---- Events ---- */

/* Reads an array of events. The result is valid as long as the arena and the array are. */
static size_t read_events(struct pending *pending, const struct json *array,
                          const struct ws_event **out)
{
	size_t count = json_count(array);
	struct ws_event *events = arena_alloc(&pending->arena, (count + 1) * sizeof(*events));
	struct buf data = { 0 };

	for (size_t i = 0; i < count; i++) {
		events[i].channel = pending->ws_query->text;
		if (!event_read(json_at(array, i), &data, &events[i]))
			count = i;
		else
			events[i].data = (struct str){ arena_copy(&pending->arena, events[i].data),
				                       events[i].data.length };
	}
	buf_finish(&data);
	*out = events;
	return count;
}

/* ---- Authenticate ---- */

static enum ws_error error_of(const struct authentication_outcome *outcome)
{
	if (outcome->result == AUTH_EXPIRED)
		return WS_TOKEN_EXPIRED;
	if (outcome->result == AUTH_NO_KEYS || outcome->result == AUTH_BUSY
	    || outcome->status != DB_OK)
		return WS_INTERNAL;
	return outcome->user ? WS_PERMISSION_DENIED : WS_UNAUTHORIZED;
}

static void on_authenticated(struct authentication *authentication,
                             const struct authentication_outcome *outcome)
{
	struct pending *pending = container_of(authentication, struct pending, authentication);
	struct ws_reply reply = { 0 };

	if (!outcome->user || outcome->user->archived) {
		fail(pending, error_of(outcome));
		return;
	}
	memcpy(reply.identity.id, outcome->user->id, sizeof(reply.identity.id));
	reply.identity.expires_ms = outcome->identity->expires_ms;
	finish(pending, &reply);
}

static void query_identity(struct pending *pending)
{
	pending->authentication.access = pending->live->access;
	pending->authentication.arena = &pending->arena;
	pending->authentication.done = on_authenticated;
	authenticate_token(&pending->authentication, pending->ws_query->text);
}

/* ---- Subscribe, history, presence ---- */

static void count_recovery(bool recovered)
{
	static struct metric_series *series[2];

	if (!series[recovered])
		series[recovered] = metrics_series(METRIC_WS_RECOVERIES,
		                                   recovered ? "result=\"yes\"" : "result=\"no\"");
	metrics_add(series[recovered], 1);
}

static bool read_position(const struct db_rows *rows, struct ws_reply *reply)
{
	reply->epoch = db_rows_value(rows, 0, "epoch");
	return str_number(db_rows_value(rows, 0, "offset"), &reply->offset);
}

/* Adds the events in this column to the reply; null means none. */
static void finish_events(struct pending *pending, const struct db_rows *rows, const char *column,
                          struct ws_reply *reply)
{
	struct str text = db_rows_value(rows, 0, column);
	struct json *array = text.at ? json_parse(text, NULL, NULL) : NULL;

	if (array)
		reply->count = read_events(pending, array, &reply->events);
	if (read_position(rows, reply))
		finish(pending, reply);
	else
		fail(pending, WS_INTERNAL);
	json_free(array);
}

static void on_subscribe(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct pending *pending = container_of(query, struct pending, query);
	struct ws_reply reply = { 0 };

	if (!has_result(pending, status, rows))
		return;
	reply.recovered = str_is(db_rows_value(rows, 0, "recovered"), "t");
	if (pending->ws_query->has_since)
		count_recovery(reply.recovered);
	finish_events(pending, rows, "missed", &reply);
}

static void set_params(struct pending *pending, enum sql sql)
{
	const struct ws_query *ws_query = pending->ws_query;

	set_value(pending, sql, "channel", arena_copy(&pending->arena, ws_query->text));
	set_value(pending, sql, "caller_id", *ws_query->identity.id ? ws_query->identity.id : NULL);
	set_value(pending, sql, "since",
	          ws_query->has_since ? number(pending, ws_query->since) : NULL);
	set_value(pending, sql, "epoch", *ws_query->epoch ? ws_query->epoch : NULL);
}

static void query_subscribe(struct pending *pending)
{
	set_params(pending, SQL_CHANNELS_SUBSCRIBE);
	set_value(pending, SQL_CHANNELS_SUBSCRIBE, "max",
	          number(pending, pending->live->config->ws_history));
	run(pending, SQL_CHANNELS_SUBSCRIBE, on_subscribe);
}

static void on_history(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct pending *pending = container_of(query, struct pending, query);
	const char *epoch = pending->ws_query->epoch;

	if (!has_result(pending, status, rows))
		return;
	if (*epoch && !str_is(db_rows_value(rows, 0, "epoch"), epoch))
		fail(pending, WS_UNRECOVERABLE);
	else
		finish_events(pending, rows, "publications", &(struct ws_reply){ 0 });
}

static void query_history(struct pending *pending)
{
	const struct ws_query *ws_query = pending->ws_query;
	long long max = pending->live->config->ws_history;

	set_params(pending, SQL_CHANNELS_HISTORY);
	set_value(pending, SQL_CHANNELS_HISTORY, "max",
	          number(pending, ws_query->max < 0 || ws_query->max > max ? max : ws_query->max));
	set_value(pending, SQL_CHANNELS_HISTORY, "reverse", ws_query->reverse ? "true" : "false");
	run(pending, SQL_CHANNELS_HISTORY, on_history);
}

static void on_presence(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct pending *pending = container_of(query, struct pending, query);
	struct str presence;

	if (!has_result(pending, status, rows))
		return;
	presence = db_rows_value(rows, 0, "presence");
	if (presence.at)
		finish(pending, &(struct ws_reply){ .body = presence });
	else
		fail(pending, WS_NOT_AVAILABLE);
}

static void query_presence(struct pending *pending)
{
	set_params(pending, SQL_CHANNELS_PRESENCE);
	run(pending, SQL_CHANNELS_PRESENCE, on_presence);
}

/* ---- Dispatch ---- */

void subscribe_query(struct live *live, struct ws_query *ws_query)
{
	struct pending *pending = xcalloc(1, sizeof(*pending));
	struct str id;

	pending->live = live;
	pending->ws_query = ws_query;
	ws_query->handler_data = pending;
	if (ws_query->kind == WS_AUTHENTICATE)
		query_identity(pending);
	else if (!channels_find(ws_query->text, &id))
		fail(pending, WS_UNKNOWN_CHANNEL);
	else if (ws_query->kind == WS_SUBSCRIBE)
		query_subscribe(pending);
	else if (ws_query->kind == WS_HISTORY)
		query_history(pending);
	else
		query_presence(pending);
}

void subscribe_cancel(struct ws_query *ws_query)
{
	struct pending *pending = ws_query->handler_data;

	ws_query->handler_data = NULL;
	authenticate_cancel(&pending->authentication);
	db_cancel(&pending->query);
	arena_finish(&pending->arena);
	free(pending);
}
