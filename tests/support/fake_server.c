/* fake_server.c: a server on loopback that answers as badly as a test wants it to. */

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdlib.h>

#include "arena.h"
#include "fake_server.h"

/* One connection. */
struct guest {
	struct fake_server *peer, told; /* a copy: what the peer was told when it began to speak */
	struct bufferevent *stream;
	struct event *drip;
	struct buf request, answer;
	size_t said;
	struct guest *next;
};

static void leave(struct guest *guest)
{
	if (guest->stream)
		bufferevent_free(guest->stream);
	guest->stream = NULL;
}

static void on_written(struct bufferevent *stream, void *arg)
{
	struct guest *guest = arg;

	if (evbuffer_get_length(bufferevent_get_output(stream)))
		return;
	if (guest->told.floods && guest->said)
		bufferevent_write(stream, guest->answer.at, guest->answer.length);
	else if (guest->told.leaves && guest->said == guest->answer.length)
		leave(guest);
}

static void on_drip(evutil_socket_t, short, void *arg)
{
	struct guest *guest = arg;

	if (!guest->stream || guest->said == guest->answer.length)
		return;
	bufferevent_write(guest->stream, guest->answer.at + guest->said++, 1);
	event_add(guest->drip, &(struct timeval){ .tv_usec = guest->told.drip_ms * 1000 });
}

static void speak(struct guest *guest)
{
	struct fake_server *peer = guest->peer;

	if (peer->never || guest->said)
		return;
	guest->told = *peer;
	buf_clear(&guest->answer);
	buf_add(&guest->answer, peer->answer, peer->length ? peer->length : strlen(peer->answer));
	if (peer->drip_ms) {
		on_drip(-1, 0, guest);
		return;
	}
	guest->said = guest->answer.length;
	if (guest->said)
		bufferevent_write(guest->stream, guest->answer.at, guest->said);
	else if (peer->leaves)
		leave(guest);
}

static void on_request(struct bufferevent *stream, void *arg)
{
	struct guest *guest = arg;
	struct fake_server *peer = guest->peer;
	struct evbuffer *input = bufferevent_get_input(stream);
	size_t length = evbuffer_get_length(input);
	bool is_known = strstr(buf_cstr(&guest->request), "\r\n\r\n") != NULL;

	buf_add(&guest->request, evbuffer_pullup(input, -1), length);
	evbuffer_drain(input, length);
	buf_clear(&peer->request);
	buf_str(&peer->request, buf_as_str(&guest->request));
	if (!strstr(buf_cstr(&guest->request), "\r\n\r\n"))
		return;
	if (peer->asked && !is_known)
		peer->asked(peer);
	speak(guest);
}

static void on_event(struct bufferevent *stream, short what, void *arg)
{
	struct guest *guest = arg;

	if (what & BEV_EVENT_CONNECTED) {
		if (guest->peer->speaks_first)
			speak(guest);
	} else {
		(void)stream;
		leave(guest);
	}
}

static void on_accept(struct evconnlistener *, evutil_socket_t fd, struct sockaddr *, int, void *arg)
{
	struct fake_server *peer = arg;
	struct guest *guest = xcalloc(1, sizeof(*guest));

	peer->accepted++;
	buf_clear(&peer->request);
	guest->peer = peer;
	guest->next = peer->guests;
	peer->guests = guest;
	guest->drip = evtimer_new(peer->base, on_drip, guest);
	if (peer->tls)
		guest->stream = bufferevent_openssl_socket_new(peer->base, fd, SSL_new(peer->tls),
		                                               BUFFEREVENT_SSL_ACCEPTING,
		                                               BEV_OPT_CLOSE_ON_FREE);
	else
		guest->stream = bufferevent_socket_new(peer->base, fd, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(guest->stream, on_request, on_written, on_event, guest);
	bufferevent_enable(guest->stream, EV_READ | EV_WRITE);
	if (!peer->tls && peer->speaks_first)
		speak(guest);
}

bool fake_server_open(struct fake_server *peer, struct loop *loop, const char *address)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)peer->port) };
	socklen_t size = sizeof(in);

	inet_pton(AF_INET, address, &in.sin_addr);
	peer->base = loop_base(loop);
	peer->listener = evconnlistener_new_bind(peer->base, on_accept, peer,
	                                         LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, 16,
	                                         (struct sockaddr *)&in, sizeof(in));
	if (!peer->listener)
		return false;
	getsockname(evconnlistener_get_fd(peer->listener), (struct sockaddr *)&in, &size);
	peer->port = ntohs(in.sin_port);
	return true;
}

void fake_server_close(struct fake_server *peer)
{
	while (peer->guests) {
		struct guest *guest = peer->guests;

		peer->guests = guest->next;
		leave(guest);
		event_free(guest->drip);
		buf_finish(&guest->request);
		buf_finish(&guest->answer);
		free(guest);
	}
	if (peer->listener)
		evconnlistener_free(peer->listener);
	peer->listener = NULL;
	SSL_CTX_free(peer->tls);
	peer->tls = NULL;
	buf_finish(&peer->request);
}

static void on_late(evutil_socket_t, short, void *arg)
{
	*(bool *)arg = true;
}

bool turn_until(struct loop *loop, const bool *flag, int ms)
{
	bool late = false;
	struct event *timer = evtimer_new(loop_base(loop), on_late, &late);

	event_add(timer, &(struct timeval){ ms / 1000, ms % 1000 * 1000 });
	while (!*flag && !late)
		loop_turn(loop);
	event_free(timer);
	return *flag;
}
