/* raw_conn.c: a connection that sends arbitrary bytes and collects all that it receives. */

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arena.h"
#include "program.h"
#include "raw_conn.h"
#include "sandbox.h"

struct raw_conn *raw_conn_new(int port)
{
	struct raw_conn *conn = xcalloc(1, sizeof(*conn));

	conn->fd = sandbox_connect(port);
	if (conn->fd < 0)
		fatal("no server listens on port %d", port);
	return conn;
}

void raw_conn_free(struct raw_conn *conn)
{
	if (!conn)
		return;
	close(conn->fd);
	buf_finish(&conn->received);
	free(conn);
}

static void receive(struct raw_conn *conn)
{
	ssize_t n = recv(conn->fd, buf_reserve(&conn->received, 65536), 65536, MSG_DONTWAIT);

	if (n > 0)
		conn->received.length += (size_t)n;
	else if (n == 0 || errno != EAGAIN)
		conn->ended = true;
}

bool raw_conn_send(struct raw_conn *conn, struct str bytes)
{
	long long end = now_ms() + 10000;

	while (bytes.length && now_ms() < end) {
		ssize_t n = send(conn->fd, bytes.at, bytes.length, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0) {
			bytes.at += n;
			bytes.length -= (size_t)n;
		} else if (errno != EAGAIN) {
			return false;
		} else {
			/* The server may be waiting for its own bytes to be read. */
			poll(&(struct pollfd){ conn->fd, POLLOUT | POLLIN, 0 }, 1, 100);
			receive(conn);
		}
	}
	return !bytes.length;
}

void raw_conn_shutdown(struct raw_conn *conn)
{
	shutdown(conn->fd, SHUT_WR);
}

static bool wait_once(struct raw_conn *conn, long long end)
{
	long long left = end - now_ms();

	if (conn->ended || left <= 0)
		return false;
	if (poll(&(struct pollfd){ conn->fd, POLLIN, 0 }, 1, (int)left) > 0)
		receive(conn);
	return true;
}

bool raw_conn_wait_for(struct raw_conn *conn, const char *text, int ms)
{
	long long end = now_ms() + ms;

	do {
		if (conn->received.length
		    && memmem(conn->received.at, conn->received.length, text, strlen(text)))
			return true;
	} while (wait_once(conn, end));
	return false;
}

bool raw_conn_wait_end(struct raw_conn *conn, int ms)
{
	long long end = now_ms() + ms;

	while (wait_once(conn, end))
		;
	return conn->ended;
}

int raw_conn_status(struct raw_conn *conn)
{
	return str_begins(buf_as_str(&conn->received), "HTTP/1.1 ") && conn->received.length > 12
	               ? (int)strtol(buf_cstr(&conn->received) + 9, NULL, 10)
	               : 0;
}

static void remove_bytes(struct raw_conn *conn, size_t length)
{
	memmove(conn->received.at, conn->received.at + length, conn->received.length - length);
	conn->received.length -= length;
}

struct raw_conn *raw_conn_websocket(int port, const char *path)
{
	struct raw_conn *conn = raw_conn_new(port);
	struct buf request = { 0 };
	const char *end;

	buf_print(
		&request,
		"GET %s HTTP/1.1\r\nHost: localhost:%d\r\nConnection: Upgrade\r\nUpgrade:"
		" websocket\r\n"
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		path, port);
	raw_conn_send(conn, buf_as_str(&request));
	buf_finish(&request);
	if (!raw_conn_wait_for(conn, "\r\n\r\n", 10000) || raw_conn_status(conn) != 101)
		fatal("no WebSocket: %.300s", buf_cstr(&conn->received));
	end = memmem(conn->received.at, conn->received.length, "\r\n\r\n", 4);
	remove_bytes(conn, (size_t)(end + 4 - conn->received.at));
	return conn;
}

void raw_conn_put_frame(struct buf *out, int first, struct str payload)
{
	static const unsigned char mask[4] = { 0x37, 0xfa, 0x21, 0x3d };

	buf_char(out, (char)first);
	if (payload.length < 126) {
		buf_char(out, (char)(0x80 | payload.length));
	} else if (payload.length < 65536) {
		buf_char(out, (char)(0x80 | 126));
		buf_char(out, (char)(payload.length >> 8));
		buf_char(out, (char)payload.length);
	} else {
		buf_char(out, (char)(0x80 | 127));
		for (int shift = 56; shift >= 0; shift -= 8)
			buf_char(out, (char)((uint64_t)payload.length >> shift));
	}
	buf_add(out, mask, sizeof(mask));
	for (size_t i = 0; i < payload.length; i++)
		buf_char(out, (char)(payload.at[i] ^ mask[i % 4]));
}

bool raw_conn_send_frame(struct raw_conn *conn, int first, struct str payload)
{
	struct buf frame = { 0 };
	bool sent;

	raw_conn_put_frame(&frame, first, payload);
	sent = raw_conn_send(conn, buf_as_str(&frame));
	buf_finish(&frame);
	return sent;
}

int raw_conn_next_frame(struct raw_conn *conn, struct str *payload)
{
	static struct buf kept;
	const unsigned char *at = (const unsigned char *)conn->received.at;
	size_t head = 2, length;
	int first;

	if (conn->received.length < 2)
		return -1;
	first = at[0];
	length = at[1] & 0x7f;
	if (length >= 126) {
		size_t bytes = length == 126 ? 2 : 8;

		head += bytes;
		if (conn->received.length < head)
			return -1;
		length = 0;
		for (size_t i = 2; i < head; i++)
			length = length << 8 | at[i];
	}
	if (conn->received.length - head < length)
		return -1;
	buf_clear(&kept);
	buf_add(&kept, at + head, length);
	*payload = (struct str){ buf_cstr(&kept), length };
	remove_bytes(conn, head + length);
	return first;
}

int raw_conn_close_code(struct raw_conn *conn, int ms)
{
	long long end = now_ms() + ms;

	do {
		struct str payload;
		int first;

		while ((first = raw_conn_next_frame(conn, &payload)) >= 0) {
			if (first != FRAME_CLOSE)
				continue;
			raw_conn_send_frame(conn, FRAME_CLOSE,
			                    (struct str){ payload.at, payload.length < 2 ? 0 : 2 });
			return payload.length < 2 ? 0
			                          : (unsigned char)payload.at[0] << 8
			                                    | (unsigned char)payload.at[1];
		}
	} while (wait_once(conn, end));
	return -1;
}
