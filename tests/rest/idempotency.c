/* idempotency.c: tests that a write with an Idempotency-Key runs once, and that a retry gets the
 * same response. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "idempotency.h"
#include "rest_fixture.h"

static const struct operation archive = { POST,
	                                  "/{id}/archive",
	                                  ADMIN,
	                                  SQL_USERS_ARCHIVE,
	                                  "archive_thing",
	                                  .rules = CONDITIONAL,
	                                  .summary = "Archive a thing" };

static const struct db_rows key_exists = { .sqlstate = "23505",
	                                   .constraint = "idempotency_keys_unique" };

static struct call call;

static void reset(void)
{
	call = (struct call){
		.request = &fixture.request,
		.rest = &fixture.rest,
		.endpoint = &fixture.endpoint,
		.plan = &fixture.endpoint.plan,
		.authorization.caller = { .id = ANNA, .role = ADMIN },
		.idempotency_key = "key-1",
	};
}

static void set_up(void)
{
	rest_fixture_open(&archive);
	reset();
}

TestSuite(idempotency, .init = set_up, .fini = rest_fixture_close);

Test(idempotency, the_statements_have_the_expected_parameters)
{
	cr_expect(idempotency_check_statements());
}

Test(idempotency, a_call_without_a_key_has_no_prelude)
{
	call.idempotency_key = NULL;
	idempotency_prepare(&call);
	cr_expect_null(call.prelude);
}

Test(idempotency, the_key_belongs_to_the_caller_and_the_operation)
{
	idempotency_prepare(&call);
	cr_assert_not_null(call.prelude);
	cr_expect(eq(int, call.prelude->statement, SQL_IDEMPOTENCY_BEGIN));
	cr_expect_str_eq(call.prelude->params[0], ANNA);
	cr_expect_str_eq(call.prelude->params[1], "archive_thing");
	cr_expect_str_eq(call.prelude->params[2], "key-1");
	/* a program without a user */
	reset();
	call.authorization.caller = (struct caller){ .key_id = THING };
	idempotency_prepare(&call);
	cr_expect_str_eq(call.prelude->params[0], THING);
}

static const char *digest(const char *target, const char *if_match, const char *body)
{
	reset();
	fixture.request.target = str_of(target);
	fixture.request.headers[HEADER_IF_MATCH] = str_of(if_match);
	fixture.request.body = str_of(body);
	idempotency_prepare(&call);
	return call.prelude->params[3];
}

Test(idempotency, the_digest_covers_what_the_request_does)
{
	static const struct {
		const char *target, *if_match, *body;
		bool same;
	} rows[] = {
		{ "/a", "\"1\"", "{}", true },      { "/b", "\"1\"", "{}", false },
		{ "/a?x=1", "\"1\"", "{}", false }, { "/a", "\"2\"", "{}", false },
		{ "/a", NULL, "{}", false },        { "/a", "\"1\"", "{ }", false },
		{ "/a", "\"1\"", "", false },       { "/a\n\"1\"", "", "{}", false },
	};
	const char *first = digest("/a", "\"1\"", "{}");

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		bool same =
			strcmp(digest(rows[i].target, rows[i].if_match, rows[i].body), first) == 0;

		cr_expect(same == rows[i].same, "row %zu", i);
	}
}

Test(idempotency, only_a_key_that_exists_leads_to_a_replay)
{
	static const struct {
		const char *description;
		enum db_status status;
		struct db_rows error;
		bool has_key;
	} rows[] = {
		{ "no key", DB_SQL_ERROR, { .constraint = "idempotency_keys_unique" }, false },
		{ "another constraint", DB_SQL_ERROR, { .constraint = "users_pkey" }, true },
		{ "another error", DB_SQL_ERROR, { .sqlstate = "57014" }, true },
		{ "a timeout", DB_TIMEOUT, { 0 }, true },
		{ "an unknown outcome", DB_OUTCOME_UNKNOWN, { 0 }, true },
		{ "success", DB_OK, { 0 }, true },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		reset();
		if (!rows[i].has_key)
			call.idempotency_key = NULL;
		idempotency_prepare(&call);
		cr_expect_not(idempotency_replay(&call, rows[i].status, &rows[i].error), "%s",
		              rows[i].description);
		cr_expect(eq(int, fake_db.run_count, 0));
	}
}

/* Returns the query for the stored response. */
static struct db_query *replay(void)
{
	rest_fixture_close();
	rest_fixture_open(&archive);
	reset();
	idempotency_prepare(&call);
	cr_assert(idempotency_replay(&call, DB_SQL_ERROR, &key_exists));
	cr_expect(eq(int, fake_http.holds, 1));
	return fake_db_expect(SQL_IDEMPOTENCY_REPLAY);
}

#define STORED(code_, status_, body_)                                                              \
	ROWS({ { "code", code_ },                                                                  \
	       { "detail", NULL },                                                                 \
	       { "status", status_ },                                                              \
	       { "etag", "3" },                                                                    \
	       { "location", NULL },                                                               \
	       { "body", body_ } })

Test(idempotency, the_stored_response_is_sent_again)
{
	struct db_query *query = replay();

	cr_expect_null(query->prelude);
	cr_expect_str_eq(fake_db_param(query, "actor_id"), ANNA);
	cr_expect_str_eq(fake_db_param(query, "operation"), "archive_thing");
	cr_expect_str_eq(fake_db_param(query, "idempotency_key"), "key-1");
	cr_expect_str_eq(fake_db_param(query, "idempotency_digest"), call.idempotency_values[3]);
	fake_db_complete(query, DB_OK, STORED(NULL, "201", "{\"a\":1}"));
	cr_expect(eq(int, fake_http.status, 201));
	cr_expect_str_eq(buf_cstr(&fake_http.body), "{\"a\":1}");
	cr_expect_str_eq(buf_cstr(&fake_http.extra_headers), "Idempotent-Replayed: true\r\n");
	cr_expect(eq(int, fake_http.holds, 0));
}

/* Its events were published when it was executed. */
Test(idempotency, a_replay_publishes_no_events)
{
	fake_db_complete(replay(), DB_OK,
	                 ROWS({ { "status", "201" }, { "body", "{}" }, { "events", "[{}]" } }));
	cr_expect(eq(int, fake_http.status, 201));
	cr_expect_str_empty(rest_fixture_hooks());
}

Test(idempotency, a_replay_may_fail)
{
	static const struct {
		const char *description;
		enum db_status status;
		const char *code; /* in the row */
		bool has_row;
		const char *problem;
		int retry_after;
	} rows[] = {
		{ "another request used the key", DB_OK, "IDEMPOTENCY_KEY_REUSED", true,
		  "IDEMPOTENCY_KEY_REUSED", 0 },
		{ "the key was released", DB_OK, NULL, false, "IDEMPOTENCY_IN_PROGRESS", 1 },
		{ "the database failed", DB_UNAVAILABLE, NULL, false, "DATABASE_DOWN", 1 },
		{ "the queue is full", DB_QUEUE_FULL, NULL, false, "BUSY", 1 },
		{ "the read is rejected", DB_SQL_ERROR, NULL, false, "INTERNAL", 0 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		fake_db_complete(replay(), rows[i].status,
		                 rows[i].has_row ? STORED(rows[i].code, "201", "{}") : NO_ROWS);
		cr_assert_not_null(fake_http.code, "%s", rows[i].description);
		cr_expect_str_eq(fake_http.code, rows[i].problem, "%s", rows[i].description);
		cr_expect(fake_http.retry_after == rows[i].retry_after, "%s", rows[i].description);
		cr_expect(eq(int, fake_http.holds, 0));
		cr_expect_str_empty(rest_fixture_hooks());
		cr_expect_not(idempotency_replay(&call, DB_SQL_ERROR, &key_exists),
		              "a replay is tried once");
	}
}
