/* subscribe.c: tests the replies to queries about tokens, subscriptions, history and presence. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "live_fixture.h"
#include "subscribe.h"

static struct ws_query query;

static void set_up(void)
{
	live_fixture_open();
	query = (struct ws_query){ 0 };
}

TestSuite(subscribe, .init = set_up, .fini = live_fixture_close);

static void begin(struct ws_query request)
{
	query = request;
	if (query.kind != WS_AUTHENTICATE && !query.text.at)
		query.text = STR("duty");
	subscribe_query(&fixture.live, &query);
}

static const struct {
	enum ws_query_kind kind;
	enum sql sql;
} statements[] = {
	{ WS_SUBSCRIBE, SQL_CHANNELS_SUBSCRIBE },
	{ WS_HISTORY, SQL_CHANNELS_HISTORY },
	{ WS_PRESENCE, SQL_CHANNELS_PRESENCE },
};

static const struct ws_query of_anna = { .identity.id = ANNA };

/* ---- All queries ---- */

Test(subscribe, an_unknown_channel_is_rejected_without_a_query)
{
	static const char *const names[] = { "",       "duties",         "note:",
		                             "note:7", "user:" ANNA "x", "duty,org" };

	for (size_t i = 0; i < COUNT_OF(statements); i++) {
		for (size_t j = 0; j < COUNT_OF(names); j++) {
			begin((struct ws_query){ .kind = statements[i].kind,
			                         .text = str_of(names[j]) });
			cr_expect_str_eq(fake_ws_calls(), "reply error=102\n", "%s", names[j]);
		}
	}
	cr_expect(eq(int, fake_db.run_count, 0));
}

Test(subscribe, the_channel_and_the_user_are_passed_on)
{
	for (size_t i = 0; i < COUNT_OF(statements); i++) {
		struct ws_query request = of_anna;

		request.kind = statements[i].kind;
		request.text = (struct str){ NOTE "…", strlen(NOTE) }; /* not NUL-terminated */
		begin(request);
		cr_expect_str_eq(fake_db_param(fake_db_expect(statements[i].sql), "channel"), NOTE);
		cr_expect_str_eq(fake_db_param(fake_db_expect(statements[i].sql), "caller_id"),
		                 ANNA);
		subscribe_cancel(&query);
		begin((struct ws_query){ .kind = statements[i].kind }); /* anonymous */
		cr_expect_null(fake_db_param(fake_db_expect(statements[i].sql), "caller_id"));
		subscribe_cancel(&query);
	}
}

Test(subscribe, a_failure_is_temporary_but_a_code_is_a_denial)
{
	const struct {
		enum db_status status;
		const struct db_rows *rows;
		const char *reply;
	} rows[] = {
		{ DB_QUEUE_FULL, NULL, "reply error=100\n" },
		{ DB_TIMEOUT, NULL, "reply error=100\n" },
		{ DB_UNAVAILABLE, NULL, "reply error=100\n" },
		{ DB_SQL_ERROR, NULL, "reply error=100\n" },
		{ DB_OK, NO_ROWS, "reply error=103\n" },
		{ DB_OK, ROWS({ { "code", "FORBIDDEN" }, { "epoch", "e1" }, { "offset", "1" } }),
		  "reply error=103\n" },
	};

	for (size_t i = 0; i < COUNT_OF(statements); i++) {
		for (size_t j = 0; j < COUNT_OF(rows); j++) {
			begin((struct ws_query){ .kind = statements[i].kind });
			fake_db_complete(fake_db_expect(statements[i].sql), rows[j].status,
			                 rows[j].rows);
			cr_expect_str_eq(fake_ws_calls(), rows[j].reply, "kind %d, row %zu",
			                 statements[i].kind, j);
		}
	}
}

Test(subscribe, a_cancelled_query_gets_no_reply)
{
	for (size_t i = 0; i < COUNT_OF(statements); i++) {
		begin((struct ws_query){ .kind = statements[i].kind });
		subscribe_cancel(&query);
		cr_expect_null(query.handler_data);
		cr_expect(eq(int, fake_db.cancel_count, (int)i + 1));
	}
	begin((struct ws_query){ .kind = WS_AUTHENTICATE, .text = STR("e30.e30.x") });
	subscribe_cancel(&query);
	cr_expect(eq(int, fake_access.cancel_count, 1));
	cr_expect_str_empty(fake_ws_calls());
}

/* ---- Subscribe ---- */

static void complete_subscribe(const char *recovered, const char *missed, const char *offset)
{
	fake_db_complete(fake_db_expect(SQL_CHANNELS_SUBSCRIBE), DB_OK,
	                 ROWS({ { "code", NULL },
	                        { "epoch", "e1" },
	                        { "offset", offset },
	                        { "recovered", recovered },
	                        { "missed", missed } }));
}

Test(subscribe, a_new_subscription_begins_at_the_last_offset)
{
	const struct db_query *run;

	begin((struct ws_query){ .kind = WS_SUBSCRIBE });
	run = fake_db_expect(SQL_CHANNELS_SUBSCRIBE);
	cr_expect_null(fake_db_param(run, "since"));
	cr_expect_null(fake_db_param(run, "epoch"));
	cr_expect_str_eq(fake_db_param(run, "max"), "100");
	complete_subscribe("f", NULL, "7");
	cr_expect_str_eq(fake_ws_calls(), "reply error=0 epoch=e1 offset=7 recovered=no\n");
}

#define EVENT(offset_)                                                                             \
	"{\"type\":\"duty.started\",\"data\":{\"a\": [1]},\"at\":\"t\",\"offset\":" offset_ "}"

Test(subscribe, a_resumed_subscription_gets_what_it_missed)
{
	const struct db_query *run;

	begin((struct ws_query){
		.kind = WS_SUBSCRIBE, .has_since = true, .since = 5, .epoch = "e1" });
	run = fake_db_expect(SQL_CHANNELS_SUBSCRIBE);
	cr_expect_str_eq(fake_db_param(run, "since"), "5");
	cr_expect_str_eq(fake_db_param(run, "epoch"), "e1");
	complete_subscribe("t", "[" EVENT("6") "," EVENT("7") "]", "7");
	cr_expect_str_eq(fake_ws_calls(),
	                 "reply error=0 epoch=e1 offset=7 recovered=yes"
	                 " duty:6:duty.started:{\"a\":[1]} duty:7:duty.started:{\"a\":[1]}\n");
	/* from the beginning */
	begin((struct ws_query){ .kind = WS_SUBSCRIBE, .has_since = true, .since = 0 });
	cr_expect_str_eq(fake_db_param(fake_db_expect(SQL_CHANNELS_SUBSCRIBE), "since"), "0");
	complete_subscribe("f", "[]", "7");
	cr_expect_str_eq(fake_ws_calls(), "reply error=0 epoch=e1 offset=7 recovered=no\n");
}

Test(subscribe, a_result_without_an_offset_is_an_error)
{
	static const char *const offsets[] = { NULL, "", "x" };

	for (size_t i = 0; i < COUNT_OF(offsets); i++) {
		begin((struct ws_query){ .kind = WS_SUBSCRIBE });
		complete_subscribe("t", "[" EVENT("6") "]", offsets[i]);
		cr_expect_str_eq(fake_ws_calls(), "reply error=100\n");
	}
}

/* ---- History ---- */

static void complete_history(const char *epoch, const char *publications)
{
	fake_db_complete(fake_db_expect(SQL_CHANNELS_HISTORY), DB_OK,
	                 ROWS({ { "code", NULL },
	                        { "epoch", epoch },
	                        { "offset", "7" },
	                        { "publications", publications } }));
}

Test(subscribe, the_history_is_limited)
{
	static const struct {
		int max;
		const char *sent;
	} rows[] = { { -1, "100" },  { 0, "0" },     { 1, "1" },
		     { 100, "100" }, { 101, "100" }, { 2147483647, "100" } };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		begin((struct ws_query){
			.kind = WS_HISTORY, .max = rows[i].max, .reverse = i % 2 });
		cr_expect_str_eq(fake_db_param(fake_db_expect(SQL_CHANNELS_HISTORY), "max"),
		                 rows[i].sent);
		cr_expect_str_eq(fake_db_param(fake_db_expect(SQL_CHANNELS_HISTORY), "reverse"),
		                 i % 2 ? "true" : "false");
		complete_history("e1", "[" EVENT("6") "]");
		cr_expect_str_eq(fake_ws_calls(), "reply error=0 epoch=e1 offset=7 recovered=no"
		                                  " duty:6:duty.started:{\"a\":[1]}\n");
	}
}

Test(subscribe, the_history_of_another_epoch_is_unrecoverable)
{
	static const struct {
		const char *requested, *epoch, *reply;
	} rows[] = {
		{ "", "e1", "reply error=0 epoch=e1 offset=7 recovered=no\n" },
		{ "e1", "e1", "reply error=0 epoch=e1 offset=7 recovered=no\n" },
		{ "e0", "e1", "reply error=112\n" },
		{ "e1", "e10", "reply error=112\n" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct ws_query request = { .kind = WS_HISTORY };

		strcpy(request.epoch, rows[i].requested);
		begin(request);
		complete_history(rows[i].epoch, NULL);
		cr_expect_str_eq(fake_ws_calls(), rows[i].reply, "row %zu", i);
	}
}

/* ---- Presence ---- */

Test(subscribe, presence_is_returned_unchanged_or_not_available)
{
	begin((struct ws_query){ .kind = WS_PRESENCE });
	fake_db_complete(fake_db_expect(SQL_CHANNELS_PRESENCE), DB_OK,
	                 ROWS({ { "code", NULL }, { "presence", "{\"x\": {}}" } }));
	cr_expect_str_eq(fake_ws_calls(), "reply error=0 body={\"x\": {}}\n");
	begin((struct ws_query){ .kind = WS_PRESENCE });
	fake_db_complete(fake_db_expect(SQL_CHANNELS_PRESENCE), DB_OK,
	                 ROWS({ { "code", NULL }, { "presence", NULL } }));
	cr_expect_str_eq(fake_ws_calls(), "reply error=108\n");
}

/* ---- Authenticate ---- */

Test(subscribe, a_token_is_answered_with_its_user_or_the_reason)
{
	static const struct cached_user anna = { .id = ANNA, .role = GUARD },
					archived = { .id = ANNA, .archived = true };
	static const struct identity identity = { .subject = "anna", .expires_ms = 1234 };
	static const struct {
		struct authentication_outcome outcome;
		const char *reply;
	} rows[] = {
		{ { .user = &anna, .identity = &identity },
		  "reply error=0 identity=" ANNA " expires=1234\n" },
		{ { .user = &archived, .identity = &identity }, "reply error=103\n" },
		{ { 0 }, "reply error=101\n" }, /* no such user */
		{ { .result = AUTH_EXPIRED }, "reply error=109\n" },
		{ { .result = AUTH_SIGNATURE }, "reply error=101\n" },
		{ { .result = AUTH_MALFORMED }, "reply error=101\n" },
		{ { .result = AUTH_UNKNOWN_KEY }, "reply error=101\n" },
		/* temporary */
		{ { .result = AUTH_NO_KEYS }, "reply error=100\n" },
		{ { .result = AUTH_BUSY }, "reply error=100\n" },
		{ { .status = DB_UNAVAILABLE }, "reply error=100\n" },
		{ { .status = DB_QUEUE_FULL }, "reply error=100\n" },
		{ { .status = DB_SQL_ERROR }, "reply error=100\n" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		begin((struct ws_query){ .kind = WS_AUTHENTICATE, .text = STR("e30.e30.x") });
		cr_expect_str_eq(buf_cstr(&fake_access.token), "e30.e30.x");
		cr_expect_str_empty(fake_ws_calls());
		fake_access_authenticate(&rows[i].outcome);
		cr_expect_str_eq(fake_ws_calls(), rows[i].reply, "row %zu", i);
	}
	cr_expect(eq(int, fake_db.run_count, 0));
}
