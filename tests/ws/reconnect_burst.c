/* When all clients reconnect at once, their queries are queued. */

#include <stdio.h>

#include "hub.h"
#include "pending.h"
#include "ws_fixture.h"

TestSuite(reconnect_burst, .init = ws_fixture_open, .fini = ws_fixture_close, .timeout = 120);

enum {
	CHANNELS_EACH = 30,
	MANY = (MAX_QUEUED_QUERIES + MAX_ACTIVE_QUERIES) / CHANNELS_EACH + 10,
	MAX_CLIENTS = 2 * MAX_ACTIVE_QUERIES
};

static struct test_client *clients[MAX_CLIENTS];

static int active_queries(void)
{
	const struct held_request *held;
	int count = 0;

	TAILQ_FOREACH(held, &fixture.queries, link)
		count++;
	return count;
}

static void subscribe_to(struct test_client *client, int count)
{
	struct buf text = { 0 };

	for (int i = 0; i < count; i++)
		buf_print(&text, "{'id':%d,'subscribe':{'channel':'log:%d'}}\n", i + 2, i);
	test_client_send(client, buf_cstr(&text));
	fixture_run_turns(3);
	buf_finish(&text);
}

static void connect_all(int count)
{
	for (int i = 0; i < count; i++)
		clients[i] = test_client_connect(WS_CENTRIFUGE, NULL);
	fixture.hold_queries = true;
	for (int i = 0; i < count; i++)
		subscribe_to(clients[i], CHANNELS_EACH);
}

static void disconnect_all(int count)
{
	for (int i = 0; i < count; i++)
		test_client_free(clients[i]);
}

static void expect_subscribed(struct test_client *client, int from, int count)
{
	char reply[60];

	for (int i = from; i < count; i++) {
		snprintf(reply, sizeof(reply), "{'id':%d,'subscribe':{'recoverable':*", i + 2);
		expect_next(client, reply);
	}
}

Test(reconnect_burst, limits_active_queries_and_queues_the_rest)
{
	enum { SOME = 40 };

	connect_all(SOME);
	cr_expect_eq(active_queries(), MAX_ACTIVE_QUERIES);
	cr_expect_eq(fixture.ws->queued_queries, SOME * CHANNELS_EACH - MAX_ACTIVE_QUERIES);
	/* For each reply, the next queued query is sent, in order. */
	for (int i = 0; i < 2 * CHANNELS_EACH; i++)
		fixture_reply(TAILQ_FIRST(&fixture.queries));
	fixture_run_turns(3);
	cr_expect_eq(active_queries(), MAX_ACTIVE_QUERIES);
	expect_subscribed(clients[0], 0, CHANNELS_EACH);
	expect_subscribed(clients[1], 0, CHANNELS_EACH);
	expect_silence(clients[2]);
	/* Unsubscribing or disconnecting cancels queued queries. */
	test_client_send(clients[SOME - 1], "{'id':99,'unsubscribe':{'channel':'log:0'}}");
	expect_next(clients[SOME - 1], "{'id':2,'error':{'code':111,*");
	expect_next(clients[SOME - 1], "{'id':99,'unsubscribe':{}}");
	test_client_close(clients[2]);
	test_client_close(clients[SOME - 2]);
	fixture_run_turns(20);
	cr_expect_eq(active_queries(), MAX_ACTIVE_QUERIES);
	cr_expect_eq(fixture.ws->queued_queries,
	             (SOME - 4) * CHANNELS_EACH - 1 - MAX_ACTIVE_QUERIES);
	fixture.hold_queries = false;
	for (int i = 3; i < SOME - 2; i++)
		expect_subscribed(clients[i], 0, CHANNELS_EACH);
	expect_subscribed(clients[SOME - 1], 1, CHANNELS_EACH);
	cr_expect_eq(fixture.ws->queued_queries, 0);
	cr_expect_eq(fixture.ws->active_queries, 0);
	disconnect_all(SOME);
}

Test(reconnect_burst, bounds_the_query_queue)
{
	struct test_client *late, *stream, *json_client;

	connect_all(MANY);
	cr_expect_eq(fixture.ws->queued_queries, MAX_QUEUED_QUERIES);
	late = test_client_new(WS_CENTRIFUGE, &(struct client_options){ 0 });
	test_client_send(late, "{'id':1,'connect':{}}");
	expect_next(late, "{'id':1,'connect':*");
	test_client_send(late, "{'id':2,'subscribe':{'channel':'duty'}}");
	expect_next(late,
	            "{'id':2,'error':{'code':111,'message':'too many requests','temporary':true}}");
	stream = test_client_new(WS_SSE, &(struct client_options){ .payload = "duty" });
	expect_end(stream, 0);
	json_client = test_client_new(WS_JSON, &(struct client_options){ 0 });
	expect_next(
		json_client,
		"{'type':'error','data':{'code':111,'message':'too many requests','channel':'all',*");
	fixture.hold_queries = false;
	expect_subscribed(clients[0], 0, CHANNELS_EACH);
	expect_subscribed(clients[MANY / 2], 0, CHANNELS_EACH);
	test_client_subscribe(late, "duty");
	test_client_free(late);
	test_client_free(stream);
	test_client_free(json_client);
	disconnect_all(MANY);
}

/* As many connections as wait for their token's issuer. */
Test(reconnect_burst, does_not_wait_for_pending_authentication)
{
	enum { SOME = MAX_ACTIVE_QUERIES + 10 };
	struct test_client *other = test_client_connect(WS_CENTRIFUGE, NULL);

	fixture.hold_queries = true;
	for (int i = 0; i < SOME; i++) {
		clients[i] = test_client_new(WS_CENTRIFUGE, &(struct client_options){ 0 });
		test_client_send(clients[i], "{'id':1,'connect':{'token':'" ANNA "'}}");
	}
	subscribe_to(other, CHANNELS_EACH);
	cr_expect_eq(active_queries(), SOME + CHANNELS_EACH);
	cr_expect_eq(fixture.query_count[WS_SUBSCRIBE], CHANNELS_EACH);
	fixture.hold_queries = false;
	expect_subscribed(other, 0, CHANNELS_EACH);
	for (int i = 0; i < SOME; i++)
		expect_next(clients[i], "{'id':1,'connect':*");
	cr_expect_eq(fixture.ws->active_queries, 0);
	test_client_free(other);
	disconnect_all(SOME);
}
