/* websocket.c: reads from and writes to one WebSocket.
 *
 * Normal sequence:
 *
 * - frames arrive in pieces of a few bytes; a complete message is passed up as it is, a partial one
 *   is assembled first;
 * - output consists of complete frames, which are passed to the socket unchanged; libwebsockets
 *   buffers what the socket does not take;
 * - on close, our close frame follows the pending output, and the peer's close frame ends the
 *   connection.
 *
 * Failures:
 *
 * - the socket is full: nothing more is written to it or read from it until all output is sent
 *   (libwebsockets would otherwise buffer, without a bound, input from a peer that violates the
 *   protocol);
 * - a message is binary, too long or invalid UTF-8: the connection is closed with the matching
 *   code;
 * - a write fails: the connection is closed on the next turn, since libwebsockets would call back
 *   from inside the write;
 * - the peer does not take or answer the close frame: the connection is closed after CLOSE_TIMEOUT
 *   seconds;
 * - the peer violates the protocol: libwebsockets sends the close frame, with the same timeout.
 *
 * We write our own close frames: when a callback's result requests a close, libwebsockets as built
 * by Debian may skip the frame (it closes twice, to test that this is harmless). We check UTF-8
 * ourselves: the check of libwebsockets treats pongs between two frames as part of the message, and
 * misses a character cut off by an empty last frame. libwebsockets does not report empty pongs. */

#include <stdlib.h>

#include "frame.h"
#include "transport.h"
#include "uv_bridge.h"
#include "websocket_private.h"

enum {
	CLOSE_TIMEOUT = 5, /* same as libwebsockets */
	MAX_REASON = 123,  /* in a close frame */
};

/* ws_closes.def: libwebsockets itself sends PROTOCOL_ERROR. */
enum ws_close {
#define WS_CLOSE(name, ...) WS_CLOSE_##name,
#include "table/ws_closes.def"
#undef WS_CLOSE
};

static const struct {
	int code;
	const char *reason;
} closes[] = {
#define WS_CLOSE(name, code, reason, ...) { code, reason },
#include "table/ws_closes.def"
#undef WS_CLOSE
};

/* On the next turn, without a close frame. */
static void end(struct websocket *socket)
{
	socket->peer->closing = true;
	lws_set_timeout(socket->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
	websocket_server_wake(socket->server);
}

static void update_reading(struct websocket *socket)
{
	lws_rx_flow_control(socket->wsi, !socket->reading_paused && !socket->peer->full);
}

/* ---- Output ---- */

/* False: the connection is broken. */
static bool put(struct websocket *socket, const void *bytes, size_t length)
{
	struct peer *peer = socket->peer;

	/* LWS_WRITE_HTTP sends the bytes unchanged. */
	if (lws_write(socket->wsi, (unsigned char *)bytes, length, LWS_WRITE_HTTP) < 0) {
		end(socket);
		return false;
	}
	if (lws_partial_buffered(socket->wsi)) {
		peer->full = true;
		update_reading(socket);
		uv_bridge_run_soon(socket->server->bridge);
	}
	return true;
}

static void websocket_write(struct peer *peer, struct str bytes)
{
	if (!peer->closing)
		put(peer->impl, bytes.at, bytes.length);
}

static void websocket_close(struct peer *peer, int code, const char *reason)
{
	struct websocket *socket = peer->impl;
	unsigned char frame[FRAME_HEAD + 2 + MAX_REASON];
	size_t reason_length = reason ? strnlen(reason, MAX_REASON) : 0,
	       head = frame_head(FRAME_CLOSE, 2 + reason_length, frame);

	if (peer->closing)
		return;
	peer->closing = socket->close_sent = true;
	/* The peer's close frame must be read. */
	socket->reading_paused = false;
	update_reading(socket);
	frame[head] = (unsigned char)(code >> 8);
	frame[head + 1] = (unsigned char)code;
	if (reason_length)
		memcpy(frame + head + 2, reason, reason_length);
	if (put(socket, frame, head + 2 + reason_length)) {
		lws_set_timeout(socket->wsi, PENDING_TIMEOUT_CLOSE_SEND, CLOSE_TIMEOUT);
		websocket_server_wake(socket->server);
	}
}

static void websocket_set_reading(struct peer *peer, bool on)
{
	struct websocket *socket = peer->impl;

	if (peer->closing || socket->reading_paused == !on)
		return;
	socket->reading_paused = !on;
	update_reading(socket);
	uv_bridge_run_soon(socket->server->bridge);
}

const struct transport websocket_transport = { websocket_write, websocket_close,
	                                       websocket_set_reading };

/* ---- Input ---- */

static void close_invalid(struct peer *peer, enum ws_close why)
{
	websocket_close(peer, closes[why].code, closes[why].reason);
}

static void on_fragment(struct websocket *socket, struct str piece)
{
	struct websocket_server *server = socket->server;
	struct peer *peer = socket->peer;
	struct buf *message = &socket->message;
	struct str text = piece;
	size_t left = lws_remaining_packet_payload(socket->wsi);

	if (peer->closing)
		return;
	if (lws_frame_is_binary(socket->wsi)) {
		close_invalid(peer, WS_CLOSE_NOT_TEXT);
		return;
	}
	if (lws_is_first_fragment(socket->wsi))
		buf_clear(message);
	if (left > server->max_message
	    || message->length + piece.length + left > server->max_message) {
		close_invalid(peer, WS_CLOSE_TOO_LONG);
		return;
	}
	if (message->length || !lws_is_final_fragment(socket->wsi)) {
		buf_str(message, piece);
		if (!lws_is_final_fragment(socket->wsi))
			return;
		text = message->length ? buf_as_str(message) : STR("");
	}
	if (str_is_utf8(text))
		peer->handlers->on_message(peer, text);
	else
		close_invalid(peer, WS_CLOSE_INVALID_UTF8);
	buf_finish(message);
}

/* False: do not answer the close frame; ours is already sent. */
static bool on_peer_close(struct websocket *socket, struct str payload)
{
	if (payload.length > 2 && !str_is_utf8((struct str){ payload.at + 2, payload.length - 2 }))
		close_invalid(socket->peer, WS_CLOSE_INVALID_UTF8);
	socket->peer->closing = true;
	return !socket->close_sent;
}

static void on_writable(struct websocket *socket)
{
	struct peer *peer = socket->peer;

	if (!peer->full || lws_partial_buffered(socket->wsi))
		return;
	peer->full = false;
	update_reading(socket);
	if (!peer->closing)
		peer->handlers->on_drained(peer);
}

static void on_established(struct websocket_server *server, struct lws *wsi)
{
	struct websocket *socket = server->opening;

	socket->wsi = wsi;
	lws_set_wsi_user(wsi, socket);
}

static void on_closed(struct websocket *socket)
{
	struct peer *peer = socket->peer;

	/* Not open yet: websocket_open() returns the failure. */
	if (socket->server->opening == socket) {
		socket->wsi = NULL;
		return;
	}
	socket->server->count--;
	buf_finish(&socket->message);
	free(socket);
	peer->impl = NULL;
	peer->closing = true;
	peer->handlers->on_closed(peer);
}

static int add_subprotocol(const char *subprotocol, struct lws_process_html_args *head)
{
	if (subprotocol)
		head->p += snprintf(head->p, (size_t)head->max_len,
		                    "Sec-WebSocket-Protocol: %s\r\n", subprotocol);
	return 0;
}

static struct websocket_server *server_of(struct lws *wsi)
{
	return lws_context_user(lws_get_context(wsi));
}

int websocket_on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                     size_t length)
{
	struct websocket *socket = user;

	switch (reason) {
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return strcmp(in, "websocket") == 0 ? 0 : -1;
	case LWS_CALLBACK_HTTP:
		return -1;
	case LWS_CALLBACK_ADD_HEADERS:
		return add_subprotocol(server_of(wsi)->subprotocol, in);
	case LWS_CALLBACK_ESTABLISHED:
		on_established(server_of(wsi), wsi);
		return 0;
	case LWS_CALLBACK_RECEIVE:
		on_fragment(socket, (struct str){ in ? in : "", length });
		return 0;
	case LWS_CALLBACK_RECEIVE_PONG:
		if (!socket->peer->closing)
			socket->peer->handlers->on_pong(socket->peer);
		return 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		on_writable(socket);
		return 0;
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		return on_peer_close(socket, (struct str){ in, length }) ? 0 : -1;
	case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL: /* a close begins, for any reason */
		if (socket)
			socket->peer->closing = true;
		return 0;
	case LWS_CALLBACK_CLOSED:
		if (socket)
			on_closed(socket);
		return 0;
	default:
		return 0;
	}
}
