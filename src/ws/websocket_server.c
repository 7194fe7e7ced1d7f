/* websocket_server.c: runs libwebsockets on our loop: startup, adoption of connections, shutdown.
 * Only this file and websocket.c call lws_ functions.
 *
 * A handshake is written again from the checked values and passed to libwebsockets with the
 * descriptor and the bytes that followed the request. The 101 has been sent when websocket_open()
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

#include "arena.h"
#include "log.h"
#include "transport.h"
#include "uv_bridge.h"
#include "websocket.h"
#include "websocket_private.h"

enum {
	/* also the read buffer of an idle socket; a pong of 125 bytes must fit */
	READ_SIZE = 128,
	MAX_HANDSHAKE = 512,
	MAX_SUBPROTOCOL = 64,
	MAX_DESCRIPTORS = 1 << 18, /* descriptors in libwebsockets' tables, 16 bytes each */
	SHUTDOWN_TURNS = 100,
};

/* ---- Setup ---- */

static void on_wake(struct deferred *deferred)
{
	struct websocket_server *server = container_of(deferred, struct websocket_server, wake);

	lws_cancel_service(server->context);
	uv_bridge_run(server->bridge);
}

static const struct lws_protocols protocol_table[] = {
	/* No limit per write: otherwise a write is split into many calls. */
	{ .name = "",
	  .callback = websocket_on_lws,
	  .rx_buffer_size = READ_SIZE,
	  .tx_packet_size = INT_MAX / 2 },
	{ 0 },
};

/* All zero: no keepalive pings. */
static const lws_retry_bo_t never = { 0 };

static void on_log_line(int, const char *line)
{
	/* libwebsockets logs this for each adopted socket, at error level. */
	if (!strstr(line, "adopt_socket_readbuf"))
		log_error("ws.libwebsockets",
		          kv_str("message", (struct str){ line, strcspn(line, "\n") }));
}

static struct lws_context *context_new(struct websocket_server *server)
{
	void *loops[] = { uv_bridge_loop(server->bridge) };
	const struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = protocol_table,
		.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME,
		.foreign_loops = loops,
		.pcontext = &server->context,
		.retry_and_idle_policy = &never,
		.max_http_header_data = MAX_HANDSHAKE,
		.user = server,
	};
	struct rlimit kept, small;
	struct lws_context *context;

	/* libwebsockets sizes its tables by the descriptor limit, and overflows to tables that
	 * are far too small when the limit is very high. */
	getrlimit(RLIMIT_NOFILE, &kept);
	small = kept;
	if (small.rlim_cur > MAX_DESCRIPTORS)
		small.rlim_cur = MAX_DESCRIPTORS;
	setrlimit(RLIMIT_NOFILE, &small);
	context = lws_create_context(&info);
	setrlimit(RLIMIT_NOFILE, &kept);
	return context;
}

struct websocket_server *websocket_server_new(struct loop *loop, size_t max_message, int max)
{
	struct websocket_server *server = xcalloc(1, sizeof(*server));

	server->loop = loop;
	server->max_message = max_message;
	server->max = max;
	server->wake.run = on_wake;
	lws_set_log_level(LLL_ERR, on_log_line); /* its warnings are about clients' input */
	server->bridge = uv_bridge_new(loop);
	if (server->bridge)
		server->context = context_new(server);
	if (!server->context) {
		log_error("ws.libwebsockets_not_started");
		websocket_server_free(server);
		return NULL;
	}
	/* Runs the work it defers to its first iterations. */
	uv_bridge_run(server->bridge);
	return server;
}

/* Twice: the first call closes its handles, which takes some iterations; the second frees the
 * context and sets pcontext to NULL. */
static void context_free(struct websocket_server *server)
{
	for (int i = 0; i < SHUTDOWN_TURNS && server->context; i++) {
		lws_context_destroy(server->context);
		uv_bridge_run(server->bridge);
	}
}

void websocket_server_free(struct websocket_server *server)
{
	if (!server)
		return;
	context_free(server);
	loop_defer_cancel(server->loop, &server->wake);
	uv_bridge_free(server->bridge);
	free(server);
}

int websocket_server_count(const struct websocket_server *server)
{
	return server->count;
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

static bool is_subprotocol(const char *subprotocol)
{
	size_t length = strlen(subprotocol);

	for (size_t i = 0; i < length; i++) {
		if (!isalnum((unsigned char)subprotocol[i]) && !strchr("-._", subprotocol[i]))
			return false;
	}
	return length > 0 && length <= MAX_SUBPROTOCOL;
}

static bool adopt(struct websocket_server *server, struct websocket *socket, int fd,
                  const struct handshake *handshake, struct str rest)
{
	struct buf bytes = { 0 };
	struct lws *wsi;

	buf_reserve(&bytes, MAX_HANDSHAKE + rest.length);
	buf_print(
		&bytes,
		"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n",
		handshake->key);
	buf_str(&bytes, rest);
	server->opening = socket;
	server->subprotocol = handshake->subprotocol;
	wsi = lws_adopt_socket_readbuf(server->context, fd, bytes.at, bytes.length);
	server->opening = NULL;
	buf_finish(&bytes);
	if (wsi && !socket->wsi)
		lws_set_timeout(wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_SYNC);
	return socket->wsi;
}

bool websocket_open(struct websocket_server *server, struct peer *peer, int fd,
                    const struct handshake *handshake, struct str rest)
{
	struct websocket *socket;

	if (server->count >= server->max || !is_key(handshake->key)
	    || (handshake->subprotocol && !is_subprotocol(handshake->subprotocol))) {
		close(fd);
		return false;
	}
	socket = xcalloc(1, sizeof(*socket));
	socket->server = server;
	socket->peer = peer;
	peer->transport = &websocket_transport;
	peer->impl = socket;
	peer->full = peer->closing = false;
	if (!adopt(server, socket, fd, handshake, rest)) {
		free(socket);
		peer->impl = NULL;
		return false;
	}
	server->count++;
	return true;
}
