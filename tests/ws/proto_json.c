/* The JSON protocol: messages {type, data, timestamp}; no message closes the connection for its
 * content. */

#include <stdio.h>

#include "ws_fixture.h"

TestSuite(plain_words, .init = hall_open, .fini = hall_close, .timeout = 120);

#define STAMP "'timestamp':'^^^^-^^-^^T^^:^^:^^.^^^+00:00'}"

static struct guest *guest_of(const char *token)
{
	struct guest *guest = guest_new(WS_PLAIN, &(struct arriving){ .token = token });

	if (!token)
		expect_next(guest, "{'type':'connected','data':{'connection_id':'^^^^^^^^^^^^^^^^','user_id':null}," STAMP);
	expect_next(guest, "{'type':'subscribed','data':{'channel':'all','epoch':'e1','offset':*}," STAMP);
	if (token) {
		expect_next(guest, "{'type':'connected','data':{*'user_id':'*'}," STAMP);
		expect_next(guest, "{'type':'subscribed','data':{'channel':'user:*'*}," STAMP);
	}
	return guest;
}

static void asks(struct guest *guest, const char *words, const char *answer)
{
	guest_say(guest, words);
	expect_next(guest, answer);
}

Test(plain_words, welcome_everybody_to_what_is_for_all)
{
	struct guest *guest;

	hall_tale("all")->top = 3;
	guest = guest_of(NULL);
	hall_say("all", 2);
	expect_next(guest, "{'type':'drill.step','data':{'n':4},'timestamp':'2026-11-21T05:47:00.123+00:00',"
	                   "'channel':'all','offset':4}");
	expect_offsets(guest, "all", 5, 5);
	guest_free(guest);
}

Test(plain_words, come_back_when_they_mean_nothing)
{
	static const struct {
		const char *words, *original;
	} rows[] = {
		{ "{'type':'hello','data':{'a':[1,null]}}", "{'type':'hello','data':{'a':[1,null]}}" },
		{ "", "{}" },
		{ "{}", "{}" },
		{ "[1,2]", "[1,2]" },
		{ "'x'", "'x'" },
		{ "null", "null" },
		{ "17", "17" },
		{ "{'type':7}", "{'type':7}" },
	};
	struct guest *guest = guest_of(NULL);

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char answer[200];

		snprintf(answer, sizeof(answer),
		         "{'type':'echo','data':{'message':'Message received','original':%s,"
		         "'connection_id':'^^^^^^^^^^^^^^^^'}," STAMP,
		         rows[i].original);
		asks(guest, rows[i].words, answer);
	}
	guest_free(guest);
}

Test(plain_words, are_answered_with_an_error_and_not_closed)
{
	static const struct {
		const char *words, *error;
	} rows[] = {
		{ "hello", "'code':107,'message':'invalid JSON'" },
		{ "{", "'code':107,'message':'invalid JSON'" },
		{ "{'type':'subscribe'}", "'code':102,'message':'unknown channel'" },
		{ "{'type':'subscribe','data':[]}", "'code':102,'message':'unknown channel'" },
		{ "{'type':'subscribe','data':{'channel':1}}", "'code':102,'message':'unknown channel'" },
		{ "{'type':'subscribe','data':{'channel':'nothing'}}",
		  "'code':102,'message':'unknown channel','channel':'nothing'" },
		{ "{'type':'subscribe','data':{'channel':'secret'}}",
		  "'code':103,'message':'permission denied','channel':'secret'" },
		{ "{'type':'subscribe','data':{'channel':'all'}}", "'code':105,'message':'already subscribed','channel':'all'" },
		{ "{'type':'resume','data':{'channel':'all'}}", "'code':105,'message':'already subscribed','channel':'all'" },
		{ "{'type':'authenticate'}", "'code':101,'message':'unauthorized'" },
		{ "{'type':'authenticate','data':{'token':5}}", "'code':101,'message':'unauthorized'" },
		{ "{'type':'authenticate','data':{'token':'forged'}}", "'code':101,'message':'unauthorized'" },
		{ "{'type':'authenticate','data':{'token':'expired'}}", "'code':109,'message':'token expired'" },
		{ "{'type':'authenticate','data':{'token':'archived'}}", "'code':103,'message':'permission denied'" },
	};
	struct guest *guest = guest_of(NULL);

	hall_tale("secret")->denied = true;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char answer[200];

		snprintf(answer, sizeof(answer), "{'type':'error','data':{%s}," STAMP, rows[i].error);
		asks(guest, rows[i].words, answer);
	}
	expect_silence(guest);
	guest_free(guest);
}

Test(plain_words, say_who_one_is_more_than_once_but_the_same)
{
	struct guest *guest = guest_of(NULL);

	asks(guest, "{'type':'authenticate','data':{'token':'" ANNA "'}}",
	     "{'type':'connected','data':{*'user_id':'" ANNA "'}," STAMP);
	expect_next(guest, "{'type':'subscribed','data':{'channel':'user:" ANNA "',*");
	asks(guest, "{'type':'authenticate','data':{'token':'" ANNA "'}}", "{'type':'connected','data':{*'user_id':'" ANNA "'}*");
	asks(guest, "{'type':'authenticate','data':{'token':'" BERT "'}}", "{'type':'error','data':{'code':103,*");
	hall_say("user:" ANNA, 1);
	hall_say("user:" BERT, 1);
	expect_offsets(guest, "user:" ANNA, 1, 1);
	expect_silence(guest);
	guest_free(guest);
}

Test(plain_words, say_it_twice_at_once_and_are_told_once)
{
	struct guest *guest = guest_of(NULL);

	hall.holds_asks = true;
	guest_say(guest, "{'type':'authenticate','data':{'token':'" ANNA "'}}");
	guest_say(guest, "{'type':'authenticate','data':{'token':'" ANNA "'}}");
	hall_turns(20);
	hall.holds_asks = false;
	expect_next(guest, "{'type':'connected',*");
	expect_next(guest, "{'type':'connected',*");
	expect_next(guest, "{'type':'subscribed',*");
	hall_say("user:" ANNA, 1);
	expect_offsets(guest, "user:" ANNA, 1, 1);
	expect_silence(guest);
	guest_free(guest);
}

Test(plain_words, subscribe_twice_at_once_and_are_told_once)
{
	struct guest *guest = guest_of(NULL);

	hall.holds_asks = true;
	guest_say(guest, "{'type':'subscribe','data':{'channel':'duty'}}");
	asks(guest, "{'type':'subscribe','data':{'channel':'duty'}}", "{'type':'error','data':{'code':105,*");
	hall.holds_asks = false;
	expect_next(guest, "{'type':'subscribed','data':{'channel':'duty',*");
	hall_say("duty", 2);
	expect_offsets(guest, "duty", 1, 2);
	expect_silence(guest);
	guest_free(guest);
}

Test(plain_words, know_a_token_of_the_handshake)
{
	struct guest *guest = guest_of(ANNA);

	hall_say("user:" ANNA, 1);
	expect_offsets(guest, "user:" ANNA, 1, 1);
	guest_free(guest);
}

Test(plain_words, resume_where_one_was)
{
	struct guest *guest = guest_of(NULL);

	hall_tale("duty")->top = 5;
	hall_tale("duty")->dropped = 2;
	asks(guest, "{'type':'resume','data':{'channel':'duty','offset':3,'epoch':'e1'}}",
	     "{'type':'subscribed','data':{'channel':'duty','epoch':'e1','offset':5,'recovered':true}," STAMP);
	expect_offsets(guest, "duty", 4, 5);
	hall_say("duty", 1);
	expect_offsets(guest, "duty", 6, 6);
	asks(guest, "{'type':'unsubscribe','data':{'channel':'duty'}}",
	     "{'type':'unsubscribed','data':{'channel':'duty','message':'client unsubscribed'}," STAMP);
	asks(guest, "{'type':'resume','data':{'channel':'duty','offset':1,'epoch':'e1'}}",
	     "{'type':'subscribed','data':{*'offset':6,'recovered':false}," STAMP);
	hall_say("duty", 1);
	expect_offsets(guest, "duty", 7, 7);
	guest_free(guest);
}

Test(plain_words, resume_what_is_given_as_well)
{
	struct guest *guest;

	hall_tale("all")->top = 5;
	guest = guest_of(NULL);
	asks(guest, "{'type':'resume','data':{'channel':'all','offset':3,'epoch':'e1'}}",
	     "{'type':'subscribed','data':{'channel':'all','epoch':'e1','offset':5,'recovered':true}*");
	expect_offsets(guest, "all", 4, 5);
	hall_say("all", 1);
	expect_offsets(guest, "all", 6, 6);
	expect_silence(guest);
	cr_expect_eq(hall.ws->ear_count, 1);
	guest_free(guest);
}

Test(plain_words, tell_when_what_is_given_cannot_be_had_just_now)
{
	struct guest *guest;

	hall.down = true;
	guest = guest_new(WS_PLAIN, &(struct arriving){ 0 });
	expect_next(guest, "{'type':'connected',*");
	expect_next(guest, "{'type':'error','data':{'code':100,'message':'internal server error','channel':'all'}*");
	hall.down = false;
	guest_subscribes(guest, "all");
	guest_free(guest);
}

Test(plain_words, stop_what_was_not_answered_yet)
{
	struct guest *guest = guest_of(NULL);

	hall.holds_asks = true;
	guest_say(guest, "{'type':'subscribe','data':{'channel':'duty'}}");
	asks(guest, "{'type':'unsubscribe','data':{'channel':'duty'}}", "{'type':'unsubscribed',*");
	hall.holds_asks = false;
	hall_say("duty", 1);
	expect_silence(guest);
	cr_expect_eq(hall.ws->ear_count, 1);
	guest_free(guest);
}

Test(plain_words, have_a_bound_for_channels)
{
	struct guest *guest;

	hall.config.ws_channels = 2;
	guest = guest_of(NULL);
	guest_subscribes(guest, "duty");
	asks(guest, "{'type':'subscribe','data':{'channel':'org'}}",
	     "{'type':'error','data':{'code':106,'message':'limit exceeded','channel':'org'}," STAMP);
	guest_free(guest);
}

/* A client resumes its user's channel before an event of it is delivered, and its queued
 * messages run as that user. */
Test(plain_words, may_be_said_in_one_breath)
{
	struct guest *guest;

	hall_tale("user:" ANNA)->top = 4;
	hall_tale("duty")->top = 2;
	guest = guest_of(NULL);
	hall.holds_asks = true;
	guest_say(guest, "{'type':'authenticate','data':{'token':'" ANNA "'}}");
	guest_say(guest, "{'type':'resume','data':{'channel':'user:" ANNA "','offset':2,'epoch':'e1'}}");
	guest_say(guest, "{'type':'subscribe','data':{'channel':'duty'}}");
	guest_say(guest, "");
	expect_silence(guest);
	cr_expect_eq(hall.asked[WS_HEAR], 1, "%d", hall.asked[WS_HEAR]);
	hall_answer(TAILQ_FIRST(&hall.asks));
	expect_next(guest, "{'type':'connected','data':{*'user_id':'" ANNA "'}," STAMP);
	expect_next(guest, "{'type':'echo',*");
	for (const struct pending *each = TAILQ_FIRST(&hall.asks); each; each = TAILQ_NEXT(each, link))
		cr_expect_str_eq(each->ask->who.id, ANNA);
	hall_say("user:" ANNA, 1);
	hall_answer_all();
	expect_next(guest, "{'type':'subscribed','data':{'channel':'user:" ANNA "','epoch':'e1','offset':5,'recovered':true}," STAMP);
	expect_offsets(guest, "user:" ANNA, 3, 5);
	expect_next(guest, "{'type':'subscribed','data':{'channel':'duty','epoch':'e1','offset':2}," STAMP);
	cr_expect_eq(hall.ws->ear_count, 3);
	guest_free(guest);
}

/* The user's channel may be resumed after all other messages. */
Test(plain_words, may_be_many_and_are_done_in_their_order)
{
	enum { MANY = 100 };
	struct guest *guest = guest_of(NULL);
	char words[100], reply[100];

	hall_tale("user:" ANNA)->top = 4;
	hall.holds_asks = true;
	guest_say(guest, "{'type':'authenticate','data':{'token':'" ANNA "'}}");
	for (int i = 0; i < MANY; i++) {
		snprintf(words, sizeof(words), "{'type':'subscribe','data':{'channel':'log:%d'}}", i);
		guest_say(guest, words);
	}
	guest_say(guest, "{'type':'resume','data':{'channel':'user:" ANNA "','offset':2,'epoch':'e1'}}");
	expect_silence(guest);
	hall_answer(TAILQ_FIRST(&hall.asks));
	expect_next(guest, "{'type':'connected',*");
	cr_expect_leq(hall.asked[WS_HEAR], 1 + ASKS_MOST);
	hall_say("user:" ANNA, 1);
	for (int i = 0; i < MANY; i++) {
		hall_answer(TAILQ_FIRST(&hall.asks));
		snprintf(reply, sizeof(reply), "{'type':'subscribed','data':{'channel':'log:%d',*", i);
		expect_next(guest, reply);
	}
	hall_answer_all();
	expect_next(guest, "{'type':'subscribed','data':{'channel':'user:" ANNA "','epoch':'e1','offset':5,'recovered':true}," STAMP);
	expect_offsets(guest, "user:" ANNA, 3, 5);
	expect_silence(guest);
	guest_free(guest);
}

Test(plain_words, are_heard_when_their_token_was_refused)
{
	struct guest *guest = guest_of(NULL);

	hall.holds_asks = true;
	guest_say(guest, "{'type':'authenticate','data':{'token':'bad'}}");
	guest_say(guest, "{'type':'hello'}");
	expect_silence(guest);
	hall.holds_asks = false;
	hall_answer_all();
	expect_next(guest, "{'type':'error','data':{'code':101,*");
	expect_next(guest, "{'type':'echo',*");
	guest_free(guest);
}

Test(plain_words, are_said_again_when_nobody_could_judge_a_token)
{
	struct guest *guest = guest_of(NULL);

	hall.holds_asks = true;
	guest_say(guest, "{'type':'authenticate','data':{'token':'" ANNA "'}}");
	guest_say(guest, "{'type':'resume','data':{'channel':'user:" ANNA "','offset':2,'epoch':'e1'}}");
	expect_silence(guest);
	hall.down = true;
	hall.holds_asks = false;
	hall_answer_all();
	expect_next(guest, "{'type':'error','data':{'code':100,*");
	expect_end(guest, 3004);
	guest_free(guest);
}

/* Also for messages that had not arrived yet. */
Test(plain_words, are_said_again_when_nobody_can_judge_a_token_at_once)
{
	struct guest *guest = guest_of(NULL);

	hall.down = true;
	guest_say(guest, "{'type':'authenticate','data':{'token':'" ANNA "'}}");
	hall_turns(3);
	hall.down = false;
	guest_say(guest, "{'type':'resume','data':{'channel':'user:" ANNA "','offset':2,'epoch':'e1'}}");
	expect_next(guest, "{'type':'error','data':{'code':100,*");
	expect_end(guest, 3004);
	guest_free(guest);
}

Test(plain_words, wait_for_a_token_only_so_long)
{
	struct guest *guest = guest_of(NULL);
	struct buf long_one = { 0 };

	hall.config.ws_message_bytes = 4000;
	hall.holds_asks = true;
	guest_say(guest, "{'type':'authenticate','data':{'token':'" ANNA "'}}");
	for (int i = 0; i < 1500; i++)
		buf_char(&long_one, ' ');
	for (int i = 0; i < 3; i++)
		guest_say(guest, buf_cstr(&long_one));
	expect_end(guest, 3013);
	buf_finish(&long_one);
	guest_free(guest);
}
