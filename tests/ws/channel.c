/* Subscribers receive each event once and in order, from where they subscribed, or are
 * disconnected. */

#include <stdlib.h>

#include "channel.h"
#include "hub.h"
#include "ws_fixture.h"
#include "metrics.h"

TestSuite(channel, .init = ws_fixture_open, .fini = ws_fixture_close, .timeout = 120);

static struct channel *find_channel(const char *name)
{
	struct channel *channel = channel_find(fixture.ws, str_of(name));

	cr_assert(channel);
	return channel;
}

/* The most recent subscription. */
static const struct subscription *last_subscription(const char *name)
{
	const struct subscription *sub = TAILQ_FIRST(&find_channel(name)->subs);

	while (TAILQ_NEXT(sub, channel_link))
		sub = TAILQ_NEXT(sub, channel_link);
	return sub;
}

static struct test_client *subscriber(const char *channel)
{
	struct test_client *client = test_client_connect(WS_CENTRIFUGE, NULL);

	test_client_subscribe(client, channel);
	return client;
}

Test(channel, delivers_each_event_once_and_in_order)
{
	struct test_client *client = subscriber("duty");

	fixture_emit("duty", 3);
	expect_offsets(client, "duty", 1, 3);
	fixture_emit("duty", 1);
	expect_offsets(client, "duty", 4, 4);
	expect_silence(client);
	test_client_free(client);
}

Test(channel, ignores_old_and_repeated_events)
{
	struct test_client *client;

	fixture_channel("duty")->last_offset = 7;
	client = subscriber("duty");
	fixture_publish("duty", 5);
	fixture_publish("duty", 7);
	fixture_emit("duty", 1);
	fixture_publish("duty", 8);
	ws_offset_seen(fixture.ws, STR("duty"), 8);
	ws_offset_seen(fixture.ws, STR("duty"), 2);
	expect_offsets(client, "duty", 8, 8);
	expect_silence(client);
	cr_expect_eq(fixture.backfill_count, 0);
	test_client_free(client);
}

Test(channel, ignores_unused_channels)
{
	fixture_emit("duty", 2);
	ws_offset_seen(fixture.ws, STR("duty"), 2);
	ws_backfill_done(fixture.ws, "duty");
	ws_reset_channel(fixture.ws, "duty");
	cr_expect_eq(fixture.backfill_count, 0);
	cr_expect_eq(fixture.ws->channel_count, 0);
}

Test(channel, requests_one_backfill_for_a_gap)
{
	struct test_client *client = subscriber("duty");

	fixture.hold_backfills = true;
	fixture_emit("duty", 1);
	fixture_commit("duty");
	fixture_commit("duty");
	fixture_emit("duty", 2); /* 4 and 5 */
	expect_offsets(client, "duty", 1, 1);
	expect_silence(client);
	cr_expect_eq(fixture.backfill_count, 1);
	cr_expect_eq(TAILQ_FIRST(&fixture.backfills)->after, 1);
	fixture_reply_all();
	expect_offsets(client, "duty", 2, 5);
	expect_silence(client);
	cr_expect_eq(fixture.backfill_count, 1);
	test_client_free(client);
}

Test(channel, accepts_late_events_during_a_backfill)
{
	struct test_client *client = subscriber("duty");

	fixture.hold_backfills = true;
	fixture_channel("duty")->last_offset = 3;
	fixture_publish("duty", 3);
	fixture_publish("duty", 1);
	expect_offsets(client, "duty", 1, 1);
	fixture_reply_all();
	expect_offsets(client, "duty", 2, 3);
	expect_silence(client);
	test_client_free(client);
}

Test(channel, backfills_announced_offsets)
{
	struct test_client *client = subscriber("duty");

	fixture_channel("duty")->last_offset = 10;
	ws_offset_seen(fixture.ws, STR("duty"), 10);
	expect_offsets(client, "duty", 1, 10);
	cr_expect_eq(fixture.backfill_count, 1);
	test_client_free(client);
}

Test(channel, repeats_backfills_until_complete)
{
	struct test_client *client = subscriber("duty");

	fixture.max_backfill = 3;
	fixture_channel("duty")->last_offset = 10;
	ws_offset_seen(fixture.ws, STR("duty"), 10);
	expect_offsets(client, "duty", 1, 10);
	cr_expect_eq(fixture.backfill_count, 4);
	test_client_free(client);
}

/* A client that had no time to read an event is not disconnected as slow. */
Test(channel, backfills_no_more_than_the_ring_holds)
{
	enum { MANY = 100 };
	struct test_client *first = subscriber("duty"), *second = subscriber("duty");

	fixture.config.ws_ring = 30;
	fixture.config.ws_ring_bytes = 50000;
	fixture_channel("duty")->last_offset = MANY;
	ws_offset_seen(fixture.ws, STR("duty"), MANY);
	expect_offsets(first, "duty", 1, MANY);
	expect_offsets(second, "duty", 1, MANY);
	cr_expect_eq(fixture.backfill_count, (MANY + 29) / 30);
	/* The ring's byte limit applies to large events. */
	fixture.padding = 2000;
	fixture.config.ws_ring_bytes = 5000;
	fixture_channel("duty")->last_offset = MANY + 10;
	ws_offset_seen(fixture.ws, STR("duty"), MANY + 10);
	expect_offsets(first, "duty", MANY + 1, MANY + 10);
	expect_offsets(second, "duty", MANY + 1, MANY + 10);
	cr_expect_eq(fixture.backfill_count, (MANY + 29) / 30 + 5);
	test_client_free(first);
	test_client_free(second);
}

Test(channel, gives_up_on_offsets_that_do_not_exist)
{
	struct test_client *client = subscriber("duty");

	fixture_emit("duty", 2);
	ws_offset_seen(fixture.ws, STR("duty"), 1000000);
	expect_offsets(client, "duty", 1, 2);
	expect_silence(client);
	cr_expect_eq(fixture.backfill_count, 1);
	fixture_emit("duty", 1);
	expect_offsets(client, "duty", 3, 3);
	test_client_free(client);
}

Test(channel, subscribes_during_publishing)
{
	struct test_client *first = subscriber("duty"),
			   *late = test_client_connect(WS_CENTRIFUGE, NULL);

	fixture_emit("duty", 2);
	fixture.hold_queries = true;
	test_client_send(late, "{'id':2,'subscribe':{'channel':'duty'}}");
	expect_offsets(first, "duty", 1, 2);
	fixture_snapshot(TAILQ_FIRST(&fixture.queries));
	fixture_emit("duty", 3);
	expect_offsets(first, "duty", 3, 5);
	fixture_reply_all();
	expect_next(late, "{'id':2,'subscribe':{*'offset':2}}");
	expect_offsets(late, "duty", 3, 5);
	expect_silence(late);
	expect_silence(first);
	test_client_free(first);
	test_client_free(late);
}

Test(channel, subscribes_ahead_of_the_ring)
{
	struct test_client *first = subscriber("duty"), *late;

	fixture.hold_backfills = true;
	fixture_commit("duty");
	fixture_commit("duty");
	late = subscriber("duty");
	fixture_commit("duty");
	fixture_reply_all();
	expect_offsets(first, "duty", 1, 3);
	expect_offsets(late, "duty", 3, 3);
	test_client_free(first);
	test_client_free(late);
}

static void subscribe_after(int count, bool kept)
{
	struct test_client *first = subscriber("duty"),
			   *late = test_client_connect(WS_CENTRIFUGE, NULL);

	fixture.hold_queries = true;
	test_client_send(late, "{'id':2,'subscribe':{'channel':'duty'}}");
	fixture_run_turns(20);
	fixture_snapshot(TAILQ_FIRST(&fixture.queries));
	for (int i = 1; i <= count; i++) {
		fixture_emit("duty", 1);
		expect_offsets(first, "duty", i, i);
	}
	fixture_reply_all();
	if (kept) {
		expect_next(late, "{'id':2,'subscribe':{*'offset':0}}");
		expect_offsets(late, "duty", 1, count);
	} else {
		expect_end(late, 3008);
	}
	expect_silence(first);
	test_client_free(first);
	test_client_free(late);
}

Test(channel, keeps_ws_ring_events_for_new_subscribers)
{
	fixture.config.ws_ring = 5;
	subscribe_after(5, true);
}

Test(channel, evicts_events_beyond_ws_ring)
{
	fixture.config.ws_ring = 5;
	subscribe_after(6, false);
}

Test(channel, keeps_ws_ring_bytes)
{
	fixture.config.ws_ring_bytes = 20000;
	fixture.padding = 4000;
	subscribe_after(4, true);
}

Test(channel, evicts_bytes_beyond_ws_ring_bytes)
{
	fixture.config.ws_ring_bytes = 20000;
	fixture.padding = 4000;
	subscribe_after(5, false);
}

Test(channel, keeps_one_event_of_any_size)
{
	fixture.config.ws_ring_bytes = 4096;
	fixture.padding = 100000;
	subscribe_after(1, true);
}

Test(channel, empties_the_ring_after_delivery)
{
	struct test_client *client = subscriber("duty");

	fixture_emit("duty", 100);
	expect_offsets(client, "duty", 1, 100);
	fixture_run_turns(5);
	cr_expect_eq(find_channel("duty")->ring_count, 0);
	cr_expect_eq(find_channel("duty")->ring_bytes, 0);
	test_client_free(client);
	fixture_run_turns(5);
	cr_expect_eq(fixture.ws->channel_count, 0);
	cr_expect_eq(fixture.ws->sub_count, 0);
}

/* Publishes until the client takes no more. */
static void fill_up(struct test_client *first, long long *last_offset)
{
	const struct subscription *sub = last_subscription("duty");

	for (int i = 0; i < 400 && !sub->lagging; i++) {
		fixture_emit("duty", 1);
		++*last_offset;
		expect_offsets(first, "duty", *last_offset, *last_offset);
	}
	cr_assert(sub->lagging);
}

Test(channel, disconnects_only_the_slow_subscriber)
{
	struct test_client *first = subscriber("duty"), *slow;
	long long last_offset = 0, slow_before = metrics_value(METRIC_WS_SLOW);

	fixture.padding = 16000;
	fixture.config.ws_ring_bytes = 300000;
	slow = test_client_new(WS_CENTRIFUGE, &(struct client_options){ .slow = true });
	test_client_send(slow, "{'id':1,'connect':{}}");
	expect_next(slow, "{'id':1,*");
	test_client_subscribe(slow, "duty");
	fill_up(first, &last_offset);
	for (int i = 0; i < 100; i++) {
		fixture_emit("duty", 1);
		expect_offsets(first, "duty", last_offset + 1, last_offset + 1);
		last_offset++;
		cr_assert_leq(find_channel("duty")->ring_bytes, 300000);
	}
	cr_expect_eq(metrics_value(METRIC_WS_SLOW), slow_before + 1);
	expect_end(slow, 3008);
	fixture_run_turns(20);
	fixture_emit("duty", 1);
	expect_offsets(first, "duty", last_offset + 1, last_offset + 1);
	fixture_run_turns(5);
	cr_expect_eq(find_channel("duty")->ring_count, 0);
	test_client_free(first);
	test_client_free(slow);
}

Test(channel, empties_the_ring_once_the_slow_subscriber_catches_up)
{
	struct test_client *first = subscriber("duty"), *slow;
	long long last_offset = 0;

	fixture.padding = 16000;
	slow = test_client_new(WS_CENTRIFUGE, &(struct client_options){ .slow = true });
	test_client_send(slow, "{'id':1,'connect':{}}");
	expect_next(slow, "{'id':1,*");
	test_client_subscribe(slow, "duty");
	fill_up(first, &last_offset);
	fixture_emit("duty", 10);
	expect_offsets(first, "duty", last_offset + 1, last_offset + 10);
	cr_expect(find_channel("duty")->ring_count > 0);
	expect_offsets(slow, "duty", 1, last_offset + 10);
	expect_silence(slow);
	cr_expect_eq(find_channel("duty")->lagging_count, 0);
	cr_expect_eq(find_channel("duty")->ring_count, 0);
	test_client_free(first);
	test_client_free(slow);
}

Test(channel, delivers_in_slices)
{
	enum { MANY = 1000 };
	static struct test_client *clients[MANY];
	long long before, max = 0;

	for (int i = 0; i < MANY; i++)
		clients[i] = subscriber("duty");
	fixture_emit("duty", 3);
	before = metrics_value(METRIC_WS_DELIVERIES);
	for (int turns = 0; metrics_value(METRIC_WS_DELIVERIES) < before + 3 * MANY; turns++) {
		long long previous = metrics_value(METRIC_WS_DELIVERIES), now;

		run_turn();
		now = metrics_value(METRIC_WS_DELIVERIES) - previous;
		max = now > max ? now : max;
		cr_assert_lt(turns, 100);
	}
	cr_expect_leq(max, 3 * SUBS_PER_SLICE);
	for (int i = 0; i < MANY; i++) {
		expect_offsets(clients[i], "duty", 1, 3);
		test_client_free(clients[i]);
	}
}

Test(channel, alternates_between_channels)
{
	enum { MANY = 200 };
	static struct test_client *clients[MANY];
	struct test_client *other = subscriber("org");

	for (int i = 0; i < MANY; i++)
		clients[i] = subscriber("duty");
	fixture_emit("duty", 1);
	fixture_emit("org", 1);
	run_turn();
	run_turn();
	/* One slice of the large channel, then the small one. */
	cr_expect_eq(TAILQ_FIRST(&find_channel("org")->subs)->delivered, 1);
	cr_expect_eq(last_subscription("duty")->delivered, 0);
	expect_offsets(other, "org", 1, 1);
	for (int i = 0; i < MANY; i++)
		test_client_free(clients[i]);
	test_client_free(other);
}

Test(channel, disconnects_all_subscribers_on_reset)
{
	struct test_client *first = subscriber("duty"), *other = subscriber("org"), *again;

	fixture_emit("duty", 2);
	ws_reset_channel(fixture.ws, "duty");
	expect_end(first, 3010);
	fixture_channel("duty")->last_offset = 1;
	again = subscriber("duty");
	fixture_emit("duty", 1);
	expect_offsets(again, "duty", 2, 2);
	fixture_emit("org", 1);
	expect_offsets(other, "org", 1, 1);
	test_client_free(first);
	test_client_free(other);
	test_client_free(again);
}

Test(channel, ignores_backfills_from_before_a_reset)
{
	struct test_client *first = subscriber("duty"), *again;

	fixture.hold_backfills = true;
	fixture_channel("duty")->last_offset = 5;
	ws_offset_seen(fixture.ws, STR("duty"), 5);
	fixture_run_turns(3);
	ws_reset_channel(fixture.ws, "duty");
	again = subscriber("duty");
	fixture_commit("duty");
	fixture_reply_all();
	ws_offset_seen(fixture.ws, STR("duty"), 6);
	fixture_reply_all();
	expect_offsets(again, "duty", 6, 6);
	expect_silence(again);
	expect_end(first, 3010);
	test_client_free(first);
	test_client_free(again);
}

Test(channel, survives_disconnects_during_delivery)
{
	enum { MANY = 150 };
	static struct test_client *clients[MANY];

	for (int i = 0; i < MANY; i++)
		clients[i] = subscriber("duty");
	fixture_emit("duty", 1);
	run_turn();
	for (int i = 0; i < MANY; i += 3)
		test_client_close(clients[i]);
	fixture_emit("duty", 1);
	for (int i = 0; i < MANY; i++) {
		if (i % 3)
			expect_offsets(clients[i], "duty", 1, 2);
		test_client_free(clients[i]);
	}
	fixture_run_turns(50);
	cr_expect_eq(fixture.ws->sub_count, 0);
	cr_expect_eq(fixture.ws->channel_count, 0);
}
