/* sse.c: GET /api/v1/events, server-sent events.
 *
 * Normal sequence: the channels are parsed; the token, if there is one, is authenticated; the
 * database authorizes all subscriptions; the connection is taken over from HTTP.
 *
 * Failures are reported before the stream begins, because a browser does not reconnect after an
 * error status, but does after a disconnect. */

#include "channel_list.h"
#include "config.h"
#include "handshake.h"
#include "log.h"
#include "reject.h"
#include "sse.h"
#include "state.h"

struct stream {
	struct request *request;
	struct live *live;
	struct authentication authentication;
	struct ws_identity identity;
	enum role role;
	struct channel_list channels;
	struct db_query query;
	const char *values[2];
};

static void on_authorized(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct stream *stream = container_of(query, struct stream, query);
	struct request *request = stream->request;
	struct str allowed = STR("");
	struct ws_incoming incoming = {
		.protocol = WS_SSE,
		.identity = stream->identity,
		.payload = stream->channels.names,
		.last_event_id = request->headers[HEADER_LAST_EVENT_ID],
	};

	if (status == DB_OK && db_rows_count(rows) > 0)
		allowed = db_rows_value(rows, 0, "allowed");
	if (status != DB_OK)
		reject_db(request, query->statement, status, rows);
	else if (!channel_list_all_allowed(&stream->channels, allowed))
		channel_list_reject(&stream->channels, request, allowed, stream->role);
	else if (handshake_check_limits(request, *stream->identity.id ? stream->identity.id : NULL))
		handshake_accept(request, &sse_reply, &incoming);
	request_release(request);
}

/* An array with one entry of `text` for each channel. */
static const char *repeat(struct stream *stream, const char *text)
{
	struct buf out = { 0 };
	const char *copy;
	size_t count = stream->channels.count;

	buf_char(&out, '{');
	while (count--)
		buf_print(&out, "%s%s", text, count ? "," : "}");
	copy = arena_copy(&stream->request->arena, buf_as_str(&out));
	buf_finish(&out);
	return copy;
}

static void authorize_channels(struct stream *stream)
{
	struct arena *arena = &stream->request->arena;

	stream->values[0] = arena_print(arena, "{%.*s}", STR_ARGS(stream->channels.names));
	stream->values[1] = repeat(stream, *stream->identity.id ? stream->identity.id : "null");
	stream->query = (struct db_query){
		.statement = SQL_CHANNELS_AUTHORIZE,
		.params = stream->values,
		.done = on_authorized,
	};
	request_hold(stream->request);
	db_run(stream->live->db, &stream->query);
}

static void on_authenticated(struct authentication *authentication,
                             const struct authentication_outcome *outcome)
{
	struct stream *stream = container_of(authentication, struct stream, authentication);
	struct request *request = stream->request;

	if (outcome->result != AUTH_OK) {
		reject_token(request, outcome->result, authentication->auth.hint);
	} else if (outcome->status != DB_OK) {
		reject_db(request, outcome->sql, outcome->status, outcome->rows);
	} else if (!outcome->user) {
		reject(request, PROBLEM_USER_NOT_FOUND,
		       "The token is valid, but no user matches it.");
	} else if (outcome->user->archived) {
		reject(request, PROBLEM_ACCOUNT_ARCHIVED, NULL);
	} else {
		memcpy(stream->identity.id, outcome->user->id, sizeof(stream->identity.id));
		stream->role = outcome->user->role;
		stream->identity.expires_ms = outcome->identity->expires_ms;
		request_log(request, kv_text("enduser.id", stream->identity.id));
		authorize_channels(stream);
	}
	request_release(request);
}

/* Cancels the lookup. The request must still be answered, because that ends it; the response is not
 * sent. */
static void on_disconnect(struct request *request)
{
	struct stream *stream = request->owner;

	if (authenticate_can_cancel(&stream->authentication))
		authenticate_cancel(&stream->authentication);
	else if (stream->query.waiting)
		db_cancel(&stream->query);
	else
		return;
	reject(request, PROBLEM_INTERNAL, NULL);
	request_release(request);
}

void sse_open(struct request *request)
{
	struct stream *stream = arena_alloc(&request->arena, sizeof(*stream));
	struct str token;

	stream->request = request;
	stream->live = live_of(request);
	stream->role = PUBLIC;
	if (!channel_list_read(&stream->channels, request,
	                       (size_t)stream->live->config->ws_channels))
		return;
	request->owner = stream;
	request->on_disconnect = on_disconnect;
	if (!request->headers[HEADER_AUTHORIZATION].at) {
		authorize_channels(stream);
		return;
	}
	if (!access_read_token(request, &token)) {
		reject(request, PROBLEM_UNAUTHENTICATED, NULL);
		return;
	}
	if (!access_check_failures(stream->live->access, request, token))
		return;
	stream->authentication = (struct authentication){
		.access = stream->live->access,
		.arena = &request->arena,
		.done = on_authenticated,
	};
	request_hold(request); /* until on_authenticated() */
	authenticate_token(&stream->authentication, token);
}
