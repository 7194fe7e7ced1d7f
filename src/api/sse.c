/* sse.c: GET /api/v1/events, server-sent events.
 *
 * Normal sequence: the channels are parsed; the token, if there is one, is authenticated; the
 * database authorizes all subscriptions; the connection is taken over from HTTP.
 *
 * Failures are reported before the stream begins: a browser does not reconnect after an error
 * status, but it does after a disconnect. */

#include "handshake.h"

enum { CHANNELS_MOST = 16 };

struct listening {
	struct request *request;
	struct api *api;
	struct bearer bearer;
	struct ws_who who;
	struct str channels;
	struct db_query query;
	const char *values[2];
};

static void on_may(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct listening *listening = container_of(query, struct listening, query);
	struct request *request = listening->request;
	struct ws_arrival arrival = {
		.speech = WS_EVENTS,
		.who = listening->who,
		.words = listening->channels,
		.since = request->headers[HEADER_LAST_EVENT_ID],
	};

	if (status != DB_OK || db_rows_count(rows) == 0)
		socket_refuse(request, status == DB_BUSY ? PROBLEM_BUSY : PROBLEM_DATABASE_DOWN, NULL);
	else if (memchr(db_rows_value(rows, 0, "may").at, 'f', db_rows_value(rows, 0, "may").length))
		socket_refuse(
			request, PROBLEM_FORBIDDEN,
			"A channel does not exist, or you are not allowed to subscribe to it.");
	else if (socket_has_room(request, *listening->who.id ? listening->who.id : NULL))
		socket_arrive(request, &event_stream, &arrival);
	request_release(request);
}

/* An array with one entry of `text` for each channel. */
static const char *repeated(struct listening *listening, const char *text)
{
	struct buf out = { 0 };
	const char *copy;
	size_t count = 1;

	for (size_t i = 0; i < listening->channels.length; i++)
		count += listening->channels.at[i] == ',';
	buf_char(&out, '{');
	while (count--)
		buf_print(&out, "%s%s", text, count ? "," : "}");
	copy = arena_copy(&listening->request->arena, buf_as_str(&out));
	buf_finish(&out);
	return copy;
}

static void ask_may(struct listening *listening)
{
	struct arena *arena = &listening->request->arena;

	listening->values[0] = arena_print(arena, "{%.*s}", STR_ARGS(listening->channels));
	listening->values[1] = repeated(listening, *listening->who.id ? listening->who.id : "null");
	listening->query = (struct db_query){
		.statement = SQL_LIVE_MAY_HEAR,
		.params = listening->values,
		.done = on_may,
	};
	request_hold(listening->request);
	db_run(listening->api->db, &listening->query);
}

static void on_bearer(struct bearer *bearer, const struct bearer_outcome *outcome)
{
	struct listening *listening = container_of(bearer, struct listening, bearer);
	struct request *request = listening->request;

	if (outcome->verdict != AUTH_TRUE) {
		gate_refuse_token(request, outcome->verdict, bearer->auth.hint);
	} else if (outcome->status != DB_OK) {
		socket_refuse(request, outcome->status == DB_BUSY ? PROBLEM_BUSY : PROBLEM_DATABASE_DOWN, NULL);
	} else if (!outcome->member) {
		socket_refuse(request, PROBLEM_USER_NOT_FOUND,
		              "The token is valid, but no user matches it.");
	} else if (outcome->member->archived) {
		socket_refuse(request, PROBLEM_ACCOUNT_ARCHIVED, NULL);
	} else {
		memcpy(listening->who.id, outcome->member->id, sizeof(listening->who.id));
		listening->who.expires_ms = outcome->identity->expires_ms;
		request->user_id = listening->who.id;
		ask_may(listening);
	}
	request_release(request);
}

/* Cancels the lookup. The request must still be answered; the response is not sent. */
static void on_gone(struct request *request)
{
	struct listening *listening = request->asker;

	if (bearer_can_be_forgotten(&listening->bearer))
		bearer_forget(&listening->bearer);
	else if (listening->query.waiting)
		db_forget(&listening->query);
	else
		return;
	socket_refuse(request, PROBLEM_INTERNAL, NULL);
	request_release(request);
}

static bool is_among(struct str list, struct str name)
{
	struct str each;

	while (str_cut(&list, ',', &each)) {
		if (str_equal(each, name))
			return true;
	}
	return false;
}

/* False: the request has been answered with an error. */
static bool channels_are_known(struct request *request, struct str channels)
{
	struct str rest = channels, name, id;
	bool known = channels.length && channels.at[channels.length - 1] != ',';
	int count = 0;

	for (; known && str_cut(&rest, ',', &name); count++)
		known = channels_find(name, &id)
			&& !is_among((struct str){ channels.at, (size_t)(name.at - channels.at) }, name);
	if (known && count <= CHANNELS_MOST)
		return true;
	socket_refuse(
		request, PROBLEM_VALIDATION_FAILED,
		"`channels` must be a list of 1 to 16 different channels, separated by commas: "
		"duty, note:{id}, …");
	return false;
}

void eventstream_open(struct request *request)
{
	struct listening *listening = arena_alloc(&request->arena, sizeof(*listening));
	struct str token;

	listening->request = request;
	listening->api = request->context;
	if (!socket_read_query(request, "channels", &listening->channels)
	    || !channels_are_known(request, listening->channels))
		return;
	request->asker = listening;
	request->gone = on_gone;
	if (!request->headers[HEADER_AUTHORIZATION].at) {
		ask_may(listening);
		return;
	}
	if (!gate_read_token(request, &token)) {
		socket_refuse(request, PROBLEM_UNAUTHENTICATED, NULL);
		return;
	}
	if (!auth_remembered(listening->api->auth, token) && !gate_may_look(request))
		return;
	listening->bearer = (struct bearer){
		.api = listening->api,
		.arena = &request->arena,
		.done = on_bearer,
	};
	request_hold(request); /* until on_bearer() */
	bearer_judge(&listening->bearer, token);
}
