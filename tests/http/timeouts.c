/* Timeouts: slow clients are answered with 408 or closed, others are not. */

#include <sys/socket.h>
#include <unistd.h>

#include "conn.h"
#include "http_fixture.h"
#include "server.h"
#include "timeouts.h"

TestSuite(timeouts, .init = fixture_open, .fini = fixture_close, .timeout = 60);

#define HEAD_ "GET /echo HTTP/1.1\r\nHost: a\r\n"

/* Advances the clock and runs the timeouts. */
static void pass(long long ms)
{
	fixture_advance(ms);
	timeouts_run_soon(f.http);
	for (int i = 0; i < 3; i++)
		fixture_turn();
}

static void expect_answer(int client, const char *statuses)
{
	struct buf response = { 0 };

	/* After a timeout the connection stays open for a moment, so that the reply can be read. */
	for (int i = 0; i < 3; i++)
		fixture_turn();
	shutdown(client, SHUT_WR);
	cr_expect(client_receive_all(client, &response, 5),
	          "the server did not close the connection");
	cr_expect_str_eq(statuses_of(buf_as_str(&response)), statuses);
	buf_finish(&response);
	close(client);
}

static bool is_open(int client)
{
	char byte;

	return recv(client, &byte, 1, MSG_PEEK) < 0;
}

Test(timeouts, head_is_answered_408)
{
	int client;

	fixture_advance(0);
	client = client_new();
	client_send(client, STR("GET /echo HTTP"));
	/* The timeout covers the whole head, however often a byte arrives. */
	for (int i = 0; i < 9; i++) {
		pass(1000);
		cr_assert(is_open(client), "after %d s", i + 1);
		client_send(client, STR("/"));
	}
	pass(1100);
	cr_expect_eq(metrics_value(METRIC_HTTP_SLOW), 1);
	expect_answer(client, "408");
}

Test(timeouts, empty_head_is_closed_silently)
{
	int client;

	fixture_advance(0);
	client = client_new();
	client_send(client, STR("\r\n"));
	pass(10100);
	expect_answer(client, "");
}

Test(timeouts, body_is_answered_408)
{
	int client;

	fixture_advance(0);
	client = client_new();
	client_send(client,
	            STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"));
	pass(4900);
	cr_assert(is_open(client));
	client_send(client, STR("too little"));
	pass(200);
	cr_expect_eq(metrics_value(METRIC_HTTP_SLOW), 1);
	expect_answer(client, "408");
}

Test(timeouts, body_at_the_minimum_rate_is_accepted)
{
	static char bytes[2048];
	int client;

	memset(bytes, 'x', sizeof(bytes));
	fixture_advance(0);
	client = client_new();
	client_send(client, STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 40960\r\n\r\n"));
	for (int i = 0; i < 20; i++) {
		pass(1900);
		client_send(client, (struct str){ bytes, sizeof(bytes) });
	}
	expect_answer(client, "200");
	cr_expect_eq(metrics_value(METRIC_HTTP_SLOW), 0);
}

Test(timeouts, burst_does_not_excuse_a_later_pause)
{
	static char bytes[100000];
	int client;

	memset(bytes, 'x', sizeof(bytes));
	fixture_advance(0);
	client = client_new();
	client_send(client,
	            STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n"));
	client_send(client, (struct str){ bytes, sizeof(bytes) });
	pass(100);
	cr_assert(is_open(client));
	pass(5100);
	expect_answer(client, "408");
}

Test(timeouts, reader_is_closed)
{
	int client;
	struct http_conn *conn;
	char bytes[4096];

	fixture_advance(0);
	client = client_new();
	/* More than the socket buffers hold. */
	for (int i = 0; i < 20; i++)
		client_send(client, STR("GET /large HTTP/1.1\r\nHost: a\r\n\r\n"));
	for (int i = 0; i < 50; i++)
		fixture_turn();
	conn = TAILQ_FIRST(&f.http->conns[CONN_WRITING]);
	cr_assert(conn, "the connection must be waiting for its reader");
	cr_expect_gt(f.http->unsent, 0);
	cr_expect_leq(f.http->unsent, LARGE + 1024);
	pass(4900);
	cr_assert_eq(TAILQ_FIRST(&f.http->conns[CONN_WRITING]), conn);
	pass(200);
	cr_expect_eq(f.http->conn_count, 0);
	cr_expect_eq(f.http->unsent, 0);
	cr_expect_eq(metrics_value(METRIC_HTTP_SLOW), 1);
	while (recv(client, bytes, sizeof(bytes), 0) > 0)
		fixture_turn();
	close(client);
}

Test(timeouts, reader_that_keeps_reading_gets_everything)
{
	struct buf response = { 0 };
	int client = client_new();

	for (int i = 0; i < 20; i++)
		client_send(client, STR("GET /large HTTP/1.1\r\nHost: a\r\n\r\n"));
	client_shutdown(client);
	cr_expect(client_receive_all(client, &response, 10));
	cr_expect_eq(count_of(buf_as_str(&response), "HTTP/1.1 200"), 20);
	cr_expect_gt(response.length, 20 * LARGE);
	cr_expect_eq(f.http->unsent, 0);
	buf_finish(&response);
	close(client);
}

Test(timeouts, idle_connection_is_closed)
{
	int fresh, used;
	struct buf response = { 0 };

	fixture_advance(0);
	fresh = client_new();
	used = client_new();
	client_send(used, STR(HEAD_ "\r\n"));
	cr_assert(client_receive(used, &response, 100, 5));
	pass(74000);
	cr_expect(is_open(fresh));
	cr_expect(is_open(used));
	pass(1100);
	cr_expect_eq(f.http->conn_count, 0);
	cr_expect_eq(metrics_value(METRIC_HTTP_SLOW), 0);
	buf_finish(&response);
	close(fresh);
	close(used);
}

Test(timeouts, route_has_no_timeout)
{
	int client;

	fixture_advance(0);
	client = client_new();
	client_send(client, STR("GET /held HTTP/1.1\r\nHost: a\r\n\r\n"));
	pass(1000000);
	cr_assert(is_open(client));
	fixture_reply_held();
	expect_answer(client, "200");
}
