/* socket.c: libwebsockets on our loop; the only file that says lws_.
 *
 * The happy path of a socket:
 *
 * - its handshake is written anew from what was checked, and given to libwebsockets with
 *   the descriptor and with what came behind the request: the 101 is out when
 *   socket_open() returns, and what came behind is heard on a later turn;
 * - frames come up in pieces of PIECE bytes at most; what is whole goes up as it is, what
 *   is not is put together;
 * - what goes down are frames that others have written: they are given to the socket as
 *   they are, and what it does not take libwebsockets keeps;
 * - it is closed: our close frame follows what was written, and the peer's ends it.
 *
 * When it goes wrong:
 *
 * - the socket is full: no more is written to it, and none of what its peer says is read,
 *   until all is out. (libwebsockets would gather, without a bound, what comes from one who
 *   breaks the protocol meanwhile.)
 * - what comes is no message of ours: it is closed with the code that says so;
 * - it breaks while it is written to: it is ended on the next turn, since libwebsockets
 *   would call back at once;
 * - the peer does not take the close frame, or does not answer it: it is ended after
 *   PATIENCE seconds;
 * - the peer breaks the protocol: libwebsockets says so to it, and ends it likewise.
 *
 * libwebsockets does more than is wanted of it. It has no listening socket; it reads no
 * handshake but ours, so that neither HTTP/2 nor CONNECT nor any extension is spoken; its own
 * timers for idle peers are off. It looks at its deadlines only after something has
 * happened, so whoever sets one from outside wakes it. Where it is asked to close a socket by the
 * result of a callback it may do so without a close frame (as Debian builds it: it closes twice, to
 * see whether that does harm), so we write ours ourselves. Its own look at UTF-8 takes pongs between
 * two frames for a part of the message, and overlooks where an empty last frame ends it within a
 * character: we look ourselves. It does not tell of a pong that is empty. */

#include <ctype.h>
#include <libwebsockets.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "arena.h"
#include "log.h"
#include "pump.h"
#include "transport.h"

enum {
	PIECE = 256,	       /* and what a quiet socket keeps to read into */
	PATIENCE = 5,	       /* libwebsockets has the same */
	WORDS_MOST = 123,      /* of a close frame */
	HANDSHAKE_MOST = 512,
	PROTOCOL_MOST = 64,
	TABLES_MOST = 1 << 18, /* descriptors that libwebsockets makes tables for, 16 bytes each */
	TURNS_TO_END = 100,
};

struct sockets {
	struct loop *loop;
	struct pump *pump;
	struct lws_context *context; /* NULL: libwebsockets is gone */
	size_t message_most;
	int most, count;
	struct socket *opening; /* the one whose handshake is being read */
	const char *protocol;   /* that it is told */
	struct later wake;
};

struct socket {
	struct sockets *sockets;
	struct peer *peer;
	struct lws *wsi;    /* NULL: there was no handshake */
	struct buf message; /* that is not whole yet */
	bool deaf;	    /* listen(false) */
	bool parting;	    /* our close frame is written */
};

static const struct transport transport;

/* ---- What libwebsockets is told to do later ---- */

static void on_wake(struct later *later)
{
	struct sockets *sockets = container_of(later, struct sockets, wake);

	lws_cancel_service(sockets->context);
	pump_turn(sockets->pump);
}

static void wake(struct sockets *sockets)
{
	loop_later(sockets->loop, &sockets->wake);
}

/* On the next turn, and without a word. */
static void end(struct socket *socket)
{
	socket->peer->closing = true;
	lws_set_timeout(socket->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
	wake(socket->sockets);
}

static void hear(struct socket *socket)
{
	lws_rx_flow_control(socket->wsi, !socket->deaf && !socket->peer->full);
}

/* ---- Down ---- */

/* False: it is broken. */
static bool put(struct socket *socket, const void *bytes, size_t length)
{
	struct peer *peer = socket->peer;

	/* As HTTP: its bytes are sent as they are. */
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
	/* What is answered is to be heard. */
	socket->deaf = false;
	hear(socket);
	frame[head] = (unsigned char)(code >> 8);
	frame[head + 1] = (unsigned char)code;
	if (words)
		memcpy(frame + head + 2, reason, words);
	if (put(socket, frame, head + 2 + words)) {
		lws_set_timeout(socket->wsi, PENDING_TIMEOUT_CLOSE_SEND, PATIENCE);
		wake(socket->sockets);
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

static const struct transport transport = { socket_write, socket_close, socket_listen };

/* ---- Up ---- */

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
		socket_close(peer, 1003, "text only");
		return;
	}
	if (lws_is_first_fragment(socket->wsi))
		buf_clear(message);
	if (left > sockets->message_most || message->length + piece.length + left > sockets->message_most) {
		socket_close(peer, 1009, "too long");
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
		socket_close(peer, 1007, "no UTF-8");
	buf_finish(message);
}

/* False: an answer needs none. */
static bool on_farewell(struct socket *socket, struct str words)
{
	if (words.length > 2 && !str_is_utf8((struct str){ words.at + 2, words.length - 2 }))
		socket_close(socket->peer, 1007, "no UTF-8");
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

	/* Before it was open: socket_open() says so. */
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

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
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
	case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL: /* its closing begins, for whatever reason */
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

/* ---- Opening ---- */

/* Sixteen bytes in base64, as browsers make them; four bits of the last letter stand for none. */
static bool is_key(const char *key)
{
	for (int i = 0; i < 22; i++) {
		if (!isalnum((unsigned char)key[i]) && key[i] != '+' && key[i] != '/')
			return false;
	}
	return strchr("AQgw", key[21]) && strcmp(key + 22, "==") == 0;
}

static bool is_protocol(const char *protocol)
{
	size_t length = strlen(protocol);

	for (size_t i = 0; i < length; i++) {
		if (!isalnum((unsigned char)protocol[i]) && !strchr("-._", protocol[i]))
			return false;
	}
	return length > 0 && length <= PROTOCOL_MOST;
}

static bool adopt(struct sockets *sockets, struct socket *socket, int fd, const struct handshake *handshake,
                  struct str rest)
{
	struct buf bytes = { 0 };
	struct lws *wsi;

	buf_reserve(&bytes, HANDSHAKE_MOST + rest.length);
	buf_print(&bytes,
	          "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n",
	          handshake->key);
	buf_str(&bytes, rest);
	sockets->opening = socket;
	sockets->protocol = handshake->protocol;
	wsi = lws_adopt_socket_readbuf(sockets->context, fd, bytes.at, bytes.length);
	sockets->opening = NULL;
	buf_finish(&bytes);
	if (wsi && !socket->wsi)
		lws_set_timeout(wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_SYNC);
	pump_soon(sockets->pump);
	return socket->wsi;
}

bool socket_open(struct sockets *sockets, struct peer *peer, int fd, const struct handshake *handshake, struct str rest)
{
	struct socket *socket;

	if (sockets->count >= sockets->most || !is_key(handshake->key)
	    || (handshake->protocol && !is_protocol(handshake->protocol))) {
		close(fd);
		return false;
	}
	socket = xcalloc(1, sizeof(*socket));
	socket->sockets = sockets;
	socket->peer = peer;
	peer->transport = &transport;
	peer->line = socket;
	peer->full = peer->closing = false;
	if (!adopt(sockets, socket, fd, handshake, rest)) {
		free(socket);
		peer->line = NULL;
		return false;
	}
	sockets->count++;
	return true;
}

int sockets_count(const struct sockets *sockets)
{
	return sockets->count;
}

/* ---- The room's libwebsockets ---- */

static const struct lws_protocols protocols[] = {
	/* No limit for what is sent at once: it would be cut into as many calls. */
	{ .name = "", .callback = on_lws, .rx_buffer_size = PIECE, .tx_packet_size = INT_MAX / 2 },
	{ 0 },
};

/* All zero: it asks nobody whether he is still there. */
static const lws_retry_bo_t never = { 0 };

static void on_line(int, const char *line)
{
	/* It says so of each socket it adopts, as if it were an error. */
	if (!strstr(line, "adopt_socket_readbuf"))
		log_error("ws.libwebsockets", kv_str("says", (struct str){ line, strcspn(line, "\n") }));
}

static struct lws_context *context_new(struct sockets *sockets)
{
	void *loops[] = { pump_inner(sockets->pump) };
	const struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = protocols,
		.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME,
		.foreign_loops = loops,
		.pcontext = &sockets->context,
		.retry_and_idle_policy = &never,
		.max_http_header_data = HANDSHAKE_MOST,
		.user = sockets,
	};
	struct rlimit kept, small;
	struct lws_context *context;

	/* It makes tables for as many descriptors as the process may have, and of far too many it
	 * makes far too few. */
	getrlimit(RLIMIT_NOFILE, &kept);
	small = kept;
	if (small.rlim_cur > TABLES_MOST)
		small.rlim_cur = TABLES_MOST;
	setrlimit(RLIMIT_NOFILE, &small);
	context = lws_create_context(&info);
	setrlimit(RLIMIT_NOFILE, &kept);
	return context;
}

struct sockets *sockets_new(struct loop *loop, size_t message_most, int most)
{
	struct sockets *sockets = xcalloc(1, sizeof(*sockets));

	sockets->loop = loop;
	sockets->message_most = message_most;
	sockets->most = most;
	sockets->wake.run = on_wake;
	lws_set_log_level(LLL_ERR, on_line); /* its warnings are about strangers */
	sockets->pump = pump_new(loop);
	if (sockets->pump)
		sockets->context = context_new(sockets);
	if (!sockets->context) {
		log_error("ws.no_libwebsockets");
		sockets_free(sockets);
		return NULL;
	}
	/* What it leaves for its first turns. */
	pump_turn(sockets->pump);
	return sockets;
}

/* Twice: first its handles are closed, which takes turns; then it goes, and says so at pcontext. */
static void context_free(struct sockets *sockets)
{
	for (int i = 0; i < TURNS_TO_END && sockets->context; i++) {
		lws_context_destroy(sockets->context);
		pump_turn(sockets->pump);
	}
}

void sockets_free(struct sockets *sockets)
{
	if (!sockets)
		return;
	context_free(sockets);
	loop_later_forget(sockets->loop, &sockets->wake);
	pump_free(sockets->pump);
	free(sockets);
}
