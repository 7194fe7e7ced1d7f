/* The Centrifugo protocol, command by command, over each of its three transports. */

#include <stdio.h>

#include "channel.h"
#include "client.h"
#include "hub.h"
#include "pending.h"
#include "ws_fixture.h"

TestSuite(centrifuge, .init = ws_fixture_open, .fini = ws_fixture_close, .timeout = 120);

static struct test_client *new_client(void)
{
	return test_client_new(WS_CENTRIFUGE, &(struct client_options){ 0 });
}

/* Sends a command and expects this reply. */
static void expect_reply(struct test_client *client, const char *command, const char *reply)
{
	test_client_send(client, command);
	expect_next(client, reply);
}

Test(centrifuge, connects_anonymous_clients)
{
	struct test_client *client = new_client();

	expect_reply(
		client, "{'id':1,'connect':{'name':'js'}}",
		"{'id':1,'connect':{'client':'^^^^^^^^^^^^^^^^','version':'binnacle/1','ping':25,'pong':true}}");
	test_client_free(client);
}

Test(centrifuge, subscribes_users_to_their_channel)
{
	struct test_client *client = new_client();

	clock_set(1000000, 1800000000000);
	fixture.expires_ms = 1800000060000;
	fixture_channel("user:" ANNA)->last_offset = 7;
	expect_reply(
		client, "{'id':9,'connect':{'token':'" ANNA "'}}",
		"{'id':9,'connect':{'client':'^^^^^^^^^^^^^^^^','version':'binnacle/1','ping':25,'pong':true,"
		"'expires':true,'ttl':60,'subs':{'user:" ANNA
		"':{'recoverable':true,'positioned':true,"
		"'epoch':'e1','offset':7}}}}");
	fixture_emit("user:" ANNA, 1);
	expect_offsets(client, "user:" ANNA, 8, 8);
	test_client_free(client);
}

Test(centrifuge, accepts_the_token_of_the_handshake)
{
	struct test_client *client =
		test_client_new(WS_CENTRIFUGE, &(struct client_options){ .token = BERT });

	expect_reply(client, "{'id':1,'connect':{}}",
	             "{'id':1,'connect':{*'subs':{'user:" BERT "':*");
	cr_expect(!TAILQ_FIRST(&fixture.ws->clients)->protocol_data);
	test_client_free(client);
}

Test(centrifuge, recovers_the_users_channel_on_connect)
{
	struct test_client *client = new_client();

	fixture_channel("user:" ANNA)->last_offset = 3;
	expect_reply(
		client,
		"{'id':1,'connect':{'token':'" ANNA "','subs':{'user:" ANNA
		"':{'recover':true,'offset':1,'epoch':'e1'}}}}",
		"{*'offset':3,'was_recovering':true,'recovered':true,'publications':["
		"{'data':{'type':'drill.step','data':{'n':2},'timestamp':'2026-11-21T05:47:00.123+00:00'},'offset':2},"
		"{'data':{*},'offset':3}]}}}}");
	test_client_free(client);
}

Test(centrifuge, disconnects_on_an_invalid_token)
{
	static const struct {
		const char *token;
		int code;
	} rows[] = { { "forged", 3500 }, { "archived", 3507 } };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct test_client *client = new_client();
		char text[80];

		snprintf(text, sizeof(text), "{'id':1,'connect':{'token':'%s'}}", rows[i].token);
		test_client_send(client, text);
		expect_end(client, rows[i].code);
		test_client_free(client);
	}
}

Test(centrifuge, allows_a_retry_after_an_expired_token_or_an_outage)
{
	struct test_client *client = new_client();

	expect_reply(client, "{'id':1,'connect':{'token':'expired'}}",
	             "{'id':1,'error':{'code':109,'message':'token expired'}}");
	fixture.database_down = true;
	expect_reply(
		client, "{'id':2,'connect':{'token':'" ANNA "'}}",
		"{'id':2,'error':{'code':100,'message':'internal server error','temporary':true}}");
	fixture.database_down = false;
	expect_reply(client, "{'id':3,'connect':{'token':'" ANNA "'}}", "{'id':3,'connect':{*");
	test_client_free(client);
}

Test(centrifuge, disconnects_if_the_users_channel_is_unavailable)
{
	struct test_client *client = new_client();

	fixture.hold_queries = true;
	test_client_send(client, "{'id':1,'connect':{'token':'" ANNA "'}}");
	fixture_run_turns(20);
	fixture_reply(TAILQ_FIRST(&fixture.queries));
	fixture.database_down = true;
	fixture.hold_queries = false;
	expect_end(client, 3004);
	test_client_free(client);
}

Test(centrifuge, answers_every_command)
{
	static const struct {
		const char *command, *reply;
	} rows[] = {
		{ "{'id':2,'subscribe':{'channel':'duty','flag':1}}",
		  "{'id':2,'subscribe':{'recoverable':true,'positioned':true,'epoch':'e1','offset':4}}" },
		{ "{'id':3,'subscribe':{'channel':'duty'}}",
		  "{'id':3,'error':{'code':105,'message':'already subscribed'}}" },
		{ "{'id':4,'subscribe':{'channel':'nothing'}}",
		  "{'id':4,'error':{'code':102,'message':'unknown channel'}}" },
		{ "{'id':5,'subscribe':{'channel':''}}", "{'id':5,'error':{'code':102,*" },
		{ "{'id':6,'subscribe':{}}", "{'id':6,'error':{'code':102,*" },
		{ "{'id':7,'subscribe':{'channel':7}}", "{'id':7,'error':{'code':102,*" },
		{ "{'id':8,'subscribe':{'channel':'secret'}}",
		  "{'id':8,'error':{'code':103,'message':'permission denied'}}" },
		{ "{'id':9,'history':{'channel':'duty','limit':2,'since':{'offset':2,'epoch':'e1'}}}",
		  "{'id':9,'history':{'epoch':'e1','offset':4,'publications':[{*'offset':3},{*'offset':4}]}}" },
		{ "{'id':10,'history':{'channel':'org'}}", "{'id':10,'error':{'code':103,*" },
		{ "{'id':11,'presence':{'channel':'duty'}}",
		  "{'id':11,'presence':{'presence':{}}}" },
		{ "{'id':12,'presence':{'channel':'org'}}", "{'id':12,'error':{'code':103,*" },
		{ "{'id':13,'presence_stats':{'channel':'duty'}}",
		  "{'id':13,'error':{'code':108,'message':'not available'}}" },
		{ "{'id':14,'publish':{'channel':'duty','data':{}}}",
		  "{'id':14,'error':{'code':103,*" },
		{ "{'id':15,'rpc':{'method':'x'}}",
		  "{'id':15,'error':{'code':104,'message':'method not found'}}" },
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
	static const enum ws_protocol ways[] = { WS_CENTRIFUGE, WS_CENTRIFUGE_HTTP_STREAM,
		                                 WS_CENTRIFUGE_SSE };

	fixture_channel("duty")->last_offset = 4;
	fixture_channel("secret")->denied = true;
	for (size_t way = 0; way < COUNT_OF(ways); way++) {
		struct test_client *client = test_client_connect(ways[way], NULL);

		for (size_t i = 0; i < COUNT_OF(rows); i++) {
			char reply[300];

			snprintf(reply, sizeof(reply), "%s%s",
			         ways[way] == WS_CENTRIFUGE_SSE ? "data: " : "", rows[i].reply);
			expect_reply(client, rows[i].command, reply);
		}
		expect_silence(client);
		test_client_free(client);
	}
}

Test(centrifuge, disconnects_on_invalid_input)
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
		struct test_client *client = test_client_connect(WS_CENTRIFUGE, NULL);

		test_client_send(client, rows[i]);
		expect_end(client, 3501);
		test_client_free(client);
	}
}

Test(centrifuge, runs_commands_before_an_invalid_one)
{
	struct test_client *client = test_client_connect(WS_CENTRIFUGE, NULL);

	expect_reply(client, "{'id':2,'ping':{}}\nhello\n{'id':3,'ping':{}}", "{'id':2,'ping':{}}");
	expect_end(client, 3501);
	test_client_free(client);
}

Test(centrifuge, requires_connect_first)
{
	static const char *const rows[] = {
		"{'id':1,'subscribe':{'channel':'duty'}}",
		"{'id':1,'ping':{}}",
		"{'send':{}}",
		"{'id':1}",
		"{'id':1,'refresh':{}}",
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct test_client *client = new_client();

		test_client_send(client, rows[i]);
		expect_end(client, 3501);
		test_client_free(client);
	}
}

Test(centrifuge, queues_commands_until_connected)
{
	struct test_client *client = new_client();

	fixture.hold_queries = true;
	test_client_send(client, "{'id':1,'connect':{'token':'" ANNA
	                         "'}}\n{'id':2,'subscribe':{'channel':'duty'}}");
	test_client_send(client, "{'id':3,'ping':{}}");
	expect_silence(client);
	cr_expect_eq(fixture.query_count[WS_AUTHENTICATE], 1);
	cr_expect_eq(fixture.query_count[WS_SUBSCRIBE], 0);
	fixture.hold_queries = false;
	expect_next(client, "{'id':1,'connect':*");
	expect_next(client, "{'id':3,'ping':{}}");
	expect_next(client, "{'id':2,'subscribe':*");
	test_client_send(client, "{'id':4,'connect':{}}");
	expect_end(client, 3501);
	test_client_free(client);
}

Test(centrifuge, drops_queued_commands_if_connect_fails)
{
	struct test_client *client = new_client();

	test_client_send(
		client,
		"{'id':1,'connect':{'token':'expired'}}\n{'id':2,'subscribe':{'channel':'duty'}}");
	expect_next(client, "{'id':1,'error':{'code':109,*");
	expect_silence(client);
	cr_expect_eq(fixture.query_count[WS_SUBSCRIBE], 0);
	expect_reply(client, "{'id':3,'connect':{}}", "{'id':3,'connect':*");
	expect_silence(client);
	test_client_free(client);
}

Test(centrifuge, bounds_commands_queued_before_connect)
{
	struct test_client *client = new_client();

	fixture.hold_queries = true;
	test_client_send(client, "{'id':1,'connect':{'token':'" ANNA "'}}");
	for (int i = 0; i < 5000 && !client->closed; i++) {
		test_client_send(client, "{'id':2,'subscribe':{'channel':'duty'}}");
		test_client_next(client);
	}
	expect_end(client, 3013);
	test_client_free(client);
}

Test(centrifuge, recovers_everything_missed_or_nothing)
{
	static const struct {
		const char *from, *message;
	} rows[] = {
		{ "'offset':3,'epoch':'e1'",
		  "'was_recovering':true,'recovered':true,'publications':[{*'offset':4},{*'offset':5}]}}" },
		{ "'offset':5,'epoch':'e1'",
		  "'was_recovering':true,'recovered':true,'publications':[]}}" },
		{ "'offset':2,'epoch':'e1'",
		  "'was_recovering':true,'recovered':true,'publications':[{*}]}}" },
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

	fixture_channel("duty")->last_offset = 5;
	fixture_channel("duty")->expired = 2;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct test_client *client = test_client_connect(WS_CENTRIFUGE, NULL);
		char text[200], reply[200];

		snprintf(text, sizeof(text),
		         "{'id':2,'subscribe':{'channel':'duty','recover':true,%s}}", rows[i].from);
		snprintf(reply, sizeof(reply), "{'id':2,'subscribe':{*'epoch':'e1','offset':5,%s",
		         rows[i].message);
		expect_reply(client, text, reply);
		test_client_free(client);
	}
}

Test(centrifuge, unsubscribes_before_the_subscribe_is_answered)
{
	struct test_client *client = test_client_connect(WS_CENTRIFUGE, NULL);

	fixture.hold_queries = true;
	test_client_send(client, "{'id':2,'subscribe':{'channel':'duty'}}");
	test_client_send(client, "{'id':3,'subscribe':{'channel':'duty'}}");
	expect_next(client, "{'id':3,'error':{'code':105,*");
	test_client_send(
		client,
		"{'id':4,'unsubscribe':{'channel':'duty'}}\n{'id':5,'subscribe':{'channel':'duty'}}");
	expect_next(client, "{'id':2,'error':{'code':111,*'temporary':true}}");
	expect_next(client, "{'id':4,'unsubscribe':{}}");
	fixture.hold_queries = false;
	expect_next(client, "{'id':5,'subscribe':{'recoverable':*");
	fixture_emit("duty", 1);
	expect_offsets(client, "duty", 1, 1);
	test_client_send(client, "{'id':6,'unsubscribe':{'channel':'duty'}}");
	expect_next(client, "{'id':6,'unsubscribe':{}}");
	fixture_emit("duty", 1);
	expect_silence(client);
	cr_expect_eq(fixture.ws->channel_count, 0);
	test_client_free(client);
}

/* A reconnecting client subscribes to all its channels in one message. */
Test(centrifuge, runs_commands_in_order_with_limited_queries)
{
	enum { MANY = 120 };
	struct test_client *client = test_client_connect(WS_CENTRIFUGE, NULL);
	struct buf text = { 0 };
	char reply[100];

	fixture.hold_queries = true;
	for (int i = 0; i < MANY; i++)
		buf_print(&text, "{'id':%d,'subscribe':{'channel':'log:%d'}}\n", i + 2, i);
	test_client_send(client, buf_cstr(&text));
	test_client_send(client,
	                 "{'id':200,'ping':{}}\n{'id':201,'unsubscribe':{'channel':'log:119'}}");
	test_client_send(client, "{'id':202,'ping':{}}");
	expect_silence(client);
	cr_expect_eq(fixture.query_count[WS_SUBSCRIBE], MAX_CLIENT_QUERIES);
	for (int i = 0; i < MANY; i++) {
		fixture_reply(TAILQ_FIRST(&fixture.queries));
		if (i == MANY - MAX_CLIENT_QUERIES)
			break;
		snprintf(reply, sizeof(reply), "{'id':%d,'subscribe':{'recoverable':*", i + 2);
		expect_next(client, reply);
	}
	fixture.hold_queries = false;
	/* The last queries are still pending: commands that need no query run meanwhile. */
	expect_next(client, "{'id':90,'subscribe':*");
	expect_next(client, "{'id':200,'ping':{}}");
	expect_next(client, "{'id':121,'error':{'code':111,*");
	expect_next(client, "{'id':201,'unsubscribe':{}}");
	expect_next(client, "{'id':202,'ping':{}}");
	for (int i = MANY - MAX_CLIENT_QUERIES + 1; i < MANY - 1; i++) {
		snprintf(reply, sizeof(reply), "{'id':%d,'subscribe':*", i + 2);
		expect_next(client, reply);
	}
	expect_silence(client);
	cr_expect_eq(fixture.ws->sub_count, MANY - 1);
	cr_expect(!TAILQ_FIRST(&fixture.ws->clients)->protocol_data);
	buf_finish(&text);
	test_client_free(client);
}

Test(centrifuge, bounds_queued_commands)
{
	struct test_client *client = test_client_connect(WS_CENTRIFUGE, NULL);
	char text[100];

	fixture.config.ws_message_bytes = 4000;
	fixture.hold_queries = true;
	for (int i = 0; i < 200 && !client->closed; i++) {
		snprintf(text, sizeof(text), "{'id':%d,'subscribe':{'channel':'log:%d'}}", i + 2,
		         i);
		test_client_send(client, text);
	}
	expect_end(client, 3013);
	fixture_run_turns(20);
	cr_expect(TAILQ_EMPTY(&fixture.queries));
	test_client_free(client);
}

Test(centrifuge, limits_channels_per_client)
{
	struct test_client *client = test_client_connect(WS_CENTRIFUGE, NULL);

	fixture.config.ws_channels = 2;
	fixture.hold_queries = true;
	test_client_send(
		client,
		"{'id':2,'subscribe':{'channel':'log:1'}}\n{'id':3,'subscribe':{'channel':'log:2'}}");
	/* Pending subscribes count, too. */
	expect_reply(client, "{'id':4,'subscribe':{'channel':'duty'}}",
	             "{'id':4,'error':{'code':106,'message':'limit exceeded'}}");
	fixture.hold_queries = false;
	test_client_free(client);
}

Test(centrifuge, rejects_long_channel_names)
{
	struct test_client *client = test_client_connect(WS_CENTRIFUGE, NULL);
	char text[300];

	snprintf(text, sizeof(text), "{'id':2,'subscribe':{'channel':'%0*d'}}",
	         MAX_CHANNEL_NAME + 1, 0);
	expect_reply(client, text, "{'id':2,'error':{'code':102,*");
	snprintf(text, sizeof(text), "{'id':2,'subscribe':{'channel':'%0*d'}}", MAX_CHANNEL_NAME,
	         0);
	expect_reply(client, text, "{'id':2,'subscribe':*");
	test_client_free(client);
}

Test(centrifuge, refreshes_only_with_the_same_users_token)
{
	struct test_client *client;

	clock_set(1000000, 1800000000000);
	client = test_client_connect(WS_CENTRIFUGE, ANNA);
	fixture.expires_ms = 1800000090000;
	expect_reply(
		client, "{'id':2,'refresh':{'token':'" ANNA "'}}",
		"{'id':2,'refresh':{'client':'^^^^^^^^^^^^^^^^','version':'binnacle/1','expires':true,'ttl':90}}");
	expect_reply(client, "{'id':3,'refresh':{'token':'expired'}}",
	             "{'id':3,'error':{'code':109,*");
	test_client_send(client, "{'id':4,'refresh':{'token':'" BERT "'}}");
	expect_end(client, 3500);
	test_client_free(client);
}

Test(centrifuge, disconnects_on_refresh_with_an_invalid_token)
{
	struct test_client *client = test_client_connect(WS_CENTRIFUGE, ANNA),
			   *anonymous = test_client_connect(WS_CENTRIFUGE, NULL);

	test_client_send(client, "{'id':2,'refresh':{}}");
	expect_end(client, 3500);
	/* An anonymous connection does not become a user's. */
	test_client_send(anonymous, "{'id':2,'refresh':{'token':'" ANNA "'}}");
	expect_end(anonymous, 3500);
	test_client_free(client);
	test_client_free(anonymous);
}

Test(centrifuge, sends_session_and_disconnect_to_streams)
{
	struct test_client *lines =
		test_client_new(WS_CENTRIFUGE_HTTP_STREAM,
	                        &(struct client_options){ .payload = "{'id':1,'connect':{}}" });
	struct test_client *stream = test_client_new(
		WS_CENTRIFUGE_SSE, &(struct client_options){ .payload = "{'id':1,'connect':{}}" });
	char session[160];

	snprintf(session, sizeof(session), "*'ping':25,'session':'%s','node':'%s'}}",
	         lines->session, ws_node(fixture.ws));
	expect_next(lines, session);
	expect_next(stream, "data: {'id':1,'connect':{*'session':*");
	fixture_run_turns(3);
	test_client_send(lines, "hello");
	expect_end(lines, 3501);
	fixture_run_turns(20);
	cr_expect(!ws_session_receive(fixture.ws, str_of(lines->session), STR("{}")));
	ws_drain(fixture.ws, NULL, NULL);
	expect_end(stream, 3001);
	test_client_free(lines);
	test_client_free(stream);
}

Test(centrifuge, rejects_unknown_sessions)
{
	static const char *const rows[] = {
		"",
		"x",
		"00000000000000000000000000000000",
		"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
		"0123456789abcdef0123456789abcdef0",
	};
	struct test_client *client = test_client_connect(WS_CENTRIFUGE, NULL);

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		cr_expect(!ws_session_receive(fixture.ws, str_of(rows[i]), STR("{}")));
	test_client_free(client);
}

Test(centrifuge, bounds_output_of_a_slow_stream)
{
	struct test_client *client;
	struct buf pings = { 0 };

	fixture.config.ws_pending_bytes = 65536;
	client = test_client_new(
		WS_CENTRIFUGE_HTTP_STREAM,
		&(struct client_options){ .payload = "{'id':1,'connect':{}}", .slow = true });
	/* The client does not read: output accumulates up to the bound. */
	for (int i = 0; i < 4000; i++)
		buf_text(&pings, "{\"id\":1,\"ping\":{}}\n");
	for (int i = 0; i < 100; i++) {
		ws_session_receive(fixture.ws, str_of(client->session), buf_as_str(&pings));
		fixture_run_turns(2);
		cr_assert_leq(fixture.ws->client_count
		                      ? TAILQ_FIRST(&fixture.ws->clients)->outbox.length
		                      : 0,
		              65536);
	}
	expect_end(client, 3008);
	buf_finish(&pings);
	test_client_free(client);
}
