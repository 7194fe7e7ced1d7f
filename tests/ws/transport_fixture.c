/* transport_fixture.c: WebSockets and HTTP streams on the test's own loop, and their clients. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport_fixture.h"

struct quay f;

static struct berth *berth_of(struct peer *peer)
{
	struct berth *berth = container_of(peer, struct berth, peer);

	cr_assert_not(berth->inside, "a callback is called from inside a call to the transport");
	return berth;
}

static void on_message(struct peer *peer, struct str text)
{
	struct berth *berth = berth_of(peer);

	cr_assert_not(peer->closing);
	berth->messages++;
	berth->message_length = text.length;
	buf_str(&berth->said, text);
	buf_char(&berth->said, '|');
	if (berth->echoes)
		berth_tell(berth, text);
	if (berth->ends)
		berth_close(berth, 3001, "shutdown");
	if (berth->deafens)
		berth_listen(berth, false);
}

static void on_pong(struct peer *peer)
{
	berth_of(peer)->pongs++;
}

static void on_room(struct peer *peer)
{
	struct berth *berth = berth_of(peer);

	cr_assert_not(peer->full);
	berth->rooms++;
}

static void on_closed(struct peer *peer)
{
	struct berth *berth = berth_of(peer);

	cr_assert(peer->closing);
	cr_assert_eq(berth->closed++, 0);
}

static const struct peer_ears ears = { on_message, on_pong, on_room, on_closed };

void quay_open(void)
{
	f.loop = loop_new();
	f.sockets = sockets_new(f.loop, MESSAGE_MOST, MOST);
	cr_assert(f.sockets);
}

void quay_close(void)
{
	sockets_free(f.sockets);
	loop_free(f.loop);
}

static void do_nothing(struct deferred *)
{
}

void quay_turn(void)
{
	static struct deferred nothing = { do_nothing };

	/* With deferred work, a turn does not wait. */
	loop_defer(f.loop, &nothing);
	loop_turn(f.loop);
}

void quay_turns(int count)
{
	while (count--)
		quay_turn();
}

static long long end_in(int seconds)
{
	return clock_exact_us() + seconds * 1000000LL;
}

bool quay_until(const int *count, int least, int seconds)
{
	long long end = end_in(seconds);

	while (*count < least && clock_exact_us() < end)
		quay_turn();
	return *count >= least;
}

/* Small fixed kernel buffers: most of the output stays in the server until it
 * is read. */
int quay_pair(int *caller)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(name);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd, on = 1, kept = 32 * 1024;

	cr_assert(bind(listener, (struct sockaddr *)&name, sizeof(name)) == 0);
	cr_assert(listen(listener, 1) == 0);
	cr_assert(getsockname(listener, (struct sockaddr *)&name, &length) == 0);
	*caller = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(*caller, SOL_SOCKET, SO_RCVBUF, &kept, sizeof(kept));
	cr_assert(connect(*caller, (struct sockaddr *)&name, sizeof(name)) == 0, "%s", strerror(errno));
	fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	cr_assert(fd >= 0, "%s", strerror(errno));
	close(listener);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kept, sizeof(kept));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(*caller, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	fcntl(*caller, F_SETFL, O_NONBLOCK);
	return fd;
}

static struct berth *berth_new(void)
{
	struct berth *berth = xcalloc(1, sizeof(*berth));

	berth->peer.ears = &ears;
	return berth;
}

struct berth *berth_raw(struct str rest, struct buf *heard)
{
	struct berth *berth = berth_new();
	const struct handshake handshake = { KEY, f.protocol };
	int fd = quay_pair(&berth->caller);
	bool opened;
	char byte;

	berth->inside = true;
	opened = socket_open(f.sockets, &berth->peer, fd, &handshake, rest);
	berth->inside = false;
	cr_assert(opened);
	/* Only the head: the rest is for the test. */
	do {
		cr_assert_eq(recv(berth->caller, &byte, 1, 0), 1);
		buf_char(heard, byte);
	} while (!memmem(heard->at, heard->length, "\r\n\r\n", 4));
	return berth;
}

struct berth *berth_socket(struct str rest)
{
	struct buf heard = { 0 };
	struct berth *berth = berth_raw(rest, &heard);

	cr_assert(str_begins(buf_as_str(&heard), "HTTP/1.1 101 "));
	buf_finish(&heard);
	return berth;
}

struct berth *berth_stream(void)
{
	struct berth *berth = berth_new();

	stream_open(f.loop, &berth->peer, quay_pair(&berth->caller));
	return berth;
}

void berth_free(struct berth *berth)
{
	if (berth->caller >= 0)
		close(berth->caller);
	berth->caller = -1;
	cr_assert(quay_until(&berth->closed, 1, 20), "on_closed() is not called");
	buf_finish(&berth->said);
	free(berth);
}

void berth_write(struct berth *berth, struct str bytes)
{
	berth->inside = true;
	berth->peer.transport->write(&berth->peer, bytes);
	berth->inside = false;
}

void berth_tell(struct berth *berth, struct str text)
{
	unsigned char head[FRAME_HEAD];
	struct buf bytes = { 0 };

	buf_add(&bytes, head, frame_head(FRAME_TEXT, text.length, head));
	buf_str(&bytes, text);
	berth_write(berth, buf_as_str(&bytes));
	buf_finish(&bytes);
}

void berth_close(struct berth *berth, int code, const char *reason)
{
	berth->inside = true;
	berth->peer.transport->close(&berth->peer, code, reason);
	berth->inside = false;
	cr_assert(berth->peer.closing);
}

void berth_listen(struct berth *berth, bool on)
{
	berth->inside = true;
	berth->peer.transport->listen(&berth->peer, on);
	berth->inside = false;
}

size_t berth_flood(struct berth *berth)
{
	static char frame[1024 * 1024];
	size_t head = frame_head(FRAME_TEXT, sizeof(frame) - FRAME_HEAD, (unsigned char *)frame), written = 0;

	memset(frame + head, 'x', sizeof(frame) - head);
	while (!berth->peer.full && !berth->peer.closing && written < 100 * sizeof(frame)) {
		berth_write(berth, (struct str){ frame, sizeof(frame) });
		written += sizeof(frame);
	}
	return written;
}

size_t berth_fill(struct berth *berth)
{
	size_t written = berth_flood(berth);

	cr_assert(berth->peer.full);
	berth->rooms = 0;
	return written;
}

void frame_put(struct buf *out, int first, struct str payload)
{
	static const unsigned char mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
	unsigned char head[FRAME_HEAD];
	size_t length = frame_head(FRAME_TEXT, payload.length, head);

	head[0] = (unsigned char)first;
	head[1] |= 0x80;
	buf_add(out, head, length);
	buf_add(out, mask, sizeof(mask));
	for (size_t i = 0; i < payload.length; i++)
		buf_char(out, (char)(payload.at[i] ^ mask[i % 4]));
}

void caller_say(int caller, struct str bytes)
{
	long long end = end_in(20);

	while (bytes.length && clock_exact_us() < end) {
		ssize_t n = send(caller, bytes.at, bytes.length, MSG_NOSIGNAL);

		if (n > 0) {
			bytes.at += n;
			bytes.length -= (size_t)n;
		} else if (errno != EAGAIN) {
			return; /* the server has closed; its output is read later */
		}
		quay_turn();
	}
}

void caller_frame(int caller, int first, struct str payload)
{
	struct buf bytes = { 0 };

	frame_put(&bytes, first, payload);
	caller_say(caller, buf_as_str(&bytes));
	buf_finish(&bytes);
}

static bool take(int caller, struct buf *heard)
{
	char bytes[65536];
	ssize_t n = recv(caller, bytes, sizeof(bytes), 0);

	if (n > 0)
		buf_add(heard, bytes, (size_t)n);
	return n > 0 || (n < 0 && errno == EAGAIN);
}

bool caller_hears(int caller, struct buf *heard, size_t least)
{
	long long end = end_in(20);

	while (heard->length < least) {
		if (!take(caller, heard) || clock_exact_us() > end)
			return false;
		quay_turn();
	}
	return true;
}

bool caller_hears_end(int caller, struct buf *heard)
{
	long long end = end_in(20);

	while (take(caller, heard)) {
		if (clock_exact_us() > end)
			return false;
		quay_turn();
	}
	return true;
}

int frame_cut(struct str *heard, struct str *payload)
{
	const unsigned char *at = (const unsigned char *)heard->at;
	size_t head = 2, length;

	if (heard->length < 2)
		return -1;
	cr_assert_not(at[1] & 0x80, "the server's frame is masked");
	length = at[1];
	if (length == 126) {
		head = 4;
		length = (size_t)at[2] << 8 | at[3];
	} else if (length == 127) {
		head = 10;
		length = 0;
		for (int i = 2; i < 10; i++)
			length = length << 8 | at[i];
	}
	if (heard->length < head + length)
		return -1;
	*payload = (struct str){ heard->at + head, length };
	heard->at += head + length;
	heard->length -= head + length;
	return at[0];
}

void caller_expects_close(int caller, int code)
{
	struct buf heard = { 0 };
	struct str rest, payload;

	cr_expect(caller_hears(caller, &heard, 4));
	rest = buf_as_str(&heard);
	cr_assert_eq(frame_cut(&rest, &payload), 0x88);
	cr_assert_geq(payload.length, 2);
	cr_expect_eq((unsigned char)payload.at[0] << 8 | (unsigned char)payload.at[1], code);
	cr_expect(str_is_utf8((struct str){ payload.at + 2, payload.length - 2 }));
	caller_frame(caller, 0x88, (struct str){ payload.at, 2 });
	cr_expect_eq(rest.length, 0);
	buf_clear(&heard);
	cr_expect(caller_hears_end(caller, &heard));
	cr_expect_eq(heard.length, 0);
	buf_finish(&heard);
}

void caller_breaks(int caller)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(caller, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(caller);
}
