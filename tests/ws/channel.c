/* Subscribers receive each event once and in order, from where they subscribed, or are
 * disconnected. */

#include <stdlib.h>

#include "ws_fixture.h"
#include "metrics.h"

TestSuite(channels, .init = hall_open, .fini = hall_close, .timeout = 120);

static struct channel *channel_called(const char *name)
{
	struct channel *channel = channel_find(hall.ws, str_of(name));

	cr_assert(channel);
	return channel;
}

/* The most recent subscription. */
static const struct ear *last_ear(const char *name)
{
	const struct ear *ear = TAILQ_FIRST(&channel_called(name)->ears);

	while (TAILQ_NEXT(ear, channel_link))
		ear = TAILQ_NEXT(ear, channel_link);
	return ear;
}

static struct guest *listener(const char *channel)
{
	struct guest *guest = guest_connected(WS_CENTRIFUGE, NULL);

	guest_subscribes(guest, channel);
	return guest;
}

Test(channels, tell_each_event_once_and_in_order)
{
	struct guest *guest = listener("duty");

	hall_say("duty", 3);
	expect_offsets(guest, "duty", 1, 3);
	hall_say("duty", 1);
	expect_offsets(guest, "duty", 4, 4);
	expect_silence(guest);
	guest_free(guest);
}

Test(channels, tell_nothing_that_is_old_or_was_told)
{
	struct guest *guest;

	hall_tale("duty")->top = 7;
	guest = listener("duty");
	hall_tell("duty", 5);
	hall_tell("duty", 7);
	hall_say("duty", 1);
	hall_tell("duty", 8);
	ws_known(hall.ws, STR("duty"), 8);
	ws_known(hall.ws, STR("duty"), 2);
	expect_offsets(guest, "duty", 8, 8);
	expect_silence(guest);
	cr_expect_eq(hall.filled, 0);
	guest_free(guest);
}

Test(channels, tell_nothing_of_a_channel_nobody_hears)
{
	hall_say("duty", 2);
	ws_known(hall.ws, STR("duty"), 2);
	ws_filled(hall.ws, "duty");
	ws_broken(hall.ws, "duty");
	cr_expect_eq(hall.filled, 0);
	cr_expect_eq(hall.ws->channel_count, 0);
}

Test(channels, ask_once_for_what_is_missing)
{
	struct guest *guest = listener("duty");

	hall.holds_holes = true;
	hall_say("duty", 1);
	hall_commit("duty");
	hall_commit("duty");
	hall_say("duty", 2); /* 4 and 5 */
	expect_offsets(guest, "duty", 1, 1);
	expect_silence(guest);
	cr_expect_eq(hall.filled, 1);
	cr_expect_eq(TAILQ_FIRST(&hall.holes)->behind, 1);
	hall_answer_all();
	expect_offsets(guest, "duty", 2, 5);
	expect_silence(guest);
	cr_expect_eq(hall.filled, 1);
	guest_free(guest);
}

Test(channels, take_from_elsewhere_what_comes_before_the_hole_is_filled)
{
	struct guest *guest = listener("duty");

	hall.holds_holes = true;
	hall_tale("duty")->top = 3;
	hall_tell("duty", 3);
	hall_tell("duty", 1);
	expect_offsets(guest, "duty", 1, 1);
	hall_answer_all();
	expect_offsets(guest, "duty", 2, 3);
	expect_silence(guest);
	guest_free(guest);
}

Test(channels, ask_for_what_they_know_of_and_were_not_told)
{
	struct guest *guest = listener("duty");

	hall_tale("duty")->top = 10;
	ws_known(hall.ws, STR("duty"), 10);
	expect_offsets(guest, "duty", 1, 10);
	cr_expect_eq(hall.filled, 1);
	guest_free(guest);
}

Test(channels, ask_again_until_a_hole_is_filled)
{
	struct guest *guest = listener("duty");

	hall.fill_most = 3;
	hall_tale("duty")->top = 10;
	ws_known(hall.ws, STR("duty"), 10);
	expect_offsets(guest, "duty", 1, 10);
	cr_expect_eq(hall.filled, 4);
	guest_free(guest);
}

/* A client that had no time to read an event is not disconnected as slow. */
Test(channels, ask_for_no_more_than_they_can_keep_before_it_was_told)
{
	enum { MANY = 100 };
	struct guest *first = listener("duty"), *second = listener("duty");

	hall.config.ws_ring = 30;
	hall.config.ws_ring_bytes = 50000;
	hall_tale("duty")->top = MANY;
	ws_known(hall.ws, STR("duty"), MANY);
	expect_offsets(first, "duty", 1, MANY);
	expect_offsets(second, "duty", 1, MANY);
	cr_expect_eq(hall.filled, (MANY + 29) / 30);
	/* The ring's byte limit applies to large events. */
	hall.padding = 2000;
	hall.config.ws_ring_bytes = 5000;
	hall_tale("duty")->top = MANY + 10;
	ws_known(hall.ws, STR("duty"), MANY + 10);
	expect_offsets(first, "duty", MANY + 1, MANY + 10);
	expect_offsets(second, "duty", MANY + 1, MANY + 10);
	cr_expect_eq(hall.filled, (MANY + 29) / 30 + 5);
	guest_free(first);
	guest_free(second);
}

Test(channels, do_not_ask_for_ever_for_what_was_only_said)
{
	struct guest *guest = listener("duty");

	hall_say("duty", 2);
	ws_known(hall.ws, STR("duty"), 1000000);
	expect_offsets(guest, "duty", 1, 2);
	expect_silence(guest);
	cr_expect_eq(hall.filled, 1);
	hall_say("duty", 1);
	expect_offsets(guest, "duty", 3, 3);
	guest_free(guest);
}

Test(channels, let_one_join_in_the_middle_of_what_happens)
{
	struct guest *first = listener("duty"), *late = guest_connected(WS_CENTRIFUGE, NULL);

	hall_say("duty", 2);
	hall.holds_asks = true;
	guest_say(late, "{'id':2,'subscribe':{'channel':'duty'}}");
	expect_offsets(first, "duty", 1, 2);
	hall_look(TAILQ_FIRST(&hall.asks));
	hall_say("duty", 3);
	expect_offsets(first, "duty", 3, 5);
	hall_answer_all();
	expect_next(late, "{'id':2,'subscribe':{*'offset':2}}");
	expect_offsets(late, "duty", 3, 5);
	expect_silence(late);
	expect_silence(first);
	guest_free(first);
	guest_free(late);
}

Test(channels, let_one_join_who_knows_more_than_they_do)
{
	struct guest *first = listener("duty"), *late;

	hall.holds_holes = true;
	hall_commit("duty");
	hall_commit("duty");
	late = listener("duty");
	hall_commit("duty");
	hall_answer_all();
	expect_offsets(first, "duty", 1, 3);
	expect_offsets(late, "duty", 3, 3);
	guest_free(first);
	guest_free(late);
}

static void joins_behind(int many, bool in_time)
{
	struct guest *first = listener("duty"), *late = guest_connected(WS_CENTRIFUGE, NULL);

	hall.holds_asks = true;
	guest_say(late, "{'id':2,'subscribe':{'channel':'duty'}}");
	hall_turns(20);
	hall_look(TAILQ_FIRST(&hall.asks));
	for (int i = 1; i <= many; i++) {
		hall_say("duty", 1);
		expect_offsets(first, "duty", i, i);
	}
	hall_answer_all();
	if (in_time) {
		expect_next(late, "{'id':2,'subscribe':{*'offset':0}}");
		expect_offsets(late, "duty", 1, many);
	} else {
		expect_end(late, 3008);
	}
	expect_silence(first);
	guest_free(first);
	guest_free(late);
}

Test(channels, keep_so_many_events_for_those_who_come)
{
	hall.config.ws_ring = 5;
	joins_behind(5, true);
}

Test(channels, keep_no_more_of_them)
{
	hall.config.ws_ring = 5;
	joins_behind(6, false);
}

Test(channels, keep_so_many_bytes)
{
	hall.config.ws_ring_bytes = 20000;
	hall.padding = 4000;
	joins_behind(4, true);
}

Test(channels, keep_no_more_bytes)
{
	hall.config.ws_ring_bytes = 20000;
	hall.padding = 4000;
	joins_behind(5, false);
}

Test(channels, keep_one_event_however_large)
{
	hall.config.ws_ring_bytes = 4096;
	hall.padding = 100000;
	joins_behind(1, true);
}

Test(channels, keep_nothing_that_all_have_heard)
{
	struct guest *guest = listener("duty");

	hall_say("duty", 100);
	expect_offsets(guest, "duty", 1, 100);
	hall_turns(5);
	cr_expect_eq(channel_called("duty")->held, 0);
	cr_expect_eq(channel_called("duty")->bytes, 0);
	guest_free(guest);
	hall_turns(5);
	cr_expect_eq(hall.ws->channel_count, 0);
	cr_expect_eq(hall.ws->ear_count, 0);
}

/* Publishes until the client takes no more. */
static void fill_up(struct guest *first, long long *top)
{
	const struct ear *ear = last_ear("duty");

	for (int i = 0; i < 400 && !ear->late; i++) {
		hall_say("duty", 1);
		++*top;
		expect_offsets(first, "duty", *top, *top);
	}
	cr_assert(ear->late);
}

Test(channels, end_one_who_does_not_keep_up_and_go_on_with_the_others)
{
	struct guest *first = listener("duty"), *slow;
	long long top = 0, slow_ones = metrics_value(METRIC_WS_SLOW);

	hall.padding = 16000;
	hall.config.ws_ring_bytes = 300000;
	slow = guest_new(WS_CENTRIFUGE, &(struct arriving){ .slow = true });
	guest_say(slow, "{'id':1,'connect':{}}");
	expect_next(slow, "{'id':1,*");
	guest_subscribes(slow, "duty");
	fill_up(first, &top);
	for (int i = 0; i < 100; i++) {
		hall_say("duty", 1);
		expect_offsets(first, "duty", top + 1, top + 1);
		top++;
		cr_assert_leq(channel_called("duty")->bytes, 300000);
	}
	cr_expect_eq(metrics_value(METRIC_WS_SLOW), slow_ones + 1);
	expect_end(slow, 3008);
	hall_turns(20);
	hall_say("duty", 1);
	expect_offsets(first, "duty", top + 1, top + 1);
	hall_turns(5);
	cr_expect_eq(channel_called("duty")->held, 0);
	guest_free(first);
	guest_free(slow);
}

Test(channels, keep_nothing_once_the_slow_one_has_caught_up)
{
	struct guest *first = listener("duty"), *slow;
	long long top = 0;

	hall.padding = 16000;
	slow = guest_new(WS_CENTRIFUGE, &(struct arriving){ .slow = true });
	guest_say(slow, "{'id':1,'connect':{}}");
	expect_next(slow, "{'id':1,*");
	guest_subscribes(slow, "duty");
	fill_up(first, &top);
	hall_say("duty", 10);
	expect_offsets(first, "duty", top + 1, top + 10);
	cr_expect(channel_called("duty")->held > 0);
	expect_offsets(slow, "duty", 1, top + 10);
	expect_silence(slow);
	cr_expect_eq(channel_called("duty")->late_count, 0);
	cr_expect_eq(channel_called("duty")->held, 0);
	guest_free(first);
	guest_free(slow);
}

Test(channels, serve_a_slice_and_then_let_others_go_ahead)
{
	enum { MANY = 1000 };
	static struct guest *guests[MANY];
	long long before, most = 0;

	for (int i = 0; i < MANY; i++)
		guests[i] = listener("duty");
	hall_say("duty", 3);
	before = metrics_value(METRIC_WS_DELIVERIES);
	for (int turns = 0; metrics_value(METRIC_WS_DELIVERIES) < before + 3 * MANY; turns++) {
		long long so_far = metrics_value(METRIC_WS_DELIVERIES), now;

		quay_turn();
		now = metrics_value(METRIC_WS_DELIVERIES) - so_far;
		most = now > most ? now : most;
		cr_assert_lt(turns, 100);
	}
	cr_expect_leq(most, 3 * SLICE);
	for (int i = 0; i < MANY; i++) {
		expect_offsets(guests[i], "duty", 1, 3);
		guest_free(guests[i]);
	}
}

Test(channels, take_turns_with_each_other)
{
	enum { MANY = 200 };
	static struct guest *guests[MANY];
	struct guest *other = listener("org");

	for (int i = 0; i < MANY; i++)
		guests[i] = listener("duty");
	hall_say("duty", 1);
	hall_say("org", 1);
	quay_turn();
	quay_turn();
	/* One slice of the large channel, then the small one. */
	cr_expect_eq(TAILQ_FIRST(&channel_called("org")->ears)->heard, 1);
	cr_expect_eq(last_ear("duty")->heard, 0);
	expect_offsets(other, "org", 1, 1);
	for (int i = 0; i < MANY; i++)
		guest_free(guests[i]);
	guest_free(other);
}

Test(channels, send_all_to_begin_anew_when_they_are_broken)
{
	struct guest *first = listener("duty"), *other = listener("org"), *again;

	hall_say("duty", 2);
	ws_broken(hall.ws, "duty");
	expect_end(first, 3010);
	hall_tale("duty")->top = 1;
	again = listener("duty");
	hall_say("duty", 1);
	expect_offsets(again, "duty", 2, 2);
	hall_say("org", 1);
	expect_offsets(other, "org", 1, 1);
	guest_free(first);
	guest_free(other);
	guest_free(again);
}

Test(channels, forget_the_filling_of_what_was_broken)
{
	struct guest *first = listener("duty"), *again;

	hall.holds_holes = true;
	hall_tale("duty")->top = 5;
	ws_known(hall.ws, STR("duty"), 5);
	hall_turns(3);
	ws_broken(hall.ws, "duty");
	again = listener("duty");
	hall_commit("duty");
	hall_answer_all();
	ws_known(hall.ws, STR("duty"), 6);
	hall_answer_all();
	expect_offsets(again, "duty", 6, 6);
	expect_silence(again);
	expect_end(first, 3010);
	guest_free(first);
	guest_free(again);
}

Test(channels, lose_those_who_leave_while_they_are_served)
{
	enum { MANY = 150 };
	static struct guest *guests[MANY];

	for (int i = 0; i < MANY; i++)
		guests[i] = listener("duty");
	hall_say("duty", 1);
	quay_turn();
	for (int i = 0; i < MANY; i += 3)
		guest_hang_up(guests[i]);
	hall_say("duty", 1);
	for (int i = 0; i < MANY; i++) {
		if (i % 3)
			expect_offsets(guests[i], "duty", 1, 2);
		guest_free(guests[i]);
	}
	hall_turns(50);
	cr_expect_eq(hall.ws->ear_count, 0);
	cr_expect_eq(hall.ws->channel_count, 0);
}
