/* Pipelined requests on many connections are answered in order, each with its own response. */

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_fixture.h"

TestSuite(pipeline, .init = street_open, .fini = street_close, .timeout = 120);

enum { CALLERS = 100, REQUESTS = 1000, SLOW_EVERY = 97 };

struct caller {
	int fd;
	struct buf says, heard;
	size_t said;
	int answers;
	size_t read; /* of `heard`, checked */
};

static void prepare(struct caller *caller, int number)
{
	for (int i = 0; i < REQUESTS; i++) {
		const char *path = i % SLOW_EVERY == number % SLOW_EVERY ? "slow" : "echo";

		if (i % 7 == 3)
			buf_print(&caller->says,
				  "POST /%s?c=%d&r=%d HTTP/1.1\r\nHost: a\r\nContent-Length: "
				  "4\r\n\r\n%04d",
				  path, number, i, i);
		else
			buf_print(&caller->says,
				  "GET /%s?c=%d&r=%d HTTP/1.1\r\nHost: a\r\n\r\n", path, number,
				  i);
	}
	caller->fd = caller_new();
}

static void say(struct caller *caller)
{
	ssize_t n;

	if (caller->said == caller->says.length)
		return;
	n = send(caller->fd, caller->says.at + caller->said, caller->says.length - caller->said,
		 MSG_NOSIGNAL);
	if (n > 0)
		caller->said += (size_t)n;
	else
		cr_assert_eq(errno, EAGAIN);
}

/* Checks that each complete response received is the next one expected. */
static void check(struct caller *caller, int number)
{
	char query[64];

	for (;;) {
		struct str rest = { caller->heard.at + caller->read,
				    caller->heard.length - caller->read };
		struct str length = header_of(rest, "Content-Length"), body = body_of(rest);
		long long bytes;

		if (!length.at || !str_number(length, &bytes) || body.length < (size_t)bytes)
			return;
		body.length = (size_t)bytes;
		snprintf(query, sizeof(query), "\nquery=c=%d&r=%d\n", number, caller->answers);
		cr_assert(memmem(body.at, body.length, query, strlen(query)),
			  "%s is missing in %.*s", query, STR_ARGS(body));
		caller->answers++;
		caller->read = (size_t)(body.at + body.length - caller->heard.at);
	}
}

static void hear(struct caller *caller, int number)
{
	char bytes[16384];
	ssize_t n = recv(caller->fd, bytes, sizeof(bytes), 0);

	if (n < 0) {
		cr_assert_eq(errno, EAGAIN);
		return;
	}
	cr_assert_gt(n, 0, "client %d: closed after %d responses", number, caller->answers);
	buf_add(&caller->heard, bytes, (size_t)n);
	check(caller, number);
	/* Drops what has been checked. */
	memmove(caller->heard.at, caller->heard.at + caller->read,
		caller->heard.length - caller->read);
	caller->heard.length -= caller->read;
	caller->read = 0;
}

Test(pipeline, is_answered_in_order)
{
	static struct caller callers[CALLERS];
	int turns = 0, done = 0;

	for (int i = 0; i < CALLERS; i++)
		prepare(&callers[i], i);
	while (done < CALLERS && turns++ < 1000000) {
		done = 0;
		for (int i = 0; i < CALLERS; i++) {
			if (callers[i].answers == REQUESTS) {
				done++;
				continue;
			}
			say(&callers[i]);
			hear(&callers[i], i);
		}
		street_turn();
	}
	for (int i = 0; i < CALLERS; i++) {
		cr_expect_eq(callers[i].answers, REQUESTS, "client %d", i);
		close(callers[i].fd);
		buf_finish(&callers[i].says);
		buf_finish(&callers[i].heard);
	}
	cr_expect_eq(f.ran, CALLERS * REQUESTS);
	cr_expect_eq(f.http->under_way, 0);
}

/* A client that pipelines 1000 requests does not delay another client by all of them. */
Test(pipeline, is_fair_to_other_connections)
{
	struct buf many = { 0 }, heard = { 0 };
	ssize_t n;
	int greedy = caller_new(), modest = caller_new();

	for (int i = 0; i < 1000; i++)
		buf_text(&many, "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
	cr_assert_eq(send(greedy, many.at, many.length, 0), (ssize_t)many.length);
	cr_assert_gt(send(modest, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", 32, 0), 0);
	street_turn();
	cr_expect(caller_hears(modest, &heard, 1, 1));
	buf_clear(&heard);
	n = recv(greedy, buf_reserve(&heard, 1 << 20), 1 << 20, 0);
	cr_assert_gt(n, 0);
	heard.length = (size_t)n;
	cr_expect_lt(count_of(buf_as_str(&heard), "HTTP/1.1 204"), 200);
	close(greedy);
	close(modest);
	buf_finish(&many);
	buf_finish(&heard);
}

/* While a request is being handled, a bounded amount of input is buffered. */
Test(pipeline, stops_reading_at_a_limit)
{
	static char bytes[1 << 16];
	int caller = caller_new();
	size_t said = 0;
	struct wire *wire;

	caller_say(caller, STR("GET /held HTTP/1.1\r\nHost: a\r\n\r\n"));
	street_turn();
	cr_assert(f.held);
	memset(bytes, '\r', sizeof(bytes));
	for (int i = 0; i < 2000; i++) {
		ssize_t n = send(caller, bytes, sizeof(bytes), MSG_NOSIGNAL);

		if (n > 0)
			said += (size_t)n;
		street_turn();
	}
	wire = TAILQ_FIRST(&f.http->places[PLACE_BUSY]);
	cr_assert(wire);
	cr_expect_leq(wire->pending.length, 32 * 1024);
	cr_expect_gt(said, wire->pending.length);
	cr_expect_not(wire->reading);
	cr_expect_not(wire->eof);
	street_let_go();
	street_turn();
	cr_expect_str_eq(statuses_of(ask(STR("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"))), "200");
	close(caller);
}
