/* Pipelined requests on many connections are answered in order, each with its own response. */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn.h"
#include "http_fixture.h"
#include "server.h"

TestSuite(pipeline, .init = fixture_open, .fini = fixture_close, .timeout = 120);

enum { CLIENTS = 100, REQUESTS = 1000, SLOW_EVERY = 97 };

struct client {
	int fd;
	struct buf to_send, received;
	size_t sent;
	int answers;
	size_t checked; /* of `received`, checked */
};

static void prepare(struct client *client, int number)
{
	for (int i = 0; i < REQUESTS; i++) {
		const char *path = i % SLOW_EVERY == number % SLOW_EVERY ? "slow" : "echo";

		if (i % 7 == 3)
			buf_print(&client->to_send,
			          "POST /%s?c=%d&r=%d HTTP/1.1\r\nHost: a\r\nContent-Length: "
			          "4\r\n\r\n%04d",
			          path, number, i, i);
		else
			buf_print(&client->to_send, "GET /%s?c=%d&r=%d HTTP/1.1\r\nHost: a\r\n\r\n",
			          path, number, i);
	}
	client->fd = client_new();
}

static void send_some(struct client *client)
{
	ssize_t n;

	if (client->sent == client->to_send.length)
		return;
	n = send(client->fd, client->to_send.at + client->sent,
	         client->to_send.length - client->sent, MSG_NOSIGNAL);
	if (n > 0)
		client->sent += (size_t)n;
	else
		cr_assert_eq(errno, EAGAIN);
}

/* Checks that each complete response received is the next one expected. */
static void check(struct client *client, int number)
{
	char query[64];

	for (;;) {
		struct str rest = { client->received.at + client->checked,
			            client->received.length - client->checked };
		struct str length = header_of(rest, "Content-Length"), body = body_of(rest);
		long long bytes;

		if (!length.at || !str_number(length, &bytes) || body.length < (size_t)bytes)
			return;
		body.length = (size_t)bytes;
		snprintf(query, sizeof(query), "\nquery=c=%d&r=%d\n", number, client->answers);
		cr_assert(memmem(body.at, body.length, query, strlen(query)),
		          "%s is missing in %.*s", query, STR_ARGS(body));
		client->answers++;
		client->checked = (size_t)(body.at + body.length - client->received.at);
	}
}

static void receive_some(struct client *client, int number)
{
	char bytes[16384];
	ssize_t n = recv(client->fd, bytes, sizeof(bytes), 0);

	if (n < 0) {
		cr_assert_eq(errno, EAGAIN);
		return;
	}
	cr_assert_gt(n, 0, "client %d: closed after %d responses", number, client->answers);
	buf_add(&client->received, bytes, (size_t)n);
	check(client, number);
	/* Drops what has been checked. */
	memmove(client->received.at, client->received.at + client->checked,
	        client->received.length - client->checked);
	client->received.length -= client->checked;
	client->checked = 0;
}

Test(pipeline, is_answered_in_order)
{
	static struct client clients[CLIENTS];
	int turns = 0, done = 0;

	for (int i = 0; i < CLIENTS; i++)
		prepare(&clients[i], i);
	while (done < CLIENTS && turns++ < 1000000) {
		done = 0;
		for (int i = 0; i < CLIENTS; i++) {
			if (clients[i].answers == REQUESTS) {
				done++;
				continue;
			}
			send_some(&clients[i]);
			receive_some(&clients[i], i);
		}
		fixture_turn();
	}
	for (int i = 0; i < CLIENTS; i++) {
		cr_expect_eq(clients[i].answers, REQUESTS, "client %d", i);
		close(clients[i].fd);
		buf_finish(&clients[i].to_send);
		buf_finish(&clients[i].received);
	}
	cr_expect_eq(f.ran, CLIENTS * REQUESTS);
	cr_expect_eq(f.http->active_requests, 0);
}

/* A client that pipelines 1000 requests does not delay another client by all of them. */
Test(pipeline, is_fair_to_other_connections)
{
	struct buf many = { 0 }, received = { 0 };
	ssize_t n;
	int greedy = client_new(), modest = client_new();

	for (int i = 0; i < 1000; i++)
		buf_text(&many, "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
	cr_assert_eq(send(greedy, many.at, many.length, 0), (ssize_t)many.length);
	cr_assert_gt(send(modest, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", 32, 0), 0);
	fixture_turn();
	cr_expect(client_receive(modest, &received, 1, 1));
	buf_clear(&received);
	n = recv(greedy, buf_reserve(&received, 1 << 20), 1 << 20, 0);
	cr_assert_gt(n, 0);
	received.length = (size_t)n;
	cr_expect_lt(count_of(buf_as_str(&received), "HTTP/1.1 204"), 200);
	close(greedy);
	close(modest);
	buf_finish(&many);
	buf_finish(&received);
}

/* While a request is being handled, a bounded amount of input is buffered. */
Test(pipeline, stops_reading_at_a_limit)
{
	static char bytes[1 << 16];
	int client = client_new();
	size_t sent = 0;
	struct http_conn *conn;

	client_send(client, STR("GET /held HTTP/1.1\r\nHost: a\r\n\r\n"));
	fixture_turn();
	cr_assert(f.held);
	memset(bytes, '\r', sizeof(bytes));
	for (int i = 0; i < 2000; i++) {
		ssize_t n = send(client, bytes, sizeof(bytes), MSG_NOSIGNAL);

		if (n > 0)
			sent += (size_t)n;
		fixture_turn();
	}
	conn = TAILQ_FIRST(&f.http->conns[CONN_HANDLING]);
	cr_assert(conn);
	cr_expect_leq(conn->pending.length, 32 * 1024);
	cr_expect_gt(sent, conn->pending.length);
	cr_expect_not(conn->reading);
	cr_expect_not(conn->eof);
	fixture_reply_held();
	fixture_turn();
	cr_expect_str_eq(statuses_of(send_request(STR("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"))),
	                 "200");
	close(client);
}
