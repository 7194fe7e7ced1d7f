/* Input and output of WebSockets: whole, in pieces, and with a peer that does not read. */

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frame.h"
#include "transport_fixture.h"
#include "websocket.h"

TestSuite(websocket, .init = transport_fixture_open, .fini = transport_fixture_close,
          .timeout = 120);

static struct str text_of(char letter, size_t length)
{
	static char bytes[2 * MAX_MESSAGE];

	memset(bytes, letter, length);
	return (struct str){ bytes, length };
}

/* The next frame, with nothing after it. */
static void expect_frame(int client_fd, int first, struct str payload)
{
	struct buf received = { 0 };
	struct str rest, actual = { 0 };

	cr_expect(client_fd_read(client_fd, &received, payload.length + 2));
	rest = buf_as_str(&received);
	cr_expect_eq(frame_take(&rest, &actual), first);
	cr_expect(str_equal(actual, payload));
	cr_expect_eq(rest.length, 0);
	buf_finish(&received);
}

static void expect_messages(struct test_conn *conn, const char *expected)
{
	run_turns(5);
	cr_expect_str_eq(buf_cstr(&conn->received), expected);
}

Test(websocket, sends_the_101)
{
	static const char *const subprotocols[] = { NULL, "centrifuge-json" };

	for (size_t i = 0; i < COUNT_OF(subprotocols); i++) {
		struct buf received = { 0 };
		struct test_conn *conn;

		f.subprotocol = subprotocols[i];
		conn = conn_open_raw(STR(""), &received);
		cr_expect_str_eq(
			buf_cstr(&received),
			i == 0 ? "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
				 "Sec-WebSocket-Accept: " ACCEPT "\r\n\r\n"
			       : "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
				 "Sec-WebSocket-Accept: " ACCEPT
				 "\r\nSec-WebSocket-Protocol: centrifuge-json\r\n\r\n");
		buf_finish(&received);
		conn_free(conn);
	}
}

Test(websocket, rejects_invalid_handshakes)
{
	static const struct handshake table[] = {
		{ "" },
		{ "dGhlIHNhbXBsZSBub25jZQ=" },
		{ "dGhlIHNhbXBsZSBub25jZQ===" },
		{ "dGhlIHNhbXBsZSBub25jZR==" },
		{ "dGhlIHNhbXBsZSBub25jZQaa" },
		{ "dGhlIHNhbXBsZSBub25\r\nQ==" },
		{ "dGhlIHNhbXBsZSBub25jZQ==\r\nX: y" },
		{ KEY, "" },
		{ KEY, "two, words" },
		{ KEY, "a\r\nX: y" },
		{ KEY, "a-name-that-is-longer-than-sixty-four-letters-which-nobody-should-need" },
	};
	static struct test_conn conn;

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct buf received = { 0 };
		int client_fd, fd = connected_pair(&client_fd);

		cr_expect_not(websocket_open(f.sockets, &conn.peer, fd, &table[i], STR("")),
		              "row %zu", i);
		cr_expect(client_fd_read_to_end(client_fd, &received));
		cr_expect_eq(received.length, 0);
		close(client_fd);
	}
	cr_expect_eq(websocket_server_count(f.sockets), 0);
}

Test(websocket, echoes_messages_of_all_lengths)
{
	static const size_t lengths[] = { 0,   1,   125,  126,  127,   255,  256,
		                          257, 300, 1000, 4096, 65535, 65536 };
	struct test_conn *conn = conn_open_websocket(STR(""));

	conn->echo = true;
	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		struct str text = text_of('a', lengths[i]);

		client_fd_send_frame(conn->client_fd, FIN | TEXT, text);
		expect_frame(conn->client_fd, FIN | TEXT, text);
		cr_expect_eq(conn->last_length, lengths[i]);
	}
	cr_expect_eq(conn->messages, (int)COUNT_OF(lengths));
	conn_free(conn);
}

Test(websocket, reads_bytes_after_the_request)
{
	struct buf bytes = { 0 };
	struct test_conn *conn;

	frame_put(&bytes, FIN | TEXT, STR("first"));
	frame_put(&bytes, FIN | TEXT, STR("second"));
	frame_put(&bytes, FIN | TEXT, text_of('x', 5000));
	frame_put(&bytes, FIN | TEXT, STR("third"));
	for (size_t cut = 0; cut <= bytes.length; cut += cut < 40 ? 1 : 991) {
		conn = conn_open_websocket((struct str){ bytes.at, cut });
		client_fd_send(conn->client_fd, (struct str){ bytes.at + cut, bytes.length - cut });
		cr_expect(run_until(&conn->messages, 4, 10), "cut at %zu: %d", cut, conn->messages);
		cr_expect(str_begins(buf_as_str(&conn->received), "first|second|xxx"));
		cr_expect_str_eq(buf_cstr(&conn->received) + 5013, "|third|");
		conn_free(conn);
	}
	buf_finish(&bytes);
}

/* Messages do not depend on how the bytes are segmented. */
Test(websocket, does_not_depend_on_segmentation)
{
	struct buf bytes = { 0 };

	frame_put(&bytes, FIN | TEXT, STR("whole"));
	frame_put(&bytes, TEXT, STR("fr\xc3"));
	frame_put(&bytes, FIN | PING, STR("ping"));
	frame_put(&bytes, CONTINUED, STR(""));
	frame_put(&bytes, FIN | PONG, STR("\xff"));
	frame_put(&bytes, CONTINUED, STR("\xbc"));
	frame_put(&bytes, FIN | CONTINUED, STR("hling"));
	frame_put(&bytes, FIN | TEXT, STR(""));
	frame_put(&bytes, TEXT, STR(""));
	frame_put(&bytes, FIN | CONTINUED, STR(""));
	frame_put(&bytes, FIN | TEXT, text_of('z', 300));
	frame_put(&bytes, FIN | TEXT, STR("end"));
	for (size_t step = 1; step < bytes.length; step += step < 9 ? 1 : 37) {
		struct test_conn *conn = conn_open_websocket(STR(""));

		for (size_t at = 0; at < bytes.length; at += step)
			client_fd_send(conn->client_fd,
			               (struct str){ bytes.at + at, bytes.length - at < step
			                                                    ? bytes.length - at
			                                                    : step });
		cr_expect(run_until(&conn->messages, 6, 10));
		cr_expect(str_begins(buf_as_str(&conn->received), "whole|fr\xc3\xbchling|||zzz"),
		          "step %zu: %s", step, buf_cstr(&conn->received));
		cr_expect_str_eq(buf_cstr(&conn->received) + 18 + 300, "|end|");
		cr_expect_eq(conn->pongs, 1);
		expect_frame(conn->client_fd, FIN | PONG, STR("ping"));
		conn_free(conn);
	}
	buf_finish(&bytes);
}

Test(websocket, assembles_messages_up_to_the_limit)
{
	struct test_conn *conn = conn_open_websocket(STR(""));

	client_fd_send_frame(conn->client_fd, FIN | TEXT, text_of('m', MAX_MESSAGE));
	client_fd_send_frame(conn->client_fd, TEXT, text_of('m', MAX_MESSAGE - 1));
	client_fd_send_frame(conn->client_fd, FIN | CONTINUED, text_of('m', 1));
	cr_expect(run_until(&conn->messages, 2, 10));
	cr_expect_eq(conn->last_length, MAX_MESSAGE);
	conn_free(conn);
}

static void expect_close(int code, int count, const int *firsts, const struct str *payloads)
{
	struct test_conn *conn = conn_open_websocket(STR(""));

	for (int i = 0; i < count; i++)
		client_fd_send_frame(conn->client_fd, firsts[i], payloads[i]);
	client_fd_expect_close(conn->client_fd, code);
	cr_expect(run_until(&conn->closed, 1, 10));
	cr_expect_eq(conn->messages, 0, "%s", buf_cstr(&conn->received));
	conn_free(conn);
}

#define CLOSES(code, ...)                                                                          \
	do {                                                                                       \
		const struct row {                                                                 \
			int first;                                                                 \
			struct str payload;                                                        \
		} rows[] = { __VA_ARGS__ };                                                        \
		int firsts[COUNT_OF(rows)];                                                        \
		struct str payloads[COUNT_OF(rows)];                                               \
                                                                                                   \
		for (size_t i = 0; i < COUNT_OF(rows); i++) {                                      \
			firsts[i] = rows[i].first;                                                 \
			payloads[i] = rows[i].payload;                                             \
		}                                                                                  \
		expect_close(code, COUNT_OF(rows), firsts, payloads);                              \
	} while (0)

Test(websocket, closes_on_invalid_messages)
{
	/* too long */
	CLOSES(1009, { FIN | TEXT, text_of('m', MAX_MESSAGE + 1) });
	CLOSES(1009, { TEXT, text_of('m', MAX_MESSAGE) }, { FIN | CONTINUED, STR("m") });
	/* binary */
	CLOSES(1003, { FIN | BINARY, STR("b") });
	CLOSES(1003, { BINARY, STR("") });
	/* invalid UTF-8 */
	CLOSES(1007, { FIN | TEXT, STR("\xff") });
	CLOSES(1007, { FIN | TEXT, STR("\xc3") });
	CLOSES(1007, { FIN | TEXT, STR("\xed\xa0\x80") });
	CLOSES(1007, { FIN | TEXT, STR("\xc0\xaf") });
	CLOSES(1007, { TEXT, STR("a\xc3") }, { FIN | CONTINUED, STR("a") });
	CLOSES(1007, { TEXT, STR("a\xc3") }, { FIN | CONTINUED, STR("") });
	/* protocol violations */
	CLOSES(1002, { FIN | CONTINUED, STR("a") });
	CLOSES(1002, { TEXT, STR("a") }, { FIN | TEXT, STR("b") });
	CLOSES(1002, { PING, STR("a") });
	CLOSES(1002, { FIN | 0x40 | TEXT, STR("a") });
	CLOSES(1002, { FIN | 0x10 | TEXT, STR("a") });
	CLOSES(1002, { FIN | 3, STR("a") });
	CLOSES(1002, { FIN | 11, STR("a") });
}

/* A frame whose length exceeds the limit is rejected at once. */
Test(websocket, closes_on_an_excessive_length)
{
	struct test_conn *conn = conn_open_websocket(STR(""));

	struct buf received = { 0 };

	client_fd_send(conn->client_fd,
	               STR("\x81\xff\x00\x00\x00\x7f\xff\xff\xff\xff\x01\x02\x03\x04x"));
	cr_expect(client_fd_read(conn->client_fd, &received, 12));
	cr_expect_str_eq(buf_cstr(&received), "\x88\x12\x03\xf1message too long");
	buf_finish(&received);
	conn_free(conn);
	conn = conn_open_websocket(STR(""));
	client_fd_send(conn->client_fd,
	               STR("\x81\xff\x80\x00\x00\x00\x00\x00\x00\x01\x01\x02\x03\x04x"));
	cr_expect(run_until(&conn->closed, 1, 10));
	conn_free(conn);
}

Test(websocket, answers_pings_and_reports_pongs)
{
	struct test_conn *conn = conn_open_websocket(STR(""));

	client_fd_send_frame(conn->client_fd, FIN | PING, STR("are you there?"));
	expect_frame(conn->client_fd, FIN | PONG, STR("are you there?"));
	client_fd_send_frame(conn->client_fd, FIN | PING, text_of('p', 125));
	expect_frame(conn->client_fd, FIN | PONG, text_of('p', 125));

	conn_write(conn, STR("\x89\x01!"));
	expect_frame(conn->client_fd, FIN | PING, STR("!"));
	client_fd_send_frame(conn->client_fd, FIN | PONG, STR("!"));
	cr_expect(run_until(&conn->pongs, 1, 10));
	cr_expect_eq(conn->messages, 0);
	conn_free(conn);
}

/* Several frames in one write are sent unchanged. */
Test(websocket, writes_bytes_unchanged)
{
	struct test_conn *conn = conn_open_websocket(STR(""));
	struct buf bytes = { 0 }, received = { 0 };
	struct str rest, text;

	for (int i = 0; i < 1000; i++)
		buf_str(&bytes, STR("\x81\x05hello"));
	conn_write(conn, buf_as_str(&bytes));
	cr_expect(client_fd_read(conn->client_fd, &received, bytes.length));
	rest = buf_as_str(&received);
	for (int i = 0; i < 1000; i++) {
		cr_expect_eq(frame_take(&rest, &text), FIN | TEXT);
		cr_expect(str_is(text, "hello"));
	}
	cr_expect_eq(rest.length, 0);
	buf_finish(&bytes);
	buf_finish(&received);
	conn_free(conn);
}

static void expect_x(int client_fd, size_t least)
{
	struct buf received = { 0 };
	struct str rest, text;
	size_t letters = 0;

	cr_expect(client_fd_read(client_fd, &received, least));
	run_turns(20);
	rest = buf_as_str(&received);
	while (frame_take(&rest, &text) == (FIN | TEXT)) {
		for (size_t i = 0; i < text.length; i++)
			letters += text.at[i] == 'x';
	}
	cr_expect_eq(rest.length, 0);
	cr_expect_geq(letters, least - 200 * FRAME_HEAD);
	buf_finish(&received);
}

Test(websocket, reports_when_a_full_socket_has_drained)
{
	struct test_conn *conn = conn_open_websocket(STR(""));

	for (int round = 1; round < 4; round++) {
		size_t written = conn_fill(conn);

		run_turns(20);
		cr_expect_eq(conn->drained, 0);
		/* The full socket is not read, and pings are not answered until their turn. */
		client_fd_send_frame(conn->client_fd, FIN | TEXT, STR("still here"));
		run_turns(20);
		cr_expect_eq(conn->drained, 0);
		cr_expect_eq(conn->messages, round - 1);
		expect_x(conn->client_fd, written);
		cr_expect(run_until(&conn->drained, 1, 10));
		cr_expect(run_until(&conn->messages, round, 10));
		cr_expect_not(conn->peer.full);
	}
	conn_write_text(conn, STR("small"));
	expect_frame(conn->client_fd, FIN | TEXT, STR("small"));
	conn_free(conn);
}

Test(websocket, delivers_input_after_reading_resumes)
{
	struct test_conn *conn = conn_open_websocket(STR(""));
	struct buf bytes = { 0 };

	conn_set_reading(conn, false);
	for (int i = 0; i < 100; i++)
		frame_put(&bytes, FIN | TEXT, STR("m"));
	client_fd_send(conn->client_fd, buf_as_str(&bytes));
	run_turns(50);
	cr_expect_eq(conn->messages, 0);
	/* The server can still write. */
	conn_write_text(conn, STR("patience"));
	expect_frame(conn->client_fd, FIN | TEXT, STR("patience"));
	conn_set_reading(conn, true);
	cr_expect(run_until(&conn->messages, 100, 10));

	/* Messages from a single read are delivered one by one. */
	conn->stop_reading = true;
	client_fd_send(conn->client_fd, buf_as_str(&bytes));
	for (int i = 1; i <= 100; i++) {
		cr_expect(run_until(&conn->messages, 100 + i, 10));
		run_turns(3);
		cr_expect_eq(conn->messages, 100 + i);
		conn_set_reading(conn, true);
	}
	buf_finish(&bytes);
	conn_free(conn);
}

Test(websocket, closes_while_not_reading)
{
	struct test_conn *conn = conn_open_websocket(STR(""));
	long long began = clock_exact_us();

	conn_set_reading(conn, false);
	client_fd_send_frame(conn->client_fd, FIN | TEXT, STR("unheard"));
	run_turns(5);
	conn_close(conn, 3001, "shutdown");
	client_fd_expect_close(conn->client_fd, 3001);
	cr_expect(run_until(&conn->closed, 1, 10));
	/* By the answer, not by the timeout. */
	cr_expect_lt(clock_exact_us() - began, 4000000);
	cr_expect_eq(conn->messages, 0);
	conn_free(conn);
}

Test(websocket, limits_the_number_of_sockets)
{
	struct test_conn *conns[MAX_SOCKETS];
	struct test_conn *late = xcalloc(1, sizeof(*late));
	int client_fd;

	for (int i = 0; i < MAX_SOCKETS; i++)
		conns[i] = conn_open_websocket(STR(""));
	cr_expect_eq(websocket_server_count(f.sockets), MAX_SOCKETS);
	cr_expect_not(websocket_open(f.sockets, &late->peer, connected_pair(&client_fd),
	                             &(struct handshake){ KEY }, STR("")));
	close(client_fd);
	for (int i = 0; i < MAX_SOCKETS; i++)
		client_fd_send_frame(conns[i]->client_fd, FIN | TEXT, STR("me, too"));
	for (int i = 0; i < MAX_SOCKETS; i++) {
		cr_expect(run_until(&conns[i]->messages, 1, 10));
		expect_messages(conns[i], "me, too|");
	}
	for (int i = 0; i < MAX_SOCKETS; i++)
		conn_free(conns[i]);
	cr_expect_eq(websocket_server_count(f.sockets), 0);
	free(late);
}

Test(frame, has_the_shortest_header)
{
	static const struct {
		size_t length;
		struct str head;
	} table[] = {
		{ 0, STR("\x81\x00") },
		{ 125, STR("\x81\x7d") },
		{ 126, STR("\x81\x7e\x00\x7e") },
		{ 65535, STR("\x81\x7e\xff\xff") },
		{ 65536, STR("\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00") },
		{ 0x123456789a, STR("\x81\x7f\x00\x00\x00\x12\x34\x56\x78\x9a") },
	};
	unsigned char head[FRAME_HEAD];

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		size_t length = frame_head(FRAME_TEXT, table[i].length, head);

		cr_expect(str_equal((struct str){ (char *)head, length }, table[i].head), "row %zu",
		          i);
	}
	cr_expect_eq(frame_head(FRAME_PING, 0, head), 2);
	cr_expect_eq(head[0], 0x89);
}
