/* http_stream.c: a connection whose HTTP response has begun and does not end.
 *
 * Normal sequence: output is written to the socket at once. On close, the pending output is sent,
 * then the sending side is shut down, and the connection is read until the client closes it, too.
 *
 * Failures:
 *
 * - the socket is full: the rest is buffered, and the peer is full until all of it is sent;
 * - the client sends data: it is discarded, and a client that sends more than HEARD_MOST bytes is
 *   disconnected;
 * - the client has closed its connection or its sending side: the connection is closed at the end
 *   of the turn;
 * - on close, the client does not take the rest: it is disconnected after PATIENCE seconds. */

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arena.h"
#include "transport.h"

enum { HEARD_MOST = 64 * 1024 };

static const struct timeval PATIENCE = { 5, 0 };

struct stream {
	struct peer *peer;
	struct loop *loop;
	int fd;
	size_t heard;
	struct buf unsent;
	size_t sent; /* bytes of `unsent` already sent */
	struct event readable, writable;
	struct event *patience; /* set while closing */
	struct deferred gone;
};

static void finish(struct stream *stream)
{
	struct peer *peer = stream->peer;

	loop_defer_cancel(stream->loop, &stream->gone);
	event_del(&stream->readable);
	event_del(&stream->writable);
	if (stream->patience)
		event_free(stream->patience);
	close(stream->fd);
	buf_finish(&stream->unsent);
	free(stream);
	peer->line = NULL;
	peer->closing = true;
	peer->ears->on_closed(peer);
}

static void on_gone(struct deferred *deferred)
{
	finish(container_of(deferred, struct stream, gone));
}

static void leave(struct stream *stream)
{
	stream->peer->closing = true;
	loop_defer(stream->loop, &stream->gone);
}

/* Returns how much the socket took; -1: the connection is broken. */
static ssize_t send_some(struct stream *stream, struct str bytes)
{
	ssize_t n = send(stream->fd, bytes.at, bytes.length, MSG_NOSIGNAL);

	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : n;
}

static void say_no_more(struct stream *stream)
{
	shutdown(stream->fd, SHUT_WR);
}

static void on_writable(evutil_socket_t, short, void *arg)
{
	struct stream *stream = arg;
	struct peer *peer = stream->peer;
	ssize_t n = send_some(stream, (struct str){ stream->unsent.at + stream->sent,
	                                            stream->unsent.length - stream->sent });

	if (n < 0) {
		leave(stream);
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
		say_no_more(stream);
	else
		peer->ears->on_room(peer);
}

static void on_readable(evutil_socket_t, short, void *arg)
{
	struct stream *stream = arg;
	char bytes[4096];
	ssize_t n = recv(stream->fd, bytes, sizeof(bytes), 0);

	if (n > 0)
		stream->heard += (size_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		leave(stream);
	if (stream->heard > HEARD_MOST)
		leave(stream);
}

static void stream_write(struct peer *peer, struct str bytes)
{
	struct stream *stream = peer->line;
	ssize_t n;

	if (peer->closing)
		return;
	n = peer->full ? 0 : send_some(stream, bytes);
	if (n < 0) {
		leave(stream);
	} else if ((size_t)n < bytes.length) {
		buf_add(&stream->unsent, bytes.at + n, bytes.length - (size_t)n);
		peer->full = true;
		event_add(&stream->writable, NULL);
	}
}

static void on_patience(evutil_socket_t, short, void *arg)
{
	leave(arg);
}

static void stream_close(struct peer *peer, int, const char *)
{
	struct stream *stream = peer->line;

	if (peer->closing)
		return;
	peer->closing = true;
	if (!peer->full)
		say_no_more(stream);
	stream->patience = evtimer_new(loop_base(stream->loop), on_patience, stream);
	evtimer_add(stream->patience, &PATIENCE);
}

/* Input is discarded in any case. */
static void stream_listen(struct peer *, bool)
{
}

static const struct transport transport = { stream_write, stream_close, stream_listen };

void stream_open(struct loop *loop, struct peer *peer, int fd)
{
	struct stream *stream = xcalloc(1, sizeof(*stream));

	stream->peer = peer;
	stream->loop = loop;
	stream->fd = fd;
	stream->gone.run = on_gone;
	event_assign(&stream->readable, loop_base(loop), fd, EV_READ | EV_PERSIST, on_readable, stream);
	event_assign(&stream->writable, loop_base(loop), fd, EV_WRITE | EV_PERSIST, on_writable, stream);
	event_add(&stream->readable, NULL);
	peer->transport = &transport;
	peer->line = stream;
	peer->full = peer->closing = false;
}

void stream_end(struct peer *peer)
{
	finish(peer->line);
}
