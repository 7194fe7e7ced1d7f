/* authorize.c: tests who may call an operation, what it costs, and what a disconnect stops. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "access_fixture.h"
#include "reject.h"

static const struct resource resource = { .domain = LOGBOOK };

static struct {
	struct operation operation;
	struct authorization authorization;
	int authorized_count;
} f;

static void on_authorized(struct authorization *authorization)
{
	cr_expect(authorization == &f.authorization);
	f.authorized_count++;
}

/* A new request for this operation, with a token. */
static void reset(struct operation operation)
{
	fake_http_close(&fixture.request);
	fake_http_open(&fixture.request);
	fixture.request.headers[HEADER_AUTHORIZATION] = STR("Bearer e30.e30.x");
	f.operation = operation;
	f.authorization = (struct authorization){
		.access = fixture.access,
		.request = &fixture.request,
		.resource = &resource,
		.operation = &f.operation,
		.on_authorized = on_authorized,
	};
	f.authorized_count = 0;
	fake_auth.result = AUTH_OK;
	fake_auth.identity = &fixture.identity;
}

static void set_up(void)
{
	access_fixture_open();
	reset((struct operation){ .method = GET, .role = GUARD });
}

TestSuite(authorize, .init = set_up, .fini = access_fixture_close);

static void complete_find(const struct db_rows *rows)
{
	fake_db_complete(fake_db_expect(SQL_CALLERS_FIND), DB_OK, rows);
}

static void expect_problem(const char *code)
{
	cr_expect(f.authorized_count == 0, "must be rejected with %s", code);
	cr_assert(fake_http.replied, "must be rejected with %s", code);
	cr_assert_not_null(fake_http.code, "must be rejected with %s", code);
	cr_expect_str_eq(fake_http.code, code);
}

/* ---- Roles ---- */

static const enum role roles[] = { VISITOR, GUARD, SUPERVISOR, ADMIN, SUPER_ADMIN };

Test(authorize, a_role_includes_all_lower_ones)
{
	for (size_t i = 0; i < COUNT_OF(roles); i++) {
		for (size_t j = 0; j < COUNT_OF(roles); j++) {
			const char *name = role_name(roles[i]), *needed = role_name(roles[j]);
			bool allowed = i >= j;

			access_invalidate(fixture.access, STR(ANNA));
			reset((struct operation){ .method = GET, .role = roles[j] });
			authorize(&f.authorization);
			complete_find(USER_ROW(name));
			cr_expect(f.authorized_count == allowed, "%s calls an operation for %s",
			          name, needed);
			cr_expect(fake_http.replied == !allowed);
			if (allowed) {
				cr_expect_str_eq(f.authorization.caller.id, ANNA);
				cr_expect(eq(int, f.authorization.caller.role, roles[i]));
				cr_expect_str_eq(f.authorization.caller.email, "anna@example.org");
				cr_expect_str_eq(
					fake_http_log_field(&fixture.request, "enduser.id"), ANNA);
			} else {
				cr_expect_str_eq(fake_http.code, "FORBIDDEN");
				cr_expect_not_null(strstr(buf_cstr(&fake_http.detail), needed));
				cr_expect_not_null(strstr(buf_cstr(&fake_http.detail), name));
			}
		}
	}
}

Test(authorize, an_unknown_role_may_call_nothing_but_public_operations)
{
	for (size_t i = 0; i < COUNT_OF(roles); i++) {
		access_invalidate(fixture.access, STR(ANNA));
		reset((struct operation){ .method = GET, .role = roles[i] });
		authorize(&f.authorization);
		complete_find(USER_ROW("CAPTAIN"));
		expect_problem("FORBIDDEN");
	}
}

Test(authorize, a_public_operation_checks_nothing)
{
	reset((struct operation){ .method = GET, .role = PUBLIC });
	fixture.request.headers[HEADER_X_API_KEY] = STR("unknown");
	fixture.config.api_key_required = "yes";
	authorize(&f.authorization);
	cr_expect(eq(int, f.authorized_count, 1));
	cr_expect(eq(int, f.authorization.caller.role, PUBLIC));
	cr_expect_str_empty(f.authorization.caller.id);
	cr_expect(eq(int, fake_auth.check_count, 0));
	cr_expect(eq(int, fake_db.run_count, 0));
	cr_expect_str_eq(fake_http_limits(), "take default\n");
}

Test(authorize, a_new_user_is_marked_as_new)
{
	reset((struct operation){ .method = GET, .role = VISITOR });
	authorize(&f.authorization);
	complete_find(NO_ROWS);
	fake_db_complete(fake_db_expect(SQL_CALLERS_PROVISION), DB_OK, NEW_USER_ROW("VISITOR"));
	cr_expect(eq(int, f.authorized_count, 1));
	cr_expect(f.authorization.caller.is_new);
}

/* A cached role may be some seconds old. */
Test(authorize, the_row_is_read_again_if_the_operation_needs_an_admin)
{
	static const struct {
		struct operation operation;
		bool reads;
	} rows[] = {
		{ { .method = GET, .role = GUARD }, false },
		{ { .method = POST, .role = GUARD }, false },
		{ { .method = PATCH, .role = SUPERVISOR }, false },
		{ { .method = GET, .role = ADMIN }, false },
		{ { .method = GET, .role = SUPER_ADMIN }, false },
		{ { .method = GET, .role = GUARD, .alt_role = ADMIN }, false },
		{ { .method = POST, .role = ADMIN }, true },
		{ { .method = PUT, .role = ADMIN }, true },
		{ { .method = PATCH, .role = SUPER_ADMIN }, true },
		{ { .method = DELETE, .role = ADMIN }, true },
		{ { .method = DELETE, .role = GUARD, .alt_role = SUPERVISOR }, false },
		{ { .method = DELETE, .role = GUARD, .alt_role = ADMIN }, true },
		{ { .method = DELETE, .role = SUPERVISOR, .alt_role = SUPER_ADMIN }, true },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int before;

		access_invalidate(fixture.access, STR(ANNA));
		reset((struct operation){ .method = GET, .role = VISITOR });
		authorize(&f.authorization);
		complete_find(USER_ROW("SUPER_ADMIN"));
		before = fake_db.run_count;
		reset(rows[i].operation);
		authorize(&f.authorization);
		cr_expect(fake_db.run_count - before == rows[i].reads, "%s, role %s, alt_role %s",
		          method_name(rows[i].operation.method), role_name(rows[i].operation.role),
		          role_name(rows[i].operation.alt_role));
		if (!rows[i].reads) {
			cr_expect(eq(int, f.authorized_count, 1));
			continue;
		}
		cr_expect(eq(int, f.authorized_count, 0));
		/* Meanwhile demoted; the notification has not arrived yet. */
		complete_find(USER_ROW("VISITOR"));
		expect_problem("FORBIDDEN");
	}
}

/* ---- Tokens ---- */

Test(authorize, the_authorization_header_must_have_a_bearer_token)
{
	static const struct {
		const char *header;
		const char *token; /* NULL: rejected */
	} rows[] = {
		{ NULL, NULL },
		{ "", NULL },
		{ "Bearer", NULL },
		{ "Bearer ", NULL },
		{ "Bearer   ", NULL },
		{ "Basic YTpi", NULL },
		{ "e30.e30.x", NULL },
		{ "Bearer e30.e30.x", "e30.e30.x" },
		{ "bearer e30.e30.x", "e30.e30.x" },
		{ "BEARER   e30.e30.x ", "e30.e30.x" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		reset((struct operation){ .method = GET, .role = GUARD });
		fixture.request.headers[HEADER_AUTHORIZATION] = str_of(rows[i].header);
		authorize(&f.authorization);
		if (rows[i].token) {
			cr_expect_str_eq(buf_cstr(&fake_auth.token), rows[i].token);
			complete_find(USER_ROW("GUARD"));
			cr_expect(eq(int, f.authorized_count, 1));
			access_invalidate(fixture.access, STR(ANNA));
		} else {
			expect_problem("UNAUTHENTICATED");
		}
	}
}

static const struct {
	enum auth_result result;
	const char *code;
	bool counts; /* as a failed attempt of the address */
} token_errors[] = {
	{ AUTH_MALFORMED, "TOKEN_MALFORMED" },   { AUTH_ALGORITHM, "TOKEN_ALGORITHM" },
	{ AUTH_ISSUER, "TOKEN_ISSUER" },         { AUTH_AUDIENCE, "TOKEN_AUDIENCE" },
	{ AUTH_PARTY, "TOKEN_PARTY" },           { AUTH_USE, "TOKEN_USE" },
	{ AUTH_UNKNOWN_KEY, "TOKEN_KEY", true }, { AUTH_SIGNATURE, "TOKEN_SIGNATURE", true },
	{ AUTH_EXPIRED, "TOKEN_EXPIRED" },       { AUTH_NOT_YET, "TOKEN_NOT_YET" },
	{ AUTH_NO_KEYS, "KEYS_UNAVAILABLE" },    { AUTH_BUSY, "BUSY" },
};

Test(authorize, a_rejected_token_is_answered_with_the_reason)
{
	_Static_assert(COUNT_OF(token_errors) == AUTH_RESULTS - AUTH_PENDING - 1,
	               "every result has a row");

	for (size_t i = 0; i < COUNT_OF(token_errors); i++) {
		reset((struct operation){ .method = GET, .role = GUARD });
		fake_auth.result = token_errors[i].result;
		authorize(&f.authorization);
		expect_problem(token_errors[i].code);
		cr_expect_str_eq(fixture.request.why, "claim exp");
		cr_expect_str_eq(fake_http_limits(), token_errors[i].counts
		                                             ? "check failures\ncharge failures\n"
		                                             : "check failures\n");
		/* the same if it is verified later */
		reset((struct operation){ .method = GET, .role = GUARD });
		fake_auth.result = AUTH_PENDING;
		authorize(&f.authorization);
		cr_expect_not(fake_http.replied);
		fake_auth_complete(token_errors[i].result, NULL);
		expect_problem(token_errors[i].code);
	}
	cr_expect(eq(int, fake_db.run_count, 0));
}

Test(authorize, a_lookup_that_fails_is_answered_with_the_reason)
{
	static const struct {
		enum db_status status;
		const char *code;
	} rows[] = {
		{ DB_QUEUE_FULL, "BUSY" },           { DB_TIMEOUT, "DATABASE_TIMEOUT" },
		{ DB_UNAVAILABLE, "DATABASE_DOWN" }, { DB_OUTCOME_UNKNOWN, "OUTCOME_UNKNOWN" },
		{ DB_SQL_ERROR, "INTERNAL" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		reset((struct operation){ .method = GET, .role = GUARD });
		authorize(&f.authorization);
		fake_db_complete(fake_db_expect(SQL_CALLERS_FIND), rows[i].status,
		                 SQL_ERROR(.sqlstate = "XX000"));
		expect_problem(rows[i].code);
	}
}

Test(authorize, a_token_without_a_user_is_rejected)
{
	authorize(&f.authorization);
	complete_find(NO_ROWS);
	fake_db_complete(fake_db_expect(SQL_CALLERS_PROVISION), DB_OK, NO_ROWS);
	expect_problem("USER_NOT_FOUND");
}

Test(authorize, an_archived_account_is_rejected_whatever_its_role)
{
	authorize(&f.authorization);
	complete_find(ROWS({ { "id", ANNA },
	                     { "role", "SUPER_ADMIN" },
	                     { "archived", "t" },
	                     { "known", "t" } }));
	expect_problem("ACCOUNT_ARCHIVED");
	/* also from the cache */
	reset((struct operation){ .method = GET, .role = GUARD });
	authorize(&f.authorization);
	expect_problem("ACCOUNT_ARCHIVED");
	cr_expect(eq(int, fake_db.run_count, 1));
}

/* ---- Rate limits ---- */

Test(authorize, callers_are_limited_before_they_are_authorized)
{
	/* a new token: failed attempts of the address, then the subject, then the user */
	authorize(&f.authorization);
	cr_expect_str_eq(fake_http_limits(), "check failures\ntake default anna\n");
	complete_find(USER_ROW("VISITOR"));
	cr_expect_str_eq(fake_http_limits(), "take default " ANNA "\n");
	expect_problem("FORBIDDEN");
	/* a cached token and a cached user */
	fake_auth.cached = &fixture.identity;
	reset((struct operation){ .method = GET, .role = VISITOR, .rules = HEAVY });
	authorize(&f.authorization);
	cr_expect_str_eq(fake_http_limits(), "take default " ANNA "\ntake heavy " ANNA "\n");
	cr_expect(eq(int, f.authorized_count, 1));
	cr_expect(eq(int, fake_auth.check_count, 1));
}

Test(authorize, an_exceeded_limit_stops_the_call_where_it_is)
{
	/* failed attempts: the token is not verified */
	fake_http.exceeded[LIMIT_FAILURES] = true;
	authorize(&f.authorization);
	expect_problem("TOO_MANY_REQUESTS");
	cr_expect(eq(int, fake_auth.check_count, 0));
	/* the subject: the row is not read */
	reset((struct operation){ .method = GET, .role = GUARD });
	fake_http.exceeded[LIMIT_DEFAULT] = true;
	authorize(&f.authorization);
	expect_problem("TOO_MANY_REQUESTS");
	cr_expect(eq(int, fake_db.run_count, 0));
	cr_expect(eq(int, fake_http.holds, 0));
	/* the same if the token is verified later */
	reset((struct operation){ .method = GET, .role = GUARD });
	fake_http.exceeded[LIMIT_DEFAULT] = true;
	fake_auth.result = AUTH_PENDING;
	authorize(&f.authorization);
	cr_expect_not(fake_http.replied);
	fake_auth_complete(AUTH_OK, &fixture.identity);
	expect_problem("TOO_MANY_REQUESTS");
	cr_expect(eq(int, fake_http.holds, 0));
	/* expensive operations */
	reset((struct operation){ .method = GET, .role = GUARD, .rules = HEAVY });
	fake_http.exceeded[LIMIT_HEAVY] = true;
	authorize(&f.authorization);
	complete_find(USER_ROW("GUARD"));
	expect_problem("TOO_MANY_REQUESTS");
	/* public operations */
	reset((struct operation){ .method = GET, .role = PUBLIC });
	fake_http.exceeded[LIMIT_DEFAULT] = true;
	authorize(&f.authorization);
	expect_problem("TOO_MANY_REQUESTS");
}

/* Others may share the address with a client that guesses tokens. */
Test(authorize, a_cached_token_is_not_affected_by_failed_attempts)
{
	fake_auth.cached = &fixture.identity;
	fake_http.exceeded[LIMIT_FAILURES] = true;
	authorize(&f.authorization);
	complete_find(USER_ROW("GUARD"));
	cr_expect(eq(int, f.authorized_count, 1));
}

/* ---- API keys ---- */

static void complete_key(const char *scopes)
{
	fake_db_complete(fake_db_expect(SQL_API_KEYS_FIND), DB_OK,
	                 ROWS({ { "id", KEY }, { "scopes", scopes }, { "expires_ms", NULL } }));
}

enum credential { NOTHING, API_KEY, GATEWAY };

Test(authorize, an_api_key_suffices_only_where_the_operation_says_so)
{
	enum { ALLOWED = 1, TOKEN_CHECKED, NO_TOKEN };
	static const struct {
		enum credential credential;
		bool with_token;
		struct operation operation;
		int result;
	} rows[] = {
		{ API_KEY,
		  false,
		  { .method = GET, .role = VISITOR, .rules = API_KEY_ALLOWED },
		  ALLOWED },
		{ API_KEY,
		  false,
		  { .method = POST, .role = VISITOR, .rules = API_KEY_ALLOWED },
		  ALLOWED },
		{ API_KEY, false, { .method = GET, .role = VISITOR }, NO_TOKEN },
		{ API_KEY, false, { .method = POST, .role = VISITOR }, NO_TOKEN },
		{ API_KEY,
		  true,
		  { .method = GET, .role = VISITOR, .rules = API_KEY_ALLOWED },
		  TOKEN_CHECKED },
		{ API_KEY, true, { .method = GET, .role = VISITOR }, TOKEN_CHECKED },
		{ GATEWAY,
		  false,
		  { .method = GET, .role = VISITOR, .rules = API_KEY_ALLOWED },
		  ALLOWED },
		/* Anyone can become a user of a gateway. */
		{ GATEWAY,
		  false,
		  { .method = POST, .role = VISITOR, .rules = API_KEY_ALLOWED },
		  NO_TOKEN },
		{ GATEWAY,
		  false,
		  { .method = DELETE, .role = VISITOR, .rules = API_KEY_ALLOWED },
		  NO_TOKEN },
		{ GATEWAY,
		  true,
		  { .method = POST, .role = VISITOR, .rules = API_KEY_ALLOWED },
		  TOKEN_CHECKED },
		{ GATEWAY,
		  true,
		  { .method = GET, .role = VISITOR, .rules = API_KEY_ALLOWED },
		  TOKEN_CHECKED },
		{ NOTHING,
		  false,
		  { .method = GET, .role = VISITOR, .rules = API_KEY_ALLOWED },
		  NO_TOKEN },
		{ NOTHING,
		  true,
		  { .method = GET, .role = VISITOR, .rules = API_KEY_ALLOWED },
		  TOKEN_CHECKED },
	};

	fixture.config.rapidapi_secret = "sixteen-letters!";
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		access_invalidate(fixture.access, STR(ANNA));
		access_invalidate(fixture.access, STR(KEY));
		reset(rows[i].operation);
		if (!rows[i].with_token)
			fixture.request.headers[HEADER_AUTHORIZATION] = (struct str){ 0 };
		if (rows[i].credential == API_KEY)
			fixture.request.headers[HEADER_X_API_KEY] = STR("secret");
		if (rows[i].credential == GATEWAY)
			fixture.request.headers[HEADER_X_RAPIDAPI_PROXY_SECRET] =
				STR("sixteen-letters!");
		authorize(&f.authorization);
		if (rows[i].credential == API_KEY)
			complete_key("logbook:read logbook:write");
		if (rows[i].result == TOKEN_CHECKED)
			complete_find(USER_ROW("GUARD"));
		cr_expect(f.authorized_count == (rows[i].result != NO_TOKEN), "row %zu", i);
		cr_expect(fake_http.replied == (rows[i].result == NO_TOKEN), "row %zu", i);
		if (rows[i].result == NO_TOKEN)
			expect_problem("UNAUTHENTICATED");
		if (rows[i].result == ALLOWED) {
			cr_expect(f.authorization.caller.role == VISITOR, "row %zu", i);
			cr_expect_str_empty(f.authorization.caller.id);
		}
		if (rows[i].result == TOKEN_CHECKED)
			cr_expect(f.authorization.caller.role == GUARD, "row %zu", i);
		cr_expect(eq(int, fake_http.holds, 0));
	}
}

Test(authorize, programs_are_limited_by_key_and_gateway_users_by_name)
{
	const struct operation read = { .method = GET, .role = VISITOR, .rules = API_KEY_ALLOWED };

	reset(read);
	fixture.request.headers[HEADER_AUTHORIZATION] = (struct str){ 0 };
	fixture.request.headers[HEADER_X_API_KEY] = STR("secret");
	authorize(&f.authorization);
	complete_key("logbook:read");
	cr_expect_str_eq(fake_http_limits(), "check failures\ntake default " KEY "\n");
	cr_expect_str_eq(f.authorization.caller.key_id, KEY);
	fixture.config.rapidapi_secret = "sixteen-letters!";
	reset(read);
	fixture.request.headers[HEADER_AUTHORIZATION] = (struct str){ 0 };
	fixture.request.headers[HEADER_X_RAPIDAPI_PROXY_SECRET] = STR("sixteen-letters!");
	fixture.request.headers[HEADER_X_RAPIDAPI_USER] = STR("carla");
	authorize(&f.authorization);
	cr_expect_str_eq(fake_http_limits(), "take default rapidapi carla\n");
}

Test(authorize, an_api_key_may_be_required_in_addition_to_the_token)
{
	fixture.config.api_key_required = "yes";
	authorize(&f.authorization);
	expect_problem("API_KEY_NEEDED");
	cr_expect(eq(int, fake_auth.check_count, 0));
	reset((struct operation){ .method = GET, .role = GUARD });
	fixture.request.headers[HEADER_X_API_KEY] = STR("secret");
	authorize(&f.authorization);
	complete_key("logbook:read");
	complete_find(USER_ROW("GUARD"));
	cr_expect(eq(int, f.authorized_count, 1));
	cr_expect_str_eq(f.authorization.caller.id, ANNA);
	cr_expect_str_eq(f.authorization.caller.key_id, KEY);
}

/* ---- Disconnects ---- */

/* Ends the request after a cancelled lookup, as the caller must. */
static void end_request(void)
{
	reject(&fixture.request, PROBLEM_INTERNAL, NULL);
	request_release(&fixture.request);
	cr_expect(eq(int, fake_http.holds, 0));
	cr_expect(eq(int, f.authorized_count, 0));
}

Test(authorize, a_disconnect_cancels_the_verification_of_the_token)
{
	fake_auth.result = AUTH_PENDING;
	authorize(&f.authorization);
	cr_expect(eq(int, fake_http.holds, 1));
	cr_expect(authorize_disconnected(&f.authorization));
	cr_expect(eq(int, fake_auth.cancel_count, 1));
	end_request();
}

Test(authorize, a_disconnect_cancels_the_read_of_the_user)
{
	authorize(&f.authorization);
	cr_expect(authorize_disconnected(&f.authorization));
	cr_expect(eq(int, fake_db.cancel_count, 1));
	end_request();
}

Test(authorize, a_disconnect_cancels_the_read_of_the_api_key)
{
	fixture.request.headers[HEADER_X_API_KEY] = STR("secret");
	authorize(&f.authorization);
	cr_expect(authorize_disconnected(&f.authorization));
	cr_expect(eq(int, fake_db.cancel_count, 1));
	end_request();
}

/* The user is created and can be cached; nothing else is executed. */
Test(authorize, a_disconnect_does_not_cancel_the_creation_of_the_user)
{
	authorize(&f.authorization);
	complete_find(NO_ROWS);
	cr_expect_not(authorize_disconnected(&f.authorization));
	cr_expect(eq(int, fake_db.cancel_count, 0));
	cr_expect_not(fake_http.replied);
	fake_db_complete(fake_db_expect(SQL_CALLERS_PROVISION), DB_OK, NEW_USER_ROW("GUARD"));
	expect_problem("INTERNAL");
	cr_expect(eq(int, fake_http.holds, 0));
}

Test(authorize, a_disconnect_after_the_authorization_cancels_nothing)
{
	authorize(&f.authorization);
	complete_find(USER_ROW("GUARD"));
	cr_expect(eq(int, f.authorized_count, 1));
	cr_expect_not(authorize_disconnected(&f.authorization));
	cr_expect_not(fake_http.replied);
}
