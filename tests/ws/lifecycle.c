/* Which connections are accepted, how long they last, and how they are disconnected. */

#include <stdio.h>

#include "ws_fixture.h"

static long long now_ms;

/* The clock stands still except for these steps. */
static void let_pass(int seconds)
{
	now_ms += seconds * 1000LL;
	clock_set(now_ms * 1000, 1800000000000 + now_ms);
}

static void open_hall(void)
{
	let_pass(1000);
	hall_open();
}

TestSuite(leaving, .init = open_hall, .fini = hall_close, .timeout = 120);

/* Waits for the hub's timer. */
static void wait_for_tick(void)
{
	for (double end = hall_seconds() + 1.2; hall_seconds() < end;)
		hall_turns(1);
}

static const enum ws_speech all_speeches[] = { WS_CENTRIFUGE, WS_CENTRIFUGE_LINES, WS_CENTRIFUGE_EVENTS, WS_PLAIN, WS_EVENTS };

static struct guest *guest_of(enum ws_speech speech, const char *user)
{
	struct guest *guest;

	if (speech == WS_CENTRIFUGE || speech == WS_CENTRIFUGE_LINES || speech == WS_CENTRIFUGE_EVENTS)
		return guest_connected(speech, user);
	guest = guest_new(speech, &(struct arriving){ .words = "all", .user = user });
	while (guest_next(guest))
		;
	return guest;
}

Test(leaving, is_for_those_who_do_not_say_who_they_are)
{
	struct guest *silent = guest_new(WS_CENTRIFUGE, &(struct arriving){ 0 });
	struct guest *waits = guest_new(WS_CENTRIFUGE_LINES, &(struct arriving){ .words = "{}" });
	struct guest *known = guest_of(WS_CENTRIFUGE, NULL), *plain_one = guest_of(WS_PLAIN, NULL);

	let_pass(9);
	wait_for_tick();
	expect_silence(silent);
	let_pass(2);
	expect_end(silent, 3502);
	expect_end(waits, 3502);
	expect_silence(known);
	expect_silence(plain_one);
	guest_free(silent);
	guest_free(waits);
	guest_free(known);
	guest_free(plain_one);
}

Test(leaving, is_not_for_those_who_have_said_it_and_wait_for_an_answer)
{
	struct guest *guest = guest_new(WS_CENTRIFUGE, &(struct arriving){ 0 });

	hall.holds_asks = true;
	guest_say(guest, "{'id':1,'connect':{'token':'" ANNA "'}}");
	let_pass(11);
	wait_for_tick();
	expect_silence(guest);
	hall.holds_asks = false;
	expect_next(guest, "{'id':1,'connect':*");
	guest_free(guest);
}

Test(leaving, is_for_those_who_give_no_sign_of_life)
{
	struct guest *guests[COUNT_OF(all_speeches)], *mute[2];

	for (size_t i = 0; i < COUNT_OF(all_speeches); i++)
		guests[i] = guest_of(all_speeches[i], NULL);
	mute[0] = guest_of(WS_CENTRIFUGE, NULL);
	mute[1] = guest_of(WS_PLAIN, NULL);
	mute[0]->mute = mute[1]->mute = true;
	for (int beats = 1; beats <= 3; beats++) {
		let_pass(25);
		wait_for_tick();
		for (size_t i = 0; i < COUNT_OF(all_speeches); i++) {
			expect_silence(guests[i]);
			cr_expect_eq(guests[i]->pings, beats, "%s: %d", speeches[all_speeches[i]].name, guests[i]->pings);
		}
		if (beats == 1)
			expect_silence(mute[0]);
	}
	for (int i = 0; i < 2; i++) {
		expect_end(mute[i], 3012);
		cr_expect_eq(mute[i]->pings, 1);
		guest_free(mute[i]);
	}
	for (size_t i = 0; i < COUNT_OF(all_speeches); i++)
		guest_free(guests[i]);
}

Test(leaving, is_for_those_whose_token_has_expired)
{
	for (size_t i = 0; i < COUNT_OF(all_speeches); i++) {
		struct guest *guest, *other;

		if (all_speeches[i] == WS_PLAIN)
			continue; /* its token comes in a message: see below */
		hall.expires_ms = clock_wall_ms() + 30000;
		guest = guest_of(all_speeches[i], ANNA);
		hall.expires_ms = 0;
		other = guest_of(all_speeches[i], BERT);
		let_pass(26);
		wait_for_tick();
		expect_silence(guest);
		expect_silence(other);
		let_pass(26);
		expect_end(guest, 3005);
		expect_silence(other);
		guest_free(guest);
		guest_free(other);
	}
}

Test(leaving, is_put_off_by_a_new_token)
{
	struct guest *guest, *plain_one = guest_of(WS_PLAIN, NULL);

	hall.expires_ms = clock_wall_ms() + 30000;
	guest = guest_of(WS_CENTRIFUGE, ANNA);
	guest_say(plain_one, "{'type':'authenticate','data':{'token':'" ANNA "'}}");
	expect_next(plain_one, "{'type':'connected',*");
	expect_next(plain_one, "{'type':'subscribed',*");
	let_pass(26);
	wait_for_tick();
	expect_silence(guest);
	expect_silence(plain_one);
	hall.expires_ms = clock_wall_ms() + 60000;
	guest_say(guest, "{'id':2,'refresh':{'token':'" ANNA "'}}");
	expect_next(guest, "{'id':2,'refresh':*");
	let_pass(26);
	wait_for_tick();
	expect_silence(guest);
	expect_end(plain_one, 3005);
	guest_free(guest);
	guest_free(plain_one);
}

Test(leaving, is_for_everybody_in_the_end)
{
	struct guest *guest;

	hall.config.ws_ttl_hours = 1;
	guest = guest_of(WS_PLAIN, NULL);
	let_pass(3599);
	wait_for_tick();
	expect_silence(guest);
	let_pass(26);
	expect_end(guest, 3005);
	guest_free(guest);
}

Test(leaving, is_for_whoever_is_one_too_many_of_a_person)
{
	struct guest *first, *second, *third, *other;
	struct in6_addr address = { 0 };

	hall.config.ws_per_user = 2;
	first = guest_of(WS_CENTRIFUGE, ANNA);
	second = guest_of(WS_EVENTS, ANNA);
	cr_expect(!ws_has_room(hall.ws, &address, ANNA));
	cr_expect(ws_has_room(hall.ws, &address, BERT));
	cr_expect(ws_has_room(hall.ws, &address, NULL));
	third = guest_new(WS_CENTRIFUGE, &(struct arriving){ 0 });
	guest_say(third, "{'id':1,'connect':{'token':'" ANNA "'}}");
	expect_end(third, 3504);
	other = guest_of(WS_PLAIN, NULL);
	guest_say(other, "{'type':'authenticate','data':{'token':'" ANNA "'}}");
	expect_end(other, 3504);
	guest_free(other);
	other = guest_of(WS_CENTRIFUGE, BERT);
	guest_free(second);
	hall_turns(20);
	guest_free(third);
	third = guest_of(WS_CENTRIFUGE, ANNA);
	expect_silence(first);
	guest_free(first);
	guest_free(third);
	guest_free(other);
	hall_turns(20);
	cr_expect_eq(hall.ws->people.count, 0);
	cr_expect_eq(hall.ws->addresses.count, 0);
	cr_expect_eq(hall.ws->sessions.count, 0);
}

Test(leaving, makes_room_for_others)
{
	struct guest *guests[3];
	struct in6_addr address = { .s6_addr = { 0x20, 1, [15] = 7 } }, elsewhere = { .s6_addr = { 0x20, 1, [15] = 8 } };

	hall.config.ws_per_address = 2;
	hall.config.ws_connections = 3;
	for (int i = 0; i < 3; i++)
		guests[i] = guest_new(WS_PLAIN, &(struct arriving){ .address = i < 2 ? 7 : 8 });
	cr_expect(!ws_has_room(hall.ws, &elsewhere, NULL));
	guest_free(guests[2]);
	hall_turns(20);
	cr_expect(ws_has_room(hall.ws, &elsewhere, NULL));
	cr_expect(!ws_has_room(hall.ws, &address, NULL));
	guest_free(guests[0]);
	hall_turns(20);
	cr_expect(ws_has_room(hall.ws, &address, NULL));
	guest_free(guests[1]);
}

Test(leaving, is_not_for_those_who_ask_without_end_but_they_have_to_wait)
{
	struct guest *guest, *plain_one;
	int most;

	hall.config.ws_channels = 10;
	most = 2 * 10 + ASKS_MOST + 1;
	guest = guest_of(WS_CENTRIFUGE, NULL);
	plain_one = guest_of(WS_PLAIN, NULL);
	for (int i = 0; i < most; i++) {
		guest_say(guest, "{'id':2,'subscribe':{'channel':'duty'}}");
		expect_next(guest, "{'id':2,'subscribe':*");
		guest_say(guest, "{'id':3,'unsubscribe':{'channel':'duty'}}");
		expect_next(guest, "{'id':3,*");
	}
	guest_say(guest, "{'id':4,'subscribe':{'channel':'duty'}}");
	expect_next(guest, "{'id':4,'error':{'code':111,'message':'too many requests','temporary':true}}");
	/* One query less: this client was subscribed to `all`. */
	for (int i = 1; i < most; i++) {
		guest_say(plain_one, "{'type':'authenticate','data':{'token':'forged'}}");
		expect_next(plain_one, "{'type':'error','data':{'code':101,*");
	}
	guest_say(plain_one, "{'type':'authenticate','data':{'token':'forged'}}");
	expect_next(plain_one, "{'type':'error','data':{'code':111,*");
	let_pass(1);
	for (int i = 0; i < 1000 / ASK_MS; i++) {
		guest_say(guest, "{'id':2,'subscribe':{'channel':'duty'}}");
		expect_next(guest, "{'id':2,'subscribe':*");
		guest_say(guest, "{'id':3,'unsubscribe':{'channel':'duty'}}");
		expect_next(guest, "{'id':3,*");
	}
	guest_say(guest, "{'id':4,'subscribe':{'channel':'duty'}}");
	expect_next(guest, "{'id':4,'error':{'code':111,*");
	guest_free(guest);
	guest_free(plain_one);
}

static void on_drained(void *arg)
{
	++*(int *)arg;
}

Test(leaving, is_said_to_all_and_known_when_all_have_left)
{
	enum { MANY = 600 };
	static struct guest *guests[MANY];
	struct in6_addr address = { 0 };
	int drained = 0;

	for (int i = 0; i < MANY; i++)
		guests[i] = guest_of(all_speeches[i % 5], NULL);
	hall_turns(5);
	ws_drain(hall.ws, on_drained, &drained);
	cr_expect(!ws_has_room(hall.ws, &address, NULL));
	for (int i = 0; i < MANY; i++) {
		cr_expect_eq(drained, 0);
		expect_end(guests[i], 3001);
		guest_free(guests[i]);
	}
	hall_turns(20);
	cr_expect_eq(drained, 1);
	cr_expect_eq(ws_count(hall.ws), 0);
}

Test(leaving, needs_nobody_to_be_there)
{
	int drained = 0;

	ws_drain(hall.ws, on_drained, &drained);
	hall_turns(3);
	cr_expect_eq(drained, 1);
}

Test(leaving, of_all_at_once_leaves_nothing_behind)
{
	enum { MANY = 50 };
	static struct guest *guests[MANY];

	for (int i = 0; i < MANY; i++)
		guests[i] = guest_of(all_speeches[i % 5], i % 2 ? ANNA : NULL);
	hall.holds_asks = hall.holds_holes = true;
	hall.revokes = "all";
	hall_say("all", 3);
	ws_doubt(hall.ws, NULL);
	hall_tale("all")->top = 9;
	ws_known(hall.ws, STR("all"), 9);
	hall_turns(2);
	for (int i = 0; i < MANY; i++) {
		guest_hang_up(guests[i]);
		guest_free(guests[i]);
	}
	/* hall_close() frees ws before it has noticed every disconnect. */
}

static void count_guest(void *arg, const struct ws_guest *guest)
{
	char *seen = arg;

	snprintf(seen + strlen(seen), 200 - strlen(seen), "%s %s %zu,", guest->speech, *guest->user_id ? "user" : "anonymous",
	         guest->channels);
}

Test(leaving, shows_who_is_still_here)
{
	struct guest *first = guest_of(WS_CENTRIFUGE, ANNA), *second = guest_of(WS_PLAIN, NULL), *third = guest_of(WS_EVENTS, NULL);
	char seen[200] = "";

	guest_subscribes(first, "duty");
	ws_each_guest(hall.ws, 0, 2, count_guest, seen);
	cr_expect_str_eq(seen, "websocket user 2,plain anonymous 1,");
	*seen = '\0';
	ws_each_guest(hall.ws, 1, 5, count_guest, seen);
	cr_expect_str_eq(seen, "plain anonymous 1,events anonymous 1,");
	cr_expect_eq(ws_count(hall.ws), 3);
	cr_expect_eq(ws_ear_count(hall.ws), 4);
	guest_free(second);
	hall_turns(20);
	*seen = '\0';
	ws_each_guest(hall.ws, 0, 5, count_guest, seen);
	cr_expect_str_eq(seen, "websocket user 2,events anonymous 1,");
	guest_free(first);
	guest_free(third);
}
