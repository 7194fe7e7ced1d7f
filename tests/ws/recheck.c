/* A subscription under re-check receives nothing until it is re-authorized; then everything it
 * missed, or no further event. */

#include <stdio.h>

#include "ws_fixture.h"

TestSuite(doubts, .init = hall_open, .fini = hall_close, .timeout = 120);

static struct guest *listener(const char *user, const char *channel)
{
	struct guest *guest = guest_connected(WS_CENTRIFUGE, user);

	guest_subscribes(guest, channel);
	hall.asked[WS_STILL] = 0;
	return guest;
}

static void revoke(const char *channel)
{
	hall.revokes = channel;
	hall_say(channel, 1);
}

/* The first pending query of that kind. */
static struct pending *asked(enum ws_question what)
{
	struct pending *pending;

	TAILQ_FOREACH(pending, &hall.asks, link) {
		if (pending->ask->question == what)
			return pending;
	}
	cr_assert_fail("no such query is pending");
	return NULL;
}

Test(doubts, let_nothing_be_heard_and_then_all_of_it)
{
	struct guest *guest = listener(NULL, "note:1"), *other = listener(NULL, "duty");

	hall_say("note:1", 1);
	expect_offsets(guest, "note:1", 1, 1);
	hall.holds_asks = true;
	revoke("note:1");
	hall_say("note:1", 2);
	hall_say("duty", 1);
	expect_offsets(other, "duty", 1, 1);
	expect_silence(guest);
	cr_expect_eq(hall.asked[WS_STILL], 1);
	hall_answer_all();
	expect_offsets(guest, "note:1", 2, 4);
	hall_say("note:1", 1);
	expect_offsets(guest, "note:1", 5, 5);
	expect_silence(guest);
	guest_free(guest);
	guest_free(other);
}

Test(doubts, end_what_may_be_heard_no_more)
{
	struct guest *guest = listener(NULL, "note:1");

	hall_tale("note:1")->denied = true;
	revoke("note:1");
	hall_say("note:1", 3);
	expect_next(guest, "{'push':{'channel':'note:1','unsubscribe':{'code':103,'reason':'permission denied'}}}");
	hall_say("note:1", 3);
	expect_silence(guest);
	cr_expect_eq(hall.ws->ear_count, 0);
	cr_expect_eq(hall.ws->channel_count, 0);
	guest_free(guest);
}

Test(doubts, end_an_event_stream_and_a_channel_of_plain_words)
{
	struct guest *stream = guest_new(WS_EVENTS, &(struct arriving){ .words = "note:1" });
	struct guest *plain_one = guest_new(WS_PLAIN, &(struct arriving){ 0 });

	expect_next(stream, "id: e1:0*");
	expect_next(plain_one, "{'type':'connected',*");
	expect_next(plain_one, "{'type':'subscribed','data':{'channel':'all',*");
	guest_subscribes(plain_one, "note:1");
	hall_tale("note:1")->denied = true;
	revoke("note:1");
	expect_next(plain_one, "{'type':'unsubscribed','data':{'channel':'note:1','message':'permission denied'},*");
	expect_end(stream, 0);
	expect_silence(plain_one);
	guest_free(stream);
	guest_free(plain_one);
}

Test(doubts, are_asked_again_when_it_changes_meanwhile)
{
	struct guest *guest = listener(NULL, "note:1");

	hall.holds_asks = true;
	revoke("note:1");
	hall_turns(3);
	hall_look(asked(WS_STILL));
	hall_tale("note:1")->denied = true;
	revoke("note:1");
	hall_turns(3);
	cr_expect_eq(hall.asked[WS_STILL], 1);
	hall_answer_all();
	expect_silence(guest);
	cr_expect_eq(hall.asked[WS_STILL], 2);
	hall_answer_all();
	expect_next(guest, "{'push':{'channel':'note:1','unsubscribe':*");
	expect_silence(guest);
	guest_free(guest);
}

Test(doubts, are_about_those_too_who_join_while_it_is_told)
{
	struct guest *first = listener(NULL, "note:1"), *late = guest_connected(WS_CENTRIFUGE, NULL);

	hall.holds_asks = true;
	guest_say(late, "{'id':2,'subscribe':{'channel':'note:1'}}");
	hall_turns(20);
	hall_look(asked(WS_HEAR));
	hall_tale("note:1")->denied = true;
	revoke("note:1");
	hall_turns(3);
	hall_answer_all();
	hall.holds_asks = false;
	hall_say("note:1", 2);
	expect_next(late, "{'id':2,'subscribe':*");
	expect_next(late, "{'push':{'channel':'note:1','unsubscribe':*");
	expect_next(first, "{'push':{'channel':'note:1','unsubscribe':*");
	expect_silence(late);
	guest_free(first);
	guest_free(late);
}

Test(doubts, of_a_person_let_him_hear_nothing)
{
	struct guest *anna = listener(ANNA, "duty"), *bert = listener(BERT, "duty");

	hall.holds_asks = true;
	ws_doubt(hall.ws, ANNA);
	hall_say("duty", 2);
	expect_offsets(bert, "duty", 1, 2);
	expect_silence(anna);
	hall_answer(asked(WS_AGAIN));
	expect_silence(anna);
	hall.holds_asks = false;
	expect_offsets(anna, "duty", 1, 2);
	cr_expect_eq(hall.asked[WS_AGAIN], 1);
	/* Includes the user's own channel. */
	cr_expect_eq(hall.asked[WS_STILL], 2);
	guest_free(anna);
	guest_free(bert);
}

Test(doubts, end_one_who_is_none_of_us_any_more)
{
	struct guest *anna = listener(ANNA, "duty"), *bert = listener(BERT, "duty");

	hall.again = WS_PERMISSION_DENIED;
	ws_doubt(hall.ws, ANNA);
	hall_say("duty", 1);
	expect_end(anna, 3507);
	expect_offsets(bert, "duty", 1, 1);
	guest_free(anna);
	guest_free(bert);
}

Test(doubts, take_from_a_person_what_his_role_may_not_hear)
{
	struct guest *anna = listener(ANNA, "duty");

	hall_tale("duty")->denied = true;
	ws_doubt(hall.ws, ANNA);
	hall_say("duty", 1);
	expect_next(anna, "{'push':{'channel':'duty','unsubscribe':*");
	hall_say("user:" ANNA, 1);
	expect_offsets(anna, "user:" ANNA, 1, 1);
	guest_free(anna);
}

Test(doubts, are_about_what_a_person_was_just_asking_for)
{
	struct guest *anna = guest_connected(WS_CENTRIFUGE, ANNA);

	hall.holds_asks = true;
	guest_say(anna, "{'id':2,'subscribe':{'channel':'duty'}}");
	hall_turns(20);
	hall_look(asked(WS_HEAR));
	hall_tale("duty")->denied = true;
	ws_doubt(hall.ws, ANNA);
	hall_turns(3);
	/* The user's re-check is answered first. */
	hall_answer(asked(WS_AGAIN));
	hall_answer_all();
	hall.holds_asks = false;
	hall_say("duty", 1);
	expect_next(anna, "{'id':2,'subscribe':*");
	expect_next(anna, "{'push':{'channel':'duty','unsubscribe':*");
	expect_silence(anna);
	guest_free(anna);
}

Test(doubts, are_asked_once_a_second_while_nobody_can_say)
{
	struct guest *guest = listener(NULL, "note:1");

	hall.down = true;
	revoke("note:1");
	expect_silence(guest);
	cr_expect_leq(hall.asked[WS_STILL], 2);
	expect_silence(guest);
	hall.down = false;
	expect_offsets(guest, "note:1", 1, 1);
	cr_expect_leq(hall.asked[WS_STILL], 4);
	guest_free(guest);
}

Test(doubts, go_with_those_they_are_about)
{
	struct guest *anna = listener(ANNA, "duty"), *bert = listener(BERT, "duty");

	hall.holds_asks = true;
	revoke("duty");
	hall_turns(3);
	guest_say(anna, "{'id':3,'unsubscribe':{'channel':'duty'}}");
	expect_next(anna, "{'id':3,'unsubscribe':{}}");
	guest_hang_up(bert);
	hall_turns(20);
	cr_expect(TAILQ_EMPTY(&hall.asks));
	cr_expect_eq(hall.ws->doubting, 0);
	ws_doubt(hall.ws, NULL);
	guest_hang_up(anna);
	hall_turns(20);
	cr_expect(TAILQ_EMPTY(&hall.ws->doubts));
	cr_expect_eq(hall.ws->doubting, 0);
	guest_free(anna);
	guest_free(bert);
}

Test(doubts, are_asked_so_many_at_a_time)
{
	enum { MANY = 300 };
	static struct guest *guests[MANY];

	for (int i = 0; i < MANY; i++)
		guests[i] = listener(NULL, "note:1");
	hall.holds_asks = true;
	revoke("note:1");
	for (int left = MANY; left > 0;) {
		int waiting = 0;
		struct pending *pending;

		hall_turns(3);
		TAILQ_FOREACH(pending, &hall.asks, link)
			waiting++;
		cr_assert(waiting > 0 && waiting <= 128, "%d", waiting);
		left -= waiting;
		hall_answer_all();
	}
	cr_expect_eq(hall.asked[WS_STILL], MANY);
	for (int i = 0; i < MANY; i++) {
		expect_offsets(guests[i], "note:1", 1, 1);
		guest_free(guests[i]);
	}
}

Test(doubts, do_not_keep_anybody_from_asking)
{
	struct guest *guest = guest_connected(WS_CENTRIFUGE, ANNA);
	char name[16];

	for (int i = 0; i < ASKS_MOST + 5; i++) {
		snprintf(name, sizeof(name), "log:%d", i);
		guest_subscribes(guest, name);
	}
	hall.down = true;
	ws_doubt(hall.ws, ANNA);
	hall_turns(10);
	hall.down = false;
	guest_say(guest, "{'id':2,'subscribe':{'channel':'duty'}}");
	expect_next(guest, "{'id':2,'subscribe':{'recoverable':*");
	guest_free(guest);
}
