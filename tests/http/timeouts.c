/* Timeouts: slow clients are answered with 408 or closed, others are not. */

#include <sys/socket.h>
#include <unistd.h>

#include "http_fixture.h"

TestSuite(slow, .init = street_open, .fini = street_close, .timeout = 60);

#define HEAD_ "GET /echo HTTP/1.1\r\nHost: a\r\n"

/* Advances the clock and runs the timeouts. */
static void pass(long long ms)
{
	street_later(ms);
	sweep_soon(f.http);
	for (int i = 0; i < 3; i++)
		street_turn();
}

static void expect_answer(int caller, const char *statuses)
{
	struct buf heard = { 0 };

	/* After a timeout the connection stays open for a moment, so that the reply can be read. */
	for (int i = 0; i < 3; i++)
		street_turn();
	shutdown(caller, SHUT_WR);
	cr_expect(caller_hears_all(caller, &heard, 5), "the server did not close the connection");
	cr_expect_str_eq(statuses_of(buf_as_str(&heard)), statuses);
	buf_finish(&heard);
	close(caller);
}

static bool is_open(int caller)
{
	char byte;

	return recv(caller, &byte, 1, MSG_PEEK) < 0;
}

Test(slow, head_is_answered_408)
{
	int caller;

	street_later(0);
	caller = caller_new();
	caller_say(caller, STR("GET /echo HTTP"));
	/* The timeout covers the whole head, however often a byte arrives. */
	for (int i = 0; i < 9; i++) {
		pass(1000);
		cr_assert(is_open(caller), "after %d s", i + 1);
		caller_say(caller, STR("/"));
	}
	pass(1100);
	cr_expect_eq(metrics_value(METRIC_HTTP_SLOW), 1);
	expect_answer(caller, "408");
}

Test(slow, empty_head_is_closed_silently)
{
	int caller;

	street_later(0);
	caller = caller_new();
	caller_say(caller, STR("\r\n"));
	pass(10100);
	expect_answer(caller, "");
}

Test(slow, body_is_answered_408)
{
	int caller;

	street_later(0);
	caller = caller_new();
	caller_say(caller,
		   STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"));
	pass(4900);
	cr_assert(is_open(caller));
	caller_say(caller, STR("too little"));
	pass(200);
	cr_expect_eq(metrics_value(METRIC_HTTP_SLOW), 1);
	expect_answer(caller, "408");
}

Test(slow, body_at_the_minimum_rate_is_accepted)
{
	static char bytes[2048];
	int caller;

	memset(bytes, 'x', sizeof(bytes));
	street_later(0);
	caller = caller_new();
	caller_say(caller,
		   STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 40960\r\n\r\n"));
	for (int i = 0; i < 20; i++) {
		pass(1900);
		caller_say(caller, (struct str){ bytes, sizeof(bytes) });
	}
	expect_answer(caller, "200");
	cr_expect_eq(metrics_value(METRIC_HTTP_SLOW), 0);
}

Test(slow, burst_does_not_excuse_a_later_pause)
{
	static char bytes[100000];
	int caller;

	memset(bytes, 'x', sizeof(bytes));
	street_later(0);
	caller = caller_new();
	caller_say(caller,
		   STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n"));
	caller_say(caller, (struct str){ bytes, sizeof(bytes) });
	pass(100);
	cr_assert(is_open(caller));
	pass(5100);
	expect_answer(caller, "408");
}

Test(slow, reader_is_closed)
{
	int caller;
	struct wire *wire;
	char bytes[4096];

	street_later(0);
	caller = caller_new();
	/* More than the socket buffers hold. */
	for (int i = 0; i < 20; i++)
		caller_say(caller, STR("GET /large HTTP/1.1\r\nHost: a\r\n\r\n"));
	for (int i = 0; i < 50; i++)
		street_turn();
	wire = TAILQ_FIRST(&f.http->places[PLACE_WRITING]);
	cr_assert(wire, "the connection must be waiting for its reader");
	cr_expect_gt(f.http->unsent, 0);
	cr_expect_leq(f.http->unsent, LARGE + 1024);
	pass(4900);
	cr_assert_eq(TAILQ_FIRST(&f.http->places[PLACE_WRITING]), wire);
	pass(200);
	cr_expect_eq(f.http->open, 0);
	cr_expect_eq(f.http->unsent, 0);
	cr_expect_eq(metrics_value(METRIC_HTTP_SLOW), 1);
	while (recv(caller, bytes, sizeof(bytes), 0) > 0)
		street_turn();
	close(caller);
}

Test(slow, reader_that_keeps_reading_gets_everything)
{
	struct buf heard = { 0 };
	int caller = caller_new();

	for (int i = 0; i < 20; i++)
		caller_say(caller, STR("GET /large HTTP/1.1\r\nHost: a\r\n\r\n"));
	caller_says_no_more(caller);
	cr_expect(caller_hears_all(caller, &heard, 10));
	cr_expect_eq(count_of(buf_as_str(&heard), "HTTP/1.1 200"), 20);
	cr_expect_gt(heard.length, 20 * LARGE);
	cr_expect_eq(f.http->unsent, 0);
	buf_finish(&heard);
	close(caller);
}

Test(slow, idle_connection_is_closed)
{
	int fresh, used;
	struct buf heard = { 0 };

	street_later(0);
	fresh = caller_new();
	used = caller_new();
	caller_say(used, STR(HEAD_ "\r\n"));
	cr_assert(caller_hears(used, &heard, 100, 5));
	pass(74000);
	cr_expect(is_open(fresh));
	cr_expect(is_open(used));
	pass(1100);
	cr_expect_eq(f.http->open, 0);
	cr_expect_eq(metrics_value(METRIC_HTTP_SLOW), 0);
	buf_finish(&heard);
	close(fresh);
	close(used);
}

Test(slow, route_has_no_timeout)
{
	int caller;

	street_later(0);
	caller = caller_new();
	caller_say(caller, STR("GET /held HTTP/1.1\r\nHost: a\r\n\r\n"));
	pass(1000000);
	cr_assert(is_open(caller));
	street_let_go();
	expect_answer(caller, "200");
}
