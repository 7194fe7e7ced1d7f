/* HTTP streams: written to only, and closed when their clients disconnect. */

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport_fixture.h"

TestSuite(streams, .init = quay_open, .fini = quay_close, .timeout = 120);

static void expect_heard(int caller, const char *text)
{
	struct buf heard = { 0 };

	cr_expect(caller_hears(caller, &heard, strlen(text)));
	cr_expect_str_eq(buf_cstr(&heard), text);
	buf_finish(&heard);
}

Test(streams, are_written_to)
{
	struct berth *berth = berth_stream();

	berth_write(berth, STR("data: 1\n\n"));
	berth_write(berth, STR("data: 2\n\n"));
	expect_heard(berth->caller, "data: 1\n\ndata: 2\n\n");
	berth_free(berth);
}

Test(streams, that_are_full_say_when_there_is_room)
{
	struct berth *berth = berth_stream();

	for (int round = 1; round < 4; round++) {
		struct buf heard = { 0 };
		size_t written = berth_fill(berth);

		quay_turns(20);
		cr_expect_eq(berth->rooms, 0);
		cr_expect(caller_hears(berth->caller, &heard, written));
		cr_expect_eq(heard.length, written);
		cr_expect(quay_until(&berth->rooms, 1, 10));
		buf_finish(&heard);
	}
	berth_write(berth, STR("small"));
	expect_heard(berth->caller, "small");
	berth_free(berth);
}

Test(streams, are_left_with_their_clients)
{
	struct berth *berth = berth_stream();

	shutdown(berth->caller, SHUT_WR);
	cr_expect(quay_until(&berth->closed, 1, 10));
	berth_free(berth);

	berth = berth_stream();
	caller_breaks(berth->caller);
	berth->caller = -1;
	cr_expect(quay_until(&berth->closed, 1, 10));
	berth_free(berth);

	/* Noticed while writing. */
	berth = berth_stream();
	caller_breaks(berth->caller);
	berth->caller = -1;
	berth_write(berth, STR("hello?"));
	berth_write(berth, STR("hello?"));
	cr_expect_eq(berth->closed, 0);
	cr_expect(berth->peer.closing);
	cr_expect(quay_until(&berth->closed, 1, 10));
	berth_free(berth);
}

Test(streams, hear_nothing)
{
	struct berth *berth = berth_stream();
	char bytes[1024] = { 0 };

	for (int i = 0; i < 60; i++)
		caller_say(berth->caller, (struct str){ bytes, sizeof(bytes) });
	quay_turns(20);
	cr_expect_eq(berth->closed, 0);
	/* But only up to a bound. */
	for (int i = 0; i < 10; i++)
		caller_say(berth->caller, (struct str){ bytes, sizeof(bytes) });
	cr_expect(quay_until(&berth->closed, 1, 10));
	berth_free(berth);
}

Test(streams, are_closed_when_all_is_said)
{
	struct berth *berth = berth_stream();
	struct buf heard = { 0 };

	berth_write(berth, STR("last words"));
	berth_close(berth, 3001, "shutdown");
	berth_close(berth, 3001, "shutdown");
	berth_write(berth, STR("unsaid"));
	cr_expect(caller_hears_end(berth->caller, &heard));
	cr_expect_str_eq(buf_cstr(&heard), "last words");
	cr_expect_eq(berth->closed, 0);
	close(berth->caller);
	berth->caller = -1;
	cr_expect(quay_until(&berth->closed, 1, 10));
	buf_finish(&heard);
	berth_free(berth);
}

Test(streams, that_are_full_are_closed_when_all_is_said)
{
	struct berth *berth = berth_stream();
	struct buf heard = { 0 };
	size_t written = berth_fill(berth);

	berth_close(berth, 3008, "slow");
	cr_expect(caller_hears_end(berth->caller, &heard));
	cr_expect_eq(heard.length, written);
	cr_expect_eq(berth->rooms, 0);
	cr_expect_eq(berth->closed, 0);
	buf_finish(&heard);
	berth_free(berth);
}

Test(streams, are_not_waited_for)
{
	struct berth *full = berth_stream(), *silent = berth_stream();

	berth_fill(full);
	berth_close(full, 3008, "slow");
	berth_close(silent, 3001, "shutdown");
	cr_expect(quay_until(&full->closed, 1, 15));
	cr_expect(quay_until(&silent->closed, 1, 15));
	berth_free(full);
	berth_free(silent);
}

Test(streams, can_be_ended_at_once)
{
	struct berth *berths[4];

	for (size_t i = 0; i < COUNT_OF(berths); i++)
		berths[i] = berth_stream();
	berth_fill(berths[1]);
	berth_fill(berths[2]);
	berth_close(berths[2], 3001, "shutdown");
	caller_breaks(berths[3]->caller);
	berths[3]->caller = -1;
	berth_write(berths[3], STR("a"));
	berth_write(berths[3], STR("b"));
	for (size_t i = 0; i < COUNT_OF(berths); i++) {
		stream_end(&berths[i]->peer);
		cr_expect_eq(berths[i]->closed, 1);
		berth_free(berths[i]);
	}
}
