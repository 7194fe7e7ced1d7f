/* handler.c: tests a call from the authorization to the response, and what a disconnect stops. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "handler.h"
#include "rest_fixture.h"

static const struct field delete_query[] = {
	{ "hard", FIELD_BOOLEAN, .description = "Delete it permanently." },
	{ 0 },
};
static const struct field promote_fields[] = {
	{ "anonymous_token", FIELD_TEXT, 0, 1, 100,
	  .description = "Token of the anonymous account." },
	{ "username", FIELD_LINE, 0, 1, 20, .description = "Name of the user." },
	{ 0 },
};

static const struct operation read = { GET,         "/{id}",
	                               GUARD,       SQL_API_KEYS_READ,
	                               "get_thing", .summary = "Get a thing" };
static const struct operation revoke = { DELETE,
	                                 "/{id}",
	                                 ADMIN,
	                                 SQL_API_KEYS_REVOKE,
	                                 "revoke_thing",
	                                 .status = 204,
	                                 .summary = "Revoke a thing" };
static const struct operation archive = { POST,
	                                  "/{id}/archive",
	                                  ADMIN,
	                                  SQL_USERS_ARCHIVE,
	                                  "archive_thing",
	                                  .rules = CONDITIONAL,
	                                  .summary = "Archive a thing" };
static const struct operation delete = { DELETE,
	                                 "/{id}",
	                                 GUARD,
	                                 SQL_LOGS_ARCHIVE,
	                                 "delete_thing",
	                                 .query = delete_query,
	                                 .status = 204,
	                                 .rules = CONDITIONAL,
	                                 .others_role = SUPERVISOR,
	                                 .alt_when = "hard",
	                                 .alt_sql = SQL_LOGS_DELETE,
	                                 .alt_role = SUPER_ADMIN,
	                                 .summary = "Delete a thing" };
static const struct operation promote = { POST,
	                                  "/promote",
	                                  VISITOR,
	                                  SQL_AUTH_PROMOTE,
	                                  "promote_thing",
	                                  .body = promote_fields,
	                                  .second_token = "anonymous_token",
	                                  .summary = "Promote a thing" };

static bool is_open;

static void close_fixture(void)
{
	if (is_open)
		rest_fixture_close();
	is_open = false;
}

/* A new request, up to the authorization. */
static void begin(const struct operation *operation)
{
	close_fixture();
	rest_fixture_open(operation);
	is_open = true;
	if (operation == &promote) {
		fixture.request.headers[HEADER_CONTENT_TYPE] = STR("application/json");
		fixture.request.body =
			STR("{\"username\":\"anna\",\"anonymous_token\":\"e30.e30.x\"}");
	}
}

static void authorize_as(enum role role)
{
	fake_access_authorize(
		&(struct caller){ .id = ANNA, .role = role, .email = "anna@example.org" });
}

static void begin_authorized(const struct operation *operation, enum role role)
{
	begin(operation);
	handler_run(&fixture.request);
	authorize_as(role);
}

static void disconnect(void)
{
	fixture.request.on_disconnect(&fixture.request);
}

/* The request has been answered, nothing is pending, and the request is not held. */
static void expect_end(const char *code)
{
	cr_assert(fake_http.replied);
	if (code)
		cr_expect_str_eq(fake_http.code, code);
	else
		cr_expect_null(fake_http.code);
	cr_expect(eq(int, fake_http.holds, 0));
	cr_expect(eq(int, fake_db.waiting_count, 0));
	/* A disconnect no longer has an effect. */
	disconnect();
	cr_expect(eq(int, fake_http.holds, 0));
}

TestSuite(handler, .fini = close_fixture);

/* ---- Normal sequence ---- */

Test(handler, an_authorized_read_returns_the_row)
{
	struct db_query *query;

	begin(&read);
	handler_run(&fixture.request);
	cr_expect_not(fake_http.replied);
	cr_expect(eq(int, fake_db.run_count, 0), "the caller must be authorized first");
	cr_expect(fake_access.authorization->operation == &read);
	authorize_as(GUARD);
	query = fake_db_expect(SQL_API_KEYS_READ);
	cr_expect_str_eq(fake_db_param(query, "id"), THING);
	cr_expect_null(query->prelude);
	fake_db_complete(query, DB_OK, ROWS({ { "etag", "1" }, { "body", "{\"a\":1}" } }));
	cr_expect(eq(int, fake_http.status, 200));
	cr_expect_str_eq(buf_cstr(&fake_http.body), "{\"a\":1}");
	expect_end(NULL);
	cr_expect_str_eq(fixture.request.log_fields[0].name, "db_ms");
}

Test(handler, an_invalid_request_does_not_query_the_database)
{
	begin(&read);
	fixture.request.params[0] = STR("seven");
	handler_run(&fixture.request);
	authorize_as(GUARD);
	expect_end("VALIDATION_FAILED");
	cr_expect(eq(int, fake_db.run_count, 0));
}

Test(handler, a_failed_statement_is_answered_by_its_status)
{
	static const struct {
		const struct operation *operation;
		const char *key;
		enum db_status status;
		const char *code;
		int retry_after;
	} rows[] = {
		{ &read, NULL, DB_QUEUE_FULL, "BUSY", 1 },
		{ &read, NULL, DB_TIMEOUT, "DATABASE_TIMEOUT", 0 },
		{ &read, NULL, DB_UNAVAILABLE, "DATABASE_DOWN", 1 },
		{ &archive, NULL, DB_OUTCOME_UNKNOWN, "OUTCOME_UNKNOWN", 0 },
		/* With a key, a retry is safe. */
		{ &archive, "key-1", DB_OUTCOME_UNKNOWN, "OUTCOME_UNKNOWN", 1 },
		{ &archive, "key-1", DB_UNAVAILABLE, "DATABASE_DOWN", 1 },
		{ &archive, NULL, DB_SQL_ERROR, "LAST_SUPER_ADMIN", 0 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		begin(rows[i].operation);
		fixture.request.headers[HEADER_IDEMPOTENCY_KEY] = str_of(rows[i].key);
		handler_run(&fixture.request);
		authorize_as(ADMIN);
		fake_db_complete(fake_db_expect(rows[i].operation->sql), rows[i].status,
		                 SQL_ERROR(.constraint = "users_last_super_admin"));
		cr_expect(fake_http.retry_after == rows[i].retry_after, "row %zu", i);
		expect_end(rows[i].code);
		cr_expect_str_empty(rest_fixture_hooks());
	}
}

Test(handler, a_write_with_a_key_is_replayed_if_the_key_exists)
{
	struct db_query *query;

	begin(&archive);
	fixture.request.headers[HEADER_IDEMPOTENCY_KEY] = STR("key-1");
	handler_run(&fixture.request);
	authorize_as(ADMIN);
	query = fake_db_expect(SQL_USERS_ARCHIVE);
	cr_assert_not_null(query->prelude);
	cr_expect_str_eq(fake_db_param(query, "idempotency_key"), "key-1");
	cr_expect_str_eq(fake_db_param(query, "caller_role"), "ADMIN");
	fake_db_complete(query, DB_SQL_ERROR, SQL_ERROR(.constraint = "idempotency_keys_unique"));
	cr_expect_not(fake_http.replied);
	fake_db_complete(fake_db_expect(SQL_IDEMPOTENCY_REPLAY), DB_OK,
	                 ROWS({ { "code", NULL }, { "status", "200" }, { "body", "{}" } }));
	cr_expect(eq(int, fake_http.status, 200));
	cr_expect_str_eq(buf_cstr(&fake_http.extra_headers), "Idempotent-Replayed: true\r\n");
	cr_expect_str_empty(rest_fixture_hooks());
	expect_end(NULL);
}

/* ---- The other statement ---- */

Test(handler, a_query_parameter_selects_the_other_statement)
{
	static const struct {
		const char *query;
		enum role role;
		enum sql sql;
		const char *code; /* NULL: executed */
	} rows[] = {
		{ NULL, GUARD, SQL_LOGS_ARCHIVE, NULL },
		{ "hard=false", GUARD, SQL_LOGS_ARCHIVE, NULL },
		{ "hard=false", SUPER_ADMIN, SQL_LOGS_ARCHIVE, NULL },
		{ "hard=true", SUPER_ADMIN, SQL_LOGS_DELETE, NULL },
		{ "hard=true", ADMIN, 0, "FORBIDDEN" },
		{ "hard=true", GUARD, 0, "FORBIDDEN" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		begin(&delete);
		fixture.request.query = str_of(rows[i].query);
		handler_run(&fixture.request);
		authorize_as(rows[i].role);
		if (rows[i].code) {
			cr_expect(fake_db.run_count == 0, "row %zu", i);
		} else {
			struct db_query *query = fake_db_expect(rows[i].sql);

			cr_expect_str_eq(fake_db_param(query, "id"), THING);
			fake_db_complete(query, DB_OK, ROWS({ { "body", NULL } }));
			cr_expect(eq(int, fake_http.status, 204));
		}
		expect_end(rows[i].code);
	}
}

Test(handler, other_users_resources_require_their_role)
{
	static const struct {
		enum role role;
		const char *may_access_others;
	} rows[] = {
		{ GUARD, "false" },
		{ SUPERVISOR, "true" },
		{ ADMIN, "true" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct db_query *query;

		begin_authorized(&delete, rows[i].role);
		query = fake_db_expect(SQL_LOGS_ARCHIVE);
		cr_expect_str_eq(fake_db_param(query, "may_access_others"),
		                 rows[i].may_access_others);
		cr_expect_str_eq(fake_db_param(query, "caller_id"), ANNA);
		fake_db_complete(query, DB_OK, NO_ROWS);
		expect_end("NOT_FOUND");
	}
}

/* ---- The second token ---- */

Test(handler, a_second_token_is_verified_before_the_statement_runs)
{
	struct db_query *query;

	begin_authorized(&promote, VISITOR);
	cr_expect(eq(int, fake_db.run_count, 0));
	cr_assert_not_null(fake_access.second_token);
	cr_expect(str_is(fake_access.second_token->text, "e30.e30.x"));
	fake_access_accept_second_token();
	query = fake_db_expect(SQL_AUTH_PROMOTE);
	cr_expect_str_eq(fake_db_param(query, "second_token_issuer"), "https://issuer.example");
	cr_expect_str_eq(fake_db_param(query, "second_token_subject"), "anonymous-1");
	cr_expect_str_eq(fake_db_param(query, "caller_email"), "anna@example.org");
	cr_expect_str_eq(fake_db_param(query, "body"), "{\"username\":\"anna\"}");
	fake_db_complete(query, DB_OK, ROWS({ { "body", "{}" } }));
	expect_end(NULL);
}

Test(handler, without_a_second_token_the_statement_runs_at_once)
{
	struct db_query *query;

	begin(&promote);
	fixture.request.body = STR("{\"username\":\"anna\"}");
	handler_run(&fixture.request);
	authorize_as(VISITOR);
	query = fake_db_expect(SQL_AUTH_PROMOTE);
	cr_expect_null(fake_db_param(query, "second_token_subject"));
	fake_db_complete(query, DB_OK, ROWS({ { "body", "{}" } }));
	expect_end(NULL);
}

/* ---- Disconnects ---- */

Test(handler, a_disconnect_cancels_the_authorization_if_it_can)
{
	begin(&read);
	handler_run(&fixture.request);
	fake_access.can_cancel = true;
	disconnect();
	cr_expect(eq(int, fake_access.cancel_count, 1));
	expect_end("INTERNAL");
}

Test(handler, a_disconnect_waits_for_an_authorization_that_writes)
{
	begin(&read);
	handler_run(&fixture.request);
	disconnect();
	cr_expect_not(fake_http.replied);
	cr_expect(eq(int, fake_http.holds, 1));
	authorize_as(GUARD);
	fake_db_complete(fake_db_expect(SQL_API_KEYS_READ), DB_OK, NO_ROWS);
	expect_end("NOT_FOUND");
}

Test(handler, a_disconnect_cancels_the_verification_of_a_second_token)
{
	begin_authorized(&promote, VISITOR);
	disconnect();
	cr_expect(eq(int, fake_access.cancel_count, 1));
	expect_end("INTERNAL");
	cr_expect(eq(int, fake_db.run_count, 0));
}

Test(handler, a_disconnect_cancels_a_read)
{
	begin_authorized(&read, GUARD);
	disconnect();
	cr_expect(eq(int, fake_db.cancel_count, 1));
	expect_end("INTERNAL");
}

/* Its events must be published. */
Test(handler, a_disconnect_does_not_cancel_a_write)
{
	begin_authorized(&revoke, ADMIN);
	disconnect();
	cr_expect(eq(int, fake_db.cancel_count, 0));
	cr_expect_not(fake_http.replied);
	cr_expect(eq(int, fake_http.holds, 1));
	fake_db_complete(fake_db_expect(SQL_API_KEYS_REVOKE), DB_OK,
	                 ROWS({ { "events", "[1]" }, { "invalidates", THING }, { "body", NULL } }));
	cr_expect_str_eq(rest_fixture_hooks(), "changed " THING "\nevents [1]\n");
	expect_end(NULL);
}

Test(handler, a_disconnect_cancels_the_read_of_a_stored_response)
{
	begin(&archive);
	fixture.request.headers[HEADER_IDEMPOTENCY_KEY] = STR("key-1");
	handler_run(&fixture.request);
	authorize_as(ADMIN);
	fake_db_complete(fake_db_expect(SQL_USERS_ARCHIVE), DB_SQL_ERROR,
	                 SQL_ERROR(.constraint = "idempotency_keys_unique"));
	disconnect();
	cr_expect(eq(int, fake_db.cancel_count, 1));
	expect_end("INTERNAL");
}
