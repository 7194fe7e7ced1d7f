/* The Centrifugo protocol, command by command, over each of its three transports. */

#include <stdio.h>

#include "ws_fixture.h"

TestSuite(centrifuge, .init = hall_open, .fini = hall_close, .timeout = 120);

static struct guest *newcomer(void)
{
	return guest_new(WS_CENTRIFUGE, &(struct arriving){ 0 });
}

/* Sends a command and expects this reply. */
static void asks(struct guest *guest, const char *command, const char *reply)
{
	guest_say(guest, command);
	expect_next(guest, reply);
}

Test(centrifuge, welcomes_nobody_in_particular)
{
	struct guest *guest = newcomer();

	asks(guest, "{'id':1,'connect':{'name':'js'}}",
	     "{'id':1,'connect':{'client':'^^^^^^^^^^^^^^^^','version':'binnacle/1','ping':25,'pong':true}}");
	guest_free(guest);
}

Test(centrifuge, welcomes_a_person_with_what_is_for_him)
{
	struct guest *guest = newcomer();

	clock_set(1000000, 1800000000000);
	hall.expires_ms = 1800000060000;
	hall_tale("user:" ANNA)->top = 7;
	asks(guest, "{'id':9,'connect':{'token':'" ANNA "'}}",
	     "{'id':9,'connect':{'client':'^^^^^^^^^^^^^^^^','version':'binnacle/1','ping':25,'pong':true,"
	     "'expires':true,'ttl':60,'subs':{'user:" ANNA "':{'recoverable':true,'positioned':true,"
	     "'epoch':'e1','offset':7}}}}");
	hall_say("user:" ANNA, 1);
	expect_offsets(guest, "user:" ANNA, 8, 8);
	guest_free(guest);
}

Test(centrifuge, takes_the_token_of_the_handshake_and_keeps_it_no_longer_than_it_must)
{
	struct guest *guest = guest_new(WS_CENTRIFUGE, &(struct arriving){ .token = BERT });

	asks(guest, "{'id':1,'connect':{}}", "{'id':1,'connect':{*'subs':{'user:" BERT "':*");
	cr_expect(!TAILQ_FIRST(&hall.ws->clients)->more);
	guest_free(guest);
}

Test(centrifuge, gives_what_was_missed_of_what_is_for_him)
{
	struct guest *guest = newcomer();

	hall_tale("user:" ANNA)->top = 3;
	asks(guest,
	     "{'id':1,'connect':{'token':'" ANNA "','subs':{'user:" ANNA "':{'recover':true,'offset':1,'epoch':'e1'}}}}",
	     "{*'offset':3,'was_recovering':true,'recovered':true,'publications':["
	     "{'data':{'type':'drill.step','data':{'n':2},'timestamp':'2026-11-21T05:47:00.123+00:00'},'offset':2},"
	     "{'data':{*},'offset':3}]}}}}");
	guest_free(guest);
}

Test(centrifuge, sends_away_whose_token_is_none)
{
	static const struct {
		const char *token;
		int code;
	} rows[] = { { "forged", 3500 }, { "archived", 3507 } };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct guest *guest = newcomer();
		char words[80];

		snprintf(words, sizeof(words), "{'id':1,'connect':{'token':'%s'}}", rows[i].token);
		guest_say(guest, words);
		expect_end(guest, rows[i].code);
		guest_free(guest);
	}
}

Test(centrifuge, lets_him_try_again_whose_token_has_expired_or_cannot_be_judged)
{
	struct guest *guest = newcomer();

	asks(guest, "{'id':1,'connect':{'token':'expired'}}", "{'id':1,'error':{'code':109,'message':'token expired'}}");
	hall.down = true;
	asks(guest, "{'id':2,'connect':{'token':'" ANNA "'}}",
	     "{'id':2,'error':{'code':100,'message':'internal server error','temporary':true}}");
	hall.down = false;
	asks(guest, "{'id':3,'connect':{'token':'" ANNA "'}}", "{'id':3,'connect':{*");
	guest_free(guest);
}

Test(centrifuge, lets_nobody_in_who_would_miss_what_is_for_him)
{
	struct guest *guest = newcomer();

	hall.holds_asks = true;
	guest_say(guest, "{'id':1,'connect':{'token':'" ANNA "'}}");
	hall_turns(20);
	hall_answer(TAILQ_FIRST(&hall.asks));
	hall.down = true;
	hall.holds_asks = false;
	expect_end(guest, 3004);
	guest_free(guest);
}

Test(centrifuge, answers_every_command)
{
	static const struct {
		const char *command, *reply;
	} rows[] = {
		{ "{'id':2,'subscribe':{'channel':'duty','flag':1}}",
		  "{'id':2,'subscribe':{'recoverable':true,'positioned':true,'epoch':'e1','offset':4}}" },
		{ "{'id':3,'subscribe':{'channel':'duty'}}", "{'id':3,'error':{'code':105,'message':'already subscribed'}}" },
		{ "{'id':4,'subscribe':{'channel':'nothing'}}", "{'id':4,'error':{'code':102,'message':'unknown channel'}}" },
		{ "{'id':5,'subscribe':{'channel':''}}", "{'id':5,'error':{'code':102,*" },
		{ "{'id':6,'subscribe':{}}", "{'id':6,'error':{'code':102,*" },
		{ "{'id':7,'subscribe':{'channel':7}}", "{'id':7,'error':{'code':102,*" },
		{ "{'id':8,'subscribe':{'channel':'secret'}}", "{'id':8,'error':{'code':103,'message':'permission denied'}}" },
		{ "{'id':9,'history':{'channel':'duty','limit':2,'since':{'offset':2,'epoch':'e1'}}}",
		  "{'id':9,'history':{'epoch':'e1','offset':4,'publications':[{*'offset':3},{*'offset':4}]}}" },
		{ "{'id':10,'history':{'channel':'org'}}", "{'id':10,'error':{'code':103,*" },
		{ "{'id':11,'presence':{'channel':'duty'}}", "{'id':11,'presence':{'presence':{}}}" },
		{ "{'id':12,'presence':{'channel':'org'}}", "{'id':12,'error':{'code':103,*" },
		{ "{'id':13,'presence_stats':{'channel':'duty'}}", "{'id':13,'error':{'code':108,'message':'not available'}}" },
		{ "{'id':14,'publish':{'channel':'duty','data':{}}}", "{'id':14,'error':{'code':103,*" },
		{ "{'id':15,'rpc':{'method':'x'}}", "{'id':15,'error':{'code':104,'message':'method not found'}}" },
		{ "{'id':16,'sub_refresh':{'channel':'duty'}}", "{'id':16,'error':{'code':108,*" },
		{ "{'id':17,'ping':{}}", "{'id':17,'ping':{}}" },
		{ "{'id':18,'unsubscribe':{'channel':'duty'}}", "{'id':18,'unsubscribe':{}}" },
		{ "{'id':19,'unsubscribe':{'channel':'duty'}}", "{'id':19,'unsubscribe':{}}" },
		{ "{'id':20,'history':{'channel':'duty'}}", "{'id':20,'error':{'code':103,*" },
		{ "{'id':21,'dance':{}}", "{'id':21,'error':{'code':104,*" },
		{ "{'id':22}", "{'id':22,'error':{'code':104,*" },
		{ "{'send':{'data':{}}}\n{'id':23,'ping':{}}", "{'id':23,'ping':{}}" },
		{ "\n {}\n\n{'id':24,'ping':{}}\n", "{'id':24,'ping':{}}" },
	};
	static const enum ws_speech ways[] = { WS_CENTRIFUGE, WS_CENTRIFUGE_LINES, WS_CENTRIFUGE_EVENTS };

	hall_tale("duty")->top = 4;
	hall_tale("secret")->denied = true;
	for (size_t way = 0; way < COUNT_OF(ways); way++) {
		struct guest *guest = guest_connected(ways[way], NULL);

		for (size_t i = 0; i < COUNT_OF(rows); i++) {
			char reply[300];

			snprintf(reply, sizeof(reply), "%s%s", ways[way] == WS_CENTRIFUGE_EVENTS ? "data: " : "", rows[i].reply);
			asks(guest, rows[i].command, reply);
		}
		expect_silence(guest);
		guest_free(guest);
	}
}

Test(centrifuge, ends_who_speaks_another_language)
{
	static const char *const rows[] = {
		"hello",
		"{",
		"[]",
		"1",
		"null",
		"'x'",
		"{'id':1,'connect':{}}",
		"{'id':2,'subscribe':[]}",
		"{'id':2,'subscribe':'duty'}",
		"{'id':2,'subscribe':null}",
		"{'id':0,'ping':{}}",
		"{'id':-1,'ping':{}}",
		"{'id':1.5,'ping':{}}",
		"{'id':'2','ping':{}}",
		"{'ping':{}}",
		"{'dance':{}}",
		"{'id':2,'id':3,'ping':{}}",
		"{'id':2,'ping':{}} {}",
		"{'id':2,'subscribe':{'channel':'a\\u0000b'}}",
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct guest *guest = guest_connected(WS_CENTRIFUGE, NULL);

		guest_say(guest, rows[i]);
		expect_end(guest, 3501);
		guest_free(guest);
	}
}

Test(centrifuge, does_what_stands_before_a_fault_and_nothing_behind_it)
{
	struct guest *guest = guest_connected(WS_CENTRIFUGE, NULL);

	asks(guest, "{'id':2,'ping':{}}\nhello\n{'id':3,'ping':{}}", "{'id':2,'ping':{}}");
	expect_end(guest, 3501);
	guest_free(guest);
}

Test(centrifuge, ends_who_asks_before_he_says_who_he_is)
{
	static const char *const rows[] = {
		"{'id':1,'subscribe':{'channel':'duty'}}", "{'id':1,'ping':{}}", "{'send':{}}", "{'id':1}", "{'id':1,'refresh':{}}",
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct guest *guest = newcomer();

		guest_say(guest, rows[i]);
		expect_end(guest, 3501);
		guest_free(guest);
	}
}

Test(centrifuge, keeps_what_is_said_behind_the_first_command_until_he_is_in)
{
	struct guest *guest = newcomer();

	hall.holds_asks = true;
	guest_say(guest, "{'id':1,'connect':{'token':'" ANNA "'}}\n{'id':2,'subscribe':{'channel':'duty'}}");
	guest_say(guest, "{'id':3,'ping':{}}");
	expect_silence(guest);
	cr_expect_eq(hall.asked[WS_WHO], 1);
	cr_expect_eq(hall.asked[WS_HEAR], 0);
	hall.holds_asks = false;
	expect_next(guest, "{'id':1,'connect':*");
	expect_next(guest, "{'id':3,'ping':{}}");
	expect_next(guest, "{'id':2,'subscribe':*");
	guest_say(guest, "{'id':4,'connect':{}}");
	expect_end(guest, 3501);
	guest_free(guest);
}

Test(centrifuge, forgets_it_when_he_is_not_let_in)
{
	struct guest *guest = newcomer();

	guest_say(guest, "{'id':1,'connect':{'token':'expired'}}\n{'id':2,'subscribe':{'channel':'duty'}}");
	expect_next(guest, "{'id':1,'error':{'code':109,*");
	expect_silence(guest);
	cr_expect_eq(hall.asked[WS_HEAR], 0);
	asks(guest, "{'id':3,'connect':{}}", "{'id':3,'connect':*");
	expect_silence(guest);
	guest_free(guest);
}

Test(centrifuge, keeps_no_more_of_it_than_one_message_may_hold)
{
	struct guest *guest = newcomer();

	hall.holds_asks = true;
	guest_say(guest, "{'id':1,'connect':{'token':'" ANNA "'}}");
	for (int i = 0; i < 5000 && !guest->ended; i++) {
		guest_say(guest, "{'id':2,'subscribe':{'channel':'duty'}}");
		guest_next(guest);
	}
	expect_end(guest, 3013);
	guest_free(guest);
}

Test(centrifuge, recovers_what_was_missed_or_nothing_of_it)
{
	static const struct {
		const char *from, *told;
	} rows[] = {
		{ "'offset':3,'epoch':'e1'", "'was_recovering':true,'recovered':true,'publications':[{*'offset':4},{*'offset':5}]}}" },
		{ "'offset':5,'epoch':'e1'", "'was_recovering':true,'recovered':true,'publications':[]}}" },
		{ "'offset':2,'epoch':'e1'", "'was_recovering':true,'recovered':true,'publications':[{*}]}}" },
		{ "'offset':1,'epoch':'e1'", "'was_recovering':true,'recovered':false}}" },
		{ "'offset':6,'epoch':'e1'", "'was_recovering':true,'recovered':false}}" },
		{ "'offset':-1,'epoch':'e1'", "'was_recovering':true,'recovered':false}}" },
		{ "'offset':'4','epoch':'e1'", "'was_recovering':true,'recovered':false}}" },
		{ "'offset':4,'epoch':'e2'", "'was_recovering':true,'recovered':false}}" },
		{ "'offset':4,'epoch':1", "'was_recovering':true,'recovered':false}}" },
		{ "'offset':4", "'was_recovering':true,'recovered':false}}" },
		{ "'offset':4,'epoch':'eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee1'",
		  "'was_recovering':true,'recovered':false}}" },
	};

	hall_tale("duty")->top = 5;
	hall_tale("duty")->dropped = 2;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct guest *guest = guest_connected(WS_CENTRIFUGE, NULL);
		char words[200], reply[200];

		snprintf(words, sizeof(words), "{'id':2,'subscribe':{'channel':'duty','recover':true,%s}}", rows[i].from);
		snprintf(reply, sizeof(reply), "{'id':2,'subscribe':{*'epoch':'e1','offset':5,%s", rows[i].told);
		asks(guest, words, reply);
		guest_free(guest);
	}
}

Test(centrifuge, lets_him_change_his_mind_before_he_was_answered)
{
	struct guest *guest = guest_connected(WS_CENTRIFUGE, NULL);

	hall.holds_asks = true;
	guest_say(guest, "{'id':2,'subscribe':{'channel':'duty'}}");
	guest_say(guest, "{'id':3,'subscribe':{'channel':'duty'}}");
	expect_next(guest, "{'id':3,'error':{'code':105,*");
	guest_say(guest, "{'id':4,'unsubscribe':{'channel':'duty'}}\n{'id':5,'subscribe':{'channel':'duty'}}");
	expect_next(guest, "{'id':2,'error':{'code':111,*'temporary':true}}");
	expect_next(guest, "{'id':4,'unsubscribe':{}}");
	hall.holds_asks = false;
	expect_next(guest, "{'id':5,'subscribe':{'recoverable':*");
	hall_say("duty", 1);
	expect_offsets(guest, "duty", 1, 1);
	guest_say(guest, "{'id':6,'unsubscribe':{'channel':'duty'}}");
	expect_next(guest, "{'id':6,'unsubscribe':{}}");
	hall_say("duty", 1);
	expect_silence(guest);
	cr_expect_eq(hall.ws->channel_count, 0);
	guest_free(guest);
}

/* A reconnecting client subscribes to all its channels in one message. */
Test(centrifuge, does_many_commands_in_their_order_and_so_many_at_a_time)
{
	enum { MANY = 120 };
	struct guest *guest = guest_connected(WS_CENTRIFUGE, NULL);
	struct buf words = { 0 };
	char reply[100];

	hall.holds_asks = true;
	for (int i = 0; i < MANY; i++)
		buf_print(&words, "{'id':%d,'subscribe':{'channel':'log:%d'}}\n", i + 2, i);
	guest_say(guest, buf_cstr(&words));
	guest_say(guest, "{'id':200,'ping':{}}\n{'id':201,'unsubscribe':{'channel':'log:119'}}");
	guest_say(guest, "{'id':202,'ping':{}}");
	expect_silence(guest);
	cr_expect_eq(hall.asked[WS_HEAR], ASKS_MOST);
	for (int i = 0; i < MANY; i++) {
		hall_answer(TAILQ_FIRST(&hall.asks));
		if (i == MANY - ASKS_MOST)
			break;
		snprintf(reply, sizeof(reply), "{'id':%d,'subscribe':{'recoverable':*", i + 2);
		expect_next(guest, reply);
	}
	hall.holds_asks = false;
	/* The last queries are still pending: commands that need no query run meanwhile. */
	expect_next(guest, "{'id':90,'subscribe':*");
	expect_next(guest, "{'id':200,'ping':{}}");
	expect_next(guest, "{'id':121,'error':{'code':111,*");
	expect_next(guest, "{'id':201,'unsubscribe':{}}");
	expect_next(guest, "{'id':202,'ping':{}}");
	for (int i = MANY - ASKS_MOST + 1; i < MANY - 1; i++) {
		snprintf(reply, sizeof(reply), "{'id':%d,'subscribe':*", i + 2);
		expect_next(guest, reply);
	}
	expect_silence(guest);
	cr_expect_eq(hall.ws->ear_count, MANY - 1);
	cr_expect(!TAILQ_FIRST(&hall.ws->clients)->more);
	buf_finish(&words);
	guest_free(guest);
}

Test(centrifuge, keeps_no_more_commands_than_one_message_may_hold)
{
	struct guest *guest = guest_connected(WS_CENTRIFUGE, NULL);
	char words[100];

	hall.config.ws_message_bytes = 4000;
	hall.holds_asks = true;
	for (int i = 0; i < 200 && !guest->ended; i++) {
		snprintf(words, sizeof(words), "{'id':%d,'subscribe':{'channel':'log:%d'}}", i + 2, i);
		guest_say(guest, words);
	}
	expect_end(guest, 3013);
	hall_turns(20);
	cr_expect(TAILQ_EMPTY(&hall.asks));
	guest_free(guest);
}

Test(centrifuge, has_a_bound_for_channels)
{
	struct guest *guest = guest_connected(WS_CENTRIFUGE, NULL);

	hall.config.ws_channels = 2;
	hall.holds_asks = true;
	guest_say(guest, "{'id':2,'subscribe':{'channel':'log:1'}}\n{'id':3,'subscribe':{'channel':'log:2'}}");
	/* Pending subscribes count, too. */
	asks(guest, "{'id':4,'subscribe':{'channel':'duty'}}", "{'id':4,'error':{'code':106,'message':'limit exceeded'}}");
	hall.holds_asks = false;
	guest_free(guest);
}

Test(centrifuge, knows_no_name_that_is_too_long)
{
	struct guest *guest = guest_connected(WS_CENTRIFUGE, NULL);
	char words[300];

	snprintf(words, sizeof(words), "{'id':2,'subscribe':{'channel':'%0*d'}}", CHANNEL_NAME_MOST + 1, 0);
	asks(guest, words, "{'id':2,'error':{'code':102,*");
	snprintf(words, sizeof(words), "{'id':2,'subscribe':{'channel':'%0*d'}}", CHANNEL_NAME_MOST, 0);
	asks(guest, words, "{'id':2,'subscribe':*");
	guest_free(guest);
}

Test(centrifuge, takes_a_new_token_of_the_same_person_alone)
{
	struct guest *guest;

	clock_set(1000000, 1800000000000);
	guest = guest_connected(WS_CENTRIFUGE, ANNA);
	hall.expires_ms = 1800000090000;
	asks(guest, "{'id':2,'refresh':{'token':'" ANNA "'}}",
	     "{'id':2,'refresh':{'client':'^^^^^^^^^^^^^^^^','version':'binnacle/1','expires':true,'ttl':90}}");
	asks(guest, "{'id':3,'refresh':{'token':'expired'}}", "{'id':3,'error':{'code':109,*");
	guest_say(guest, "{'id':4,'refresh':{'token':'" BERT "'}}");
	expect_end(guest, 3500);
	guest_free(guest);
}

Test(centrifuge, ends_who_refreshes_with_a_token_that_is_none)
{
	struct guest *guest = guest_connected(WS_CENTRIFUGE, ANNA), *nobody = guest_connected(WS_CENTRIFUGE, NULL);

	guest_say(guest, "{'id':2,'refresh':{}}");
	expect_end(guest, 3500);
	/* An anonymous connection does not become a user's. */
	guest_say(nobody, "{'id':2,'refresh':{'token':'" ANNA "'}}");
	expect_end(nobody, 3500);
	guest_free(guest);
	guest_free(nobody);
}

Test(centrifuge, tells_streams_how_to_speak_and_how_it_ends)
{
	struct guest *lines = guest_new(WS_CENTRIFUGE_LINES, &(struct arriving){ .words = "{'id':1,'connect':{}}" });
	struct guest *stream = guest_new(WS_CENTRIFUGE_EVENTS, &(struct arriving){ .words = "{'id':1,'connect':{}}" });
	char session[160];

	snprintf(session, sizeof(session), "*'ping':25,'session':'%s','node':'%s'}}", lines->session, ws_node(hall.ws));
	expect_next(lines, session);
	expect_next(stream, "data: {'id':1,'connect':{*'session':*");
	hall_turns(3);
	guest_say(lines, "hello");
	expect_end(lines, 3501);
	hall_turns(20);
	cr_expect(!ws_speak(hall.ws, str_of(lines->session), STR("{}")));
	ws_drain(hall.ws, NULL, NULL);
	expect_end(stream, 3001);
	guest_free(lines);
	guest_free(stream);
}

Test(centrifuge, speaks_for_no_session_that_is_not_there)
{
	static const char *const rows[] = {
		"", "x", "00000000000000000000000000000000", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
		"0123456789abcdef0123456789abcdef0",
	};
	struct guest *guest = guest_connected(WS_CENTRIFUGE, NULL);

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		cr_expect(!ws_speak(hall.ws, str_of(rows[i]), STR("{}")));
	guest_free(guest);
}

Test(centrifuge, survives_last_words_for_which_there_is_no_room)
{
	struct guest *guest;
	struct buf pings = { 0 };

	hall.config.ws_pending_bytes = 65536;
	guest = guest_new(WS_CENTRIFUGE_LINES, &(struct arriving){ .words = "{'id':1,'connect':{}}", .slow = true });
	/* The client does not read: output accumulates up to the bound. */
	for (int i = 0; i < 4000; i++)
		buf_text(&pings, "{\"id\":1,\"ping\":{}}\n");
	for (int i = 0; i < 100; i++) {
		ws_speak(hall.ws, str_of(guest->session), buf_as_str(&pings));
		hall_turns(2);
		cr_assert_leq(hall.ws->client_count ? TAILQ_FIRST(&hall.ws->clients)->outbox.length : 0, 65536);
	}
	expect_end(guest, 3008);
	buf_finish(&pings);
	guest_free(guest);
}
