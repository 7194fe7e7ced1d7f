/* http_stream.c: a connection whose HTTP response has begun and does not end.
 *
 * Normal sequence: output is written to the socket at once. On close, the pending output is sent,
 * then the sending side is shut down, and the connection is read until the client closes it, too.
 *
 * Failures:
 *
 * - the socket is full: the rest is buffered, and the peer is full until all of it is sent;
 * - the client sends data: it is discarded, and a client that sends more than MAX_INPUT bytes is
 *   disconnected;
 * - the client has closed its connection or its sending side: the connection is closed at the end
 *   of the turn;
 * - on close, the client does not take the rest: it is disconnected after CLOSE_TIMEOUT seconds. */

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arena.h"
#include "http_stream.h"
#include "loop.h"
#include "transport.h"

enum { MAX_INPUT = 64 * 1024 };

static const struct timeval CLOSE_TIMEOUT = { 5, 0 };

struct http_stream {
	struct peer *peer;
	struct loop *loop;
	int fd;
	size_t input_bytes;
	struct buf unsent;
	size_t sent; /* bytes of `unsent` already sent */
	struct event readable, writable;
	struct event *close_timer; /* set while closing */
	struct deferred closing;
};

static void finish(struct http_stream *stream)
{
	struct peer *peer = stream->peer;

	loop_defer_cancel(stream->loop, &stream->closing);
	event_del(&stream->readable);
	event_del(&stream->writable);
	if (stream->close_timer)
		event_free(stream->close_timer);
	close(stream->fd);
	buf_finish(&stream->unsent);
	free(stream);
	peer->impl = NULL;
	peer->closing = true;
	peer->handlers->on_closed(peer);
}

static void on_closing(struct deferred *deferred)
{
	finish(container_of(deferred, struct http_stream, closing));
}

static void close_soon(struct http_stream *stream)
{
	stream->peer->closing = true;
	loop_defer(stream->loop, &stream->closing);
}

/* Returns how much the socket took; -1: the connection is broken. */
static ssize_t send_some(struct http_stream *stream, struct str bytes)
{
	ssize_t n = send(stream->fd, bytes.at, bytes.length, MSG_NOSIGNAL);

	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : n;
}

static void shut_down_output(struct http_stream *stream)
{
	shutdown(stream->fd, SHUT_WR);
}

static void on_writable(evutil_socket_t, short, void *arg)
{
	struct http_stream *stream = arg;
	struct peer *peer = stream->peer;
	ssize_t n = send_some(stream, (struct str){ stream->unsent.at + stream->sent,
	                                            stream->unsent.length - stream->sent });

	if (n < 0) {
		close_soon(stream);
		return;
	}
	stream->sent += (size_t)n;
	if (stream->sent < stream->unsent.length)
		return;
	event_del(&stream->writable);
	buf_finish(&stream->unsent);
	stream->sent = 0;
	peer->full = false;
	if (peer->closing)
		shut_down_output(stream);
	else
		peer->handlers->on_drained(peer);
}

static void on_readable(evutil_socket_t, short, void *arg)
{
	struct http_stream *stream = arg;
	char bytes[4096];
	ssize_t n = recv(stream->fd, bytes, sizeof(bytes), 0);

	if (n > 0)
		stream->input_bytes += (size_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_soon(stream);
	if (stream->input_bytes > MAX_INPUT)
		close_soon(stream);
}

static void http_stream_write(struct peer *peer, struct str bytes)
{
	struct http_stream *stream = peer->impl;
	ssize_t n;

	if (peer->closing)
		return;
	n = peer->full ? 0 : send_some(stream, bytes);
	if (n < 0) {
		close_soon(stream);
	} else if ((size_t)n < bytes.length) {
		buf_add(&stream->unsent, bytes.at + n, bytes.length - (size_t)n);
		peer->full = true;
		event_add(&stream->writable, NULL);
	}
}

static void on_close_timeout(evutil_socket_t, short, void *arg)
{
	close_soon(arg);
}

static void http_stream_close(struct peer *peer, int, const char *)
{
	struct http_stream *stream = peer->impl;

	if (peer->closing)
		return;
	peer->closing = true;
	if (!peer->full)
		shut_down_output(stream);
	stream->close_timer = evtimer_new(loop_base(stream->loop), on_close_timeout, stream);
	evtimer_add(stream->close_timer, &CLOSE_TIMEOUT);
}

/* Input is discarded in any case. */
static void http_stream_set_reading(struct peer *, bool)
{
}

static const struct transport transport = { http_stream_write, http_stream_close,
	                                    http_stream_set_reading };

void http_stream_open(struct loop *loop, struct peer *peer, int fd)
{
	struct http_stream *stream = xcalloc(1, sizeof(*stream));

	stream->peer = peer;
	stream->loop = loop;
	stream->fd = fd;
	stream->closing.run = on_closing;
	event_assign(&stream->readable, loop_base(loop), fd, EV_READ | EV_PERSIST, on_readable,
	             stream);
	event_assign(&stream->writable, loop_base(loop), fd, EV_WRITE | EV_PERSIST, on_writable,
	             stream);
	event_add(&stream->readable, NULL);
	peer->transport = &transport;
	peer->impl = stream;
	peer->full = peer->closing = false;
}

void http_stream_free(struct peer *peer)
{
	finish(peer->impl);
}
