/* Detaching a connection from the HTTP server, with the input after its request. */

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn.h"
#include "log.h"
#include "http_fixture.h"
#include "server.h"

TestSuite(detach, .init = fixture_open, .fini = fixture_close, .timeout = 60);

#define GET_(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

static void turns(int count)
{
	while (count--)
		fixture_turn();
}

static int client_held(const char *rest)
{
	int client = client_new();

	client_send(client, STR(GET_("/held")));
	client_send(client, str_of(rest));
	turns(2);
	cr_assert(f.held);
	return client;
}

/* RST instead of FIN. */
static void reset(int client)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(client, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(client);
	turns(3);
}

/* Both ends can exchange bytes, and the server no longer counts the connection. */
static void expect_taken(int client, const char *rest)
{
	char bytes[16];

	cr_assert_eq(f.detached_count, 1);
	cr_expect(str_is(buf_as_str(&f.detached.rest), rest), "%.*s", STR_ARGS(f.detached.rest));
	cr_expect(fcntl(f.detached.fd, F_GETFL) & O_NONBLOCK);
	cr_expect(fcntl(f.detached.fd, F_GETFD) & FD_CLOEXEC);
	cr_expect_eq(f.http->conn_count, 0);
	cr_expect_eq(f.http->active_requests, 0);
	turns(3);
	cr_assert_eq(send(f.detached.fd, "down", 4, 0), 4);
	cr_expect_eq(recv(client, bytes, sizeof(bytes), 0), 4);
	cr_expect_eq(memcmp(bytes, "down", 4), 0);
	cr_assert_eq(send(client, "up", 2, 0), 2);
	turns(3);
	cr_expect_eq(recv(f.detached.fd, bytes, sizeof(bytes), 0), 2);
	cr_expect_eq(memcmp(bytes, "up", 2), 0);
	close(f.detached.fd);
	cr_expect_eq(recv(client, bytes, sizeof(bytes), 0), 0);
	buf_finish(&f.detached.rest);
	close(client);
	turns(3);
}

static void expect_head(int client)
{
	struct buf response = { 0 };
	struct str all;

	cr_expect(client_receive(client, &response, 1, 5));
	all = buf_as_str(&response);
	cr_expect_str_eq(statuses_of(all), "200");
	cr_expect(str_is(header_of(all, "Content-Type"), "text/event-stream"));
	cr_expect(str_is(header_of(all, "Connection"), "close"));
	cr_expect(str_is(header_of(all, "Cache-Control"), "no-store"));
	cr_expect(header_of(all, "X-Request-Id").at);
	cr_expect_null(header_of(all, "Content-Length").at);
	cr_expect_null(header_of(all, "Transfer-Encoding").at);
	cr_expect_eq(body_of(all).length, 0);
	buf_finish(&response);
}

Test(detach, detaches_after_the_head)
{
	int client = client_new();

	client_send(client, STR(GET_("/detach/200")));
	expect_head(client);
	expect_taken(client, "");
}

Test(detach, sends_nothing_with_101)
{
	int client = client_new();

	client_send(client, STR(GET_("/detach/101")));
	fixture_turn();
	expect_taken(client, "");
}

Test(detach, detaches_on_a_later_turn)
{
	int client = client_held("");

	fixture_detach_held(200);
	expect_head(client);
	expect_taken(client, "");
}

Test(detach, returns_the_rest)
{
	int client = client_new();

	client_send(client, STR(GET_("/detach/101") "first " GET_("/echo")));
	fixture_turn();
	cr_expect_eq(f.ran, 1);
	expect_taken(client, "first " GET_("/echo"));
}

Test(detach, returns_the_rest_received_while_waiting)
{
	int client = client_held("first");

	client_send(client, STR(" second"));
	turns(2);
	fixture_detach_held(101);
	expect_taken(client, "first second");
}

/* The requests were pipelined. */
Test(detach, returns_the_rest_after_several_requests)
{
	struct buf response = { 0 };
	int client = client_held("");

	client_send(client, STR(GET_("/echo") GET_("/detach/101") "behind"));
	turns(2);
	fixture_reply_held();
	cr_expect(client_receive(client, &response, 1, 5));
	turns(3);
	client_receive(client, &response, response.length + 1, 0);
	cr_expect_str_eq(statuses_of(buf_as_str(&response)), "200 200");
	buf_finish(&response);
	expect_taken(client, "behind");
}

/* An upgrade with a body is an ordinary request: the rest starts after its body. */
Test(detach, returns_the_rest_after_a_body)
{
	static const struct str requests[] = {
		STR("POST /detach/101 HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
		    "Content-Length: 4\r\n\r\nbodybehind"),
		STR("POST /detach/101 HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\nbehind"),
	};

	for (size_t i = 0; i < COUNT_OF(requests); i++) {
		size_t whole = requests[i].length - strlen("behind");
		int client = client_new();

		f.detached_count = 0;
		client_send(client, requests[i]);
		turns(2);
		expect_taken(client, "behind");

		/* Byte by byte: detached as soon as the request is complete. */
		client = client_new();
		f.detached_count = 0;
		for (size_t at = 0; at < whole; at++) {
			cr_assert_eq(f.detached_count, 0);
			client_send(client, (struct str){ requests[i].at + at, 1 });
		}
		turns(2);
		expect_taken(client, "");
	}
}

Test(detach, detaches_an_http10_client)
{
	int client = client_new();

	client_send(client, STR("GET /detach/200 HTTP/1.0\r\n\r\n"));
	expect_head(client);
	expect_taken(client, "");
}

Test(detach, fails_for_head_requests)
{
	struct buf response = { 0 };
	int client = client_new();

	client_send(client, STR("HEAD /detach/200 HTTP/1.1\r\nHost: a\r\n\r\n"));
	expect_head(client);
	client_shutdown(client);
	cr_expect(client_receive_all(client, &response, 5));
	cr_expect_eq(response.length, 0);
	cr_expect_eq(f.not_detached, 1);
	turns(3);
	cr_expect_eq(f.http->conn_count, 0);
	buf_finish(&response);
	close(client);
}

Test(detach, fails_after_a_disconnect)
{
	reset(client_held(""));
	cr_expect_eq(f.disconnects, 1);
	fixture_detach_held(200);
	cr_expect_eq(f.not_detached, 1);
	cr_expect_eq(f.http->active_requests, 0);
	cr_expect_eq(f.http->conn_count, 0);
}

/* A half-closed connection is detached; the new owner reads the end. */
Test(detach, detaches_a_half_closed_connection)
{
	char byte;
	int client = client_held("last");

	client_shutdown(client);
	turns(3);
	fixture_detach_held(101);
	cr_assert_eq(f.detached_count, 1);
	cr_expect(str_is(buf_as_str(&f.detached.rest), "last"));
	cr_expect_eq(recv(f.detached.fd, &byte, 1, 0), 0);
	buf_finish(&f.detached.rest);
	close(f.detached.fd);
	close(client);
}

static void on_drained(void *)
{
	f.drained = true;
}

Test(detach, fails_while_draining)
{
	struct buf response = { 0 };
	int client = client_held("");

	http_drain(f.http, on_drained, NULL);
	turns(2);
	fixture_detach_held(101);
	cr_expect_eq(f.not_detached, 1);
	client_shutdown(client);
	cr_expect(client_receive_all(client, &response, 5));
	cr_expect_str_eq(statuses_of(buf_as_str(&response)), "503");
	cr_expect_eq(count_of(buf_as_str(&response), "SHUTTING_DOWN"), 1);
	cr_expect(str_is(header_of(buf_as_str(&response), "Retry-After"), "1"));
	turns(3);
	cr_expect(f.drained);
	buf_finish(&response);
	close(client);
}

Test(detach, fails_after_the_server_is_freed)
{
	int client = client_held("");

	fixture_stop();
	fixture_detach_held(101);
	cr_expect_eq(f.not_detached, 1);
	close(client);
}

Test(detach, does_not_delay_draining)
{
	char byte;
	int client = client_new();

	client_send(client, STR(GET_("/detach/101")));
	fixture_turn();
	cr_assert_eq(f.detached_count, 1);
	http_drain(f.http, on_drained, NULL);
	turns(3);
	cr_expect(f.drained);
	cr_expect_eq(recv(client, &byte, 1, 0), -1);
	cr_expect_eq(errno, EAGAIN);
	close(f.detached.fd);
	close(client);
}

/* If the socket buffer is full, the head cannot be sent at once. */
Test(detach, fails_if_the_socket_is_full)
{
	char bytes[65536] = { 0 };
	int client = client_held(""), fd = TAILQ_FIRST(&f.http->conns[CONN_HANDLING])->fd;

	while (send(fd, bytes, sizeof(bytes), 0) > 0)
		;
	while (send(fd, bytes, 1, 0) > 0)
		;
	fixture_detach_held(200);
	cr_expect_eq(f.not_detached, 1);
	cr_expect_eq(f.http->conn_count, 0);
	turns(3);
	cr_expect_lt(fcntl(fd, F_GETFD), 0);
	close(client);
}

Test(detach, is_logged)
{
	char line[4096] = "";
	int ends[2], client = client_new();

	cr_assert(pipe(ends) == 0);
	log_open(ends[1], LOG_INFO);
	client_send(client, STR(GET_("/detach/101")));
	turns(2);
	log_open(STDERR_FILENO, LOG_WARN);
	cr_assert_gt(read(ends[0], line, sizeof(line) - 1), 0);
	cr_expect(strstr(line, "\"http.response.status_code\":101"), "%s", line);
	cr_expect(strstr(line, "\"http.route\":\"/detach/{status}\""), "%s", line);
	close(ends[0]);
	close(ends[1]);
	close(f.detached.fd);
	close(client);
}

/* The descriptor is reused at once by another connection, before the loop polls. */
Test(detach, leaves_no_event_on_the_descriptor)
{
	for (int i = 0; i < 50; i++) {
		struct buf response = { 0 };
		int client = client_new(), next;

		client_send(client, STR(GET_("/detach/101")));
		cr_assert_eq(f.detached_count, i + 1);
		close(f.detached.fd);
		next = client_new();
		client_send(next, STR(GET_("/echo")));
		cr_expect(client_receive(next, &response, 1, 5));
		cr_expect_str_eq(statuses_of(buf_as_str(&response)), "200");
		buf_finish(&response);
		close(next);
		close(client);
	}
}

Test(detach, upgrades_require_both_headers)
{
	static const struct {
		struct str head;
		bool upgrades;
	} table[] = {
		{ STR("HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"),
		  true },
		{ STR("HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, upgrade\r\nUpgrade: WebSocket\r\n"),
		  true },
		{ STR("HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nConnection: upgrade\r\nUpgrade: h2c, websocket/13\r\n"),
		  true },
		{ STR("HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"), false },
		{ STR("HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n"), false },
		{ STR("HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n"), false },
		{ STR("HTTP/1.1\r\nHost: a\r\nConnection: upgraded\r\nUpgrade: websocket\r\n"),
		  false },
		{ STR("HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websockets\r\n"),
		  false },
		{ STR("HTTP/1.1\r\nHost: a\r\n"), false },
		{ STR("HTTP/1.0\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"),
		  false },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct buf request = { 0 };
		struct str response;

		buf_text(&request, "GET /upgrades ");
		buf_str(&request, table[i].head);
		buf_text(&request, "\r\n");
		response = send_request(buf_as_str(&request));
		cr_expect(str_is(body_of(response), table[i].upgrades ? "yes\n" : "no\n"),
		          "row %zu: %.*s", i, STR_ARGS(response));
		buf_finish(&request);
	}
}
