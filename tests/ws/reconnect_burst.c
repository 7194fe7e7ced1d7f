/* When all clients reconnect at once, their queries are queued. */

#include <stdio.h>

#include "ws_fixture.h"

TestSuite(rush, .init = hall_open, .fini = hall_close, .timeout = 120);

enum { EACH = 30, MANY = (LINE_MOST + ASKING_MOST) / EACH + 10, ROOM = 2 * ASKING_MOST };

static struct guest *guests[ROOM];

static int under_way(void)
{
	const struct pending *pending;
	int count = 0;

	TAILQ_FOREACH(pending, &hall.asks, link)
		count++;
	return count;
}

static void ask_for(struct guest *guest, int count)
{
	struct buf words = { 0 };

	for (int i = 0; i < count; i++)
		buf_print(&words, "{'id':%d,'subscribe':{'channel':'log:%d'}}\n", i + 2, i);
	guest_say(guest, buf_cstr(&words));
	hall_turns(3);
	buf_finish(&words);
}

static void all_come(int count)
{
	for (int i = 0; i < count; i++)
		guests[i] = guest_connected(WS_CENTRIFUGE, NULL);
	hall.holds_asks = true;
	for (int i = 0; i < count; i++)
		ask_for(guests[i], EACH);
}

static void all_leave(int count)
{
	for (int i = 0; i < count; i++)
		guest_free(guests[i]);
}

static void expect_subscribed(struct guest *guest, int from, int count)
{
	char reply[60];

	for (int i = from; i < count; i++) {
		snprintf(reply, sizeof(reply), "{'id':%d,'subscribe':{'recoverable':*", i + 2);
		expect_next(guest, reply);
	}
}

Test(rush, lets_so_many_questions_under_way_and_the_others_wait)
{
	enum { SOME = 40 };

	all_come(SOME);
	cr_expect_eq(under_way(), ASKING_MOST);
	cr_expect_eq(hall.ws->line_count, SOME * EACH - ASKING_MOST);
	/* For each reply, the next queued query is sent, in order. */
	for (int i = 0; i < 2 * EACH; i++)
		hall_answer(TAILQ_FIRST(&hall.asks));
	hall_turns(3);
	cr_expect_eq(under_way(), ASKING_MOST);
	expect_subscribed(guests[0], 0, EACH);
	expect_subscribed(guests[1], 0, EACH);
	expect_silence(guests[2]);
	/* Unsubscribing or disconnecting cancels queued queries. */
	guest_say(guests[SOME - 1], "{'id':99,'unsubscribe':{'channel':'log:0'}}");
	expect_next(guests[SOME - 1], "{'id':2,'error':{'code':111,*");
	expect_next(guests[SOME - 1], "{'id':99,'unsubscribe':{}}");
	guest_hang_up(guests[2]);
	guest_hang_up(guests[SOME - 2]);
	hall_turns(20);
	cr_expect_eq(under_way(), ASKING_MOST);
	cr_expect_eq(hall.ws->line_count, (SOME - 4) * EACH - 1 - ASKING_MOST);
	hall.holds_asks = false;
	for (int i = 3; i < SOME - 2; i++)
		expect_subscribed(guests[i], 0, EACH);
	expect_subscribed(guests[SOME - 1], 1, EACH);
	cr_expect_eq(hall.ws->line_count, 0);
	cr_expect_eq(hall.ws->asking, 0);
	all_leave(SOME);
}

Test(rush, has_a_bound_past_which_all_are_told_to_come_again)
{
	struct guest *late, *stream, *plain_one;

	all_come(MANY);
	cr_expect_eq(hall.ws->line_count, LINE_MOST);
	late = guest_new(WS_CENTRIFUGE, &(struct arriving){ 0 });
	guest_say(late, "{'id':1,'connect':{}}");
	expect_next(late, "{'id':1,'connect':*");
	guest_say(late, "{'id':2,'subscribe':{'channel':'duty'}}");
	expect_next(late, "{'id':2,'error':{'code':111,'message':'too many requests','temporary':true}}");
	stream = guest_new(WS_EVENTS, &(struct arriving){ .words = "duty" });
	expect_end(stream, 0);
	plain_one = guest_new(WS_PLAIN, &(struct arriving){ 0 });
	expect_next(plain_one, "{'type':'error','data':{'code':111,'message':'too many requests','channel':'all'}*");
	hall.holds_asks = false;
	expect_subscribed(guests[0], 0, EACH);
	expect_subscribed(guests[MANY / 2], 0, EACH);
	guest_subscribes(late, "duty");
	guest_free(late);
	guest_free(stream);
	guest_free(plain_one);
	all_leave(MANY);
}

/* As many connections as wait for their token's issuer. */
Test(rush, is_not_held_up_by_those_of_whom_nobody_knows_who_they_are)
{
	enum { SOME = ASKING_MOST + 10 };
	struct guest *other = guest_connected(WS_CENTRIFUGE, NULL);

	hall.holds_asks = true;
	for (int i = 0; i < SOME; i++) {
		guests[i] = guest_new(WS_CENTRIFUGE, &(struct arriving){ 0 });
		guest_say(guests[i], "{'id':1,'connect':{'token':'" ANNA "'}}");
	}
	ask_for(other, EACH);
	cr_expect_eq(under_way(), SOME + EACH);
	cr_expect_eq(hall.asked[WS_HEAR], EACH);
	hall.holds_asks = false;
	expect_subscribed(other, 0, EACH);
	for (int i = 0; i < SOME; i++)
		expect_next(guests[i], "{'id':1,'connect':*");
	cr_expect_eq(hall.ws->asking, 0);
	guest_free(other);
	all_leave(SOME);
}
