/* transport_fixture.c: WebSockets and HTTP streams on the test's own loop, and their clients. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frame.h"
#include "http_stream.h"
#include "loop.h"
#include "transport_fixture.h"
#include "websocket.h"

struct transport_fixture f;

static struct test_conn *conn_of(struct peer *peer)
{
	struct test_conn *conn = container_of(peer, struct test_conn, peer);

	cr_assert_not(conn->in_call, "a callback is called from inside a call to the transport");
	return conn;
}

static void on_message(struct peer *peer, struct str text)
{
	struct test_conn *conn = conn_of(peer);

	cr_assert_not(peer->closing);
	conn->messages++;
	conn->last_length = text.length;
	buf_str(&conn->received, text);
	buf_char(&conn->received, '|');
	if (conn->echo)
		conn_write_text(conn, text);
	if (conn->close_on_message)
		conn_close(conn, 3001, "shutdown");
	if (conn->stop_reading)
		conn_set_reading(conn, false);
}

static void on_pong(struct peer *peer)
{
	conn_of(peer)->pongs++;
}

static void on_drained(struct peer *peer)
{
	struct test_conn *conn = conn_of(peer);

	cr_assert_not(peer->full);
	conn->drained++;
}

static void on_closed(struct peer *peer)
{
	struct test_conn *conn = conn_of(peer);

	cr_assert(peer->closing);
	cr_assert_eq(conn->closed++, 0);
}

static const struct peer_handlers handlers = { on_message, on_pong, on_drained, on_closed };

void transport_fixture_open(void)
{
	f.loop = loop_new();
	f.sockets = websocket_server_new(f.loop, MAX_MESSAGE, MAX_SOCKETS);
	cr_assert(f.sockets);
}

void transport_fixture_close(void)
{
	websocket_server_free(f.sockets);
	loop_free(f.loop);
}

static void do_nothing(struct deferred *)
{
}

void run_turn(void)
{
	static struct deferred nothing = { do_nothing };

	/* With deferred work, a turn does not wait. */
	loop_defer(f.loop, &nothing);
	loop_turn(f.loop);
}

void run_turns(int count)
{
	while (count--)
		run_turn();
}

static long long end_in(int seconds)
{
	return clock_exact_us() + seconds * 1000000LL;
}

bool run_until(const int *count, int least, int seconds)
{
	long long end = end_in(seconds);

	while (*count < least && clock_exact_us() < end)
		run_turn();
	return *count >= least;
}

/* Small fixed kernel buffers: most of the output stays in the server until it
 * is read. */
int connected_pair(int *client_fd)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
		                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(name);
	int listening_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int fd, on = 1, kept = 32 * 1024;

	cr_assert(bind(listening_fd, (struct sockaddr *)&name, sizeof(name)) == 0);
	cr_assert(listen(listening_fd, 1) == 0);
	cr_assert(getsockname(listening_fd, (struct sockaddr *)&name, &length) == 0);
	*client_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(*client_fd, SOL_SOCKET, SO_RCVBUF, &kept, sizeof(kept));
	cr_assert(connect(*client_fd, (struct sockaddr *)&name, sizeof(name)) == 0, "%s",
	          strerror(errno));
	fd = accept4(listening_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	cr_assert(fd >= 0, "%s", strerror(errno));
	close(listening_fd);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kept, sizeof(kept));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(*client_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	fcntl(*client_fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static struct test_conn *conn_new(void)
{
	struct test_conn *conn = xcalloc(1, sizeof(*conn));

	conn->peer.handlers = &handlers;
	return conn;
}

struct test_conn *conn_open_raw(struct str rest, struct buf *received)
{
	struct test_conn *conn = conn_new();
	const struct handshake handshake = { KEY, f.subprotocol };
	int fd = connected_pair(&conn->client_fd);
	bool opened;
	char byte;

	conn->in_call = true;
	opened = websocket_open(f.sockets, &conn->peer, fd, &handshake, rest);
	conn->in_call = false;
	cr_assert(opened);
	/* Only the head: the rest is for the test. */
	do {
		cr_assert_eq(recv(conn->client_fd, &byte, 1, 0), 1);
		buf_char(received, byte);
	} while (!memmem(received->at, received->length, "\r\n\r\n", 4));
	return conn;
}

struct test_conn *conn_open_websocket(struct str rest)
{
	struct buf received = { 0 };
	struct test_conn *conn = conn_open_raw(rest, &received);

	cr_assert(str_begins(buf_as_str(&received), "HTTP/1.1 101 "));
	buf_finish(&received);
	return conn;
}

struct test_conn *conn_open_http_stream(void)
{
	struct test_conn *conn = conn_new();

	http_stream_open(f.loop, &conn->peer, connected_pair(&conn->client_fd));
	return conn;
}

void conn_free(struct test_conn *conn)
{
	if (conn->client_fd >= 0)
		close(conn->client_fd);
	conn->client_fd = -1;
	cr_assert(run_until(&conn->closed, 1, 20), "on_closed() is not called");
	buf_finish(&conn->received);
	free(conn);
}

void conn_write(struct test_conn *conn, struct str bytes)
{
	conn->in_call = true;
	conn->peer.transport->write(&conn->peer, bytes);
	conn->in_call = false;
}

void conn_write_text(struct test_conn *conn, struct str text)
{
	unsigned char head[FRAME_HEAD];
	struct buf bytes = { 0 };

	buf_add(&bytes, head, frame_head(FRAME_TEXT, text.length, head));
	buf_str(&bytes, text);
	conn_write(conn, buf_as_str(&bytes));
	buf_finish(&bytes);
}

void conn_close(struct test_conn *conn, int code, const char *reason)
{
	conn->in_call = true;
	conn->peer.transport->close(&conn->peer, code, reason);
	conn->in_call = false;
	cr_assert(conn->peer.closing);
}

void conn_set_reading(struct test_conn *conn, bool on)
{
	conn->in_call = true;
	conn->peer.transport->set_reading(&conn->peer, on);
	conn->in_call = false;
}

size_t conn_flood(struct test_conn *conn)
{
	static char frame[1024 * 1024];
	size_t head = frame_head(FRAME_TEXT, sizeof(frame) - FRAME_HEAD, (unsigned char *)frame),
	       written = 0;

	memset(frame + head, 'x', sizeof(frame) - head);
	while (!conn->peer.full && !conn->peer.closing && written < 100 * sizeof(frame)) {
		conn_write(conn, (struct str){ frame, sizeof(frame) });
		written += sizeof(frame);
	}
	return written;
}

size_t conn_fill(struct test_conn *conn)
{
	size_t written = conn_flood(conn);

	cr_assert(conn->peer.full);
	conn->drained = 0;
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

void client_fd_send(int client_fd, struct str bytes)
{
	long long end = end_in(20);

	while (bytes.length && clock_exact_us() < end) {
		ssize_t n = send(client_fd, bytes.at, bytes.length, MSG_NOSIGNAL);

		if (n > 0) {
			bytes.at += n;
			bytes.length -= (size_t)n;
		} else if (errno != EAGAIN) {
			return; /* the server has closed; its output is read later */
		}
		run_turn();
	}
}

void client_fd_send_frame(int client_fd, int first, struct str payload)
{
	struct buf bytes = { 0 };

	frame_put(&bytes, first, payload);
	client_fd_send(client_fd, buf_as_str(&bytes));
	buf_finish(&bytes);
}

static bool read_available(int client_fd, struct buf *received)
{
	char bytes[65536];
	ssize_t n = recv(client_fd, bytes, sizeof(bytes), 0);

	if (n > 0)
		buf_add(received, bytes, (size_t)n);
	return n > 0 || (n < 0 && errno == EAGAIN);
}

bool client_fd_read(int client_fd, struct buf *received, size_t least)
{
	long long end = end_in(20);

	while (received->length < least) {
		if (!read_available(client_fd, received) || clock_exact_us() > end)
			return false;
		run_turn();
	}
	return true;
}

bool client_fd_read_to_end(int client_fd, struct buf *received)
{
	long long end = end_in(20);

	while (read_available(client_fd, received)) {
		if (clock_exact_us() > end)
			return false;
		run_turn();
	}
	return true;
}

int frame_take(struct str *received, struct str *payload)
{
	const unsigned char *at = (const unsigned char *)received->at;
	size_t head = 2, length;

	if (received->length < 2)
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
	if (received->length < head + length)
		return -1;
	*payload = (struct str){ received->at + head, length };
	received->at += head + length;
	received->length -= head + length;
	return at[0];
}

void client_fd_expect_close(int client_fd, int code)
{
	struct buf received = { 0 };
	struct str rest, payload;

	cr_expect(client_fd_read(client_fd, &received, 4));
	rest = buf_as_str(&received);
	cr_assert_eq(frame_take(&rest, &payload), 0x88);
	cr_assert_geq(payload.length, 2);
	cr_expect_eq((unsigned char)payload.at[0] << 8 | (unsigned char)payload.at[1], code);
	cr_expect(str_is_utf8((struct str){ payload.at + 2, payload.length - 2 }));
	client_fd_send_frame(client_fd, 0x88, (struct str){ payload.at, 2 });
	cr_expect_eq(rest.length, 0);
	buf_clear(&received);
	cr_expect(client_fd_read_to_end(client_fd, &received));
	cr_expect_eq(received.length, 0);
	buf_finish(&received);
}

void client_fd_reset(int client_fd)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(client_fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(client_fd);
}
