/* sockets.c: how one begins to listen: the routes whose connections leave HTTP.
 *
 * The happy path: the request is a handshake, or asks for a stream; there is room; its
 * connection is taken, and whoever has it is a client of ws from then on. A token may come
 * in a header; most bring it in their first words.
 *
 * Server-sent events say before they begin who may not hear: a browser that is refused with
 * a status stays away, one that is cut off comes again.
 *
 * When it goes wrong: 426 when it is no handshake, 400 when it is a broken one, 503 when there
 * is no room, or the process is about to end. */

#include <arpa/inet.h>

#include "clock.h"
#include "stream.h"

enum { EVENT_CHANNELS = 16, WORDS_MOST = 16 * 1024 };

static struct api *api_of(const struct request *request)
{
	return request->context;
}

static struct ws *room_of(const struct request *request)
{
	return stream_ws(api_of(request)->stream);
}

static void refuse(struct request *request, enum problem problem, const char *detail)
{
	request_refuse(request, &(struct refusal){
		.problem = problem,
		.detail = detail,
		.retry_after = problem_rows[problem].status == 503 ? 1 : 0,
	});
}

/* False: it has been refused. */
static bool has_room(struct request *request, const char *user_id)
{
	if (api_of(request)->draining)
		refuse(request, PROBLEM_SHUTTING_DOWN, NULL);
	else if (!ws_has_room(room_of(request), &request->address, user_id))
		refuse(request, PROBLEM_TOO_MANY_LISTENERS, NULL);
	else
		return true;
	return false;
}

static void arrive(struct request *request, const struct reply *reply, struct ws_arrival *arrival)
{
	struct taken taken;

	if (!request_take(request, reply, &taken))
		return;
	arrival->fd = taken.fd;
	arrival->rest = buf_as_str(&taken.rest);
	arrival->address = request->address;
	ws_arrive(room_of(request), arrival);
	buf_finish(&taken.rest);
}

/* ---- WebSockets ---- */

static bool key_is_well(struct str key)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	/* Sixteen bytes: the last letter before the padding carries two bits. */
	if (key.length != 24 || memcmp(key.at + 22, "==", 2) != 0 || !strchr("AQgw", key.at[21]))
		return false;
	for (size_t i = 0; i < 22; i++) {
		if (!key.at[i] || !strchr(letters, key.at[i]))
			return false;
	}
	return true;
}

static bool offers(struct str list, const char *name)
{
	struct str each;

	while (str_cut(&list, ',', &each)) {
		if (str_is(str_trim(each), name))
			return true;
	}
	return false;
}

static bool is_handshake(struct request *request)
{
	if (!request_upgrades(request, "websocket")
	    || !str_is(request->headers[HEADER_SEC_WEBSOCKET_VERSION], "13")) {
		request_refuse(request, &(struct refusal){
			.problem = PROBLEM_UPGRADE_REQUIRED,
			.more = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
		});
		return false;
	}
	if (!key_is_well(request->headers[HEADER_SEC_WEBSOCKET_KEY])) {
		refuse(request, PROBLEM_BAD_REQUEST, "Sec-WebSocket-Key is not base64 of 16 bytes.");
		return false;
	}
	return true;
}

static void open_socket(struct request *request, enum ws_speech speech)
{
	struct ws_arrival arrival = { .speech = speech };

	if (!is_handshake(request) || !has_room(request, NULL))
		return;
	gate_read_token(request, &arrival.token);
	if (arrival.token.length > TOKEN_MOST)
		arrival.token.length = 0;
	arrival.key = arena_copy(&request->arena, request->headers[HEADER_SEC_WEBSOCKET_KEY]);
	if (offers(request->headers[HEADER_SEC_WEBSOCKET_PROTOCOL], "centrifuge-json"))
		arrival.protocol = "centrifuge-json";
	arrive(request, &(struct reply){ .status = 101, .total = NO_TOTAL }, &arrival);
}

static void open_centrifuge(struct request *request)
{
	open_socket(request, WS_CENTRIFUGE);
}

static void open_plain(struct request *request)
{
	open_socket(request, WS_PLAIN);
}

/* ---- Centrifugo's streams ---- */

static const struct reply event_stream = {
	.status = 200,
	.type = "text/event-stream; charset=utf-8",
	.more = "X-Accel-Buffering: no\r\n",
	.total = NO_TOTAL,
};

static const struct reply line_stream = {
	.status = 200,
	.type = "application/json; charset=utf-8",
	.more = "X-Accel-Buffering: no\r\n",
	.total = NO_TOTAL,
};

static void open_lines(struct request *request)
{
	struct ws_arrival arrival = { .speech = WS_CENTRIFUGE_LINES, .words = request->body };

	if (!request->body.length || request->body.length > WORDS_MOST)
		refuse(request, PROBLEM_BAD_REQUEST, "The body is Centrifugo's connect command.");
	else if (has_room(request, NULL))
		arrive(request, &line_stream, &arrival);
}

/* The one parameter that is known; false: it has been refused. */
static bool read_query(struct request *request, const char *known, struct str *value)
{
	struct str rest = request->query, name, given;

	*value = STR("");
	while (request_query_next(request, &rest, &name, &given)) {
		if (!name.at || !str_is(name, known)) {
			refuse(request, PROBLEM_VALIDATION_FAILED,
			       arena_print(&request->arena, "The only parameter here is `%s`.", known));
			return false;
		}
		*value = given;
	}
	return true;
}

static void open_sse(struct request *request)
{
	struct ws_arrival arrival = { .speech = WS_CENTRIFUGE_EVENTS };

	if (!read_query(request, "cf_connect", &arrival.words))
		return;
	if (!arrival.words.length)
		refuse(request, PROBLEM_VALIDATION_FAILED, "`cf_connect` is Centrifugo's connect command.");
	else if (has_room(request, NULL))
		arrive(request, &event_stream, &arrival);
}

/* ---- Server-sent events for everyone ---- */

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
		refuse(request, status == DB_BUSY ? PROBLEM_BUSY : PROBLEM_DATABASE_DOWN, NULL);
	else if (memchr(db_rows_value(rows, 0, "may").at, 'f', db_rows_value(rows, 0, "may").length))
		refuse(request, PROBLEM_FORBIDDEN, "One of these channels is not for you, or there is none of that name.");
	else if (has_room(request, *listening->who.id ? listening->who.id : NULL))
		arrive(request, &event_stream, &arrival);
	request_release(request);
}

/* The same person for each of them. */
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
		refuse(request, outcome->status == DB_BUSY ? PROBLEM_BUSY : PROBLEM_DATABASE_DOWN, NULL);
	} else if (!outcome->member) {
		refuse(request, PROBLEM_USER_NOT_FOUND, "The token is valid, but nobody here belongs to it.");
	} else if (outcome->member->archived) {
		refuse(request, PROBLEM_ACCOUNT_ARCHIVED, NULL);
	} else {
		memcpy(listening->who.id, outcome->member->id, sizeof(listening->who.id));
		listening->who.expires_ms = outcome->identity->expires_ms;
		request->user_id = listening->who.id;
		ask_may(listening);
	}
	request_release(request);
}

/* Taken back, and answered to nobody. */
static void on_gone(struct request *request)
{
	struct listening *listening = request->asker;

	if (bearer_can_be_forgotten(&listening->bearer))
		bearer_forget(&listening->bearer);
	else if (listening->query.waiting)
		db_forget(&listening->query);
	else
		return;
	refuse(request, PROBLEM_INTERNAL, NULL);
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

/* False: it has been refused. */
static bool channels_are_known(struct request *request, struct str channels)
{
	struct str rest = channels, name, id;
	bool known = channels.length && channels.at[channels.length - 1] != ',';
	int count = 0;

	for (; known && str_cut(&rest, ',', &name); count++)
		known = channels_find(name, &id)
			&& !is_among((struct str){ channels.at, (size_t)(name.at - channels.at) }, name);
	if (known && count <= EVENT_CHANNELS)
		return true;
	refuse(request, PROBLEM_VALIDATION_FAILED,
	       "`channels` names what to listen to, each once, with commas between, 16 at the most: duty, note:{id}, …");
	return false;
}

static void open_events(struct request *request)
{
	struct listening *listening = arena_alloc(&request->arena, sizeof(*listening));
	struct str token;

	listening->request = request;
	listening->api = api_of(request);
	if (!read_query(request, "channels", &listening->channels)
	    || !channels_are_known(request, listening->channels))
		return;
	request->asker = listening;
	request->gone = on_gone;
	if (!request->headers[HEADER_AUTHORIZATION].at) {
		ask_may(listening);
		return;
	}
	if (!gate_read_token(request, &token)) {
		refuse(request, PROBLEM_UNAUTHENTICATED, NULL);
		return;
	}
	if (!auth_remembered(listening->api->auth, token) && !request_may_spend(request, LIMIT_FAILURES, STR("")))
		return;
	listening->bearer = (struct bearer){
		.api = listening->api,
		.arena = &request->arena,
		.done = on_bearer,
	};
	request_hold(request); /* until on_bearer() */
	bearer_judge(&listening->bearer, token);
}

/* ---- Who listens ---- */

static void add_guest(void *arg, const struct ws_guest *guest)
{
	struct buf *out = arg;
	char address[INET6_ADDRSTRLEN] = "", stamp[CLOCK_STAMP];

	inet_ntop(AF_INET6, &guest->address, address, sizeof(address));
	clock_stamp(stamp, guest->since_ms);
	buf_print(out, "%s{\"id\":\"%s\",\"transport\":\"%s\",\"user_id\":", out->at[out->length - 1] == '[' ? "" : ",",
	          guest->id, guest->speech);
	buf_print(out, *guest->user_id ? "\"%s\"" : "null", guest->user_id);
	buf_print(out, ",\"address\":\"%s\",\"connected_at\":\"%.23s+00:00\",\"channels\":%zu}",
	          str_begins(str_of(address), "::ffff:") ? address + 7 : address, stamp, guest->channels);
}

static size_t number_given(const struct call *call, const char *name)
{
	long long number = 0;

	for (int i = 0; i < call->endpoint->query_count; i++) {
		if (strcmp(call->endpoint->query[i]->name, name) == 0 && call->given[i])
			str_number(str_of(call->given[i]), &number);
	}
	return (size_t)number;
}

void guests_write(struct call *call, struct buf *members)
{
	const struct ws *ws = stream_ws(call->api->stream);

	buf_print(members, ",\"process\":\"%s\",\"process_connections\":%zu,\"connections\":[", ws_node(ws),
	          ws_count(ws));
	ws_each_guest(ws, number_given(call, "skip"), number_given(call, "limit"), add_guest, members);
	buf_char(members, ']');
}

const struct route socket_routes[] = {
	{ GET, "/connection/websocket", open_centrifuge },
	{ POST, "/connection/http_stream", open_lines },
	{ GET, "/connection/sse", open_sse },
	{ POST, "/emulation", emulation_run },
	{ GET, "/ws", open_plain },
	{ GET, "/api/v1/events", open_events, .streams = true },
	{ METHOD_NONE },
};
