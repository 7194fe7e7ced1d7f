/* offset_poll.c: tests that events whose notification was lost are found, and that a changed epoch
 * resets all channels. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "live_fixture.h"
#include "offset_poll.h"

static void set_up(void)
{
	live_fixture_open();
	fixture.live.offset_poll = offset_poll_new(&fixture.live);
}

TestSuite(offset_poll, .init = set_up, .fini = live_fixture_close);

static const struct fake_ws_channel channels[] = { { "duty", 4 }, { "org", -1 }, { NOTE, 0 } };

static void use_channels(const struct fake_ws_channel *list, size_t count)
{
	fake_ws.channels = list;
	fake_ws.channel_count = count;
}

static void run(void)
{
	offset_poll_run(fixture.live.offset_poll);
}

/* One row: the offset of duty. */
static void complete(const char *epoch, const char *offset)
{
	fake_db_complete(fake_db_expect(SQL_EVENTS_LAST_OFFSETS), DB_OK,
	                 ROWS({ { "epoch", epoch }, { "channel", "duty" }, { "offset", offset } }));
}

Test(offset_poll, channels_with_known_offsets_are_polled)
{
	struct db_query *query;

	use_channels(channels, COUNT_OF(channels));
	run();
	query = fake_db_expect(SQL_EVENTS_LAST_OFFSETS);
	cr_expect_str_eq(fake_db_param(query, "channels"), "{duty," NOTE "}");
	fake_db_complete(query, DB_OK,
	                 ROWS({ { "epoch", "e1" }, { "channel", "duty" }, { "offset", "6" } },
	                      { { "epoch", "e1" }, { "channel", NOTE }, { "offset", "0" } }));
	cr_expect_str_eq(fake_ws_calls(), "seen duty 6\nseen " NOTE " 0\n");
	cr_expect(eq(int, fake_db.run_count, 1));
}

Test(offset_poll, without_channels_nothing_is_queried)
{
	run();
	use_channels(channels + 1, 1);
	run();
	cr_expect(eq(int, fake_db.run_count, 0));
}

Test(offset_poll, a_poll_is_not_started_while_the_last_one_is_pending)
{
	use_channels(channels, COUNT_OF(channels));
	run();
	run();
	cr_expect(eq(int, fake_db.run_count, 1));
	complete("e1", "6");
	run();
	cr_expect(eq(int, fake_db.run_count, 2));
	complete("e1", "6");
}

enum { MANY = 2500, BATCH = 1024 };

static struct fake_ws_channel many[MANY];
static char names[MANY][8];

static void use_many_channels(void)
{
	for (int i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "c%d", i);
		many[i] = (struct fake_ws_channel){ names[i], 1 };
	}
	use_channels(many, MANY);
}

static void expect_batch(int first, int count)
{
	struct str list = str_of(
			   fake_db_param(fake_db_expect(SQL_EVENTS_LAST_OFFSETS), "channels")),
		   name;
	char expected[16];

	cr_assert(list.length > 2 && list.at[0] == '{' && list.at[list.length - 1] == '}');
	list = (struct str){ list.at + 1, list.length - 2 };
	for (int i = first; i < first + count; i++) {
		snprintf(expected, sizeof(expected), "c%d", i);
		cr_assert(str_cut(&list, ',', &name) && str_is(name, expected), "%s must be polled",
		          expected);
	}
	cr_expect(eq(sz, list.length, 0));
}

Test(offset_poll, many_channels_are_polled_in_batches)
{
	use_many_channels();
	run();
	expect_batch(0, BATCH);
	complete("e1", "1");
	expect_batch(BATCH, BATCH);
	complete("e1", "1");
	expect_batch(2 * BATCH, MANY - 2 * BATCH);
	complete("e1", "1");
	cr_expect(eq(int, fake_db.run_count, 3));
}

Test(offset_poll, after_a_failure_the_next_poll_begins_at_the_first_channel)
{
	static const enum db_status statuses[] = { DB_QUEUE_FULL, DB_TIMEOUT, DB_UNAVAILABLE,
		                                   DB_SQL_ERROR };

	use_many_channels();
	for (size_t i = 0; i < COUNT_OF(statuses); i++) {
		run();
		complete("e1", "1");
		fake_db_complete(fake_db_expect(SQL_EVENTS_LAST_OFFSETS), statuses[i], NULL);
		cr_expect(eq(int, fake_db.waiting_count, 0));
		run();
		expect_batch(0, BATCH);
		fake_db_complete(fake_db_expect(SQL_EVENTS_LAST_OFFSETS), DB_OK, NO_ROWS);
		cr_expect(eq(int, fake_db.waiting_count, 0));
	}
}

/* After a restore, offsets may refer to different events. */
Test(offset_poll, a_changed_epoch_resets_all_channels_once)
{
	static const struct {
		const char *epoch, *calls;
	} rows[] = {
		{ "e1", "seen duty 6\n" },
		{ "e1", "seen duty 6\n" },
		{ "e2", "reset duty\nreset org\nreset " NOTE "\nseen duty 6\n" },
		{ "e2", "seen duty 6\n" },
		/* not an epoch */
		{ NULL, "seen duty 6\n" },
		{ "0123456789012345678901234567890123456789", "seen duty 6\n" },
		{ "e2", "seen duty 6\n" },
		{ "e1", "reset duty\nreset org\nreset " NOTE "\nseen duty 6\n" },
	};

	use_channels(channels, COUNT_OF(channels));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		run();
		complete(rows[i].epoch, "6");
		cr_expect_str_eq(fake_ws_calls(), rows[i].calls, "row %zu", i);
	}
}

Test(offset_poll, freeing_it_cancels_the_query)
{
	use_channels(channels, COUNT_OF(channels));
	run();
	offset_poll_free(fixture.live.offset_poll);
	fixture.live.offset_poll = NULL;
	cr_expect(eq(int, fake_db.cancel_count, 1));
}
