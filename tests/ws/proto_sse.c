/* Server-sent events: each has an ID from which its client can resume. */

#include <stdio.h>

#include "hub.h"
#include "ws_fixture.h"

TestSuite(proto_sse, .init = ws_fixture_open, .fini = ws_fixture_close, .timeout = 120);

static struct test_client *subscriber(const char *channels, const char *since)
{
	return test_client_new(WS_SSE,
	                       &(struct client_options){ .payload = channels, .since = since });
}

/* One complete event, with its ID. */
static void expect_event(struct test_client *client, const char *id, const char *channel,
                         long long offset)
{
	char expected[300];

	snprintf(expected, sizeof(expected),
	         "id: %s\nevent: drill.step\ndata: {'type':'drill.step','data':{'n':%lld},"
	         "'timestamp':'2026-11-21T05:47:00.123+00:00','channel':'%s','offset':%lld}",
	         id, offset, channel, offset);
	expect_next(client, expected);
}

Test(proto_sse, delivers_events_from_now_on)
{
	struct test_client *client;

	fixture_channel("duty")->last_offset = 3;
	client = subscriber("duty", NULL);
	expect_next(client, "id: e1:3\nretry: 3000");
	fixture_emit("duty", 2);
	expect_event(client, "e1:4", "duty", 4);
	expect_event(client, "e1:5", "duty", 5);
	expect_silence(client);
	test_client_free(client);
}

Test(proto_sse, sends_offsets_of_all_channels_as_id)
{
	struct test_client *client;

	fixture_channel("org")->last_offset = 7;
	client = subscriber("duty,org,all", NULL);
	expect_next(client, "id: e1:0,7,0\nretry: 3000");
	fixture_emit("org", 1);
	expect_event(client, "e1:0,8,0", "org", 8);
	fixture_emit("duty", 1);
	expect_event(client, "e1:1,8,0", "duty", 1);
	fixture_emit("all", 1);
	expect_event(client, "e1:1,8,1", "all", 1);
	test_client_free(client);
}

Test(proto_sse, resumes_many_channels)
{
	enum { MANY = 100 };
	struct buf channels = { 0 }, since = { 0 }, begins = { 0 };
	struct test_client *client;

	buf_text(&since, "e1");
	buf_text(&begins, "id: e1");
	for (int i = 0; i < MANY; i++) {
		char name[16];

		snprintf(name, sizeof(name), "log:%d", i);
		fixture_channel(name)->last_offset = i + 1;
		buf_print(&channels, "%s%s", i ? "," : "", name);
		buf_print(&since, "%c%d", i ? ',' : ':', i == MANY - 1 ? i : i + 1);
	}
	buf_str(&begins, (struct str){ since.at + 2, since.length - 2 });
	buf_text(&begins, "\nretry: 3000");
	client = subscriber(buf_cstr(&channels), buf_cstr(&since));
	expect_next(client, buf_cstr(&begins));
	expect_next(client, "id: e1:1,2,3,*,98,99,100\nevent: drill.step\n*'offset':100}");
	expect_silence(client);
	cr_expect_eq(fixture.ws->sub_count, MANY);
	test_client_free(client);
	buf_finish(&channels);
	buf_finish(&since);
	buf_finish(&begins);
}

Test(proto_sse, resumes_from_an_id)
{
	struct test_client *client;

	fixture_channel("duty")->last_offset = 3;
	fixture_channel("org")->last_offset = 8;
	client = subscriber("duty,org", "e1:1,7");
	expect_next(client, "id: e1:1,7\nretry: 3000");
	expect_event(client, "e1:2,7", "duty", 2);
	expect_event(client, "e1:3,7", "duty", 3);
	expect_event(client, "e1:3,8", "org", 8);
	fixture_emit("duty", 1);
	expect_event(client, "e1:4,8", "duty", 4);
	expect_silence(client);
	test_client_free(client);
}

Test(proto_sse, ignores_invalid_parts_of_an_id)
{
	static const struct {
		const char *since, *begins;
	} rows[] = {
		{ "e1:1", "id: e1:1,8\nretry: 3000" },
		{ "e1:,7", "id: e1:3,7\nretry: 3000" },
		{ "e1:1,7,9,9", "id: e1:1,7\nretry: 3000" },
		{ "e1:", "id: e1:3,8\nretry: 3000" },
		{ "e1:x,-1", "id: e1:3,8\nretry: 3000" },
		{ "e1", "id: e1:3,8\nretry: 3000" },
		{ ":1,1", "id: e1:3,8\nretry: 3000" },
		{ "17", "id: e1:3,8\nretry: 3000" },
		{ "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee:1,1",
		  "id: e1:3,8\nretry: 3000" },
		{ "e1:99999999999999999999,8", "id: e1:3,8\nretry: 3000" },
	};

	fixture_channel("duty")->last_offset = 3;
	fixture_channel("org")->last_offset = 8;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct test_client *client = subscriber("duty,org", rows[i].since);

		expect_next(client, rows[i].begins);
		test_client_free(client);
	}
}

Test(proto_sse, sends_reset_if_recovery_fails)
{
	struct test_client *client;

	fixture_channel("duty")->last_offset = 5;
	fixture_channel("duty")->expired = 3;
	fixture_channel("org")->last_offset = 2;
	client = subscriber("duty,org", "e1:1,1");
	expect_next(client, "id: e1:5,1\nretry: 3000");
	expect_next(client, "id: e1:5,1\nevent: reset\ndata: {'channel':'duty','offset':5}");
	expect_event(client, "e1:5,2", "org", 2);
	test_client_free(client);
	client = subscriber("duty,org", "e0:5,2");
	expect_next(client, "id: e1:5,2\nretry: 3000");
	expect_next(client, "id: e1:5,2\nevent: reset\ndata: {'channel':'duty','offset':5}");
	expect_next(client, "id: e1:5,2\nevent: reset\ndata: {'channel':'org','offset':2}");
	test_client_free(client);
}

Test(proto_sse, holds_events_until_all_channels_are_subscribed)
{
	struct test_client *client;

	fixture.hold_queries = true;
	fixture_channel("duty")->last_offset = 1;
	client = subscriber("duty,org", "e1:0,0");
	fixture_run_turns(3);
	fixture_reply(TAILQ_FIRST(&fixture.queries));
	fixture_emit("duty", 2);
	fixture_emit("org", 1);
	expect_silence(client);
	fixture_reply(TAILQ_FIRST(&fixture.queries));
	expect_next(client, "id: e1:0,0\nretry: 3000");
	expect_event(client, "e1:1,0", "duty", 1);
	expect_event(client, "e1:1,1", "org", 1);
	expect_event(client, "e1:2,1", "duty", 2);
	expect_event(client, "e1:3,1", "duty", 3);
	expect_silence(client);
	test_client_free(client);
}

Test(proto_sse, disconnects_if_one_channel_is_denied)
{
	struct test_client *client;

	fixture_channel("org")->denied = true;
	client = subscriber("duty,org", NULL);
	expect_end(client, 0);
	cr_expect_eq(client->received.length, 0);
	fixture_run_turns(20);
	test_client_free(client);
	fixture.database_down = true;
	client = subscriber("duty", NULL);
	expect_end(client, 0);
	test_client_free(client);
}

Test(proto_sse, survives_a_disconnect_during_recovery)
{
	struct test_client *client;

	fixture.hold_queries = true;
	fixture_channel("duty")->last_offset = 50;
	client = subscriber("duty,org", "e1:0,0");
	fixture_run_turns(3);
	fixture_reply(TAILQ_FIRST(&fixture.queries));
	test_client_close(client);
	fixture_run_turns(20);
	cr_expect_eq(ws_connection_count(fixture.ws), 0);
	cr_expect(TAILQ_EMPTY(&fixture.queries));
	test_client_free(client);
}
