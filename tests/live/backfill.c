/* backfill.c: tests that missed events are fetched in batches and delivered in order, or that the
 * channel is reset. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "backfill.h"
#include "live_fixture.h"

static void set_up(void)
{
	live_fixture_open();
	fixture.live.backfill = backfill_new(&fixture.live);
}

TestSuite(backfill, .init = set_up, .fini = live_fixture_close);

static void add(const char *channel, long long after)
{
	backfill_add(fixture.live.backfill, channel, after);
}

/* clang-format off */
#define EVENT(channel_, offset_) \
	{ { "channel", channel_ }, { "offset", offset_ }, { "type", "duty.started" }, \
	  { "data", "{}" }, { "at", "t" } }
/* clang-format on */

static void complete(const struct db_rows *rows)
{
	fake_db_complete(fake_db_expect(SQL_EVENTS_BACKFILL), DB_OK, rows);
}

Test(backfill, all_gaps_of_a_turn_are_queried_at_once)
{
	struct db_query *query;

	add("duty", 4);
	add(NOTE, 0);
	cr_expect(eq(int, fake_db.run_count, 0));
	live_fixture_turn();
	cr_expect(eq(int, fake_db.run_count, 1));
	query = fake_db_expect(SQL_EVENTS_BACKFILL);
	cr_expect_str_eq(fake_db_param(query, "channels"), "{duty," NOTE "}");
	cr_expect_str_eq(fake_db_param(query, "offsets"), "{4,0}");
	complete(ROWS(EVENT("duty", "5"), EVENT("duty", "6"), EVENT(NOTE, "1")));
	cr_expect_str_eq(fake_ws_calls(), "publish duty 5 duty.started {} revokes=no\n"
	                                  "publish duty 6 duty.started {} revokes=no\n"
	                                  "publish " NOTE " 1 duty.started {} revokes=no\n"
	                                  "done duty\ndone " NOTE "\n");
	live_fixture_turn();
	cr_expect(eq(int, fake_db.run_count, 1));
}

Test(backfill, events_that_revoke_permissions_are_marked)
{
	add(NOTE, 0);
	live_fixture_turn();
	complete(ROWS({ { "channel", NOTE },
	                { "offset", "1" },
	                { "type", "note.removed" },
	                { "data", "{\"a\":1}" },
	                { "at", "t" } }));
	cr_expect_str_eq(fake_ws_calls(), "publish " NOTE " 1 note.removed {\"a\":1} revokes=yes\n"
	                                  "done " NOTE "\n");
}

Test(backfill, a_channel_without_events_is_done)
{
	add("duty", 4);
	live_fixture_turn();
	complete(NO_ROWS);
	cr_expect_str_eq(fake_ws_calls(), "done duty\n");
}

/* Nothing is delivered after events that have expired. */
Test(backfill, a_channel_whose_next_event_has_expired_is_reset)
{
	add("duty", 4);
	add("org", 4);
	live_fixture_turn();
	complete(ROWS(EVENT("duty", "6"), EVENT("duty", "7"), EVENT("org", "5")));
	cr_expect_str_eq(fake_ws_calls(), "publish org 5 duty.started {} revokes=no\n"
	                                  "reset duty\ndone org\n");
}

Test(backfill, rows_of_unknown_channels_are_ignored)
{
	add("duty", 4);
	live_fixture_turn();
	complete(ROWS(EVENT("org", "5"), EVENT("duty", "5")));
	cr_expect_str_eq(fake_ws_calls(), "publish duty 5 duty.started {} revokes=no\ndone duty\n");
}

/* The result is held in memory as a whole. */
Test(backfill, the_more_channels_the_fewer_events_of_each)
{
	static const struct {
		int channels;
		const char *max;
	} rows[] = { { 1, "500" }, { 4, "500" }, { 5, "409" }, { 100, "20" }, { 256, "8" } };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char name[16];

		for (int j = 0; j < rows[i].channels; j++) {
			snprintf(name, sizeof(name), "c%d", j);
			add(name, j);
		}
		live_fixture_turn();
		cr_expect_str_eq(fake_db_param(fake_db_expect(SQL_EVENTS_BACKFILL), "max"),
		                 rows[i].max);
		complete(NO_ROWS);
	}
}

static int count_of(const char *array)
{
	int count = 1;

	for (; *array; array++)
		count += *array == ',';
	return count;
}

Test(backfill, a_query_covers_at_most_256_channels_and_the_next_one_follows)
{
	struct db_query *query;
	char name[16];

	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		add(name, i);
	}
	live_fixture_turn();
	cr_expect(eq(int, fake_db.waiting_count, 1), "one statement at a time");
	query = fake_db_expect(SQL_EVENTS_BACKFILL);
	cr_expect(eq(int, count_of(fake_db_param(query, "channels")), 256));
	cr_expect(eq(int, count_of(fake_db_param(query, "offsets")), 256));
	complete(NO_ROWS);
	query = fake_db_expect(SQL_EVENTS_BACKFILL);
	cr_expect(eq(int, count_of(fake_db_param(query, "channels")), 44));
	cr_expect(eq(int, strncmp(fake_db_param(query, "channels"), "{c256,", 6), 0));
	complete(NO_ROWS);
	cr_expect(eq(int, count_of(fake_ws_calls()), 1));
	cr_expect(eq(int, fake_db.run_count, 2));
}

Test(backfill, gaps_that_open_during_a_query_are_queried_after_it)
{
	add("duty", 4);
	live_fixture_turn();
	add("org", 1);
	live_fixture_turn();
	cr_expect(eq(int, fake_db.run_count, 1));
	complete(NO_ROWS);
	cr_expect_str_eq(fake_db_param(fake_db_expect(SQL_EVENTS_BACKFILL), "channels"), "{org}");
	complete(NO_ROWS);
}

static void add_again(const char *channel)
{
	fake_ws.on_backfill_done = NULL;
	add(channel, 5);
}

/* ws requests another backfill if the channel has more events. */
Test(backfill, a_channel_with_more_events_is_queried_again)
{
	struct db_query *query;

	add("duty", 4);
	live_fixture_turn();
	fake_ws.on_backfill_done = add_again;
	complete(ROWS(EVENT("duty", "5")));
	query = fake_db_expect(SQL_EVENTS_BACKFILL);
	cr_expect_str_eq(fake_db_param(query, "offsets"), "{5}");
	complete(ROWS(EVENT("duty", "6")));
	cr_expect_str_eq(fake_ws_calls(), "publish duty 5 duty.started {} revokes=no\ndone duty\n"
	                                  "publish duty 6 duty.started {} revokes=no\ndone duty\n");
	live_fixture_turn();
	cr_expect(eq(int, fake_db.run_count, 2));
}

Test(backfill, after_a_failure_the_gap_stays_open_until_it_is_retried)
{
	static const enum db_status statuses[] = { DB_QUEUE_FULL, DB_TIMEOUT, DB_UNAVAILABLE,
		                                   DB_SQL_ERROR };

	for (size_t i = 0; i < COUNT_OF(statuses); i++) {
		add("duty", 4);
		live_fixture_turn();
		add("org", 1); /* meanwhile */
		live_fixture_turn();
		fake_db_complete(fake_db_expect(SQL_EVENTS_BACKFILL), statuses[i], NULL);
		live_fixture_turn();
		cr_expect_str_empty(fake_ws_calls());
		backfill_retry(fixture.live.backfill);
		/* Both in one statement, whichever comes first. */
		cr_expect(eq(int, fake_db.waiting_count, 1));
		cr_expect(
			eq(int,
		           count_of(fake_db_param(fake_db_expect(SQL_EVENTS_BACKFILL), "channels")),
		           2));
		complete(ROWS(EVENT("duty", "5")));
		cr_expect_not_null(strstr(fake_ws_calls(), "publish duty 5 "));
		backfill_retry(fixture.live.backfill);
		cr_expect(eq(int, fake_db.waiting_count, 0));
	}
}

Test(backfill, a_retry_during_a_query_does_not_start_another)
{
	add("duty", 4);
	live_fixture_turn();
	backfill_retry(fixture.live.backfill);
	cr_expect(eq(int, fake_db.waiting_count, 1));
	complete(NO_ROWS);
}

/* Gaps are open, pending and failed. */
Test(backfill, a_pending_query_is_cancelled_when_it_is_freed)
{
	add("duty", 4);
	live_fixture_turn();
	fake_db_complete(fake_db_expect(SQL_EVENTS_BACKFILL), DB_UNAVAILABLE, NULL);
	add("org", 1);
	live_fixture_turn();
	add("all", 1);
	backfill_free(fixture.live.backfill);
	fixture.live.backfill = NULL;
	cr_expect(eq(int, fake_db.cancel_count, 1));
	live_fixture_turn();
	cr_expect_str_empty(fake_ws_calls());
}
