/* How connections end: half-closed, reset, rejected, too many, drained. */

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn.h"
#include "http_fixture.h"
#include "server.h"
#include "timeouts.h"

TestSuite(disconnect, .init = fixture_open, .fini = fixture_close, .timeout = 60);

#define HELD "GET /held HTTP/1.1\r\nHost: a\r\n\r\n"
#define ECHO "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"

static int client_held(void)
{
	int client = client_new();

	client_send(client, STR(HELD));
	fixture_turn();
	cr_assert(f.held);
	return client;
}

static void turns(int count)
{
	while (count--)
		fixture_turn();
}

/* RST instead of FIN. */
static void reset(int client)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(client, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(client);
	turns(3);
}

Test(disconnect, after_a_half_close_sends_the_reply)
{
	struct buf response = { 0 };
	int client = client_held();

	client_shutdown(client);
	turns(5);
	cr_expect_eq(f.disconnects, 0);
	cr_expect_eq(f.http->conn_count, 1);
	fixture_reply_held();
	cr_expect(client_receive_all(client, &response, 5));
	cr_expect_str_eq(statuses_of(buf_as_str(&response)), "200");
	cr_expect_eq(f.http->conn_count, 0);
	buf_finish(&response);
	close(client);
}

Test(disconnect, by_reset_notifies_and_discards_the_reply)
{
	reset(client_held());
	cr_expect_eq(f.disconnects, 1);
	cr_expect_eq(f.http->conn_count, 0);
	cr_expect_eq(f.http->active_requests, 1);
	fixture_reply_held();
	turns(2);
	cr_expect_eq(f.http->active_requests, 0);
	cr_expect(LIST_EMPTY(&f.http->requests));
}

Test(disconnect, by_reset_drops_pipelined_requests)
{
	int client = client_held();

	for (int i = 0; i < 20; i++)
		client_send(client, STR(ECHO));
	reset(client);
	cr_expect_eq(f.disconnects, 1);
	fixture_reply_held();
	turns(2);
	cr_expect_eq(f.ran, 1, "requests after it must not be run");
}

Test(disconnect, by_reset_within_a_body)
{
	int client = client_new();

	client_send(client,
	            STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc"));
	turns(2);
	cr_expect_gt(f.http->body_bytes, 0);
	reset(client);
	cr_expect_eq(f.http->conn_count, 0);
	cr_expect_eq(f.http->body_bytes, 0);
	cr_expect_eq(f.http->active_requests, 0);
}

Test(disconnect, by_reset_while_a_reply_is_queued)
{
	int client = client_new();

	for (int i = 0; i < 20; i++)
		client_send(client, STR("GET /large HTTP/1.1\r\nHost: a\r\n\r\n"));
	turns(50);
	cr_assert(TAILQ_FIRST(&f.http->conns[CONN_WRITING]));
	reset(client);
	cr_expect_eq(f.http->conn_count, 0);
	cr_expect_eq(f.http->unsent, 0);
}

Test(disconnect, lets_a_rejected_client_read_the_reason)
{
	/* Far more input after the error than the server reads before it replies. */
	static char bytes[512 * 1024];
	struct buf response = { 0 };
	int client = client_new();

	client_send(client, STR("GET /echo HTTP/7.7\r\n\r\n"));
	memset(bytes, 'x', sizeof(bytes));
	client_send(client, (struct str){ bytes, sizeof(bytes) });
	client_shutdown(client);
	cr_expect(client_receive_all(client, &response, 5));
	cr_expect_str_eq(statuses_of(buf_as_str(&response)), "505");
	buf_finish(&response);
	close(client);
}

Test(disconnect, closes_a_rejected_client_after_a_while)
{
	int client;

	fixture_advance(0);
	client = client_new();
	client_send(client, STR("GET /echo HTTP/7.7\r\n\r\n"));
	turns(3);
	cr_expect_eq(f.http->conn_count, 1);
	fixture_advance(2100);
	timeouts_run_soon(f.http);
	turns(3);
	cr_expect_eq(f.http->conn_count, 0);
	close(client);
}

Test(disconnect, rejects_excess_connections)
{
	int clients[4];
	char byte;

	fixture_stop();
	f.config.http_connections = 3;
	fixture_serve();
	for (int i = 0; i < 4; i++)
		clients[i] = client_new();
	turns(2);
	cr_expect_eq(f.http->conn_count, 3);
	cr_expect_eq(recv(clients[3], &byte, 1, 0), 0);
	cr_expect_eq(metrics_value(METRIC_HTTP_REFUSED), 1);
	close(clients[0]);
	turns(2);
	cr_expect_str_eq(statuses_of(send_request(STR(ECHO))), "200",
	                 "a closed connection must free its slot");
	for (int i = 1; i < 4; i++)
		close(clients[i]);
}

Test(disconnect, rejects_bodies_beyond_the_budget)
{
	static char bytes[40000];
	int clients[3];
	struct buf response = { 0 };

	fixture_stop();
	f.config.body_budget = 100000;
	fixture_serve();
	for (int i = 0; i < 3; i++) {
		clients[i] = client_new();
		client_send(clients[i],
		            STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n"));
		client_send(clients[i], (struct str){ bytes, sizeof(bytes) });
	}
	turns(3);
	cr_expect(client_receive(clients[2], &response, 100, 5));
	cr_expect(str_begins(buf_as_str(&response), "HTTP/1.1 503 "));
	cr_expect(str_is(header_of(buf_as_str(&response), "Retry-After"), "1"));
	for (int i = 0; i < 3; i++)
		close(clients[i]);
	turns(4);
	cr_expect_eq(f.http->body_bytes, 0);
	buf_finish(&response);
}

Test(disconnect, does_not_spin_without_descriptors)
{
	struct rlimit before, none;
	struct buf response = { 0 };
	int next = dup(STDIN_FILENO), waiting;

	/* The client gets the last descriptor; the server has none to accept with. */
	close(next);
	cr_assert(getrlimit(RLIMIT_NOFILE, &before) == 0);
	none = before;
	none.rlim_cur = (rlim_t)next + 1;
	cr_assert(setrlimit(RLIMIT_NOFILE, &none) == 0);
	waiting = client_new();
	turns(20);
	cr_expect_eq(f.http->conn_count, 0);
	cr_assert(setrlimit(RLIMIT_NOFILE, &before) == 0);
	timeouts_run_soon(f.http);
	turns(3);
	cr_expect_eq(f.http->conn_count, 1);
	client_send(waiting, STR(ECHO));
	cr_expect(client_receive(waiting, &response, 100, 5));
	buf_finish(&response);
	close(waiting);
}

static void on_drained(void *arg)
{
	cr_expect_eq(arg, &f);
	f.drained = true;
}

Test(disconnect, drains_at_once_without_connections)
{
	http_drain(f.http, on_drained, &f);
	cr_expect_not(f.drained, "done() must not be called from http_drain()");
	turns(4);
	cr_expect(f.drained);
}

Test(disconnect, drains_after_the_last_reply)
{
	struct buf response = { 0 };
	int idle = client_new(), held;
	char byte;

	client_send(idle, STR(ECHO));
	cr_assert(client_receive(idle, &response, 100, 5));
	held = client_held();
	http_drain(f.http, on_drained, &f);
	turns(5);
	cr_expect_not(f.drained);
	cr_expect_not(f.http->accepting);
	while (recv(idle, &byte, 1, 0) > 0)
		;
	cr_expect_eq(recv(idle, &byte, 1, 0), 0, "the idle connection must be closed");
	buf_clear(&response);
	fixture_reply_held();
	client_shutdown(held);
	cr_expect(client_receive_all(held, &response, 5));
	cr_expect_str_eq(statuses_of(buf_as_str(&response)), "200");
	cr_expect(str_is(header_of(buf_as_str(&response), "Connection"), "close"));
	turns(4);
	cr_expect(f.drained);
	buf_finish(&response);
	close(idle);
	close(held);
}

Test(disconnect, drains_after_answering_accepted_connections)
{
	struct buf response = { 0 };
	int client = client_new();

	http_drain(f.http, on_drained, &f);
	turns(2);
	client_send(client, STR(ECHO));
	cr_expect(client_receive(client, &response, 100, 5));
	cr_expect(str_is(header_of(buf_as_str(&response), "Connection"), "close"));
	close(client);
	turns(4);
	cr_expect(f.drained);
	buf_finish(&response);
}

Test(disconnect, allows_freeing_the_server_during_a_request)
{
	int client = client_held();

	fixture_stop();
	cr_expect_eq(f.disconnects, 1);
	fixture_reply_held();
	close(client);
	fixture_serve();
}

Test(disconnect, survives_many_connections)
{
	for (int i = 0; i < 2000; i++) {
		int client = client_new();

		client_send(client, STR(ECHO));
		if (i % 3 == 0)
			reset(client);
		else
			close(client);
	}
	turns(10);
	cr_expect_eq(f.http->conn_count, 0);
	cr_expect(LIST_EMPTY(&f.http->requests));
}
