/* How connections end: half-closed, reset, rejected, too many, drained. */

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_fixture.h"

TestSuite(part, .init = street_open, .fini = street_close, .timeout = 60);

#define HELD "GET /held HTTP/1.1\r\nHost: a\r\n\r\n"
#define ECHO "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"

static int caller_held(void)
{
	int caller = caller_new();

	caller_say(caller, STR(HELD));
	street_turn();
	cr_assert(f.held);
	return caller;
}

static void turns(int count)
{
	while (count--)
		street_turn();
}

/* RST instead of FIN. */
static void break_off(int caller)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(caller, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(caller);
	turns(3);
}

Test(part, after_a_half_close_sends_the_reply)
{
	struct buf heard = { 0 };
	int caller = caller_held();

	caller_says_no_more(caller);
	turns(5);
	cr_expect_eq(f.gone, 0);
	cr_expect_eq(f.http->open, 1);
	street_let_go();
	cr_expect(caller_hears_all(caller, &heard, 5));
	cr_expect_str_eq(statuses_of(buf_as_str(&heard)), "200");
	cr_expect_eq(f.http->open, 0);
	buf_finish(&heard);
	close(caller);
}

Test(part, by_reset_notifies_and_discards_the_reply)
{
	break_off(caller_held());
	cr_expect_eq(f.gone, 1);
	cr_expect_eq(f.http->open, 0);
	cr_expect_eq(f.http->under_way, 1);
	street_let_go();
	turns(2);
	cr_expect_eq(f.http->under_way, 0);
	cr_expect(LIST_EMPTY(&f.http->requests));
}

Test(part, by_reset_drops_pipelined_requests)
{
	int caller = caller_held();

	for (int i = 0; i < 20; i++)
		caller_say(caller, STR(ECHO));
	break_off(caller);
	cr_expect_eq(f.gone, 1);
	street_let_go();
	turns(2);
	cr_expect_eq(f.ran, 1, "requests after it must not be run");
}

Test(part, by_reset_within_a_body)
{
	int caller = caller_new();

	caller_say(caller,
		   STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc"));
	turns(2);
	cr_expect_gt(f.http->body_bytes, 0);
	break_off(caller);
	cr_expect_eq(f.http->open, 0);
	cr_expect_eq(f.http->body_bytes, 0);
	cr_expect_eq(f.http->under_way, 0);
}

Test(part, by_reset_while_a_reply_is_queued)
{
	int caller = caller_new();

	for (int i = 0; i < 20; i++)
		caller_say(caller, STR("GET /large HTTP/1.1\r\nHost: a\r\n\r\n"));
	turns(50);
	cr_assert(TAILQ_FIRST(&f.http->places[PLACE_WRITING]));
	break_off(caller);
	cr_expect_eq(f.http->open, 0);
	cr_expect_eq(f.http->unsent, 0);
}

Test(part, lets_a_rejected_client_read_the_reason)
{
	/* Far more input after the error than the server reads before it replies. */
	static char bytes[512 * 1024];
	struct buf heard = { 0 };
	int caller = caller_new();

	caller_say(caller, STR("GET /echo HTTP/7.7\r\n\r\n"));
	memset(bytes, 'x', sizeof(bytes));
	caller_say(caller, (struct str){ bytes, sizeof(bytes) });
	caller_says_no_more(caller);
	cr_expect(caller_hears_all(caller, &heard, 5));
	cr_expect_str_eq(statuses_of(buf_as_str(&heard)), "505");
	buf_finish(&heard);
	close(caller);
}

Test(part, closes_a_rejected_client_after_a_while)
{
	int caller;

	street_later(0);
	caller = caller_new();
	caller_say(caller, STR("GET /echo HTTP/7.7\r\n\r\n"));
	turns(3);
	cr_expect_eq(f.http->open, 1);
	street_later(2100);
	sweep_soon(f.http);
	turns(3);
	cr_expect_eq(f.http->open, 0);
	close(caller);
}

Test(part, rejects_excess_connections)
{
	int callers[4];
	char byte;

	street_stop();
	f.config.http_connections = 3;
	street_serve();
	for (int i = 0; i < 4; i++)
		callers[i] = caller_new();
	turns(2);
	cr_expect_eq(f.http->open, 3);
	cr_expect_eq(recv(callers[3], &byte, 1, 0), 0);
	cr_expect_eq(metrics_value(METRIC_HTTP_REFUSED), 1);
	close(callers[0]);
	turns(2);
	cr_expect_str_eq(statuses_of(ask(STR(ECHO))), "200",
	                 "a closed connection must free its slot");
	for (int i = 1; i < 4; i++)
		close(callers[i]);
}

Test(part, rejects_bodies_beyond_the_budget)
{
	static char bytes[40000];
	int callers[3];
	struct buf heard = { 0 };

	street_stop();
	f.config.body_budget = 100000;
	street_serve();
	for (int i = 0; i < 3; i++) {
		callers[i] = caller_new();
		caller_say(
			callers[i],
			STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n"));
		caller_say(callers[i], (struct str){ bytes, sizeof(bytes) });
	}
	turns(3);
	cr_expect(caller_hears(callers[2], &heard, 100, 5));
	cr_expect(str_begins(buf_as_str(&heard), "HTTP/1.1 503 "));
	cr_expect(str_is(header_of(buf_as_str(&heard), "Retry-After"), "1"));
	for (int i = 0; i < 3; i++)
		close(callers[i]);
	turns(4);
	cr_expect_eq(f.http->body_bytes, 0);
	buf_finish(&heard);
}

Test(part, does_not_spin_without_descriptors)
{
	struct rlimit before, none;
	struct buf heard = { 0 };
	int next = dup(STDIN_FILENO), waiting;

	/* The client gets the last descriptor; the server has none to accept with. */
	close(next);
	cr_assert(getrlimit(RLIMIT_NOFILE, &before) == 0);
	none = before;
	none.rlim_cur = (rlim_t)next + 1;
	cr_assert(setrlimit(RLIMIT_NOFILE, &none) == 0);
	waiting = caller_new();
	turns(20);
	cr_expect_eq(f.http->open, 0);
	cr_assert(setrlimit(RLIMIT_NOFILE, &before) == 0);
	sweep_soon(f.http);
	turns(3);
	cr_expect_eq(f.http->open, 1);
	caller_say(waiting, STR(ECHO));
	cr_expect(caller_hears(waiting, &heard, 100, 5));
	buf_finish(&heard);
	close(waiting);
}

static void on_drained(void *arg)
{
	cr_expect_eq(arg, &f);
	f.drained = true;
}

Test(part, drains_at_once_without_connections)
{
	http_drain(f.http, on_drained, &f);
	cr_expect_not(f.drained, "done() must not be called from http_drain()");
	turns(4);
	cr_expect(f.drained);
}

Test(part, drains_after_the_last_reply)
{
	struct buf heard = { 0 };
	int idle = caller_new(), held;
	char byte;

	caller_say(idle, STR(ECHO));
	cr_assert(caller_hears(idle, &heard, 100, 5));
	held = caller_held();
	http_drain(f.http, on_drained, &f);
	turns(5);
	cr_expect_not(f.drained);
	cr_expect_not(server_listens(f.http->server));
	while (recv(idle, &byte, 1, 0) > 0)
		;
	cr_expect_eq(recv(idle, &byte, 1, 0), 0, "the idle connection must be closed");
	buf_clear(&heard);
	street_let_go();
	caller_says_no_more(held);
	cr_expect(caller_hears_all(held, &heard, 5));
	cr_expect_str_eq(statuses_of(buf_as_str(&heard)), "200");
	cr_expect(str_is(header_of(buf_as_str(&heard), "Connection"), "close"));
	turns(4);
	cr_expect(f.drained);
	buf_finish(&heard);
	close(idle);
	close(held);
}

Test(part, drains_after_answering_accepted_connections)
{
	struct buf heard = { 0 };
	int caller = caller_new();

	http_drain(f.http, on_drained, &f);
	turns(2);
	caller_say(caller, STR(ECHO));
	cr_expect(caller_hears(caller, &heard, 100, 5));
	cr_expect(str_is(header_of(buf_as_str(&heard), "Connection"), "close"));
	close(caller);
	turns(4);
	cr_expect(f.drained);
	buf_finish(&heard);
}

Test(part, allows_freeing_the_server_during_a_request)
{
	int caller = caller_held();

	street_stop();
	cr_expect_eq(f.gone, 1);
	street_let_go();
	close(caller);
	street_serve();
}

Test(part, survives_many_connections)
{
	for (int i = 0; i < 2000; i++) {
		int caller = caller_new();

		caller_say(caller, STR(ECHO));
		if (i % 3 == 0)
			break_off(caller);
		else
			close(caller);
	}
	turns(10);
	cr_expect_eq(f.http->open, 0);
	cr_expect(LIST_EMPTY(&f.http->requests));
}
