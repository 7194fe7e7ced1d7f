/* raw_conn.c: bytes out, bytes in. */

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "arena.h"
#include "program.h"
#include "raw_conn.h"

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct raw_conn *raw_conn_new(int port)
{
	struct raw_conn *wire = xcalloc(1, sizeof(*wire));
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	wire->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (wire->fd < 0 || connect(wire->fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		give_up("nobody listens on port %d", port);
	return wire;
}

void raw_conn_free(struct raw_conn *wire)
{
	if (!wire)
		return;
	close(wire->fd);
	buf_finish(&wire->heard);
	free(wire);
}

static void hear(struct raw_conn *wire)
{
	ssize_t n = recv(wire->fd, buf_reserve(&wire->heard, 65536), 65536, MSG_DONTWAIT);

	if (n > 0)
		wire->heard.length += (size_t)n;
	else if (n == 0 || errno != EAGAIN)
		wire->ended = true;
}

bool raw_conn_send(struct raw_conn *wire, struct str bytes)
{
	long long end = now_ms() + 10000;

	while (bytes.length && now_ms() < end) {
		ssize_t n = send(wire->fd, bytes.at, bytes.length, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0) {
			bytes.at += n;
			bytes.length -= (size_t)n;
		} else if (errno != EAGAIN) {
			return false;
		} else {
			/* It may be that it waits for us to hear. */
			poll(&(struct pollfd){ wire->fd, POLLOUT | POLLIN, 0 }, 1, 100);
			hear(wire);
		}
	}
	return !bytes.length;
}

void raw_conn_shutdown(struct raw_conn *wire)
{
	shutdown(wire->fd, SHUT_WR);
}

static bool wait(struct raw_conn *wire, long long end)
{
	long long left = end - now_ms();

	if (wire->ended || left <= 0)
		return false;
	if (poll(&(struct pollfd){ wire->fd, POLLIN, 0 }, 1, (int)left) > 0)
		hear(wire);
	return true;
}

bool raw_conn_wait_for(struct raw_conn *wire, const char *text, int ms)
{
	long long end = now_ms() + ms;

	do {
		if (wire->heard.length && memmem(wire->heard.at, wire->heard.length, text, strlen(text)))
			return true;
	} while (wait(wire, end));
	return false;
}

bool raw_conn_wait_end(struct raw_conn *wire, int ms)
{
	long long end = now_ms() + ms;

	while (wait(wire, end))
		;
	return wire->ended;
}

int raw_conn_status(struct raw_conn *wire)
{
	return str_begins(buf_as_str(&wire->heard), "HTTP/1.1 ") && wire->heard.length > 12
		       ? (int)strtol(buf_cstr(&wire->heard) + 9, NULL, 10)
		       : 0;
}

static void forget(struct raw_conn *wire, size_t length)
{
	memmove(wire->heard.at, wire->heard.at + length, wire->heard.length - length);
	wire->heard.length -= length;
}

struct raw_conn *raw_conn_websocket(int port, const char *path)
{
	struct raw_conn *wire = raw_conn_new(port);
	struct buf request = { 0 };
	const char *end;

	buf_print(&request,
	          "GET %s HTTP/1.1\r\nHost: localhost:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
	          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
	          path, port);
	raw_conn_send(wire, buf_as_str(&request));
	buf_finish(&request);
	if (!raw_conn_wait_for(wire, "\r\n\r\n", 10000) || raw_conn_status(wire) != 101)
		give_up("no socket: %.300s", buf_cstr(&wire->heard));
	end = memmem(wire->heard.at, wire->heard.length, "\r\n\r\n", 4);
	forget(wire, (size_t)(end + 4 - wire->heard.at));
	return wire;
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

bool raw_conn_send_frame(struct raw_conn *wire, int first, struct str payload)
{
	struct buf frame = { 0 };
	bool taken;

	raw_conn_put_frame(&frame, first, payload);
	taken = raw_conn_send(wire, buf_as_str(&frame));
	buf_finish(&frame);
	return taken;
}

int raw_conn_next_frame(struct raw_conn *wire, struct str *payload)
{
	static struct buf kept;
	const unsigned char *at = (const unsigned char *)wire->heard.at;
	size_t head = 2, length;
	int first;

	if (wire->heard.length < 2)
		return -1;
	first = at[0];
	length = at[1] & 0x7f;
	if (length >= 126) {
		size_t bytes = length == 126 ? 2 : 8;

		head += bytes;
		if (wire->heard.length < head)
			return -1;
		length = 0;
		for (size_t i = 2; i < head; i++)
			length = length << 8 | at[i];
	}
	if (wire->heard.length - head < length)
		return -1;
	buf_clear(&kept);
	buf_add(&kept, at + head, length);
	*payload = (struct str){ buf_cstr(&kept), length };
	forget(wire, head + length);
	return first;
}

int raw_conn_close_code(struct raw_conn *wire, int ms)
{
	long long end = now_ms() + ms;

	do {
		struct str payload;
		int first;

		while ((first = raw_conn_next_frame(wire, &payload)) >= 0) {
			if (first != FRAME_CLOSE)
				continue;
			raw_conn_send_frame(wire, FRAME_CLOSE, (struct str){ payload.at, payload.length < 2 ? 0 : 2 });
			return payload.length < 2 ? 0 : (unsigned char)payload.at[0] << 8 | (unsigned char)payload.at[1];
		}
	} while (wait(wire, end));
	return -1;
}
