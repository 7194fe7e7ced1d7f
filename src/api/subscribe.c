/* subscribe.c: answers the queries of ws: authenticate, subscribe, history, presence.
 *
 * Each query takes one statement (a token may need none), whose result is returned unchanged. If
 * the database is unavailable, the reply is a temporary error and the client retries. */

#include <stdlib.h>

#include "config.h"
#include "metrics.h"
#include "publisher.h"

struct asking {
	struct api *api;
	struct ws_ask *ask;
	struct arena arena;
	struct bearer bearer;
	struct db_query query;
	const char *values[SQL_PARAMS];
};

static void finish(struct asking *asking, const struct ws_answer *answer)
{
	struct api *api = asking->api;
	struct ws_ask *ask = asking->ask;

	ask->asked = NULL;
	ws_answer(stream_ws(api->stream), ask, answer);
	arena_finish(&asking->arena);
	free(asking);
}

static void refuse(struct asking *asking, enum ws_refusal refusal)
{
	finish(asking, &(struct ws_answer){ .refusal = refusal });
}

static void set_value(struct asking *asking, enum sql sql, const char *name, const char *value)
{
	bind_by_name(sql, asking->values, name, value);
}

static void run(struct asking *asking, enum sql sql, db_done_fn *done)
{
	asking->query = (struct db_query){ .statement = sql, .params = asking->values, .done = done };
	db_run(asking->api->db, &asking->query);
}

/* False: the query has been answered with an error. */
static bool has_answer(struct asking *asking, enum db_status status, const struct db_rows *rows)
{
	if (status == DB_OK && db_rows_count(rows) > 0 && !db_rows_value(rows, 0, "code").at)
		return true;
	refuse(asking, status == DB_OK ? WS_PERMISSION_DENIED : WS_INTERNAL);
	return false;
}

static const char *number(struct asking *asking, long long value)
{
	return arena_print(&asking->arena, "%lld", value);
}

/* ---- Events ---- */

bool event_read(const struct json *object, struct buf *data, struct ws_event *event)
{
	const struct json *channel = json_member(object, "channel"), *type = json_member(object, "type"),
			  *inside = json_member(object, "data"), *at = json_member(object, "at"),
			  *offset = json_member(object, "offset");

	if (!type || !inside || !at || !offset)
		return false;
	buf_clear(data);
	buf_json_value(data, inside);
	*event = (struct ws_event){
		.channel = channel ? json_string(channel) : event->channel,
		.offset = json_integer(offset),
		.type = json_string(type),
		.data = buf_as_str(data),
		.at = json_string(at),
	};
	return true;
}

/* Reads an array of events; the result is valid as long as the arena and the array. */
static size_t read_events(struct asking *asking, const struct json *array, const struct ws_event **out)
{
	size_t count = json_count(array);
	struct ws_event *events = arena_alloc(&asking->arena, (count + 1) * sizeof(*events));
	struct buf data = { 0 };

	for (size_t i = 0; i < count; i++) {
		events[i].channel = asking->ask->text;
		if (!event_read(json_at(array, i), &data, &events[i]))
			count = i;
		else
			events[i].data = (struct str){ arena_copy(&asking->arena, events[i].data), events[i].data.length };
	}
	buf_finish(&data);
	*out = events;
	return count;
}

/* ---- Authenticate ---- */

static enum ws_refusal refusal_of(const struct bearer_outcome *outcome)
{
	if (outcome->verdict == AUTH_EXPIRED)
		return WS_TOKEN_EXPIRED;
	if (outcome->verdict == AUTH_NO_KEYS || outcome->verdict == AUTH_BUSY || outcome->status != DB_OK)
		return WS_INTERNAL;
	return outcome->member ? WS_PERMISSION_DENIED : WS_UNAUTHORIZED;
}

static void on_bearer(struct bearer *bearer, const struct bearer_outcome *outcome)
{
	struct asking *asking = container_of(bearer, struct asking, bearer);
	struct ws_answer answer = { 0 };

	if (!outcome->member || outcome->member->archived) {
		refuse(asking, refusal_of(outcome));
		return;
	}
	memcpy(answer.who.id, outcome->member->id, sizeof(answer.who.id));
	answer.who.expires_ms = outcome->identity->expires_ms;
	finish(asking, &answer);
}

static void ask_who(struct asking *asking)
{
	asking->bearer.api = asking->api;
	asking->bearer.arena = &asking->arena;
	asking->bearer.done = on_bearer;
	bearer_judge(&asking->bearer, asking->ask->text);
}

/* ---- Subscribe, history, presence ---- */

static void count_recovery(bool recovered)
{
	static struct metric_series *series[2];

	if (!series[recovered])
		series[recovered] = metrics_series(METRIC_WS_RECOVERIES, recovered ? "result=\"yes\"" : "result=\"no\"");
	metrics_add(series[recovered], 1);
}

static bool read_position(const struct db_rows *rows, struct ws_answer *answer)
{
	answer->epoch = db_rows_value(rows, 0, "epoch");
	return str_number(db_rows_value(rows, 0, "offset"), &answer->offset);
}

/* Adds the events in this column to the reply; null means none. */
static void finish_with(struct asking *asking, const struct db_rows *rows, const char *column, struct ws_answer *answer)
{
	struct str text = db_rows_value(rows, 0, column);
	struct json *array = text.at ? json_parse(text, NULL, NULL) : NULL;

	if (array)
		answer->count = read_events(asking, array, &answer->events);
	if (read_position(rows, answer))
		finish(asking, answer);
	else
		refuse(asking, WS_INTERNAL);
	json_free(array);
}

static void on_hear(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct asking *asking = container_of(query, struct asking, query);
	struct ws_answer answer = { 0 };

	if (!has_answer(asking, status, rows))
		return;
	answer.recovered = str_is(db_rows_value(rows, 0, "recovered"), "t");
	if (asking->ask->since_given)
		count_recovery(answer.recovered);
	finish_with(asking, rows, "missed", &answer);
}

static void set_who_and_where(struct asking *asking, enum sql sql)
{
	const struct ws_ask *ask = asking->ask;

	set_value(asking, sql, "channel", arena_copy(&asking->arena, ask->text));
	set_value(asking, sql, "caller_id", *ask->who.id ? ask->who.id : NULL);
	set_value(asking, sql, "since", ask->since_given ? number(asking, ask->since) : NULL);
	set_value(asking, sql, "epoch", *ask->epoch ? ask->epoch : NULL);
}

static void ask_hear(struct asking *asking)
{
	set_who_and_where(asking, SQL_LIVE_HEAR);
	set_value(asking, SQL_LIVE_HEAR, "most", number(asking, asking->api->config->ws_history));
	run(asking, SQL_LIVE_HEAR, on_hear);
}

static void on_past(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct asking *asking = container_of(query, struct asking, query);
	const char *epoch = asking->ask->epoch;

	if (!has_answer(asking, status, rows))
		return;
	if (*epoch && !str_is(db_rows_value(rows, 0, "epoch"), epoch))
		refuse(asking, WS_UNRECOVERABLE);
	else
		finish_with(asking, rows, "publications", &(struct ws_answer){ 0 });
}

static void ask_past(struct asking *asking)
{
	const struct ws_ask *ask = asking->ask;
	long long most = asking->api->config->ws_history;

	set_who_and_where(asking, SQL_LIVE_PAST);
	set_value(asking, SQL_LIVE_PAST, "most",
	          number(asking, ask->most < 0 || ask->most > most ? most : ask->most));
	set_value(asking, SQL_LIVE_PAST, "reverse", ask->reverse ? "true" : "false");
	run(asking, SQL_LIVE_PAST, on_past);
}

static void on_present(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct asking *asking = container_of(query, struct asking, query);
	struct str presence;

	if (!has_answer(asking, status, rows))
		return;
	presence = db_rows_value(rows, 0, "presence");
	if (presence.at)
		finish(asking, &(struct ws_answer){ .body = presence });
	else
		refuse(asking, WS_NOT_AVAILABLE);
}

static void ask_present(struct asking *asking)
{
	set_who_and_where(asking, SQL_LIVE_PRESENCE);
	run(asking, SQL_LIVE_PRESENCE, on_present);
}

/* ---- Dispatch ---- */

void hearing_ask(struct api *api, struct ws_ask *ask)
{
	struct asking *asking = xcalloc(1, sizeof(*asking));
	struct str id;

	asking->api = api;
	asking->ask = ask;
	ask->asked = asking;
	if (ask->question == WS_WHO)
		ask_who(asking);
	else if (!channels_find(ask->text, &id))
		refuse(asking, WS_UNKNOWN_CHANNEL);
	else if (ask->question == WS_HEAR)
		ask_hear(asking);
	else if (ask->question == WS_PAST)
		ask_past(asking);
	else
		ask_present(asking);
}

void hearing_forget(struct ws_ask *ask)
{
	struct asking *asking = ask->asked;

	ask->asked = NULL;
	bearer_forget(&asking->bearer);
	db_forget(&asking->query);
	arena_finish(&asking->arena);
	free(asking);
}
