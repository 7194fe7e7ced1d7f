/* fake_server.c: a server on loopback that sends a prepared answer, which may be broken. */

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdlib.h>

#include "arena.h"
#include "fake_server.h"

/* One connection. */
struct fake_conn {
	struct fake_server *server;
	struct fake_server settings; /* copied when the answer begins */
	struct bufferevent *stream;
	struct event *drip;
	struct buf request, answer;
	size_t sent;
	struct fake_conn *next;
};

static void close_conn(struct fake_conn *conn)
{
	if (conn->stream)
		bufferevent_free(conn->stream);
	conn->stream = NULL;
}

static void on_written(struct bufferevent *stream, void *arg)
{
	struct fake_conn *conn = arg;

	if (evbuffer_get_length(bufferevent_get_output(stream)))
		return;
	if (conn->settings.repeats && conn->sent)
		bufferevent_write(stream, conn->answer.at, conn->answer.length);
	else if (conn->settings.closes && conn->sent == conn->answer.length)
		close_conn(conn);
}

static void on_drip(evutil_socket_t, short, void *arg)
{
	struct fake_conn *conn = arg;

	if (!conn->stream || conn->sent == conn->answer.length)
		return;
	bufferevent_write(conn->stream, conn->answer.at + conn->sent++, 1);
	event_add(conn->drip, &(struct timeval){ .tv_usec = conn->settings.drip_ms * 1000 });
}

static void send_answer(struct fake_conn *conn)
{
	struct fake_server *server = conn->server;

	if (server->silent || conn->sent)
		return;
	conn->settings = *server;
	buf_clear(&conn->answer);
	buf_add(&conn->answer, server->answer,
	        server->length ? server->length : strlen(server->answer));
	if (server->drip_ms) {
		on_drip(-1, 0, conn);
		return;
	}
	conn->sent = conn->answer.length;
	if (conn->sent)
		bufferevent_write(conn->stream, conn->answer.at, conn->sent);
	else if (server->closes)
		close_conn(conn);
}

static void on_request(struct bufferevent *stream, void *arg)
{
	struct fake_conn *conn = arg;
	struct fake_server *server = conn->server;
	struct evbuffer *input = bufferevent_get_input(stream);
	size_t length = evbuffer_get_length(input);
	bool had_head = strstr(buf_cstr(&conn->request), "\r\n\r\n") != NULL;

	buf_add(&conn->request, evbuffer_pullup(input, -1), length);
	evbuffer_drain(input, length);
	buf_clear(&server->request);
	buf_str(&server->request, buf_as_str(&conn->request));
	if (!strstr(buf_cstr(&conn->request), "\r\n\r\n"))
		return;
	if (server->on_request && !had_head)
		server->on_request(server);
	send_answer(conn);
}

static void on_event(struct bufferevent *stream, short what, void *arg)
{
	struct fake_conn *conn = arg;

	if (what & BEV_EVENT_CONNECTED) {
		if (conn->server->sends_first)
			send_answer(conn);
	} else {
		(void)stream;
		close_conn(conn);
	}
}

static void on_accept(struct evconnlistener *, evutil_socket_t fd, struct sockaddr *, int,
                      void *arg)
{
	struct fake_server *server = arg;
	struct fake_conn *conn = xcalloc(1, sizeof(*conn));

	server->accepted++;
	buf_clear(&server->request);
	conn->server = server;
	conn->next = server->conns;
	server->conns = conn;
	conn->drip = evtimer_new(server->base, on_drip, conn);
	if (server->tls)
		conn->stream = bufferevent_openssl_socket_new(
			server->base, fd, SSL_new(server->tls), BUFFEREVENT_SSL_ACCEPTING,
			BEV_OPT_CLOSE_ON_FREE);
	else
		conn->stream = bufferevent_socket_new(server->base, fd, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(conn->stream, on_request, on_written, on_event, conn);
	bufferevent_enable(conn->stream, EV_READ | EV_WRITE);
	if (!server->tls && server->sends_first)
		send_answer(conn);
}

bool fake_server_open(struct fake_server *server, struct loop *loop, const char *address)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		                  .sin_port = htons((uint16_t)server->port) };
	socklen_t size = sizeof(in);

	inet_pton(AF_INET, address, &in.sin_addr);
	server->base = loop_base(loop);
	server->listener = evconnlistener_new_bind(server->base, on_accept, server,
	                                           LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, 16,
	                                           (struct sockaddr *)&in, sizeof(in));
	if (!server->listener)
		return false;
	getsockname(evconnlistener_get_fd(server->listener), (struct sockaddr *)&in, &size);
	server->port = ntohs(in.sin_port);
	return true;
}

void fake_server_close(struct fake_server *server)
{
	while (server->conns) {
		struct fake_conn *conn = server->conns;

		server->conns = conn->next;
		close_conn(conn);
		event_free(conn->drip);
		buf_finish(&conn->request);
		buf_finish(&conn->answer);
		free(conn);
	}
	if (server->listener)
		evconnlistener_free(server->listener);
	server->listener = NULL;
	SSL_CTX_free(server->tls);
	server->tls = NULL;
	buf_finish(&server->request);
}

static void on_timeout(evutil_socket_t, short, void *arg)
{
	*(bool *)arg = true;
}

bool turn_until(struct loop *loop, const bool *flag, int ms)
{
	bool expired = false;
	struct event *timer = evtimer_new(loop_base(loop), on_timeout, &expired);

	event_add(timer, &(struct timeval){ ms / 1000, ms % 1000 * 1000 });
	while (!*flag && !expired)
		loop_turn(loop);
	event_free(timer);
	return *flag;
}
