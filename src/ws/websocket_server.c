/* websocket_server.c: runs libwebsockets on our loop: startup, adoption of connections, shutdown. Only this
 * file and websocket.c call lws_ functions.
 *
 * A handshake is written again from the checked values and passed to libwebsockets with the
 * descriptor and the bytes that followed the request. The 101 has been sent when socket_open()
 * returns; the bytes that followed are processed on a later turn.
 *
 * Unneeded features of libwebsockets are off. It has no listening socket; it parses only handshakes
 * written here, so HTTP/2, CONNECT and extensions are never negotiated; its idle timers are
 * disabled. It checks its timeouts only after an event, so any caller that sets one from outside
 * wakes it. */

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "log.h"
#include "websocket.h"

enum {
	/* also the read buffer of an idle socket; a pong of 125 bytes must fit */
	PIECE = 128,
	HANDSHAKE_MOST = 512,
	PROTOCOL_MOST = 64,
	TABLES_MOST = 1 << 18, /* descriptors in libwebsockets' tables, 16 bytes each */
	TURNS_TO_END = 100,
};

/* ---- Setup ---- */

static void on_wake(struct deferred *deferred)
{
	struct sockets *sockets = container_of(deferred, struct sockets, wake);

	lws_cancel_service(sockets->context);
	pump_turn(sockets->pump);
}

void sockets_wake(struct sockets *sockets)
{
	loop_defer(sockets->loop, &sockets->wake);
}

static const struct lws_protocols protocols[] = {
	/* No limit per write: otherwise a write is split into many calls. */
	{ .name = "", .callback = socket_on_lws, .rx_buffer_size = PIECE, .tx_packet_size = INT_MAX / 2 },
	{ 0 },
};

/* All zero: no keepalive pings. */
static const lws_retry_bo_t never = { 0 };

static void on_line(int, const char *line)
{
	/* libwebsockets logs this for each adopted socket, at error level. */
	if (!strstr(line, "adopt_socket_readbuf"))
		log_error("ws.libwebsockets",
		          kv_str("message", (struct str){ line, strcspn(line, "\n") }));
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

	/* libwebsockets sizes its tables by the descriptor limit, and overflows to tables that
	 * are far too small when the limit is very high. */
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
	lws_set_log_level(LLL_ERR, on_line); /* its warnings are about clients' input */
	sockets->pump = pump_new(loop);
	if (sockets->pump)
		sockets->context = context_new(sockets);
	if (!sockets->context) {
		log_error("ws.libwebsockets_not_started");
		sockets_free(sockets);
		return NULL;
	}
	/* Runs the work it defers to its first iterations. */
	pump_turn(sockets->pump);
	return sockets;
}

/* Twice: the first call closes its handles, which takes some iterations; the second frees the
 * context and sets pcontext to NULL. */
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
	loop_defer_cancel(sockets->loop, &sockets->wake);
	pump_free(sockets->pump);
	free(sockets);
}

int sockets_count(const struct sockets *sockets)
{
	return sockets->count;
}

/* ---- Connections ---- */

/* 16 bytes in base64, as browsers send them; the unused four bits of the last character are
 * zero. */
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
	peer->transport = &socket_transport;
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
