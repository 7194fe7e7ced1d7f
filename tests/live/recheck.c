/* recheck.c: tests that every query of a batch gets its own result, and cancelled ones none. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "live_fixture.h"
#include "recheck.h"

enum { MAX_BATCH = 128 };

static struct ws_query queries[MAX_BATCH + 2];

static void set_up(void)
{
	live_fixture_open();
	fixture.live.recheck = recheck_new(&fixture.live);
	memset(queries, 0, sizeof(queries));
}

TestSuite(recheck, .init = set_up, .fini = live_fixture_close);

/* user: "" if anonymous. */
static void add_channel(int i, const char *channel, const char *user)
{
	queries[i] = (struct ws_query){ .kind = WS_RECHECK_CHANNEL, .text = str_of(channel) };
	strcpy(queries[i].identity.id, user);
	recheck_add(fixture.live.recheck, &queries[i]);
}

static void add_user(int i, const char *user)
{
	queries[i] = (struct ws_query){ .kind = WS_RECHECK_USER };
	strcpy(queries[i].identity.id, user);
	recheck_add(fixture.live.recheck, &queries[i]);
}

static void complete(const char *allowed)
{
	fake_db_complete(fake_db_expect(SQL_CHANNELS_AUTHORIZE), DB_OK,
	                 ROWS({ { "allowed", allowed } }));
}

Test(recheck, all_queries_of_a_turn_are_sent_in_one_statement)
{
	struct db_query *query;

	add_channel(0, "duty", ANNA);
	add_user(1, BERT);
	add_channel(2, NOTE, "");
	cr_expect(eq(int, fake_db.run_count, 0));
	live_fixture_turn();
	cr_expect(eq(int, fake_db.run_count, 1));
	query = fake_db_expect(SQL_CHANNELS_AUTHORIZE);
	cr_expect_str_eq(fake_db_param(query, "channels"), "{duty,user:" BERT "," NOTE "}");
	cr_expect_str_eq(fake_db_param(query, "callers"), "{" ANNA "," BERT ",null}");
	complete("t t t");
	cr_expect_str_eq(fake_ws_calls(), "reply error=0\nreply error=0\nreply error=0\n");
	/* The next turn has its own. */
	add_user(0, ANNA);
	live_fixture_turn();
	cr_expect_str_eq(fake_db_param(fake_db_expect(SQL_CHANNELS_AUTHORIZE), "callers"),
	                 "{" ANNA "}");
	complete("t");
}

Test(recheck, each_query_gets_the_result_at_its_place)
{
	static const struct {
		const char *allowed; /* NULL: null */
		const char *replies;
	} rows[] = {
		{ "t f t", "reply error=0\nreply error=103\nreply error=0\n" },
		{ "f t f", "reply error=103\nreply error=0\nreply error=103\n" },
		/* Anything but t is a denial; after a missing result, ws retries. */
		{ "t x t", "reply error=0\nreply error=103\nreply error=0\n" },
		{ "t f", "reply error=0\nreply error=103\nreply error=100\n" },
		{ "", "reply error=100\nreply error=100\nreply error=100\n" },
		{ NULL, "reply error=100\nreply error=100\nreply error=100\n" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		add_channel(0, "duty", ANNA);
		add_channel(1, "org", ANNA);
		add_user(2, ANNA);
		live_fixture_turn();
		complete(rows[i].allowed);
		cr_expect_str_eq(fake_ws_calls(), rows[i].replies, "%s",
		                 rows[i].allowed ? rows[i].allowed : "null");
	}
}

Test(recheck, a_failure_is_an_internal_error_for_each_query)
{
	static const enum db_status statuses[] = { DB_QUEUE_FULL, DB_TIMEOUT, DB_UNAVAILABLE,
		                                   DB_SQL_ERROR };

	for (size_t i = 0; i < COUNT_OF(statuses); i++) {
		add_channel(0, "duty", ANNA);
		add_user(1, BERT);
		live_fixture_turn();
		fake_db_complete(fake_db_expect(SQL_CHANNELS_AUTHORIZE), statuses[i], NULL);
		cr_expect_str_eq(fake_ws_calls(), "reply error=100\nreply error=100\n");
	}
	add_user(0, ANNA);
	live_fixture_turn();
	fake_db_complete(fake_db_expect(SQL_CHANNELS_AUTHORIZE), DB_OK, NO_ROWS);
	cr_expect_str_eq(fake_ws_calls(), "reply error=100\n");
}

static int commas(const char *text)
{
	int count = 0;

	for (; *text; text++)
		count += *text == ',';
	return count;
}

Test(recheck, a_full_batch_is_sent_at_once)
{
	for (int i = 0; i < MAX_BATCH - 1; i++)
		add_user(i, ANNA);
	cr_expect(eq(int, fake_db.run_count, 0));
	add_user(MAX_BATCH - 1, ANNA);
	cr_expect(eq(int, fake_db.run_count, 1));
	add_user(MAX_BATCH, BERT);
	add_user(MAX_BATCH + 1, BERT);
	live_fixture_turn();
	cr_expect(eq(int, fake_db.run_count, 2));
	cr_expect(eq(int, commas(fake_db_param(fake_db_expect(SQL_CHANNELS_AUTHORIZE), "callers")),
	             MAX_BATCH - 1));
	/* The second one may be answered first. */
	fake_db_complete(fake_db.waiting[1], DB_OK, ROWS({ { "allowed", "t f" } }));
	cr_expect_str_eq(fake_ws_calls(), "reply error=0\nreply error=103\n");
	fake_db_complete(fake_db.waiting[0], DB_UNAVAILABLE, NULL);
}

Test(recheck, exactly_one_full_batch_leaves_nothing_for_the_end_of_the_turn)
{
	for (int i = 0; i < MAX_BATCH; i++)
		add_user(i, ANNA);
	live_fixture_turn();
	cr_expect(eq(int, fake_db.run_count, 1));
	fake_db_complete(fake_db.waiting[0], DB_UNAVAILABLE, NULL);
}

Test(recheck, a_cancelled_query_gets_no_reply_and_moves_no_results)
{
	for (int sent = 0; sent < 2; sent++) {
		add_channel(0, "duty", ANNA);
		add_channel(1, "org", ANNA);
		add_channel(2, "all", ANNA);
		if (sent)
			live_fixture_turn();
		recheck_cancel(&queries[0]);
		cr_expect_null(queries[0].handler_data);
		memset(&queries[0], 0xa5, sizeof(queries[0])); /* its owner frees it */
		if (!sent)
			live_fixture_turn();
		complete("f t f");
		cr_expect_str_eq(fake_ws_calls(), "reply error=0\nreply error=103\n");
	}
}

Test(recheck, freeing_it_cancels_its_statements)
{
	add_user(0, ANNA);
	live_fixture_turn();
	add_user(1, BERT);
	recheck_free(fixture.live.recheck);
	fixture.live.recheck = NULL;
	cr_expect(eq(int, fake_db.cancel_count, 1));
	live_fixture_turn();
	cr_expect(eq(int, fake_db.run_count, 1));
	cr_expect_str_empty(fake_ws_calls());
}
