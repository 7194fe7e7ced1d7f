/* HTTP streams: written to only, and closed when their clients disconnect. */

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_stream.h"
#include "transport_fixture.h"

TestSuite(http_stream, .init = transport_fixture_open, .fini = transport_fixture_close,
          .timeout = 120);

static void expect_received(int client_fd, const char *text)
{
	struct buf received = { 0 };

	cr_expect(client_fd_read(client_fd, &received, strlen(text)));
	cr_expect_str_eq(buf_cstr(&received), text);
	buf_finish(&received);
}

Test(http_stream, writes_output)
{
	struct test_conn *conn = conn_open_http_stream();

	conn_write(conn, STR("data: 1\n\n"));
	conn_write(conn, STR("data: 2\n\n"));
	expect_received(conn->client_fd, "data: 1\n\ndata: 2\n\n");
	conn_free(conn);
}

Test(http_stream, reports_when_a_full_stream_has_drained)
{
	struct test_conn *conn = conn_open_http_stream();

	for (int round = 1; round < 4; round++) {
		struct buf received = { 0 };
		size_t written = conn_fill(conn);

		run_turns(20);
		cr_expect_eq(conn->drained, 0);
		cr_expect(client_fd_read(conn->client_fd, &received, written));
		cr_expect_eq(received.length, written);
		cr_expect(run_until(&conn->drained, 1, 10));
		buf_finish(&received);
	}
	conn_write(conn, STR("small"));
	expect_received(conn->client_fd, "small");
	conn_free(conn);
}

Test(http_stream, closes_when_the_client_disconnects)
{
	struct test_conn *conn = conn_open_http_stream();

	shutdown(conn->client_fd, SHUT_WR);
	cr_expect(run_until(&conn->closed, 1, 10));
	conn_free(conn);

	conn = conn_open_http_stream();
	client_fd_reset(conn->client_fd);
	conn->client_fd = -1;
	cr_expect(run_until(&conn->closed, 1, 10));
	conn_free(conn);

	/* Noticed while writing. */
	conn = conn_open_http_stream();
	client_fd_reset(conn->client_fd);
	conn->client_fd = -1;
	conn_write(conn, STR("hello?"));
	conn_write(conn, STR("hello?"));
	cr_expect_eq(conn->closed, 0);
	cr_expect(conn->peer.closing);
	cr_expect(run_until(&conn->closed, 1, 10));
	conn_free(conn);
}

Test(http_stream, discards_input)
{
	struct test_conn *conn = conn_open_http_stream();
	char bytes[1024] = { 0 };

	for (int i = 0; i < 60; i++)
		client_fd_send(conn->client_fd, (struct str){ bytes, sizeof(bytes) });
	run_turns(20);
	cr_expect_eq(conn->closed, 0);
	/* But only up to a bound. */
	for (int i = 0; i < 10; i++)
		client_fd_send(conn->client_fd, (struct str){ bytes, sizeof(bytes) });
	cr_expect(run_until(&conn->closed, 1, 10));
	conn_free(conn);
}

Test(http_stream, closes_after_pending_output)
{
	struct test_conn *conn = conn_open_http_stream();
	struct buf received = { 0 };

	conn_write(conn, STR("last words"));
	conn_close(conn, 3001, "shutdown");
	conn_close(conn, 3001, "shutdown");
	conn_write(conn, STR("unsaid"));
	cr_expect(client_fd_read_to_end(conn->client_fd, &received));
	cr_expect_str_eq(buf_cstr(&received), "last words");
	cr_expect_eq(conn->closed, 0);
	close(conn->client_fd);
	conn->client_fd = -1;
	cr_expect(run_until(&conn->closed, 1, 10));
	buf_finish(&received);
	conn_free(conn);
}

Test(http_stream, closes_a_full_stream_after_pending_output)
{
	struct test_conn *conn = conn_open_http_stream();
	struct buf received = { 0 };
	size_t written = conn_fill(conn);

	conn_close(conn, 3008, "slow");
	cr_expect(client_fd_read_to_end(conn->client_fd, &received));
	cr_expect_eq(received.length, written);
	cr_expect_eq(conn->drained, 0);
	cr_expect_eq(conn->closed, 0);
	buf_finish(&received);
	conn_free(conn);
}

Test(http_stream, times_out_on_close)
{
	struct test_conn *full = conn_open_http_stream(), *silent = conn_open_http_stream();

	conn_fill(full);
	conn_close(full, 3008, "slow");
	conn_close(silent, 3001, "shutdown");
	cr_expect(run_until(&full->closed, 1, 15));
	cr_expect(run_until(&silent->closed, 1, 15));
	conn_free(full);
	conn_free(silent);
}

Test(http_stream, can_be_freed_at_once)
{
	struct test_conn *conns[4];

	for (size_t i = 0; i < COUNT_OF(conns); i++)
		conns[i] = conn_open_http_stream();
	conn_fill(conns[1]);
	conn_fill(conns[2]);
	conn_close(conns[2], 3001, "shutdown");
	client_fd_reset(conns[3]->client_fd);
	conns[3]->client_fd = -1;
	conn_write(conns[3], STR("a"));
	conn_write(conns[3], STR("b"));
	for (size_t i = 0; i < COUNT_OF(conns); i++) {
		http_stream_free(&conns[i]->peer);
		cr_expect_eq(conns[i]->closed, 1);
		conn_free(conns[i]);
	}
}
