/* Server-sent events: each has an ID from which its client can resume. */

#include <stdio.h>

#include "ws_fixture.h"

TestSuite(event_stream, .init = hall_open, .fini = hall_close, .timeout = 120);

static struct guest *listener(const char *channels, const char *since)
{
	return guest_new(WS_EVENTS, &(struct arriving){ .words = channels, .since = since });
}

/* One complete event, with its ID. */
static void expect_event(struct guest *guest, const char *id, const char *channel, long long offset)
{
	char wanted[300];

	snprintf(wanted, sizeof(wanted),
	         "id: %s\nevent: drill.step\ndata: {'type':'drill.step','data':{'n':%lld},"
	         "'timestamp':'2026-11-21T05:47:00.123+00:00','channel':'%s','offset':%lld}",
	         id, offset, channel, offset);
	expect_next(guest, wanted);
}

Test(event_stream, tells_what_happens_from_now_on)
{
	struct guest *guest;

	hall_tale("duty")->top = 3;
	guest = listener("duty", NULL);
	expect_next(guest, "id: e1:3\nretry: 3000");
	hall_say("duty", 2);
	expect_event(guest, "e1:4", "duty", 4);
	expect_event(guest, "e1:5", "duty", 5);
	expect_silence(guest);
	guest_free(guest);
}

Test(event_stream, says_how_far_one_has_come_in_each_channel)
{
	struct guest *guest;

	hall_tale("org")->top = 7;
	guest = listener("duty,org,all", NULL);
	expect_next(guest, "id: e1:0,7,0\nretry: 3000");
	hall_say("org", 1);
	expect_event(guest, "e1:0,8,0", "org", 8);
	hall_say("duty", 1);
	expect_event(guest, "e1:1,8,0", "duty", 1);
	hall_say("all", 1);
	expect_event(guest, "e1:1,8,1", "all", 1);
	guest_free(guest);
}

Test(event_stream, goes_on_from_an_id)
{
	struct guest *guest;

	hall_tale("duty")->top = 3;
	hall_tale("org")->top = 8;
	guest = listener("duty,org", "e1:1,7");
	expect_next(guest, "id: e1:1,7\nretry: 3000");
	expect_event(guest, "e1:2,7", "duty", 2);
	expect_event(guest, "e1:3,7", "duty", 3);
	expect_event(guest, "e1:3,8", "org", 8);
	hall_say("duty", 1);
	expect_event(guest, "e1:4,8", "duty", 4);
	expect_silence(guest);
	guest_free(guest);
}

Test(event_stream, takes_what_it_can_of_an_id)
{
	static const struct {
		const char *since, *begins;
	} rows[] = {
		{ "e1:1", "id: e1:1,8\nretry: 3000" },
		{ "e1:,7", "id: e1:3,7\nretry: 3000" },
		{ "e1:1,7,9,9", "id: e1:1,7\nretry: 3000" },
		{ "e1:", "id: e1:3,8\nretry: 3000" },
		{ "e1:x,-1", "id: e1:3,8\nretry: 3000" },
		{ "e1", "id: e1:3,8\nretry: 3000" },
		{ ":1,1", "id: e1:3,8\nretry: 3000" },
		{ "17", "id: e1:3,8\nretry: 3000" },
		{ "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee:1,1", "id: e1:3,8\nretry: 3000" },
		{ "e1:99999999999999999999,8", "id: e1:3,8\nretry: 3000" },
	};

	hall_tale("duty")->top = 3;
	hall_tale("org")->top = 8;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct guest *guest = listener("duty,org", rows[i].since);

		expect_next(guest, rows[i].begins);
		guest_free(guest);
	}
}

Test(event_stream, says_that_what_was_missed_cannot_be_had)
{
	struct guest *guest;

	hall_tale("duty")->top = 5;
	hall_tale("duty")->dropped = 3;
	hall_tale("org")->top = 2;
	guest = listener("duty,org", "e1:1,1");
	expect_next(guest, "id: e1:5,1\nretry: 3000");
	expect_next(guest, "id: e1:5,1\nevent: reset\ndata: {'channel':'duty','offset':5}");
	expect_event(guest, "e1:5,2", "org", 2);
	guest_free(guest);
	guest = listener("duty,org", "e0:5,2");
	expect_next(guest, "id: e1:5,2\nretry: 3000");
	expect_next(guest, "id: e1:5,2\nevent: reset\ndata: {'channel':'duty','offset':5}");
	expect_next(guest, "id: e1:5,2\nevent: reset\ndata: {'channel':'org','offset':2}");
	guest_free(guest);
}

Test(event_stream, tells_nothing_before_all_channels_are_known)
{
	struct guest *guest;

	hall.holds_asks = true;
	hall_tale("duty")->top = 1;
	guest = listener("duty,org", "e1:0,0");
	hall_turns(3);
	hall_answer(TAILQ_FIRST(&hall.asks));
	hall_say("duty", 2);
	hall_say("org", 1);
	expect_silence(guest);
	hall_answer(TAILQ_FIRST(&hall.asks));
	expect_next(guest, "id: e1:0,0\nretry: 3000");
	expect_event(guest, "e1:1,0", "duty", 1);
	expect_event(guest, "e1:1,1", "org", 1);
	expect_event(guest, "e1:2,1", "duty", 2);
	expect_event(guest, "e1:3,1", "duty", 3);
	expect_silence(guest);
	guest_free(guest);
}

Test(event_stream, ends_when_one_channel_is_not_for_it)
{
	struct guest *guest;

	hall_tale("org")->denied = true;
	guest = listener("duty,org", NULL);
	expect_end(guest, 0);
	cr_expect_eq(guest->heard.length, 0);
	hall_turns(20);
	guest_free(guest);
	hall.down = true;
	guest = listener("duty", NULL);
	expect_end(guest, 0);
	guest_free(guest);
}

Test(event_stream, leaves_while_it_is_being_told_what_it_missed)
{
	struct guest *guest;

	hall.holds_asks = true;
	hall_tale("duty")->top = 50;
	guest = listener("duty,org", "e1:0,0");
	hall_turns(3);
	hall_answer(TAILQ_FIRST(&hall.asks));
	guest_hang_up(guest);
	hall_turns(20);
	cr_expect_eq(ws_count(hall.ws), 0);
	cr_expect(TAILQ_EMPTY(&hall.asks));
	guest_free(guest);
}
