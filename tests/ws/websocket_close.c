/* How WebSockets close: by either side, by a broken connection, and all at once. */

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport_fixture.h"
#include "websocket.h"

TestSuite(websocket_close, .init = transport_fixture_open, .fini = transport_fixture_close,
          .timeout = 120);

static int descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

Test(websocket_close, is_sent_by_the_server)
{
	struct test_conn *conn = conn_open_websocket(STR(""));

	conn_write_text(conn, STR("last words"));
	conn_close(conn, 3001, "shutdown");
	/* After close, nothing more is passed up or written. */
	conn_write_text(conn, STR("unsaid"));
	conn_close(conn, 3500, "another reason");
	client_fd_send_frame(conn->client_fd, FIN | TEXT, STR("unheard"));
	{
		struct buf received = { 0 };

		cr_expect(client_fd_read(conn->client_fd, &received, 12));
		cr_expect(str_begins(buf_as_str(&received), "\x81\x0alast words"));
		cr_expect_eq(conn->closed, 0);
		buf_finish(&received);
	}
	run_turns(5);
	client_fd_send_frame(conn->client_fd, FIN | CLOSE, STR("\x0b\xb9"));
	cr_expect(run_until(&conn->closed, 1, 10));
	cr_expect_eq(conn->messages, 0);
	conn_free(conn);
}

Test(websocket_close, carries_code_and_reason)
{
	struct test_conn *conn = conn_open_websocket(STR(""));

	conn_close(conn, 3501, "bad request");
	client_fd_expect_close(conn->client_fd, 3501);
	conn_free(conn);
	conn = conn_open_websocket(STR(""));
	conn_close(conn, 1000, NULL);
	client_fd_expect_close(conn->client_fd, 1000);
	conn_free(conn);
}

Test(websocket_close, may_be_called_from_on_message)
{
	struct buf rest = { 0 };
	struct test_conn *conn = conn_open_websocket(STR(""));

	conn->close_on_message = true;
	client_fd_send_frame(conn->client_fd, FIN | TEXT, STR("end it"));
	client_fd_send_frame(conn->client_fd, FIN | TEXT, STR("unheard"));
	client_fd_expect_close(conn->client_fd, 3001);
	cr_expect_eq(conn->messages, 1);
	conn_free(conn);

	/* The same in a single read, with bytes that followed the request. */
	frame_put(&rest, FIN | TEXT, STR("end it"));
	frame_put(&rest, FIN | TEXT, STR("unheard"));
	conn = conn_open_websocket(buf_as_str(&rest));
	conn->close_on_message = true;
	client_fd_expect_close(conn->client_fd, 3001);
	cr_expect_eq(conn->messages, 1);
	conn_free(conn);
	buf_finish(&rest);
}

Test(websocket_close, is_answered)
{
	static const struct {
		struct str sent;
		int code; /* in the answer; 0: none */
	} table[] = {
		{ STR(""), 0 },
		{ STR("\x03\xe8"), 1000 },
		{ STR("\x03\xe9"
		      "going away"),
		  1001 },
		{ STR("\x0b\xb8"), 3000 },
		{ STR("\x03\xed"), 1002 }, /* 1005 must not be sent */
		{ STR("\x00\x01"), 1002 },
		{ STR("\x03\xe8\xff"), 1007 },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct test_conn *conn = conn_open_websocket(STR(""));
		struct buf received = { 0 };
		struct str rest, actual = { 0 };

		client_fd_send_frame(conn->client_fd, FIN | CLOSE, table[i].sent);
		cr_expect(client_fd_read_to_end(conn->client_fd, &received));
		rest = buf_as_str(&received);
		cr_expect_eq(frame_take(&rest, &actual), FIN | CLOSE);
		cr_expect_eq(actual.length > 1 ? (unsigned char)actual.at[0] << 8
		                                         | (unsigned char)actual.at[1]
		                               : 0,
		             table[i].code, "row %zu", i);
		cr_expect_eq(rest.length, 0);
		cr_expect(run_until(&conn->closed, 1, 10));
		buf_finish(&received);
		conn_free(conn);
	}
}

Test(websocket_close, follows_a_fin)
{
	struct test_conn *conn = conn_open_websocket(STR(""));

	shutdown(conn->client_fd, SHUT_WR);
	cr_expect(run_until(&conn->closed, 1, 10));
	conn_free(conn);
}

Test(websocket_close, follows_a_reset)
{
	struct test_conn *conn = conn_open_websocket(STR(""));

	client_fd_reset(conn->client_fd);
	conn->client_fd = -1;
	cr_expect(run_until(&conn->closed, 1, 10));
	conn_free(conn);
}

Test(websocket_close, follows_a_failed_write)
{
	struct test_conn *conn = conn_open_websocket(STR(""));

	/* The server notices the reset only by writing. */
	client_fd_reset(conn->client_fd);
	conn->client_fd = -1;
	for (int i = 0; i < 3; i++)
		conn_write_text(conn, STR("hello?"));
	cr_expect_eq(conn->closed, 0);
	cr_expect(conn->peer.closing);
	cr_expect(run_until(&conn->closed, 1, 10));
	conn_free(conn);
}

/* The server does not read, so only a failed write shows that the client is gone. */
Test(websocket_close, follows_a_failed_write_while_not_reading)
{
	struct test_conn *conn = conn_open_websocket(STR(""));

	conn_set_reading(conn, false);
	run_turns(20);
	client_fd_reset(conn->client_fd);
	conn->client_fd = -1;
	run_turns(20);
	cr_expect_eq(conn->closed, 0);
	conn_write_text(conn, STR("hello?"));
	conn_write_text(conn, STR("hello?"));
	cr_expect(run_until(&conn->closed, 1, 10));
	conn_free(conn);
}

Test(websocket_close, may_precede_the_101)
{
	struct test_conn *conn = xcalloc(1, sizeof(*conn));
	int fd = connected_pair(&conn->client_fd);

	client_fd_reset(conn->client_fd);
	if (websocket_open(f.sockets, &conn->peer, fd, &(struct handshake){ KEY }, STR("")))
		cr_expect_fail("a socket is opened whose client has already disconnected");
	cr_expect_eq(websocket_server_count(f.sockets), 0);
	run_turns(5);
	free(conn);
}

Test(websocket_close, follows_pending_output)
{
	struct test_conn *conn = conn_open_websocket(STR(""));
	size_t written = conn_fill(conn);
	struct buf received = { 0 };
	struct str rest, text = { 0 };
	int first = 0, last = 0;

	conn_close(conn, 3008, "slow");
	cr_expect(client_fd_read(conn->client_fd, &received, written + 2));
	rest = buf_as_str(&received);
	while ((first = frame_take(&rest, &text)) >= 0)
		last = first;
	cr_expect_eq(last, FIN | CLOSE);
	cr_expect_eq((unsigned char)text.at[0] << 8 | (unsigned char)text.at[1], 3008);
	client_fd_send_frame(conn->client_fd, FIN | CLOSE, STR("\x0b\xc0"));
	cr_expect(run_until(&conn->closed, 1, 10));
	cr_expect_eq(conn->drained, 0);
	buf_finish(&received);
	conn_free(conn);
}

/* A peer that neither reads nor answers is closed after a few seconds. */
Test(websocket_close, times_out)
{
	struct test_conn *full = conn_open_websocket(STR("")), *silent, *both;

	/* On its own, so that nothing else wakes libwebsockets. */
	conn_fill(full);
	run_turns(20);
	conn_close(full, 3008, "slow");
	cr_expect(run_until(&full->closed, 1, 15));
	conn_free(full);

	silent = conn_open_websocket(STR(""));
	both = conn_open_websocket(STR(""));
	conn_fill(both);
	conn_set_reading(both, false);
	conn_close(silent, 3001, "shutdown");
	conn_close(both, 3008, "slow");
	cr_expect(run_until(&silent->closed, 1, 15));
	cr_expect(run_until(&both->closed, 1, 15));
	conn_free(silent);
	conn_free(both);
}

/* The client of a full socket resets the connection. */
Test(websocket_close, of_a_full_socket_is_noticed)
{
	struct test_conn *conn = conn_open_websocket(STR(""));

	conn_fill(conn);
	run_turns(3);
	client_fd_reset(conn->client_fd);
	conn->client_fd = -1;
	cr_expect(run_until(&conn->closed, 1, 15));
	cr_expect_eq(conn->drained, 0);
	conn_free(conn);
}

/* Invalid input to a full socket, which is not read, is not buffered. */
Test(websocket_close, buffers_no_input_of_a_full_socket)
{
	struct test_conn *conn = conn_open_websocket(STR(""));
	char bytes[65536];

	conn_fill(conn);
	memset(bytes, 0xff, sizeof(bytes));
	while (send(conn->client_fd, bytes, sizeof(bytes), MSG_NOSIGNAL) > 0)
		;
	run_turns(2000);
	cr_expect_eq(send(conn->client_fd, bytes, sizeof(bytes), MSG_NOSIGNAL), -1);
	cr_expect_eq(errno, EAGAIN);
	cr_expect_eq(conn->messages, 0);
	cr_expect_eq(conn->closed, 0);
	conn_close(conn, 3008, "slow");
	conn_free(conn);
}

Test(websocket_close, leaks_no_descriptors)
{
	int before = descriptors();

	for (int round = 0; round < 10; round++) {
		struct test_conn *conns[100];

		for (size_t i = 0; i < COUNT_OF(conns); i++) {
			conns[i] = conn_open_websocket(STR(""));
			client_fd_send_frame(conns[i]->client_fd, i % 2 ? TEXT : FIN | TEXT,
			                     STR("half, or all"));
		}
		for (size_t i = 0; i < COUNT_OF(conns); i++) {
			if (i % 4 == 0)
				conn_close(conns[i], 3001, "shutdown");
			if (i % 4 == 1)
				conn_fill(conns[i]);
			if (i % 4 == 2) {
				client_fd_reset(conns[i]->client_fd);
				conns[i]->client_fd = -1;
			}
		}
		for (size_t i = 0; i < COUNT_OF(conns); i++)
			conn_free(conns[i]);
	}
	run_turns(5);
	cr_expect_eq(descriptors(), before);
	cr_expect_eq(websocket_server_count(f.sockets), 0);
}

/* Shutdown with sockets in every state. */
Test(websocket_close, of_all_sockets_on_shutdown)
{
	struct test_conn *conns[60];
	int before = descriptors();

	websocket_server_free(f.sockets);
	f.sockets = websocket_server_new(f.loop, MAX_MESSAGE, MAX_SOCKETS);
	for (size_t i = 0; i < COUNT_OF(conns); i++) {
		conns[i] = conn_open_websocket(STR("\x81\x85"));
		if (i % 6 == 1)
			conn_fill(conns[i]);
		if (i % 6 == 2)
			conn_close(conns[i], 3001, "shutdown");
		if (i % 6 == 3) {
			run_turns(2);
			client_fd_reset(conns[i]->client_fd);
			conns[i]->client_fd = -1;
			conn_write_text(conns[i], STR("broken"));
			conn_write_text(conns[i], STR("broken"));
		}
		if (i % 6 == 4)
			conn_set_reading(conns[i], false);
		if (i % 6 == 5)
			shutdown(conns[i]->client_fd, SHUT_WR);
	}
	websocket_server_free(f.sockets);
	for (size_t i = 0; i < COUNT_OF(conns); i++) {
		cr_expect_eq(conns[i]->closed, 1, "%zu", i);
		conn_free(conns[i]);
	}
	f.sockets = websocket_server_new(f.loop, MAX_MESSAGE, MAX_SOCKETS);
	cr_expect_eq(descriptors(), before);
}
