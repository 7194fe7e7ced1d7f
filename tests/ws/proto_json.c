/* The JSON protocol: messages {type, data, timestamp}; no message closes the connection for its
 * content. */

#include <stdio.h>

#include "hub.h"
#include "pending.h"
#include "ws_fixture.h"

TestSuite(proto_json, .init = ws_fixture_open, .fini = ws_fixture_close, .timeout = 120);

#define STAMP "'timestamp':'^^^^-^^-^^T^^:^^:^^.^^^+00:00'}"

static struct test_client *connect_client(const char *token)
{
	struct test_client *client =
		test_client_new(WS_JSON, &(struct client_options){ .token = token });

	if (!token)
		expect_next(
			client,
			"{'type':'connected','data':{'connection_id':'^^^^^^^^^^^^^^^^','user_id':null}," STAMP);
	expect_next(client,
	            "{'type':'subscribed','data':{'channel':'all','epoch':'e1','offset':*}," STAMP);
	if (token) {
		expect_next(client, "{'type':'connected','data':{*'user_id':'*'}," STAMP);
		expect_next(client, "{'type':'subscribed','data':{'channel':'user:*'*}," STAMP);
	}
	return client;
}

static void expect_reply(struct test_client *client, const char *text, const char *answer)
{
	test_client_send(client, text);
	expect_next(client, answer);
}

Test(proto_json, subscribes_every_client_to_all)
{
	struct test_client *client;

	fixture_channel("all")->last_offset = 3;
	client = connect_client(NULL);
	fixture_emit("all", 2);
	expect_next(
		client,
		"{'type':'drill.step','data':{'n':4},'timestamp':'2026-11-21T05:47:00.123+00:00',"
		"'channel':'all','offset':4}");
	expect_offsets(client, "all", 5, 5);
	test_client_free(client);
}

Test(proto_json, echoes_messages_of_the_type_echo)
{
	static const char *const messages[] = {
		"{'type':'echo'}",
		"{'type':'echo','data':{'a':[1,null]}}",
		"{'type':'echo','data':[1.5,'x']}",
		"{'type':'echo','data':null,'timestamp':'now'}",
	};
	struct test_client *client = connect_client(NULL);

	for (size_t i = 0; i < COUNT_OF(messages); i++) {
		char answer[200];

		snprintf(answer, sizeof(answer),
		         "{'type':'echo','data':{'message':'Message received','original':%s,"
		         "'connection_id':'^^^^^^^^^^^^^^^^'}," STAMP,
		         messages[i]);
		expect_reply(client, messages[i], answer);
	}
	test_client_free(client);
}

Test(proto_json, answers_a_ping)
{
	struct test_client *client = connect_client(NULL);

	expect_reply(client, "{'type':'ping'}", "{'type':'pong','data':{}," STAMP);
	expect_reply(client, "{'type':'ping','data':{}}", "{'type':'pong','data':{}," STAMP);
	test_client_free(client);
}

Test(proto_json, describes_the_error_in_an_invalid_message)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "", "107,'message':'Invalid JSON: at byte 0: *.'" },
		{ "hello", "107,'message':'Invalid JSON: at byte 0: *.'" },
		{ "{'type':", "107,'message':'Invalid JSON: at byte 8: *.'" },
		{ "{'type':'ping','type':'ping'}", "107,'message':'Invalid JSON: *.'" },
		{ "[1,2]", "107,'message':'A message must be a JSON object.'" },
		{ "null", "107,'message':'A message must be a JSON object.'" },
		{ "{}", "107,'message':'\\'type\\' is required.'" },
		{ "{'type':7}", "107,'message':'\\'type\\' must be a string.'" },
		{ "{'type':null}", "107,'message':'\\'type\\' must be a string.'" },
		{ "{'type':'hello','data':{}}",
		  "104,'message':'Unknown message type \\'hello\\'. Known types: authenticate,"
		  " subscribe, resume, unsubscribe, ping, echo.'" },
		{ "{'type':''}", "104,'message':'Unknown message type \\'\\'. *'" },
		{ "{'type':'Ping'}", "104,'message':'Unknown message type \\'Ping\\'. *'" },
		{ "{'type':'connected'}",
		  "104,'message':'Unknown message type \\'connected\\'. *'" },
		{ "{'type':'a\\'\\n'}", "104,'message':'Unknown message type \\'a\\'\\n\\'. *'" },
		{ "{'type':'ping','id':1}",
		  "107,'message':'Unknown member \\'id\\' of \\'ping\\'.'" },
		{ "{'type':'ping','data':{'a':1}}",
		  "107,'message':'Unknown member \\'data.a\\' of \\'ping\\'.'" },
		{ "{'type':'ping','data':[]}", "107,'message':'\\'data\\' must be an object.'" },
		{ "{'type':'ping','data':null}", "107,'message':'\\'data\\' must be an object.'" },
		{ "{'type':'subscribe'}", "107,'message':'\\'data.channel\\' is required.'" },
		{ "{'type':'subscribe','data':{'channel':1}}",
		  "107,'message':'\\'data.channel\\' must be a string.'" },
		{ "{'type':'subscribe','data':{'channel':''}}",
		  "107,'message':'\\'data.channel\\' must have 1 to 128 characters.'" },
		{ "{'type':'subscribe','data':{'channel':'duty','offset':'1'}}",
		  "107,'message':'\\'data.offset\\' must be an integer.'" },
		{ "{'type':'subscribe','data':{'channel':'duty','offset':1.5}}",
		  "107,'message':'\\'data.offset\\' must be an integer.'" },
		{ "{'type':'subscribe','data':{'channel':'duty','offset':-1}}",
		  "107,'message':'\\'data.offset\\' must be 0 to 9007199254740991.'" },
		{ "{'type':'subscribe','data':{'channel':'duty','epoch':null}}",
		  "107,'message':'\\'data.epoch\\' must be a string.'" },
		{ "{'type':'resume','data':{'channel':'all'}}",
		  "107,'message':'\\'data.epoch\\' is required.'" },
		{ "{'type':'resume','data':{'channel':'all','epoch':'e1'}}",
		  "107,'message':'\\'data.offset\\' is required.'" },
		{ "{'type':'unsubscribe','data':{}}",
		  "107,'message':'\\'data.channel\\' is required.'" },
		{ "{'type':'authenticate'}", "107,'message':'\\'data.token\\' is required.'" },
		{ "{'type':'authenticate','data':{'token':5}}",
		  "107,'message':'\\'data.token\\' must be a string.'" },
		{ "{'type':'authenticate','data':{'token':''}}",
		  "107,'message':'\\'data.token\\' must have 1 to 8192 characters.'" },
	};
	struct test_client *client = connect_client(NULL);

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char answer[300];

		snprintf(answer, sizeof(answer), "{'type':'error','data':{'code':%s}," STAMP,
		         rows[i].error);
		expect_reply(client, rows[i].text, answer);
	}
	expect_silence(client);
	test_client_free(client);
}

/* A long name is cut after a whole character. */
Test(proto_json, bounds_the_text_of_an_error)
{
	static const char *const names[] = { "a", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x9b\xa5" };
	struct test_client *client = connect_client(NULL);

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct buf text = { 0 }, answer = { 0 };

		buf_text(&text, "{'type':'");
		buf_text(&answer,
		         "{'type':'error','data':{'code':104,'message':'Unknown message type \\'");
		for (int n = 0; n < 1000; n++)
			buf_text(&text, names[i]);
		for (size_t n = 0; n < 64 / strlen(names[i]); n++)
			buf_text(&answer, names[i]);
		buf_text(&text, "'}");
		buf_text(&answer, "\\'. *");
		expect_reply(client, buf_cstr(&text), buf_cstr(&answer));
		buf_finish(&text);
		buf_finish(&answer);
	}
	test_client_free(client);
}

Test(proto_json, answers_errors_without_closing)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "{'type':'subscribe','data':{'channel':'nothing'}}",
		  "'code':102,'message':'unknown channel','channel':'nothing'" },
		{ "{'type':'subscribe','data':{'channel':'secret'}}",
		  "'code':103,'message':'permission denied','channel':'secret'" },
		{ "{'type':'subscribe','data':{'channel':'all'}}",
		  "'code':105,'message':'already subscribed','channel':'all'" },
		{ "{'type':'authenticate','data':{'token':'forged'}}",
		  "'code':101,'message':'unauthorized'" },
		{ "{'type':'authenticate','data':{'token':'expired'}}",
		  "'code':109,'message':'token expired'" },
		{ "{'type':'authenticate','data':{'token':'archived'}}",
		  "'code':103,'message':'permission denied'" },
	};
	struct test_client *client = connect_client(NULL);

	fixture_channel("secret")->denied = true;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char answer[200];

		snprintf(answer, sizeof(answer), "{'type':'error','data':{%s}," STAMP,
		         rows[i].error);
		expect_reply(client, rows[i].text, answer);
	}
	expect_silence(client);
	test_client_free(client);
}

Test(proto_json, re_authenticates_only_the_same_user)
{
	struct test_client *client = connect_client(NULL);

	expect_reply(client, "{'type':'authenticate','data':{'token':'" ANNA "'}}",
	             "{'type':'connected','data':{*'user_id':'" ANNA "'}," STAMP);
	expect_next(client, "{'type':'subscribed','data':{'channel':'user:" ANNA "',*");
	expect_reply(client, "{'type':'authenticate','data':{'token':'" ANNA "'}}",
	             "{'type':'connected','data':{*'user_id':'" ANNA "'}*");
	expect_reply(client, "{'type':'authenticate','data':{'token':'" BERT "'}}",
	             "{'type':'error','data':{'code':103,*");
	fixture_emit("user:" ANNA, 1);
	fixture_emit("user:" BERT, 1);
	expect_offsets(client, "user:" ANNA, 1, 1);
	expect_silence(client);
	test_client_free(client);
}

Test(proto_json, authenticates_twice_and_subscribes_once)
{
	struct test_client *client = connect_client(NULL);

	fixture.hold_queries = true;
	test_client_send(client, "{'type':'authenticate','data':{'token':'" ANNA "'}}");
	test_client_send(client, "{'type':'authenticate','data':{'token':'" ANNA "'}}");
	fixture_run_turns(20);
	fixture.hold_queries = false;
	expect_next(client, "{'type':'connected',*");
	expect_next(client, "{'type':'connected',*");
	expect_next(client, "{'type':'subscribed',*");
	fixture_emit("user:" ANNA, 1);
	expect_offsets(client, "user:" ANNA, 1, 1);
	expect_silence(client);
	test_client_free(client);
}

Test(proto_json, rejects_a_second_pending_subscribe)
{
	struct test_client *client = connect_client(NULL);

	fixture.hold_queries = true;
	test_client_send(client, "{'type':'subscribe','data':{'channel':'duty'}}");
	expect_reply(client, "{'type':'subscribe','data':{'channel':'duty'}}",
	             "{'type':'error','data':{'code':105,*");
	fixture.hold_queries = false;
	expect_next(client, "{'type':'subscribed','data':{'channel':'duty',*");
	fixture_emit("duty", 2);
	expect_offsets(client, "duty", 1, 2);
	expect_silence(client);
	test_client_free(client);
}

Test(proto_json, accepts_the_token_of_the_handshake)
{
	struct test_client *client = connect_client(ANNA);

	fixture_emit("user:" ANNA, 1);
	expect_offsets(client, "user:" ANNA, 1, 1);
	test_client_free(client);
}

Test(proto_json, resumes_from_an_offset)
{
	struct test_client *client = connect_client(NULL);

	fixture_channel("duty")->last_offset = 5;
	fixture_channel("duty")->expired = 2;
	expect_reply(
		client, "{'type':'resume','data':{'channel':'duty','offset':3,'epoch':'e1'}}",
		"{'type':'subscribed','data':{'channel':'duty','epoch':'e1','offset':5,'recovered':true}," STAMP);
	expect_offsets(client, "duty", 4, 5);
	fixture_emit("duty", 1);
	expect_offsets(client, "duty", 6, 6);
	expect_reply(
		client, "{'type':'unsubscribe','data':{'channel':'duty'}}",
		"{'type':'unsubscribed','data':{'channel':'duty','message':'client unsubscribed'}," STAMP);
	expect_reply(client, "{'type':'resume','data':{'channel':'duty','offset':1,'epoch':'e1'}}",
	             "{'type':'subscribed','data':{*'offset':6,'recovered':false}," STAMP);
	fixture_emit("duty", 1);
	expect_offsets(client, "duty", 7, 7);
	test_client_free(client);
}

Test(proto_json, resumes_server_side_subscriptions)
{
	struct test_client *client;

	fixture_channel("all")->last_offset = 5;
	client = connect_client(NULL);
	expect_reply(
		client, "{'type':'resume','data':{'channel':'all','offset':3,'epoch':'e1'}}",
		"{'type':'subscribed','data':{'channel':'all','epoch':'e1','offset':5,'recovered':true}*");
	expect_offsets(client, "all", 4, 5);
	fixture_emit("all", 1);
	expect_offsets(client, "all", 6, 6);
	expect_silence(client);
	cr_expect_eq(fixture.ws->sub_count, 1);
	test_client_free(client);
}

Test(proto_json, reports_a_failed_server_side_subscription)
{
	struct test_client *client;

	fixture.database_down = true;
	client = test_client_new(WS_JSON, &(struct client_options){ 0 });
	expect_next(client, "{'type':'connected',*");
	expect_next(
		client,
		"{'type':'error','data':{'code':100,'message':'internal server error','channel':'all',"
		"'temporary':true}*");
	fixture.database_down = false;
	test_client_subscribe(client, "all");
	test_client_free(client);
}

Test(proto_json, cancels_a_pending_subscribe)
{
	struct test_client *client = connect_client(NULL);

	fixture.hold_queries = true;
	test_client_send(client, "{'type':'subscribe','data':{'channel':'duty'}}");
	expect_reply(client, "{'type':'unsubscribe','data':{'channel':'duty'}}",
	             "{'type':'unsubscribed',*");
	fixture.hold_queries = false;
	fixture_emit("duty", 1);
	expect_silence(client);
	cr_expect_eq(fixture.ws->sub_count, 1);
	test_client_free(client);
}

Test(proto_json, limits_channels_per_client)
{
	struct test_client *client;

	fixture.config.ws_channels = 2;
	client = connect_client(NULL);
	test_client_subscribe(client, "duty");
	expect_reply(
		client, "{'type':'subscribe','data':{'channel':'org'}}",
		"{'type':'error','data':{'code':106,'message':'limit exceeded','channel':'org'}," STAMP);
	test_client_free(client);
}

/* A client resumes its user's channel before an event of it is delivered, and its queued
 * messages run as that user. */
Test(proto_json, queues_messages_during_authentication)
{
	struct test_client *client;

	fixture_channel("user:" ANNA)->last_offset = 4;
	fixture_channel("duty")->last_offset = 2;
	client = connect_client(NULL);
	fixture.hold_queries = true;
	test_client_send(client, "{'type':'authenticate','data':{'token':'" ANNA "'}}");
	test_client_send(client, "{'type':'resume','data':{'channel':'user:" ANNA
	                         "','offset':2,'epoch':'e1'}}");
	test_client_send(client, "{'type':'subscribe','data':{'channel':'duty'}}");
	test_client_send(client, "{'type':'echo'}");
	expect_silence(client);
	cr_expect_eq(fixture.query_count[WS_SUBSCRIBE], 1, "%d", fixture.query_count[WS_SUBSCRIBE]);
	fixture_reply(TAILQ_FIRST(&fixture.queries));
	expect_next(client, "{'type':'connected','data':{*'user_id':'" ANNA "'}," STAMP);
	expect_next(client, "{'type':'echo',*");
	for (const struct held_request *each = TAILQ_FIRST(&fixture.queries); each;
	     each = TAILQ_NEXT(each, link))
		cr_expect_str_eq(each->query->identity.id, ANNA);
	fixture_emit("user:" ANNA, 1);
	fixture_reply_all();
	expect_next(client, "{'type':'subscribed','data':{'channel':'user:" ANNA
	                    "','epoch':'e1','offset':5,'recovered':true}," STAMP);
	expect_offsets(client, "user:" ANNA, 3, 5);
	expect_next(
		client,
		"{'type':'subscribed','data':{'channel':'duty','epoch':'e1','offset':2}," STAMP);
	cr_expect_eq(fixture.ws->sub_count, 3);
	test_client_free(client);
}

/* The user's channel may be resumed after all other messages. */
Test(proto_json, runs_many_messages_in_order)
{
	enum { MANY = 100 };
	struct test_client *client = connect_client(NULL);
	char text[100], reply[100];

	fixture_channel("user:" ANNA)->last_offset = 4;
	fixture.hold_queries = true;
	test_client_send(client, "{'type':'authenticate','data':{'token':'" ANNA "'}}");
	for (int i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "{'type':'subscribe','data':{'channel':'log:%d'}}", i);
		test_client_send(client, text);
	}
	test_client_send(client, "{'type':'resume','data':{'channel':'user:" ANNA
	                         "','offset':2,'epoch':'e1'}}");
	expect_silence(client);
	fixture_reply(TAILQ_FIRST(&fixture.queries));
	expect_next(client, "{'type':'connected',*");
	cr_expect_leq(fixture.query_count[WS_SUBSCRIBE], 1 + MAX_CLIENT_QUERIES);
	fixture_emit("user:" ANNA, 1);
	for (int i = 0; i < MANY; i++) {
		fixture_reply(TAILQ_FIRST(&fixture.queries));
		snprintf(reply, sizeof(reply), "{'type':'subscribed','data':{'channel':'log:%d',*",
		         i);
		expect_next(client, reply);
	}
	fixture_reply_all();
	expect_next(client, "{'type':'subscribed','data':{'channel':'user:" ANNA
	                    "','epoch':'e1','offset':5,'recovered':true}," STAMP);
	expect_offsets(client, "user:" ANNA, 3, 5);
	expect_silence(client);
	test_client_free(client);
}

Test(proto_json, runs_queued_messages_after_a_rejected_token)
{
	struct test_client *client = connect_client(NULL);

	fixture.hold_queries = true;
	test_client_send(client, "{'type':'authenticate','data':{'token':'bad'}}");
	test_client_send(client, "{'type':'echo'}");
	expect_silence(client);
	fixture.hold_queries = false;
	fixture_reply_all();
	expect_next(client, "{'type':'error','data':{'code':101,*");
	expect_next(client, "{'type':'echo',*");
	test_client_free(client);
}

Test(proto_json, disconnects_if_authentication_is_unavailable)
{
	struct test_client *client = connect_client(NULL);

	fixture.hold_queries = true;
	test_client_send(client, "{'type':'authenticate','data':{'token':'" ANNA "'}}");
	test_client_send(client, "{'type':'resume','data':{'channel':'user:" ANNA
	                         "','offset':2,'epoch':'e1'}}");
	expect_silence(client);
	fixture.database_down = true;
	fixture.hold_queries = false;
	fixture_reply_all();
	expect_next(client, "{'type':'error','data':{'code':100,*");
	expect_end(client, 3004);
	test_client_free(client);
}

/* Also for messages that had not arrived yet. */
Test(proto_json, disconnects_if_authentication_is_unavailable_at_once)
{
	struct test_client *client = connect_client(NULL);

	fixture.database_down = true;
	test_client_send(client, "{'type':'authenticate','data':{'token':'" ANNA "'}}");
	fixture_run_turns(3);
	fixture.database_down = false;
	test_client_send(client, "{'type':'resume','data':{'channel':'user:" ANNA
	                         "','offset':2,'epoch':'e1'}}");
	expect_next(client, "{'type':'error','data':{'code':100,*");
	expect_end(client, 3004);
	test_client_free(client);
}

Test(proto_json, bounds_messages_queued_during_authentication)
{
	struct test_client *client = connect_client(NULL);
	struct buf long_one = { 0 };

	fixture.config.ws_message_bytes = 4000;
	fixture.hold_queries = true;
	test_client_send(client, "{'type':'authenticate','data':{'token':'" ANNA "'}}");
	for (int i = 0; i < 1500; i++)
		buf_char(&long_one, ' ');
	for (int i = 0; i < 3; i++)
		test_client_send(client, buf_cstr(&long_one));
	expect_end(client, 3013);
	buf_finish(&long_one);
	test_client_free(client);
}
