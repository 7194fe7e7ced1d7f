/* handshake.c: takes connections over from HTTP: WebSockets and streams.
 *
 * Normal sequence: the request is a handshake or opens a stream; the limits on connections
 * permit it; the connection is taken over and becomes a client of ws. A WebSocket's token may be in
 * the Authorization header, but most clients send it in their first message.
 *
 * Failures: 426 if the request is not a handshake, 400 if the handshake is malformed, 503 if
 * there are too many connections or the process is shutting down. */

#include "handshake.h"
#include "live_routes.h"
#include "parameter.h"
#include "reject.h"
#include "state.h"

enum { MAX_COMMAND = 16 * 1024 };

const struct reply sse_reply = {
	.status = 200,
	.type = "text/event-stream; charset=utf-8",
	.extra_headers = "X-Accel-Buffering: no\r\n",
	.total = NO_TOTAL,
};

bool handshake_check_limits(struct request *request, const char *user_id)
{
	if (live_of(request)->draining)
		reject(request, PROBLEM_SHUTTING_DOWN, NULL);
	else if (!ws_has_capacity(live_of(request)->ws, &request->address, user_id))
		reject(request, PROBLEM_TOO_MANY_CONNECTIONS, NULL);
	else
		return true;
	return false;
}

void handshake_accept(struct request *request, const struct reply *reply,
                      struct ws_incoming *incoming)
{
	struct detached taken;

	if (!request_detach(request, reply, &taken))
		return;
	incoming->fd = taken.fd;
	incoming->rest = buf_as_str(&taken.rest);
	incoming->address = request->address;
	ws_accept(live_of(request)->ws, incoming);
	buf_finish(&taken.rest);
}

/* ---- WebSockets ---- */

static bool key_is_valid(struct str key)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	/* 16 bytes: the last character before the padding carries two bits. */
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
		request_problem(
			request,
			&(struct problem_reply){
				.problem = &problem_rows[PROBLEM_UPGRADE_REQUIRED],
				.extra_headers =
					"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
			});
		return false;
	}
	if (!key_is_valid(request->headers[HEADER_SEC_WEBSOCKET_KEY])) {
		reject(request, PROBLEM_BAD_REQUEST,
		       "Sec-WebSocket-Key must be 16 bytes in base64.");
		return false;
	}
	return true;
}

static void open_websocket(struct request *request, enum ws_protocol protocol)
{
	struct ws_incoming incoming = { .protocol = protocol };

	if (!is_handshake(request) || !handshake_check_limits(request, NULL))
		return;
	access_read_token(request, &incoming.token);
	if (incoming.token.length > MAX_TOKEN_BYTES)
		incoming.token.length = 0;
	incoming.key = arena_copy(&request->arena, request->headers[HEADER_SEC_WEBSOCKET_KEY]);
	if (offers(request->headers[HEADER_SEC_WEBSOCKET_PROTOCOL], "centrifuge-json"))
		incoming.subprotocol = "centrifuge-json";
	handshake_accept(request, &(struct reply){ .status = 101, .total = NO_TOTAL }, &incoming);
}

void handshake_centrifuge(struct request *request)
{
	open_websocket(request, WS_CENTRIFUGE);
}

void handshake_json(struct request *request)
{
	open_websocket(request, WS_JSON);
}

/* ---- Streams of the Centrifugo protocol ---- */

static const struct reply http_stream_reply = {
	.status = 200,
	.type = "application/json; charset=utf-8",
	.extra_headers = "X-Accel-Buffering: no\r\n",
	.total = NO_TOTAL,
};

void handshake_http_stream(struct request *request)
{
	struct ws_incoming incoming = { .protocol = WS_CENTRIFUGE_HTTP_STREAM,
		                        .payload = request->body };

	if (!request->body.length)
		reject(request, PROBLEM_BAD_REQUEST,
		       "The body must be a Centrifugo connect command.");
	else if (request->body.length > MAX_COMMAND)
		reject(request, PROBLEM_BODY_TOO_LARGE,
		       "A Centrifugo connect command has at most 16 KiB.");
	else if (handshake_check_limits(request, NULL))
		handshake_accept(request, &http_stream_reply, &incoming);
}

static void on_payload(void *arg, struct str value)
{
	((struct ws_incoming *)arg)->payload = value;
}

void handshake_centrifuge_sse(struct request *request)
{
	static const struct field *const field = live_sse_connect_query;
	struct ws_incoming incoming = { .protocol = WS_CENTRIFUGE_SSE };
	struct validation_errors errors = { 0 };

	parameter_read(request, field, &errors, on_payload, &incoming);
	if (!errors.count && !incoming.payload.length)
		validation_errors_add(&errors, "parameter", str_of(field->name), "too_short",
		                      "must not be empty");
	if (errors.count)
		validation_errors_reject(&errors, request, PROBLEM_VALIDATION_FAILED,
		                         "The only parameter is `cf_connect`.");
	else if (handshake_check_limits(request, NULL))
		handshake_accept(request, &sse_reply, &incoming);
	validation_errors_finish(&errors);
}
