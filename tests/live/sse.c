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

bool handshake_read_query(struct request *request, const char *, struct str *value)
{
	*value = request->query;
	return true;
}

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

static void open_stream(const char *channels)
{
	fake_http_close(&fixture.request);
	fake_http_open(&fixture.request);
	fixture.request.route = &fixture.route;
	fixture.request.query = str_of(channels);
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
	open_stream("duty," NOTE);
	answer("t t");
	cr_expect(f.accepted);
	cr_expect(str_is(f.incoming.payload, "duty," NOTE));
}

Test(sse, is_rejected_unless_every_channel_is_allowed)
{
	static const char *const results[] = { "t f", "f t", "f f", "t", "t t t", "", "t x", NULL };

	for (size_t i = 0; i < COUNT_OF(results); i++) {
		open_stream("duty," NOTE);
		answer(results[i]);
		cr_expect_not(f.accepted, "%s", results[i] ? results[i] : "null");
		cr_expect_str_eq(fake_http.code, "FORBIDDEN");
	}
}

Test(sse, is_rejected_without_a_result)
{
	open_stream("duty");
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
		open_stream("duty");
		fake_db_complete(fake_db_expect(SQL_CHANNELS_AUTHORIZE), rows[i].status, NULL);
		cr_expect_not(f.accepted);
		cr_expect_str_eq(fake_http.code, rows[i].code);
	}
}

Test(sse, queries_nothing_for_invalid_channels)
{
	static const char *const lists[] = {
		"", "nowhere", "duty,", "duty,duty", ",duty", "note:1"
	};

	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		open_stream(lists[i]);
		cr_expect_str_eq(fake_http.code, "VALIDATION_FAILED", "%s", lists[i]);
		cr_expect_eq(fake_db.waiting_count, 0);
	}
}

Test(sse, cancels_the_query_if_the_client_disconnects)
{
	open_stream("duty");
	fake_db_expect(SQL_CHANNELS_AUTHORIZE);
	fixture.request.on_disconnect(&fixture.request);
	cr_expect_eq(fake_db.cancel_count, 1);
	cr_expect_not(f.accepted);
	cr_expect(fake_http.replied);
}
