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
 * - the peer does not take or answer the close frame: the connection is closed after PATIENCE
 *   seconds;
 * - the peer violates the protocol: libwebsockets sends the close frame, with the same timeout.
 *
 * We write our own close frames: when a callback's result requests a close, libwebsockets as built
 * by Debian may skip the frame (it closes twice, to test that this is harmless). We check UTF-8
 * ourselves: the check of libwebsockets treats pongs between two frames as part of the message, and
 * misses a character cut off by an empty last frame. libwebsockets does not report empty pongs. */

#include <stdlib.h>

#include "websocket.h"

enum {
	PATIENCE = 5,	  /* same as libwebsockets */
	WORDS_MOST = 123, /* in a close frame */
};

/* On the next turn, without a close frame. */
static void end(struct socket *socket)
{
	socket->peer->closing = true;
	lws_set_timeout(socket->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
	sockets_wake(socket->sockets);
}

static void hear(struct socket *socket)
{
	lws_rx_flow_control(socket->wsi, !socket->deaf && !socket->peer->full);
}

/* ---- Output ---- */

/* False: the connection is broken. */
static bool put(struct socket *socket, const void *bytes, size_t length)
{
	struct peer *peer = socket->peer;

	/* LWS_WRITE_HTTP sends the bytes unchanged. */
	if (lws_write(socket->wsi, (unsigned char *)bytes, length, LWS_WRITE_HTTP) < 0) {
		end(socket);
		return false;
	}
	if (lws_partial_buffered(socket->wsi)) {
		peer->full = true;
		hear(socket);
		pump_soon(socket->sockets->pump);
	}
	return true;
}

static void socket_write(struct peer *peer, struct str bytes)
{
	if (!peer->closing)
		put(peer->line, bytes.at, bytes.length);
}

static void socket_close(struct peer *peer, int code, const char *reason)
{
	struct socket *socket = peer->line;
	unsigned char frame[FRAME_HEAD + 2 + WORDS_MOST];
	size_t words = reason ? strnlen(reason, WORDS_MOST) : 0, head = frame_head(FRAME_CLOSE, 2 + words, frame);

	if (peer->closing)
		return;
	peer->closing = socket->parting = true;
	/* The peer's close frame must be read. */
	socket->deaf = false;
	hear(socket);
	frame[head] = (unsigned char)(code >> 8);
	frame[head + 1] = (unsigned char)code;
	if (words)
		memcpy(frame + head + 2, reason, words);
	if (put(socket, frame, head + 2 + words)) {
		lws_set_timeout(socket->wsi, PENDING_TIMEOUT_CLOSE_SEND, PATIENCE);
		sockets_wake(socket->sockets);
	}
}

static void socket_listen(struct peer *peer, bool on)
{
	struct socket *socket = peer->line;

	if (peer->closing || socket->deaf == !on)
		return;
	socket->deaf = !on;
	hear(socket);
	pump_soon(socket->sockets->pump);
}

const struct transport socket_transport = { socket_write, socket_close, socket_listen };

/* ---- Input ---- */

static void on_piece(struct socket *socket, struct str piece)
{
	struct sockets *sockets = socket->sockets;
	struct peer *peer = socket->peer;
	struct buf *message = &socket->message;
	struct str text = piece;
	size_t left = lws_remaining_packet_payload(socket->wsi);

	if (peer->closing)
		return;
	if (lws_frame_is_binary(socket->wsi)) {
		socket_close(peer, 1003, "text messages only");
		return;
	}
	if (lws_is_first_fragment(socket->wsi))
		buf_clear(message);
	if (left > sockets->message_most || message->length + piece.length + left > sockets->message_most) {
		socket_close(peer, 1009, "message too long");
		return;
	}
	if (message->length || !lws_is_final_fragment(socket->wsi)) {
		buf_str(message, piece);
		if (!lws_is_final_fragment(socket->wsi))
			return;
		text = message->length ? buf_as_str(message) : STR("");
	}
	if (str_is_utf8(text))
		peer->ears->on_message(peer, text);
	else
		socket_close(peer, 1007, "invalid UTF-8");
	buf_finish(message);
}

/* False: do not answer the close frame; ours is already sent. */
static bool on_farewell(struct socket *socket, struct str words)
{
	if (words.length > 2 && !str_is_utf8((struct str){ words.at + 2, words.length - 2 }))
		socket_close(socket->peer, 1007, "invalid UTF-8");
	socket->peer->closing = true;
	return !socket->parting;
}

static void on_writable(struct socket *socket)
{
	struct peer *peer = socket->peer;

	if (!peer->full || lws_partial_buffered(socket->wsi))
		return;
	peer->full = false;
	hear(socket);
	if (!peer->closing)
		peer->ears->on_room(peer);
}

static void on_established(struct sockets *sockets, struct lws *wsi)
{
	struct socket *socket = sockets->opening;

	socket->wsi = wsi;
	lws_set_wsi_user(wsi, socket);
}

static void on_closed(struct socket *socket)
{
	struct peer *peer = socket->peer;

	/* Not open yet: socket_open() returns the failure. */
	if (socket->sockets->opening == socket) {
		socket->wsi = NULL;
		return;
	}
	socket->sockets->count--;
	buf_finish(&socket->message);
	free(socket);
	peer->line = NULL;
	peer->closing = true;
	peer->ears->on_closed(peer);
}

static int add_protocol(const char *protocol, struct lws_process_html_args *head)
{
	if (protocol)
		head->p += snprintf(head->p, (size_t)head->max_len, "Sec-WebSocket-Protocol: %s\r\n", protocol);
	return 0;
}

static struct sockets *sockets_of(struct lws *wsi)
{
	return lws_context_user(lws_get_context(wsi));
}

int socket_on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
	struct socket *socket = user;

	switch (reason) {
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return strcmp(in, "websocket") == 0 ? 0 : -1;
	case LWS_CALLBACK_HTTP:
		return -1;
	case LWS_CALLBACK_ADD_HEADERS:
		return add_protocol(sockets_of(wsi)->protocol, in);
	case LWS_CALLBACK_ESTABLISHED:
		on_established(sockets_of(wsi), wsi);
		return 0;
	case LWS_CALLBACK_RECEIVE:
		on_piece(socket, (struct str){ in ? in : "", length });
		return 0;
	case LWS_CALLBACK_RECEIVE_PONG:
		if (!socket->peer->closing)
			socket->peer->ears->on_pong(socket->peer);
		return 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		on_writable(socket);
		return 0;
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		return on_farewell(socket, (struct str){ in, length }) ? 0 : -1;
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
