/* A subscription under re-check receives nothing until it is re-authorized; then everything it
 * missed, or no further event. */

#include <stdio.h>

#include "hub.h"
#include "pending.h"
#include "ws_fixture.h"

TestSuite(recheck, .init = ws_fixture_open, .fini = ws_fixture_close, .timeout = 120);

static struct test_client *subscriber(const char *user, const char *channel)
{
	struct test_client *client = test_client_connect(WS_CENTRIFUGE, user);

	test_client_subscribe(client, channel);
	fixture.query_count[WS_RECHECK_CHANNEL] = 0;
	return client;
}

static void revoke(const char *channel)
{
	fixture.revokes = channel;
	fixture_emit(channel, 1);
}

/* The first pending query of that kind. */
static struct held_request *find_query(enum ws_query_kind kind)
{
	struct held_request *held;

	TAILQ_FOREACH(held, &fixture.queries, link) {
		if (held->query->kind == kind)
			return held;
	}
	cr_assert_fail("no such query is pending");
	return NULL;
}

Test(recheck, holds_events_until_re_authorized)
{
	struct test_client *client = subscriber(NULL, "note:1"), *other = subscriber(NULL, "duty");

	fixture_emit("note:1", 1);
	expect_offsets(client, "note:1", 1, 1);
	fixture.hold_queries = true;
	revoke("note:1");
	fixture_emit("note:1", 2);
	fixture_emit("duty", 1);
	expect_offsets(other, "duty", 1, 1);
	expect_silence(client);
	cr_expect_eq(fixture.query_count[WS_RECHECK_CHANNEL], 1);
	fixture_reply_all();
	expect_offsets(client, "note:1", 2, 4);
	fixture_emit("note:1", 1);
	expect_offsets(client, "note:1", 5, 5);
	expect_silence(client);
	test_client_free(client);
	test_client_free(other);
}

Test(recheck, unsubscribes_when_denied)
{
	struct test_client *client = subscriber(NULL, "note:1");

	fixture_channel("note:1")->denied = true;
	revoke("note:1");
	fixture_emit("note:1", 3);
	expect_next(
		client,
		"{'push':{'channel':'note:1','unsubscribe':{'code':103,'reason':'permission denied'}}}");
	fixture_emit("note:1", 3);
	expect_silence(client);
	cr_expect_eq(fixture.ws->sub_count, 0);
	cr_expect_eq(fixture.ws->channel_count, 0);
	test_client_free(client);
}

Test(recheck, disconnects_sse_and_unsubscribes_json)
{
	struct test_client *stream =
		test_client_new(WS_SSE, &(struct client_options){ .payload = "note:1" });
	struct test_client *json_client = test_client_new(WS_JSON, &(struct client_options){ 0 });

	expect_next(stream, "id: e1:0*");
	expect_next(json_client, "{'type':'connected',*");
	expect_next(json_client, "{'type':'subscribed','data':{'channel':'all',*");
	test_client_subscribe(json_client, "note:1");
	fixture_channel("note:1")->denied = true;
	revoke("note:1");
	expect_next(
		json_client,
		"{'type':'unsubscribed','data':{'channel':'note:1','message':'permission denied'},*");
	expect_end(stream, 0);
	expect_silence(json_client);
	test_client_free(stream);
	test_client_free(json_client);
}

Test(recheck, repeats_the_query_after_another_change)
{
	struct test_client *client = subscriber(NULL, "note:1");

	fixture.hold_queries = true;
	revoke("note:1");
	fixture_run_turns(3);
	fixture_snapshot(find_query(WS_RECHECK_CHANNEL));
	fixture_channel("note:1")->denied = true;
	revoke("note:1");
	fixture_run_turns(3);
	cr_expect_eq(fixture.query_count[WS_RECHECK_CHANNEL], 1);
	fixture_reply_all();
	expect_silence(client);
	cr_expect_eq(fixture.query_count[WS_RECHECK_CHANNEL], 2);
	fixture_reply_all();
	expect_next(client, "{'push':{'channel':'note:1','unsubscribe':*");
	expect_silence(client);
	test_client_free(client);
}

Test(recheck, includes_subscribes_in_progress)
{
	struct test_client *first = subscriber(NULL, "note:1"),
			   *late = test_client_connect(WS_CENTRIFUGE, NULL);

	fixture.hold_queries = true;
	test_client_send(late, "{'id':2,'subscribe':{'channel':'note:1'}}");
	fixture_run_turns(20);
	fixture_snapshot(find_query(WS_SUBSCRIBE));
	fixture_channel("note:1")->denied = true;
	revoke("note:1");
	fixture_run_turns(3);
	fixture_reply_all();
	fixture.hold_queries = false;
	fixture_emit("note:1", 2);
	expect_next(late, "{'id':2,'subscribe':*");
	expect_next(late, "{'push':{'channel':'note:1','unsubscribe':*");
	expect_next(first, "{'push':{'channel':'note:1','unsubscribe':*");
	expect_silence(late);
	test_client_free(first);
	test_client_free(late);
}

Test(recheck, holds_all_subscriptions_of_a_user)
{
	struct test_client *anna = subscriber(ANNA, "duty"), *bert = subscriber(BERT, "duty");

	fixture.hold_queries = true;
	ws_recheck(fixture.ws, ANNA);
	fixture_emit("duty", 2);
	expect_offsets(bert, "duty", 1, 2);
	expect_silence(anna);
	fixture_reply(find_query(WS_RECHECK_USER));
	expect_silence(anna);
	fixture.hold_queries = false;
	expect_offsets(anna, "duty", 1, 2);
	cr_expect_eq(fixture.query_count[WS_RECHECK_USER], 1);
	/* Includes the user's own channel. */
	cr_expect_eq(fixture.query_count[WS_RECHECK_CHANNEL], 2);
	test_client_free(anna);
	test_client_free(bert);
}

Test(recheck, disconnects_an_archived_user)
{
	struct test_client *anna = subscriber(ANNA, "duty"), *bert = subscriber(BERT, "duty");

	fixture.recheck_result = WS_PERMISSION_DENIED;
	ws_recheck(fixture.ws, ANNA);
	fixture_emit("duty", 1);
	expect_end(anna, 3507);
	expect_offsets(bert, "duty", 1, 1);
	test_client_free(anna);
	test_client_free(bert);
}

Test(recheck, unsubscribes_from_channels_the_role_no_longer_allows)
{
	struct test_client *anna = subscriber(ANNA, "duty");

	fixture_channel("duty")->denied = true;
	ws_recheck(fixture.ws, ANNA);
	fixture_emit("duty", 1);
	expect_next(anna, "{'push':{'channel':'duty','unsubscribe':*");
	fixture_emit("user:" ANNA, 1);
	expect_offsets(anna, "user:" ANNA, 1, 1);
	test_client_free(anna);
}

Test(recheck, includes_pending_subscribes_of_a_user)
{
	struct test_client *anna = test_client_connect(WS_CENTRIFUGE, ANNA);

	fixture.hold_queries = true;
	test_client_send(anna, "{'id':2,'subscribe':{'channel':'duty'}}");
	fixture_run_turns(20);
	fixture_snapshot(find_query(WS_SUBSCRIBE));
	fixture_channel("duty")->denied = true;
	ws_recheck(fixture.ws, ANNA);
	fixture_run_turns(3);
	/* The user's re-check is answered first. */
	fixture_reply(find_query(WS_RECHECK_USER));
	fixture_reply_all();
	fixture.hold_queries = false;
	fixture_emit("duty", 1);
	expect_next(anna, "{'id':2,'subscribe':*");
	expect_next(anna, "{'push':{'channel':'duty','unsubscribe':*");
	expect_silence(anna);
	test_client_free(anna);
}

Test(recheck, retries_once_a_second_during_an_outage)
{
	struct test_client *client = subscriber(NULL, "note:1");

	fixture.database_down = true;
	revoke("note:1");
	expect_silence(client);
	cr_expect_leq(fixture.query_count[WS_RECHECK_CHANNEL], 2);
	expect_silence(client);
	fixture.database_down = false;
	expect_offsets(client, "note:1", 1, 1);
	cr_expect_leq(fixture.query_count[WS_RECHECK_CHANNEL], 4);
	test_client_free(client);
}

Test(recheck, is_cancelled_with_its_client)
{
	struct test_client *anna = subscriber(ANNA, "duty"), *bert = subscriber(BERT, "duty");

	fixture.hold_queries = true;
	revoke("duty");
	fixture_run_turns(3);
	test_client_send(anna, "{'id':3,'unsubscribe':{'channel':'duty'}}");
	expect_next(anna, "{'id':3,'unsubscribe':{}}");
	test_client_close(bert);
	fixture_run_turns(20);
	cr_expect(TAILQ_EMPTY(&fixture.queries));
	cr_expect_eq(fixture.ws->active_rechecks, 0);
	ws_recheck(fixture.ws, NULL);
	test_client_close(anna);
	fixture_run_turns(20);
	cr_expect(TAILQ_EMPTY(&fixture.ws->recheck_queue));
	cr_expect_eq(fixture.ws->active_rechecks, 0);
	test_client_free(anna);
	test_client_free(bert);
}

Test(recheck, limits_active_queries)
{
	enum { MANY = 300 };
	static struct test_client *clients[MANY];

	for (int i = 0; i < MANY; i++)
		clients[i] = subscriber(NULL, "note:1");
	fixture.hold_queries = true;
	revoke("note:1");
	for (int left = MANY; left > 0;) {
		int waiting = 0;
		struct held_request *held;

		fixture_run_turns(3);
		TAILQ_FOREACH(held, &fixture.queries, link)
			waiting++;
		cr_assert(waiting > 0 && waiting <= 128, "%d", waiting);
		left -= waiting;
		fixture_reply_all();
	}
	cr_expect_eq(fixture.query_count[WS_RECHECK_CHANNEL], MANY);
	for (int i = 0; i < MANY; i++) {
		expect_offsets(clients[i], "note:1", 1, 1);
		test_client_free(clients[i]);
	}
}

Test(recheck, does_not_count_against_the_client)
{
	struct test_client *client = test_client_connect(WS_CENTRIFUGE, ANNA);
	char name[16];

	for (int i = 0; i < MAX_CLIENT_QUERIES + 5; i++) {
		snprintf(name, sizeof(name), "log:%d", i);
		test_client_subscribe(client, name);
	}
	fixture.database_down = true;
	ws_recheck(fixture.ws, ANNA);
	fixture_run_turns(10);
	fixture.database_down = false;
	test_client_send(client, "{'id':2,'subscribe':{'channel':'duty'}}");
	expect_next(client, "{'id':2,'subscribe':{'recoverable':*");
	test_client_free(client);
}
