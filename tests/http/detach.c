/* Detaching a connection from the HTTP server, with the input after its request. */

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "http_fixture.h"

TestSuite(take, .init = street_open, .fini = street_close, .timeout = 60);

#define GET_(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

static void turns(int count)
{
	while (count--)
		street_turn();
}

static int caller_held(const char *behind)
{
	int caller = caller_new();

	caller_say(caller, STR(GET_("/held")));
	caller_say(caller, str_of(behind));
	turns(2);
	cr_assert(f.held);
	return caller;
}

/* RST instead of FIN. */
static void break_off(int caller)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(caller, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(caller);
	turns(3);
}

/* Both ends can exchange bytes, and the server no longer counts the connection. */
static void expect_taken(int caller, const char *rest)
{
	char bytes[16];

	cr_assert_eq(f.taken_count, 1);
	cr_expect(str_is(buf_as_str(&f.taken.rest), rest), "%.*s", STR_ARGS(f.taken.rest));
	cr_expect(fcntl(f.taken.fd, F_GETFL) & O_NONBLOCK);
	cr_expect(fcntl(f.taken.fd, F_GETFD) & FD_CLOEXEC);
	cr_expect_eq(f.http->open, 0);
	cr_expect_eq(f.http->under_way, 0);
	turns(3);
	cr_assert_eq(send(f.taken.fd, "down", 4, 0), 4);
	cr_expect_eq(recv(caller, bytes, sizeof(bytes), 0), 4);
	cr_expect_eq(memcmp(bytes, "down", 4), 0);
	cr_assert_eq(send(caller, "up", 2, 0), 2);
	turns(3);
	cr_expect_eq(recv(f.taken.fd, bytes, sizeof(bytes), 0), 2);
	cr_expect_eq(memcmp(bytes, "up", 2), 0);
	close(f.taken.fd);
	cr_expect_eq(recv(caller, bytes, sizeof(bytes), 0), 0);
	buf_finish(&f.taken.rest);
	close(caller);
	turns(3);
}

static void expect_head(int caller)
{
	struct buf heard = { 0 };
	struct str all;

	cr_expect(caller_hears(caller, &heard, 1, 5));
	all = buf_as_str(&heard);
	cr_expect_str_eq(statuses_of(all), "200");
	cr_expect(str_is(header_of(all, "Content-Type"), "text/event-stream"));
	cr_expect(str_is(header_of(all, "Connection"), "close"));
	cr_expect(str_is(header_of(all, "Cache-Control"), "no-store"));
	cr_expect(header_of(all, "X-Request-Id").at);
	cr_expect_null(header_of(all, "Content-Length").at);
	cr_expect_null(header_of(all, "Transfer-Encoding").at);
	cr_expect_eq(body_of(all).length, 0);
	buf_finish(&heard);
}

Test(take, detaches_after_the_head)
{
	int caller = caller_new();

	caller_say(caller, STR(GET_("/take/200")));
	expect_head(caller);
	expect_taken(caller, "");
}

Test(take, sends_nothing_with_101)
{
	int caller = caller_new();

	caller_say(caller, STR(GET_("/take/101")));
	street_turn();
	expect_taken(caller, "");
}

Test(take, detaches_on_a_later_turn)
{
	int caller = caller_held("");

	street_take(200);
	expect_head(caller);
	expect_taken(caller, "");
}

Test(take, returns_the_rest)
{
	int caller = caller_new();

	caller_say(caller, STR(GET_("/take/101") "first " GET_("/echo")));
	street_turn();
	cr_expect_eq(f.ran, 1);
	expect_taken(caller, "first " GET_("/echo"));
}

Test(take, returns_the_rest_received_while_waiting)
{
	int caller = caller_held("first");

	caller_say(caller, STR(" second"));
	turns(2);
	street_take(101);
	expect_taken(caller, "first second");
}

/* The requests were pipelined. */
Test(take, returns_the_rest_after_several_requests)
{
	struct buf heard = { 0 };
	int caller = caller_held("");

	caller_say(caller, STR(GET_("/echo") GET_("/take/101") "behind"));
	turns(2);
	street_let_go();
	cr_expect(caller_hears(caller, &heard, 1, 5));
	turns(3);
	caller_hears(caller, &heard, heard.length + 1, 0);
	cr_expect_str_eq(statuses_of(buf_as_str(&heard)), "200 200");
	buf_finish(&heard);
	expect_taken(caller, "behind");
}

/* An upgrade with a body is an ordinary request: the rest starts after its body. */
Test(take, returns_the_rest_after_a_body)
{
	static const struct str ways[] = {
		STR("POST /take/101 HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
		    "Content-Length: 4\r\n\r\nbodybehind"),
		STR("POST /take/101 HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\nbehind"),
	};

	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		size_t whole = ways[i].length - strlen("behind");
		int caller = caller_new();

		f.taken_count = 0;
		caller_say(caller, ways[i]);
		turns(2);
		expect_taken(caller, "behind");

		/* Byte by byte: detached as soon as the request is complete. */
		caller = caller_new();
		f.taken_count = 0;
		for (size_t at = 0; at < whole; at++) {
			cr_assert_eq(f.taken_count, 0);
			caller_say(caller, (struct str){ ways[i].at + at, 1 });
		}
		turns(2);
		expect_taken(caller, "");
	}
}

Test(take, detaches_an_http10_client)
{
	int caller = caller_new();

	caller_say(caller, STR("GET /take/200 HTTP/1.0\r\n\r\n"));
	expect_head(caller);
	expect_taken(caller, "");
}

Test(take, fails_for_head_requests)
{
	struct buf heard = { 0 };
	int caller = caller_new();

	caller_say(caller, STR("HEAD /take/200 HTTP/1.1\r\nHost: a\r\n\r\n"));
	expect_head(caller);
	caller_says_no_more(caller);
	cr_expect(caller_hears_all(caller, &heard, 5));
	cr_expect_eq(heard.length, 0);
	cr_expect_eq(f.not_taken, 1);
	turns(3);
	cr_expect_eq(f.http->open, 0);
	buf_finish(&heard);
	close(caller);
}

Test(take, fails_after_a_disconnect)
{
	break_off(caller_held(""));
	cr_expect_eq(f.gone, 1);
	street_take(200);
	cr_expect_eq(f.not_taken, 1);
	cr_expect_eq(f.http->under_way, 0);
	cr_expect_eq(f.http->open, 0);
}

/* A half-closed connection is detached; the new owner reads the end. */
Test(take, detaches_a_half_closed_connection)
{
	char byte;
	int caller = caller_held("last");

	caller_says_no_more(caller);
	turns(3);
	street_take(101);
	cr_assert_eq(f.taken_count, 1);
	cr_expect(str_is(buf_as_str(&f.taken.rest), "last"));
	cr_expect_eq(recv(f.taken.fd, &byte, 1, 0), 0);
	buf_finish(&f.taken.rest);
	close(f.taken.fd);
	close(caller);
}

static void on_drained(void *)
{
	f.drained = true;
}

Test(take, fails_while_draining)
{
	struct buf heard = { 0 };
	int caller = caller_held("");

	http_drain(f.http, on_drained, NULL);
	turns(2);
	street_take(101);
	cr_expect_eq(f.not_taken, 1);
	caller_says_no_more(caller);
	cr_expect(caller_hears_all(caller, &heard, 5));
	cr_expect_str_eq(statuses_of(buf_as_str(&heard)), "503");
	cr_expect_eq(count_of(buf_as_str(&heard), "SHUTTING_DOWN"), 1);
	cr_expect(str_is(header_of(buf_as_str(&heard), "Retry-After"), "1"));
	turns(3);
	cr_expect(f.drained);
	buf_finish(&heard);
	close(caller);
}

Test(take, fails_after_the_server_is_freed)
{
	int caller = caller_held("");

	street_stop();
	street_take(101);
	cr_expect_eq(f.not_taken, 1);
	close(caller);
}

Test(take, does_not_delay_draining)
{
	char byte;
	int caller = caller_new();

	caller_say(caller, STR(GET_("/take/101")));
	street_turn();
	cr_assert_eq(f.taken_count, 1);
	http_drain(f.http, on_drained, NULL);
	turns(3);
	cr_expect(f.drained);
	cr_expect_eq(recv(caller, &byte, 1, 0), -1);
	cr_expect_eq(errno, EAGAIN);
	close(f.taken.fd);
	close(caller);
}

/* If the socket buffer is full, the head cannot be sent at once. */
Test(take, fails_if_the_socket_is_full)
{
	char bytes[65536] = { 0 };
	int caller = caller_held(""), fd = TAILQ_FIRST(&f.http->places[PLACE_BUSY])->fd;

	while (send(fd, bytes, sizeof(bytes), 0) > 0)
		;
	while (send(fd, bytes, 1, 0) > 0)
		;
	street_take(200);
	cr_expect_eq(f.not_taken, 1);
	cr_expect_eq(f.http->open, 0);
	turns(3);
	cr_expect_lt(fcntl(fd, F_GETFD), 0);
	close(caller);
}

Test(take, is_logged)
{
	char line[4096] = "";
	int ends[2], caller = caller_new();

	cr_assert(pipe(ends) == 0);
	log_open(ends[1], LOG_INFO);
	caller_say(caller, STR(GET_("/take/101")));
	turns(2);
	log_open(STDERR_FILENO, LOG_WARN);
	cr_assert_gt(read(ends[0], line, sizeof(line) - 1), 0);
	cr_expect(strstr(line, "\"http.response.status_code\":101"), "%s", line);
	cr_expect(strstr(line, "\"http.route\":\"/take/{status}\""), "%s", line);
	close(ends[0]);
	close(ends[1]);
	close(f.taken.fd);
	close(caller);
}

/* The descriptor is reused at once by another connection, before the loop polls. */
Test(take, leaves_no_event_on_the_descriptor)
{
	for (int i = 0; i < 50; i++) {
		struct buf heard = { 0 };
		int caller = caller_new(), next;

		caller_say(caller, STR(GET_("/take/101")));
		cr_assert_eq(f.taken_count, i + 1);
		close(f.taken.fd);
		next = caller_new();
		caller_say(next, STR(GET_("/echo")));
		cr_expect(caller_hears(next, &heard, 1, 5));
		cr_expect_str_eq(statuses_of(buf_as_str(&heard)), "200");
		buf_finish(&heard);
		close(next);
		close(caller);
	}
}

Test(take, upgrades_require_both_headers)
{
	static const struct {
		struct str asked;
		bool upgrades;
	} table[] = {
		{ STR("HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"), true },
		{ STR("HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, upgrade\r\nUpgrade: WebSocket\r\n"), true },
		{ STR("HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nConnection: upgrade\r\nUpgrade: h2c, websocket/13\r\n"), true },
		{ STR("HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"), false },
		{ STR("HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n"), false },
		{ STR("HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n"), false },
		{ STR("HTTP/1.1\r\nHost: a\r\nConnection: upgraded\r\nUpgrade: websocket\r\n"), false },
		{ STR("HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websockets\r\n"), false },
		{ STR("HTTP/1.1\r\nHost: a\r\n"), false },
		{ STR("HTTP/1.0\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"), false },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct buf asks = { 0 };
		struct str heard;

		buf_text(&asks, "GET /upgrades ");
		buf_str(&asks, table[i].asked);
		buf_text(&asks, "\r\n");
		heard = ask(buf_as_str(&asks));
		cr_expect(str_is(body_of(heard), table[i].upgrades ? "yes\n" : "no\n"), "row %zu: %.*s", i,
			  STR_ARGS(heard));
		buf_finish(&asks);
	}
}
