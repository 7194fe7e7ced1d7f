/* sse.c: tests that an event stream opens only if the database allows all of its channels. */

#include <criterion/criterion.h>

#include "handshake.h"
#include "live_fixture.h"
#include "sse.h"
#include "sql.h"

static struct {
	bool accepted;
	struct ws_incoming incoming;
} f;

/* ---- handshake.c, which needs a real connection ---- */

const struct reply sse_reply = { .status = 200 };

bool handshake_check_limits(struct request *, const char *)
{
	return true;
}

void handshake_accept(struct request *request, const struct reply *reply,
                      struct ws_incoming *incoming)
{
	f.accepted = true;
	f.incoming = *incoming;
	request_reply(request, reply);
}

/* ---- Fixture ---- */

static void set_up(void)
{
	live_fixture_open();
	memset(&f, 0, sizeof(f));
}

TestSuite(sse, .init = set_up, .fini = live_fixture_close);

static void open_stream(const char *query)
{
	fake_http_close(&fixture.request);
	fake_http_open(&fixture.request);
	fixture.request.route = &fixture.route;
	fixture.request.query = str_of(query);
	f.accepted = false;
	sse_open(&fixture.request);
}

static void answer(const char *allowed)
{
	fake_db_complete(fake_db_expect(SQL_CHANNELS_AUTHORIZE), DB_OK,
	                 ROWS({ { "allowed", allowed } }));
}

/* ---- Tests ---- */

Test(sse, opens_if_all_channels_are_allowed)
{
	open_stream("channels=duty," NOTE);
	answer("t t");
	cr_expect(f.accepted);
	cr_expect(str_is(f.incoming.payload, "duty," NOTE));
}

Test(sse, takes_channels_separated_by_commas_or_repeated)
{
	static const char *const queries[] = {
		"channels=duty,org," NOTE,
		"channels=duty&channels=org&channels=" NOTE,
		"channels=duty&channels=org," NOTE,
	};

	for (size_t i = 0; i < COUNT_OF(queries); i++) {
		open_stream(queries[i]);
		answer("t t t");
		cr_expect(f.accepted);
		cr_expect(str_is(f.incoming.payload, "duty,org," NOTE), "%.*s",
		          STR_ARGS(f.incoming.payload));
	}
}

static void query_of_notes(struct buf *query, int count)
{
	buf_clear(query);
	for (int i = 0; i < count; i++)
		buf_print(query, "%schannels=note:01890000-0000-7000-8000-%012x", i ? "&" : "", i);
}

Test(sse, takes_as_many_channels_as_a_websocket)
{
	struct buf query = { 0 }, allowed = { 0 };

	for (int i = 0; i < 128; i++)
		buf_text(&allowed, i ? " t" : "t");
	query_of_notes(&query, 128);
	open_stream(buf_cstr(&query));
	answer(buf_cstr(&allowed));
	cr_expect(f.accepted);
	query_of_notes(&query, 129);
	open_stream(buf_cstr(&query));
	cr_expect_not(f.accepted);
	cr_expect_str_eq(buf_cstr(&fake_http.errors),
	                 "[{\"parameter\":\"channels\",\"code\":\"too_long\","
	                 "\"detail\":\"must have at most 128 entries, has 129\"}]");
	buf_finish(&query);
	buf_finish(&allowed);
}

Test(sse, is_rejected_unless_every_channel_is_allowed)
{
	static const char *const results[] = { "t f", "f t", "f f", "t", "t t t", "", "t x", NULL };

	for (size_t i = 0; i < COUNT_OF(results); i++) {
		open_stream("channels=duty," NOTE);
		answer(results[i]);
		cr_expect_not(f.accepted, "%s", results[i] ? results[i] : "null");
		cr_expect_str_eq(fake_http.code, "FORBIDDEN");
	}
}

Test(sse, is_rejected_without_a_result)
{
	open_stream("channels=duty");
	fake_db_complete(fake_db_expect(SQL_CHANNELS_AUTHORIZE), DB_OK, NO_ROWS);
	cr_expect_not(f.accepted);
	cr_expect_str_eq(fake_http.code, "FORBIDDEN");
}

Test(sse, reports_a_failure_of_the_database)
{
	static const struct {
		enum db_status status;
		const char *code;
	} rows[] = {
		{ DB_QUEUE_FULL, "BUSY" },
		{ DB_UNAVAILABLE, "DATABASE_DOWN" },
		{ DB_TIMEOUT, "DATABASE_TIMEOUT" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		open_stream("channels=duty");
		fake_db_complete(fake_db_expect(SQL_CHANNELS_AUTHORIZE), rows[i].status, NULL);
		cr_expect_not(f.accepted);
		cr_expect_str_eq(fake_http.code, rows[i].code);
	}
}

#define ERROR(code, detail)                                                                        \
	"{\"parameter\":\"channels\",\"code\":\"" code "\",\"detail\":\"" detail "\"}"
#define CONTAINS(code, name, rest) ERROR(code, "contains \\\"" name "\\\"" rest)

Test(sse, names_each_denied_channel)
{
	open_stream("channels=all,duty," NOTE ",org");
	answer("t f f t");
	cr_expect_str_eq(fake_http.code, "FORBIDDEN");
	cr_expect_str_eq(
		buf_cstr(&fake_http.errors),
		"[" CONTAINS("not_allowed", "duty", ", which requires SUPERVISOR or higher") "," CONTAINS(
			"not_allowed", NOTE,
			", which does not exist or is not visible to you") "]");
}

Test(sse, names_each_invalid_channel_and_parameter_and_queries_nothing)
{
	static const struct {
		const char *query, *errors;
	} rows[] = {
		{ "", ERROR("required", "is required") },
		{ "channels=", ERROR("malformed", "must not contain an empty value") },
		{ "channels", ERROR("malformed", "must not contain an empty value") },
		{ "channels=nowhere,note:1",
		  CONTAINS("unknown_channel", "nowhere", ", which is not a channel") "," CONTAINS(
			  "unknown_channel", "note:1", ", which is not a channel") },
		{ "channels=duty,", ERROR("malformed", "must not contain an empty value") },
		{ "channels=,duty", ERROR("malformed", "must not contain an empty value") },
		{ "channels=duty,org,duty", CONTAINS("duplicate", "duty", " twice") },
		{ "channels=duty&channels=duty", CONTAINS("duplicate", "duty", " twice") },
		{ "channels=no&channel=all&channels=org",
		  CONTAINS(
			  "unknown_channel", "no",
			  ", which is not a channel") ","
		                                      "{\"parameter\":\"channel\",\"code\":\"unknown\","
		                                      "\"detail\":\"is not a parameter of this operation\"}" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buf expected = { 0 };

		buf_print(&expected, "[%s]", rows[i].errors);
		open_stream(rows[i].query);
		cr_expect_str_eq(fake_http.code, "VALIDATION_FAILED", "%s", rows[i].query);
		cr_expect_str_eq(buf_cstr(&fake_http.errors), buf_cstr(&expected));
		cr_expect_eq(fake_db.waiting_count, 0);
		buf_finish(&expected);
	}
}

Test(sse, cancels_the_query_if_the_client_disconnects)
{
	open_stream("channels=duty");
	fake_db_expect(SQL_CHANNELS_AUTHORIZE);
	fixture.request.on_disconnect(&fixture.request);
	cr_expect_eq(fake_db.cancel_count, 1);
	cr_expect_not(f.accepted);
	cr_expect(fake_http.replied);
}
