/* api_key.c: tests that an API key is valid until it expires or is revoked, for its scopes only. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "access_fixture.h"
#include "api_key.h"
#include "clock.h"

#define SECRET "sixteen-letters!"

enum { NOW = 1000000 };

static struct {
	struct resource resource;
	struct operation operation;
	struct authorization authorization;
	int accepted_count;
} f;

static void on_key_accepted(struct authorization *)
{
	f.accepted_count++;
}

/* A new request that reads a log. */
static void reset(const char *key)
{
	fake_http_close(&fixture.request);
	fake_http_open(&fixture.request);
	fixture.request.headers[HEADER_X_API_KEY] = str_of(key);
	f.resource.domain = LOGBOOK;
	f.operation = (struct operation){ .method = GET, .role = VISITOR };
	f.authorization = (struct authorization){
		.access = fixture.access,
		.request = &fixture.request,
		.resource = &f.resource,
		.operation = &f.operation,
		.on_key_accepted = on_key_accepted,
	};
	f.accepted_count = 0;
}

static void set_up(void)
{
	access_fixture_open();
	clock_set(0, NOW);
	reset("secret");
}

TestSuite(api_key, .init = set_up, .fini = access_fixture_close);

static void complete(const char *scopes, const char *expires_ms)
{
	fake_db_complete(
		fake_db_expect(SQL_API_KEYS_FIND), DB_OK,
		ROWS({ { "id", KEY }, { "scopes", scopes }, { "expires_ms", expires_ms } }));
}

static void expect_accepted(void)
{
	cr_expect(eq(int, f.accepted_count, 1));
	cr_expect_not(fake_http.replied, "%s", fake_http.code);
	cr_expect_str_eq(f.authorization.caller.key_id, KEY);
	cr_expect_str_eq(fake_http_log_field(&fixture.request, "api_key.id"), KEY);
	cr_expect(eq(int, fake_http.holds, 0));
}

static void expect_problem(const char *code, const char *limits)
{
	cr_expect(eq(int, f.accepted_count, 0));
	cr_assert_not_null(fake_http.code);
	cr_expect_str_eq(fake_http.code, code);
	cr_expect_str_eq(fake_http_limits(), limits);
	cr_expect(eq(int, fake_http.holds, 0));
}

Test(api_key, a_key_is_read_once_and_then_cached)
{
	char digest[SHA256_HEX_SIZE];
	struct db_query *query;

	api_key_check(&f.authorization);
	cr_expect(eq(int, fake_http.holds, 1));
	query = fake_db_expect(SQL_API_KEYS_FIND);
	auth_sha256_hex(STR("secret"), digest);
	cr_expect_str_eq(fake_db_param(query, "digest"), digest);
	complete("logbook:read", NULL);
	expect_accepted();
	reset("secret");
	api_key_check(&f.authorization);
	expect_accepted();
	cr_expect(eq(int, fake_db.run_count, 1));
	/* another key */
	reset("secret2");
	api_key_check(&f.authorization);
	fake_db_complete(fake_db_expect(SQL_API_KEYS_FIND), DB_OK, NO_ROWS);
	expect_problem("API_KEY_INVALID", "check failures\ncharge failures\n");
}

Test(api_key, a_key_has_a_scope_for_each_domain_and_kind_of_method)
{
	static const struct {
		const char *scopes;
		enum domain domain;
		enum method method;
		const char *missing; /* NULL: accepted */
	} rows[] = {
		{ "logbook:read", LOGBOOK, GET, NULL },
		{ "logbook:read", LOGBOOK, POST, "logbook:write" },
		{ "logbook:read", LOGBOOK, DELETE, "logbook:write" },
		{ "logbook:write", LOGBOOK, PATCH, NULL },
		{ "logbook:write", LOGBOOK, GET, "logbook:read" },
		{ "logbook:read", PLACES, GET, "places:read" },
		{ "people:read places:read live:write", LIVE, POST, NULL },
		{ "people:read places:read live:write", PEOPLE, GET, NULL },
		{ "people:read places:read live:write", LIVE, GET, "live:read" },
		{ "", LOGBOOK, GET, "logbook:read" },
		{ "logbook", LOGBOOK, GET, "logbook:read" },
		{ "logbook:reader", LOGBOOK, GET, "logbook:read" },
		{ "*", LOGBOOK, GET, "logbook:read" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		access_invalidate(fixture.access, STR(KEY));
		/* once from the database, once from the cache */
		for (int cached = 0; cached < 2; cached++) {
			reset("secret");
			f.resource.domain = rows[i].domain;
			f.operation.method = rows[i].method;
			api_key_check(&f.authorization);
			if (!cached)
				complete(rows[i].scopes, NULL);
			if (!rows[i].missing) {
				expect_accepted();
				continue;
			}
			expect_problem("SCOPE_MISSING", cached ? "" : "check failures\n");
			cr_expect_not_null(strstr(buf_cstr(&fake_http.detail), rows[i].missing),
			                   "%s", buf_cstr(&fake_http.detail));
		}
	}
}

Test(api_key, every_scope_is_distinct)
{
	for (int i = 0; scope_names[i]; i++) {
		for (enum domain domain = 0; domain < DOMAINS; domain++) {
			access_invalidate(fixture.access, STR(KEY));
			reset("secret");
			f.resource.domain = domain;
			f.operation.method = i % 2 ? POST : GET;
			api_key_check(&f.authorization);
			complete(scope_names[i], NULL);
			cr_expect(f.accepted_count == (scope_of(domain, f.operation.method) == i),
			          "%s", scope_names[i]);
		}
	}
}

Test(api_key, a_key_expires)
{
	static const struct {
		const char *expires_ms;
		bool valid;
	} rows[] = {
		{ NULL, true },      { "1000001", true }, { "1000000", false },
		{ "999999", false }, { "1", false },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		access_invalidate(fixture.access, STR(KEY));
		reset("secret");
		api_key_check(&f.authorization);
		complete("logbook:read", rows[i].expires_ms);
		if (rows[i].valid)
			expect_accepted();
		else
			expect_problem("API_KEY_INVALID", "check failures\n");
	}
}

Test(api_key, a_cached_key_expires)
{
	api_key_check(&f.authorization);
	complete("logbook:read", "1000500");
	expect_accepted();
	clock_set(0, NOW + 500);
	reset("secret");
	api_key_check(&f.authorization);
	expect_problem("API_KEY_INVALID", "");
	cr_expect_str_eq(fixture.request.why, "API key: expired");
}

Test(api_key, a_revoked_key_is_dropped_from_the_cache)
{
	api_key_check(&f.authorization);
	complete("logbook:read", NULL);
	fake_db_receive("binnacle_api_keys", KEY);
	reset("secret");
	api_key_check(&f.authorization);
	fake_db_complete(fake_db_expect(SQL_API_KEYS_FIND), DB_OK, NO_ROWS);
	expect_problem("API_KEY_INVALID", "check failures\ncharge failures\n");
}

Test(api_key, a_key_that_is_revoked_while_it_is_read_is_not_cached)
{
	api_key_check(&f.authorization);
	fake_db_receive("binnacle_api_keys", KEY);
	complete("logbook:read", NULL);
	expect_accepted();
	reset("secret");
	api_key_check(&f.authorization);
	fake_db_complete(fake_db_expect(SQL_API_KEYS_FIND), DB_OK, NO_ROWS);
	expect_problem("API_KEY_INVALID", "check failures\ncharge failures\n");
}

Test(api_key, a_key_of_impossible_length_is_not_looked_up)
{
	char key[300];

	memset(key, 'k', sizeof(key));
	reset("");
	api_key_check(&f.authorization);
	expect_problem("API_KEY_INVALID", "");
	reset("x");
	fixture.request.headers[HEADER_X_API_KEY] = (struct str){ key, 257 };
	api_key_check(&f.authorization);
	expect_problem("API_KEY_INVALID", "");
	cr_expect(eq(int, fake_db.run_count, 0));
	reset("x");
	fixture.request.headers[HEADER_X_API_KEY] = (struct str){ key, 256 };
	api_key_check(&f.authorization);
	complete("logbook:read", NULL);
	expect_accepted();
}

Test(api_key, after_many_failed_attempts_only_cached_keys_are_accepted)
{
	api_key_check(&f.authorization);
	complete("logbook:read", NULL);
	reset("secret");
	fake_http.exceeded[LIMIT_FAILURES] = true;
	api_key_check(&f.authorization);
	expect_accepted();
	reset("guess");
	fake_http.exceeded[LIMIT_FAILURES] = true;
	api_key_check(&f.authorization);
	expect_problem("TOO_MANY_REQUESTS", "check failures\n");
	cr_expect(eq(int, fake_db.run_count, 1));
}

Test(api_key, a_failed_lookup_is_not_a_failed_attempt)
{
	static const struct {
		enum db_status status;
		const char *code;
	} rows[] = {
		{ DB_QUEUE_FULL, "BUSY" },
		{ DB_TIMEOUT, "DATABASE_TIMEOUT" },
		{ DB_UNAVAILABLE, "DATABASE_DOWN" },
		{ DB_SQL_ERROR, "INTERNAL" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		reset("secret");
		api_key_check(&f.authorization);
		fake_db_complete(fake_db_expect(SQL_API_KEYS_FIND), rows[i].status,
		                 SQL_ERROR(.sqlstate = "XX000"));
		expect_problem(rows[i].code, "check failures\n");
	}
}

/* ---- The gateway ---- */

Test(api_key, a_gateway_is_known_by_its_secret)
{
	static const struct {
		const char *configured, *sent, *key;
		bool present;
		const char *code; /* NULL: accepted, or not checked */
	} rows[] = {
		{ NULL, NULL, NULL, false, NULL },
		{ NULL, SECRET, NULL, false, NULL },
		{ SECRET, NULL, NULL, false, NULL },
		{ SECRET, NULL, "k", true, NULL },
		{ SECRET, SECRET, NULL, true, NULL },
		{ SECRET, SECRET, "k", true, NULL },
		{ SECRET, "sixteen-letters?", NULL, true, "API_KEY_INVALID" },
		{ SECRET, "sixteen-letters", "k", true, "API_KEY_INVALID" },
		{ SECRET, "", NULL, true, "API_KEY_INVALID" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		fixture.config.rapidapi_secret = rows[i].configured;
		reset(rows[i].key);
		fixture.request.headers[HEADER_X_RAPIDAPI_PROXY_SECRET] = str_of(rows[i].sent);
		cr_expect(api_key_is_present(&f.authorization) == rows[i].present, "row %zu", i);
		if (!rows[i].sent || !rows[i].present)
			continue;
		api_key_check(&f.authorization);
		if (rows[i].code) {
			expect_problem(rows[i].code, "check failures\ncharge failures\n");
		} else {
			cr_expect(eq(int, f.accepted_count, 1));
			cr_expect_str_eq(f.authorization.caller.key_id, "rapidapi");
		}
	}
	cr_expect(eq(int, fake_db.run_count, 0));
}

Test(api_key, a_guessed_gateway_secret_is_limited)
{
	fixture.config.rapidapi_secret = SECRET;
	reset(NULL);
	fixture.request.headers[HEADER_X_RAPIDAPI_PROXY_SECRET] = STR("guess");
	fake_http.exceeded[LIMIT_FAILURES] = true;
	api_key_check(&f.authorization);
	expect_problem("TOO_MANY_REQUESTS", "check failures\n");
	/* the correct secret is not limited */
	reset(NULL);
	fixture.request.headers[HEADER_X_RAPIDAPI_PROXY_SECRET] = STR(SECRET);
	fake_http.exceeded[LIMIT_FAILURES] = true;
	api_key_check(&f.authorization);
	cr_expect(eq(int, f.accepted_count, 1));
}

Test(api_key, a_gateway_names_its_users_only_with_the_correct_secret)
{
	fixture.config.rapidapi_secret = SECRET;
	reset(NULL);
	fixture.request.headers[HEADER_X_RAPIDAPI_USER] = STR("carla");
	fixture.request.headers[HEADER_X_RAPIDAPI_PROXY_SECRET] = STR(SECRET);
	api_key_check(&f.authorization);
	cr_expect(str_is(fixture.request.gateway_user, "rapidapi carla"));
	reset(NULL);
	fixture.request.headers[HEADER_X_RAPIDAPI_USER] = STR("carla");
	fixture.request.headers[HEADER_X_RAPIDAPI_PROXY_SECRET] = STR("guess");
	api_key_check(&f.authorization);
	expect_problem("API_KEY_INVALID", "check failures\ncharge failures\n");
	cr_expect(eq(sz, fixture.request.gateway_user.length, 0));
}
