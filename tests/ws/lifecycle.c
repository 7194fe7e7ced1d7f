/* Which connections are accepted, how long they last, and how they are disconnected. */

#include <stdio.h>

#include "hub.h"
#include "pending.h"
#include "protocol.h"
#include "ws_fixture.h"

static long long now_ms;

/* The clock stands still except for these steps. */
static void advance_clock(int seconds)
{
	now_ms += seconds * 1000LL;
	clock_set(now_ms * 1000, 1800000000000 + now_ms);
}

static void open_fixture(void)
{
	advance_clock(1000);
	ws_fixture_open();
}

TestSuite(lifecycle, .init = open_fixture, .fini = ws_fixture_close, .timeout = 120);

/* Waits for the hub's timer. */
static void wait_for_tick(void)
{
	for (double end = fixture_seconds() + 1.2; fixture_seconds() < end;)
		fixture_run_turns(1);
}

static const enum ws_protocol all_protocols[] = { WS_CENTRIFUGE, WS_CENTRIFUGE_HTTP_STREAM,
	                                          WS_CENTRIFUGE_SSE, WS_JSON, WS_SSE };

static struct test_client *connect_client(enum ws_protocol protocol, const char *user)
{
	struct test_client *client;

	if (protocol == WS_CENTRIFUGE || protocol == WS_CENTRIFUGE_HTTP_STREAM
	    || protocol == WS_CENTRIFUGE_SSE)
		return test_client_connect(protocol, user);
	client = test_client_new(protocol,
	                         &(struct client_options){ .payload = "all", .user = user });
	while (test_client_next(client))
		;
	return client;
}

Test(lifecycle, disconnects_unauthenticated_clients)
{
	struct test_client *silent = test_client_new(WS_CENTRIFUGE, &(struct client_options){ 0 });
	struct test_client *stream = test_client_new(WS_CENTRIFUGE_HTTP_STREAM,
	                                             &(struct client_options){ .payload = "{}" });
	struct test_client *anonymous = connect_client(WS_CENTRIFUGE, NULL),
			   *json_client = connect_client(WS_JSON, NULL);

	advance_clock(9);
	wait_for_tick();
	expect_silence(silent);
	advance_clock(2);
	expect_end(silent, 3502);
	expect_end(stream, 3502);
	expect_silence(anonymous);
	expect_silence(json_client);
	test_client_free(silent);
	test_client_free(stream);
	test_client_free(anonymous);
	test_client_free(json_client);
}

Test(lifecycle, waits_for_pending_authentication)
{
	struct test_client *client = test_client_new(WS_CENTRIFUGE, &(struct client_options){ 0 });

	fixture.hold_queries = true;
	test_client_send(client, "{'id':1,'connect':{'token':'" ANNA "'}}");
	advance_clock(11);
	wait_for_tick();
	expect_silence(client);
	fixture.hold_queries = false;
	expect_next(client, "{'id':1,'connect':*");
	test_client_free(client);
}

Test(lifecycle, disconnects_clients_that_do_not_answer_pings)
{
	struct test_client *clients[COUNT_OF(all_protocols)], *ignores_pings[2];

	for (size_t i = 0; i < COUNT_OF(all_protocols); i++)
		clients[i] = connect_client(all_protocols[i], NULL);
	ignores_pings[0] = connect_client(WS_CENTRIFUGE, NULL);
	ignores_pings[1] = connect_client(WS_JSON, NULL);
	ignores_pings[0]->ignores_pings = ignores_pings[1]->ignores_pings = true;
	for (int round = 1; round <= 3; round++) {
		advance_clock(25);
		wait_for_tick();
		for (size_t i = 0; i < COUNT_OF(all_protocols); i++) {
			expect_silence(clients[i]);
			cr_expect_eq(clients[i]->pings, round, "%s: %d",
			             protocols[all_protocols[i]].name, clients[i]->pings);
		}
		if (round == 1)
			expect_silence(ignores_pings[0]);
	}
	for (int i = 0; i < 2; i++) {
		expect_end(ignores_pings[i], 3012);
		cr_expect_eq(ignores_pings[i]->pings, 1);
		test_client_free(ignores_pings[i]);
	}
	for (size_t i = 0; i < COUNT_OF(all_protocols); i++)
		test_client_free(clients[i]);
}

Test(lifecycle, disconnects_when_the_token_expires)
{
	for (size_t i = 0; i < COUNT_OF(all_protocols); i++) {
		struct test_client *client, *other;

		if (all_protocols[i] == WS_JSON)
			continue; /* its token comes in a message: see below */
		fixture.expires_ms = clock_wall_ms() + 30000;
		client = connect_client(all_protocols[i], ANNA);
		fixture.expires_ms = 0;
		other = connect_client(all_protocols[i], BERT);
		advance_clock(26);
		wait_for_tick();
		expect_silence(client);
		expect_silence(other);
		advance_clock(26);
		expect_end(client, 3005);
		expect_silence(other);
		test_client_free(client);
		test_client_free(other);
	}
}

Test(lifecycle, continues_with_a_refreshed_token)
{
	struct test_client *client, *json_client = connect_client(WS_JSON, NULL);

	fixture.expires_ms = clock_wall_ms() + 30000;
	client = connect_client(WS_CENTRIFUGE, ANNA);
	test_client_send(json_client, "{'type':'authenticate','data':{'token':'" ANNA "'}}");
	expect_next(json_client, "{'type':'connected',*");
	expect_next(json_client, "{'type':'subscribed',*");
	advance_clock(26);
	wait_for_tick();
	expect_silence(client);
	expect_silence(json_client);
	fixture.expires_ms = clock_wall_ms() + 60000;
	test_client_send(client, "{'id':2,'refresh':{'token':'" ANNA "'}}");
	expect_next(client, "{'id':2,'refresh':*");
	advance_clock(26);
	wait_for_tick();
	expect_silence(client);
	expect_end(json_client, 3005);
	test_client_free(client);
	test_client_free(json_client);
}

Test(lifecycle, limits_connection_lifetime)
{
	struct test_client *client;

	fixture.config.ws_ttl_hours = 1;
	client = connect_client(WS_JSON, NULL);
	advance_clock(3599);
	wait_for_tick();
	expect_silence(client);
	advance_clock(26);
	expect_end(client, 3005);
	test_client_free(client);
}

Test(lifecycle, limits_connections_per_user)
{
	struct test_client *first, *second, *third, *other;
	struct in6_addr address = { 0 };

	fixture.config.ws_per_user = 2;
	first = connect_client(WS_CENTRIFUGE, ANNA);
	second = connect_client(WS_SSE, ANNA);
	cr_expect(!ws_has_capacity(fixture.ws, &address, ANNA));
	cr_expect(ws_has_capacity(fixture.ws, &address, BERT));
	cr_expect(ws_has_capacity(fixture.ws, &address, NULL));
	third = test_client_new(WS_CENTRIFUGE, &(struct client_options){ 0 });
	test_client_send(third, "{'id':1,'connect':{'token':'" ANNA "'}}");
	expect_end(third, 3504);
	other = connect_client(WS_JSON, NULL);
	test_client_send(other, "{'type':'authenticate','data':{'token':'" ANNA "'}}");
	expect_end(other, 3504);
	test_client_free(other);
	other = connect_client(WS_CENTRIFUGE, BERT);
	test_client_free(second);
	fixture_run_turns(20);
	test_client_free(third);
	third = connect_client(WS_CENTRIFUGE, ANNA);
	expect_silence(first);
	test_client_free(first);
	test_client_free(third);
	test_client_free(other);
	fixture_run_turns(20);
	cr_expect_eq(fixture.ws->by_user.count, 0);
	cr_expect_eq(fixture.ws->by_address.count, 0);
	cr_expect_eq(fixture.ws->by_session.count, 0);
}

Test(lifecycle, limits_connections_in_total_and_per_address)
{
	struct test_client *clients[3];
	struct in6_addr address = { .s6_addr = { 0x20, 1, [15] = 7 } },
			elsewhere = { .s6_addr = { 0x20, 1, [15] = 8 } };

	fixture.config.ws_per_address = 2;
	fixture.config.ws_connections = 3;
	for (int i = 0; i < 3; i++)
		clients[i] = test_client_new(WS_JSON,
		                             &(struct client_options){ .address = i < 2 ? 7 : 8 });
	cr_expect(!ws_has_capacity(fixture.ws, &elsewhere, NULL));
	test_client_free(clients[2]);
	fixture_run_turns(20);
	cr_expect(ws_has_capacity(fixture.ws, &elsewhere, NULL));
	cr_expect(!ws_has_capacity(fixture.ws, &address, NULL));
	test_client_free(clients[0]);
	fixture_run_turns(20);
	cr_expect(ws_has_capacity(fixture.ws, &address, NULL));
	test_client_free(clients[1]);
}

Test(lifecycle, limits_the_query_rate)
{
	struct test_client *client, *json_client;
	int max;

	fixture.config.ws_channels = 10;
	max = 2 * 10 + MAX_CLIENT_QUERIES + 1;
	client = connect_client(WS_CENTRIFUGE, NULL);
	json_client = connect_client(WS_JSON, NULL);
	for (int i = 0; i < max; i++) {
		test_client_send(client, "{'id':2,'subscribe':{'channel':'duty'}}");
		expect_next(client, "{'id':2,'subscribe':*");
		test_client_send(client, "{'id':3,'unsubscribe':{'channel':'duty'}}");
		expect_next(client, "{'id':3,*");
	}
	test_client_send(client, "{'id':4,'subscribe':{'channel':'duty'}}");
	expect_next(client,
	            "{'id':4,'error':{'code':111,'message':'too many requests','temporary':true}}");
	/* One query less: this client was subscribed to `all`. */
	for (int i = 1; i < max; i++) {
		test_client_send(json_client, "{'type':'authenticate','data':{'token':'forged'}}");
		expect_next(json_client, "{'type':'error','data':{'code':101,*");
	}
	test_client_send(json_client, "{'type':'authenticate','data':{'token':'forged'}}");
	expect_next(json_client, "{'type':'error','data':{'code':111,*");
	advance_clock(1);
	for (int i = 0; i < 1000 / QUERY_INTERVAL_MS; i++) {
		test_client_send(client, "{'id':2,'subscribe':{'channel':'duty'}}");
		expect_next(client, "{'id':2,'subscribe':*");
		test_client_send(client, "{'id':3,'unsubscribe':{'channel':'duty'}}");
		expect_next(client, "{'id':3,*");
	}
	test_client_send(client, "{'id':4,'subscribe':{'channel':'duty'}}");
	expect_next(client, "{'id':4,'error':{'code':111,*");
	test_client_free(client);
	test_client_free(json_client);
}

static void on_drained(void *arg)
{
	++*(int *)arg;
}

Test(lifecycle, drains_all_clients)
{
	enum { MANY = 600 };
	static struct test_client *clients[MANY];
	struct in6_addr address = { 0 };
	int drained = 0;

	for (int i = 0; i < MANY; i++)
		clients[i] = connect_client(all_protocols[i % 5], NULL);
	fixture_run_turns(5);
	ws_drain(fixture.ws, on_drained, &drained);
	cr_expect(!ws_has_capacity(fixture.ws, &address, NULL));
	for (int i = 0; i < MANY; i++) {
		cr_expect_eq(drained, 0);
		expect_end(clients[i], 3001);
		test_client_free(clients[i]);
	}
	fixture_run_turns(20);
	cr_expect_eq(drained, 1);
	cr_expect_eq(ws_connection_count(fixture.ws), 0);
}

Test(lifecycle, drains_without_clients)
{
	int drained = 0;

	ws_drain(fixture.ws, on_drained, &drained);
	fixture_run_turns(3);
	cr_expect_eq(drained, 1);
}

Test(lifecycle, frees_everything_with_pending_work)
{
	enum { MANY = 50 };
	static struct test_client *clients[MANY];

	for (int i = 0; i < MANY; i++)
		clients[i] = connect_client(all_protocols[i % 5], i % 2 ? ANNA : NULL);
	fixture.hold_queries = fixture.hold_backfills = true;
	fixture.revokes = "all";
	fixture_emit("all", 3);
	ws_recheck(fixture.ws, NULL);
	fixture_channel("all")->last_offset = 9;
	ws_offset_seen(fixture.ws, STR("all"), 9);
	fixture_run_turns(2);
	for (int i = 0; i < MANY; i++) {
		test_client_close(clients[i]);
		test_client_free(clients[i]);
	}
	/* ws_fixture_close() frees ws before it has noticed every disconnect. */
}

static void list_connection(void *arg, const struct ws_connection_info *client)
{
	char *seen = arg;

	snprintf(seen + strlen(seen), 200 - strlen(seen), "%s %s %zu,", client->protocol,
	         *client->user_id ? "user" : "anonymous", client->channels);
}

Test(lifecycle, lists_connections)
{
	struct test_client *first = connect_client(WS_CENTRIFUGE, ANNA),
			   *second = connect_client(WS_JSON, NULL),
			   *third = connect_client(WS_SSE, NULL);
	char seen[200] = "";

	test_client_subscribe(first, "duty");
	ws_each_connection(fixture.ws, 0, 2, list_connection, seen);
	cr_expect_str_eq(seen, "websocket user 2,plain anonymous 1,");
	*seen = '\0';
	ws_each_connection(fixture.ws, 1, 5, list_connection, seen);
	cr_expect_str_eq(seen, "plain anonymous 1,events anonymous 1,");
	cr_expect_eq(ws_connection_count(fixture.ws), 3);
	cr_expect_eq(ws_subscription_count(fixture.ws), 4);
	test_client_free(second);
	fixture_run_turns(20);
	*seen = '\0';
	ws_each_connection(fixture.ws, 0, 5, list_connection, seen);
	cr_expect_str_eq(seen, "websocket user 2,events anonymous 1,");
	test_client_free(first);
	test_client_free(third);
}
