/* publisher.c: tests that events reach this process's subscribers and the other processes, if
 * there are any, even if notifications are lost. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "backfill.h"
#include "live_fixture.h"
#include "offset_poll.h"
#include "publisher.h"

#define CHANNEL "binnacle_live"

static void set_up(void)
{
	live_fixture_open();
	fixture.live.backfill = backfill_new(&fixture.live);
	fixture.live.offset_poll = offset_poll_new(&fixture.live);
	fixture.live.publisher = publisher_new(&fixture.live);
}

TestSuite(publisher, .init = set_up, .fini = live_fixture_close);

static void publish(const char *events)
{
	publisher_publish(fixture.live.publisher, str_of(events));
}

#define EVENT(channel_, offset_)                                                                   \
	"{\"channel\":\"" channel_                                                                 \
	"\",\"type\":\"duty.started\",\"data\":{\"a\":1},\"at\":\"t\",\"offset\":" offset_ "}"

/* Expires the poll interval; what it sends is dropped, except for the heartbeat. */
static void poll(void)
{
	for (int i = 0; i < 5; i++)
		live_fixture_tick();
	live_fixture_notified();
}

static void complete_heartbeat(const char *others)
{
	fake_db_complete(fake_db_expect(SQL_PROCESSES_HEARTBEAT), DB_OK,
	                 ROWS({ { "heartbeat", "" }, { "others", others } }));
}

static void be_alone(void)
{
	live_fixture_tick(); /* the first poll is at once */
	complete_heartbeat("0");
	live_fixture_notified();
	fake_ws_calls();
}

/* ---- Events of this process ---- */

Test(publisher, events_are_delivered_at_once_and_notified_at_the_end_of_the_turn)
{
	publish("[" EVENT("duty", "5") "," EVENT(NOTE, "7") "]");
	publish("[" EVENT("duty", "6") "]");
	cr_expect_str_eq(fake_ws_calls(), "publish duty 5 duty.started {\"a\":1} revokes=no\n"
	                                  "publish " NOTE " 7 duty.started {\"a\":1} revokes=no\n"
	                                  "publish duty 6 duty.started {\"a\":1} revokes=no\n");
	cr_expect_str_empty(live_fixture_notified());
	live_fixture_turn();
	cr_expect_str_eq(live_fixture_notified(),
	                 CHANNEL " " FAKE_NODE " duty=5 " NOTE "=7 duty=6\n");
	live_fixture_turn();
	cr_expect_str_empty(live_fixture_notified());
}

Test(publisher, events_that_revoke_permissions_are_marked)
{
	publish("[{\"channel\":\"" NOTE
	        "\",\"type\":\"note.unpublished\",\"data\":{},\"at\":\"t\",\"offset\":1}]");
	cr_expect_str_eq(fake_ws_calls(), "publish " NOTE " 1 note.unpublished {} revokes=yes\n");
}

Test(publisher, many_events_are_split_over_several_notifications)
{
	enum { EVENTS = 500 };
	struct buf events = { 0 };
	struct str sent, line, part;
	int lines = 0, offset = 0;
	char expected[64];

	buf_char(&events, '[');
	for (int i = 1; i <= EVENTS; i++)
		buf_print(&events,
		          "%s{\"channel\":\"" NOTE
		          "\",\"type\":\"x\",\"data\":{},\"at\":\"t\",\"offset\":%d}",
		          i > 1 ? "," : "", i);
	buf_char(&events, ']');
	publish(buf_cstr(&events));
	live_fixture_turn();
	sent = str_of(live_fixture_notified());
	while (str_cut(&sent, '\n', &line)) {
		lines++;
		cr_assert(str_cut(&line, ' ', &part) && str_is(part, CHANNEL));
		cr_expect(line.length <= 7000, "a payload has %zu bytes", line.length);
		cr_assert(str_cut(&line, ' ', &part) && str_is(part, FAKE_NODE),
		          "each notification names the process");
		while (str_cut(&line, ' ', &part)) {
			snprintf(expected, sizeof(expected), NOTE "=%d", ++offset);
			cr_assert(str_is(part, expected), "%s must follow", expected);
		}
	}
	cr_expect(eq(int, offset, EVENTS));
	cr_expect(lines == 4, "%d notifications", lines);
	buf_finish(&events);
}

Test(publisher, invalid_events_are_skipped)
{
	static const struct {
		const char *events, *calls;
	} rows[] = {
		{ "", "" },
		{ "[", "" },
		{ "[]", "" },
		{ "[{}]", "" },
		{ "[{\"channel\":\"duty\",\"type\":\"x\",\"data\":{},\"at\":\"t\"}]", "" },
		{ "[{}," EVENT("duty", "5") "]",
		  "publish duty 5 duty.started {\"a\":1} revokes=no\n" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		publish(rows[i].events);
		cr_expect_str_eq(fake_ws_calls(), rows[i].calls, "%s", rows[i].events);
	}
}

/* ---- One process, or several ---- */

Test(publisher, a_process_that_is_alone_notifies_only_its_subscribers)
{
	be_alone();
	publish("[" EVENT("duty", "5") "]");
	live_fixture_turn();
	cr_expect_str_eq(fake_ws_calls(), "publish duty 5 duty.started {\"a\":1} revokes=no\n");
	cr_expect_str_empty(live_fixture_notified());
	/* Without subscribers, the events are not even parsed. */
	fake_ws.has_channels = false;
	publish("[" EVENT("duty", "6") "]");
	cr_expect_str_empty(fake_ws_calls());
}

Test(publisher, without_subscribers_the_others_are_notified)
{
	fake_ws.has_channels = false;
	publish("[" EVENT("duty", "5") "]");
	live_fixture_turn();
	cr_expect_str_eq(live_fixture_notified(), CHANNEL " " FAKE_NODE " duty=5\n");
}

Test(publisher, a_process_is_alone_until_it_learns_of_another_one)
{
	static const struct {
		const char *description;
		const char *notified; /* NULL: nothing */
		const char *others;   /* from the next heartbeat; NULL: it fails */
		bool alone;
	} rows[] = {
		{ "nothing happens", NULL, "0", true },
		{ "its own notification", FAKE_NODE " duty=1", "0", true },
		{ "the heartbeat finds others", NULL, "2", false },
		{ "the heartbeat fails", NULL, NULL, true },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		live_fixture_close();
		set_up();
		be_alone();
		if (rows[i].notified)
			fake_db_receive(CHANNEL, rows[i].notified);
		poll();
		if (rows[i].others)
			complete_heartbeat(rows[i].others);
		else
			fake_db_complete(fake_db_expect(SQL_PROCESSES_HEARTBEAT), DB_UNAVAILABLE,
			                 NULL);
		publish("[" EVENT("duty", "5") "]");
		live_fixture_turn();
		cr_expect(rows[i].alone == !*live_fixture_notified(), "%s", rows[i].description);
	}
}

Test(publisher, the_first_notification_of_another_process_ends_being_alone)
{
	be_alone();
	fake_db_receive(CHANNEL, OTHER); /* its heartbeat */
	publish("[" EVENT("duty", "5") "]");
	live_fixture_turn();
	cr_expect_str_eq(live_fixture_notified(), CHANNEL " " FAKE_NODE " duty=5\n");
}

/* ---- Events of other processes ---- */

Test(publisher, offsets_of_other_processes_are_passed_on)
{
	static const struct {
		const char *payload, *calls;
	} rows[] = {
		{ OTHER " duty=5 " NOTE "=7", "seen duty 5\nseen " NOTE " 7\n" },
		{ OTHER, "" },
		{ FAKE_NODE " duty=5", "" },
		{ "", "" },
		/* of a newer version, perhaps */
		{ OTHER " duty= org=x x all=5", "seen all 5\n" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		fake_db_receive(CHANNEL, rows[i].payload);
		cr_expect_str_eq(fake_ws_calls(), rows[i].calls, "%s", rows[i].payload);
	}
}

Test(publisher, a_changed_user_is_re_authorized)
{
	fake_db_receive("binnacle_users", ANNA);
	cr_expect_str_eq(fake_ws_calls(), "recheck " ANNA "\n");
}

/* ---- Polls ---- */

static const struct fake_ws_channel channels[] = { { "duty", 4 } };

static int poll_count(void)
{
	int count = 0;
	struct str lines = str_of(live_fixture_notified()), line;

	/* Each poll sends a heartbeat to the others. */
	while (str_cut(&lines, '\n', &line))
		count += str_is(line, CHANNEL " " FAKE_NODE);
	while (fake_db.waiting_count > 0)
		fake_db_complete(fake_db.waiting[0], DB_UNAVAILABLE, NULL);
	return count;
}

Test(publisher, a_poll_retries_backfills_queries_offsets_and_sends_a_heartbeat)
{
	struct db_query *query;

	fake_ws.channels = channels;
	fake_ws.channel_count = COUNT_OF(channels);
	fake_ws.connections = 3;
	fake_ws.subscriptions = 12;
	backfill_add(fixture.live.backfill, "duty", 4);
	live_fixture_turn();
	fake_db_complete(fake_db_expect(SQL_EVENTS_BACKFILL), DB_UNAVAILABLE, NULL);
	live_fixture_tick();
	fake_db_complete(fake_db_expect(SQL_EVENTS_BACKFILL), DB_OK, NO_ROWS);
	fake_db_complete(fake_db_expect(SQL_EVENTS_LAST_OFFSETS), DB_OK, NO_ROWS);
	query = fake_db_expect(SQL_PROCESSES_HEARTBEAT);
	cr_expect_str_eq(fake_db_param(query, "process"), FAKE_NODE);
	cr_expect_str_eq(fake_db_param(query, "connections"), "3");
	cr_expect_str_eq(fake_db_param(query, "subscriptions"), "12");
	complete_heartbeat("0");
	cr_expect_str_eq(live_fixture_notified(), CHANNEL " " FAKE_NODE "\n");
	/* No subscriber is re-authorized, because nothing was lost. */
	cr_expect_str_eq(fake_ws_calls(), "done duty\n");
}

Test(publisher, polls_follow_each_other_after_the_interval)
{
	fixture.config.ws_sweep_seconds = 3;
	for (int tick = 0; tick < 10; tick++) {
		live_fixture_tick();
		cr_expect(poll_count() == (tick % 3 == 0), "tick %d", tick);
	}
}

Test(publisher, a_heartbeat_is_not_sent_while_the_last_one_is_pending)
{
	live_fixture_tick();
	poll();
	cr_expect(eq(int, fake_db.run_count, 1));
	complete_heartbeat("0");
	poll();
	cr_expect(eq(int, fake_db.run_count, 2));
	complete_heartbeat("0");
}

/* Meanwhile, the process does not learn of revoked permissions. */
Test(publisher, without_a_connection_every_poll_re_authorizes_all)
{
	fixture.config.ws_sweep_seconds = 2;
	live_fixture_tick();
	poll_count();
	fake_db_lose();
	live_fixture_tick();
	cr_expect(eq(int, poll_count(), 0));
	cr_expect_str_empty(fake_ws_calls());
	for (int i = 0; i < 3; i++) {
		live_fixture_tick();
		cr_expect(eq(int, poll_count(), 1));
		cr_expect_str_eq(fake_ws_calls(), "recheck *\n");
		live_fixture_tick();
		cr_expect(eq(int, poll_count(), 0));
	}
	/* The connection is back: polls at once, although the interval is not over. */
	live_fixture_tick();
	fake_ws_calls();
	poll_count();
	fake_db.listening = true;
	live_fixture_tick();
	cr_expect(eq(int, poll_count(), 1));
	cr_expect_str_eq(fake_ws_calls(), "recheck *\n");
	for (int i = 0; i < 4; i++) {
		live_fixture_tick();
		poll_count();
	}
	cr_expect_str_empty(fake_ws_calls());
}

/* Lost and back between two ticks. */
Test(publisher, a_short_loss_is_noticed)
{
	live_fixture_tick();
	poll_count();
	fake_db_lose();
	fake_db.listening = true;
	live_fixture_tick();
	cr_expect(eq(int, poll_count(), 1));
	cr_expect_str_eq(fake_ws_calls(), "recheck *\n");
}

/* The connection did not respond in time, but was not closed. */
Test(publisher, an_unresponsive_connection_is_noticed)
{
	live_fixture_tick();
	poll_count();
	fake_db.listening = false;
	live_fixture_tick();
	fake_db.listening = true;
	live_fixture_tick();
	cr_expect(eq(int, poll_count(), 1));
	cr_expect_str_eq(fake_ws_calls(), "recheck *\n");
}

Test(publisher, freeing_it_cancels_the_heartbeat_and_pending_notifications)
{
	live_fixture_tick();
	live_fixture_notified();
	publish("[" EVENT("duty", "5") "]");
	publisher_free(fixture.live.publisher);
	fixture.live.publisher = NULL;
	cr_expect(eq(int, fake_db.cancel_count, 1));
	live_fixture_turn();
	cr_expect_str_empty(live_fixture_notified());
}
