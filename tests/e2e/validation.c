/* validation.c: tests that invalid requests get a list of all errors and change nothing. */

#include "e2e.h"

#define LOCATION "01900000-0000-7000-8000-000000000001" /* of the demo data */
#define X50      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static struct {
	struct client *guard, *admin;
	const char *before;
} f;

/* Row counts and revisions, which no test of this program changes. */
static const char *snapshot(void)
{
	return e2e_format("%s",
	                  server_query(e2e_server(), "select row((select count(*) from app.logs),"
	                                             " (select count(*) from app.log_edits),"
	                                             " (select sum(revision) from app.logs),"
	                                             " (select count(*) from app.locations),"
	                                             " (select sum(revision) from app.locations),"
	                                             /* The events of new users do not count. */
	                                             " (select count(*) from live.events"
	                                             " where channel not like 'user:%%'))::text"));
}

static void setup(void)
{
	f.guard = e2e_client("guard");
	f.admin = e2e_client("admin");
	f.before = snapshot();
}

/* Criterion ignores a failed cr_expect() in here. */
static void teardown(void)
{
	const char *now = snapshot();

	if (strcmp(now, f.before) != 0)
		fatal("a rejected request changed the data: %s instead of %s", now, f.before);
}

TestSuite(validation, .init = setup, .fini = teardown, .timeout = 30);

/* Expects this error and no other. `source` is "pointer" or "parameter". */
static void expect_error(const struct answer *answer, const char *source, const char *name,
                         const char *code, const char *about)
{
	const char *wrong = e2e_check_problem(answer, "VALIDATION_FAILED");

	cr_expect(!wrong, "%s: %s: %.*s", about, wrong, STR_ARGS(answer->body));
	cr_expect_str_eq(answer_at(answer, e2e_format("errors.0.%s", source)), name, "%s: %.*s",
	                 about, STR_ARGS(answer->body));
	cr_expect_str_eq(answer_at(answer, "errors.0.code"), code, "%s: %.*s", about,
	                 STR_ARGS(answer->body));
	cr_expect(json_kind(json_in(answer->json, "errors.0.detail")) == JSON_STRING, "%s", about);
	cr_expect_eq(json_count(json_in(answer->json, "errors")), 1, "%s: %.*s", about,
	             STR_ARGS(answer->body));
}

Test(validation, rejects_malformed_json)
{
	/* clang-format off */
	static const struct str bodies[] = {
		STR("{"), STR("{}}"), STR("{\"title\":}"), STR("{'title':'x'}"),
		STR("{\"a\":1,}"), STR("[1,]"), STR("{\"a\":NaN}"), STR("{\"a\":Infinity}"),
		STR("{\"a\":01}"), STR("{\"a\":+1}"), STR("{\"a\":.5}"), STR("{\"a\":1.}"),
		STR("{\"a\":1e}"), STR("{\"a\":tru}"), STR("{\"a\":True}"), STR("nul"),
		STR("{\"a\" 1}"), STR("{a:1}"), STR("{\"a\":\"\\x41\"}"),
		STR("{\"a\":\"\\u12\"}"), STR("{\"a\":\"\\ud800\"}"),
		STR("{\"a\":\"\\udc00\\ud800\"}"), STR("{\"a\":\"x\\u0000y\"}"),
		STR("{\"a\":\"x\ny\"}"), STR("{\"a\":\"x\0y\"}"), STR("{\"a\":\"\xff\"}"),
		STR("{\"a\":\"\xc0\xaf\"}"), STR("{\"a\":\"\xed\xa0\x80\"}"),
		STR("\xef\xbb\xbf{}"), STR("{\"a\":1,\"a\":2}"), STR("{\"a\":1,\"\\u0061\":2}"),
		STR("{} {}"), STR("{}//"), STR("/* */{}"), STR("\"open"), STR("-"),
		STR("{\"a\":1e999}"), STR("   "),
		STR("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
		    "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		const struct answer *answer = client_request(f.guard, "POST", "/api/v1/logs",
		                                             "application/json", bodies[i]);
		const char *wrong = e2e_check_problem(answer, "BAD_JSON");

		cr_expect(!wrong, "%.*s: %s: %.*s", STR_ARGS(bodies[i]), wrong,
		          STR_ARGS(answer->body));
		cr_expect(strstr(answer_at(answer, "detail"), "byte") != NULL, "%.*s",
		          STR_ARGS(bodies[i]));
	}
}

Test(validation, rejects_bodies_that_are_not_objects)
{
	static const char *const bodies[] = { "[]", "7", "null", "'x'", "true", "[{}]" };

	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		expect_error(client_post(f.guard, "/api/v1/logs", "%s", bodies[i]), "pointer", "",
		             "wrong_type", bodies[i]);
	expect_error(client_post(f.guard, "/api/v1/logs", NULL), "pointer", "", "required",
	             "no body");
	expect_error(client_post(f.guard, "/api/v1/logs", "%s", ""), "pointer", "", "required",
	             "an empty body");
}

static const char *repeat(int count, const char *text)
{
	struct buf all = { 0 };
	const char *copy;

	while (count--)
		buf_text(&all, text);
	copy = e2e_format("%s", buf_cstr(&all));
	buf_finish(&all);
	return copy;
}

/* The body of a log that is valid except for this member. */
static const char *log_except(const char *name, const char *value)
{
	static const char *const members[][2] = { { "type", "'PATROL'" },
		                                  { "title", "'x'" },
		                                  { "description", "'x'" },
		                                  { "location_id", "'" LOCATION "'" } };
	struct buf body = { 0 };
	const char *copy;

	buf_print(&body, "{'%s':%s", name, value);
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		if (strcmp(members[i][0], name) != 0)
			buf_print(&body, ",'%s':%s", members[i][0], members[i][1]);
	}
	buf_char(&body, '}');
	copy = e2e_format("%s", buf_cstr(&body));
	buf_finish(&body);
	return copy;
}

Test(validation, checks_each_field_of_a_log)
{
	const char *url = "'https://p.example/1'";
	const struct {
		const char *name, *value, *code, *entry;
	} rows[] = {
		{ "id", "'x'", "malformed" },
		{ "id", "null", "null" },
		{ "id", "7", "wrong_type" },
		{ "type", "'ON_DUTY_CHECKLIST'", "not_a_choice" },
		{ "type", "'patrol'", "not_a_choice" },
		{ "type", "''", "not_a_choice" },
		{ "type", "null", "null" },
		{ "type", "['PATROL']", "wrong_type" },
		{ "status", "'UPDATED'", "not_a_choice" },
		{ "status", "'ARCHIVED'", "not_a_choice" },
		{ "status", "null", "null" },
		{ "title", "''", "too_short" },
		{ "title", "'   '", "too_short" },
		{ "title", e2e_format("'%s'", repeat(256, "x")), "too_long" },
		{ "title", e2e_format("'%s'", repeat(256, "ø")), "too_long" },
		{ "title", "7", "wrong_type" },
		{ "title", "{}", "wrong_type" },
		{ "title", "null", "null" },
		{ "title", "'two\\nlines'", "malformed" },
		{ "title", "'a\\u0007bell'", "malformed" },
		{ "description", "''", "too_short" },
		{ "description", e2e_format("'%s'", repeat(20001, "x")), "too_long" },
		{ "description", "false", "wrong_type" },
		{ "description", "'a\\u001bscape'", "malformed" },
		{ "location_id", "'x'", "malformed" },
		{ "location_id", "'01900000-0000-7000-8000-00000000000g'", "malformed" },
		{ "location_id", "'{01900000-0000-7000-8000-000000000001}'", "malformed" },
		{ "location_id", "null", "null" },
		{ "severity", "'BAD'", "not_a_choice" },
		{ "severity", "3", "wrong_type" },
		{ "incident_time", "'yesterday'", "malformed" },
		{ "incident_time", "'2026-02-29T00:00:00Z'", "malformed" },
		{ "incident_time", "'2026-01-01T00:00:00'", "malformed" },
		{ "incident_time", "'2026-01-01'", "malformed" },
		{ "incident_time", "'2026-01-01T24:00:00Z'", "malformed" },
		{ "incident_time", "'0001-01-01T00:00:00+01:00'", "malformed" },
		{ "incident_time", "'9999-12-31T23:59:59-01:00'", "malformed" },
		{ "incident_time", "1767225600", "wrong_type" },
		{ "people_involved", e2e_format("'%s'", repeat(10001, "x")), "too_long" },
		{ "witnesses", e2e_format("'%s'", repeat(10001, "x")), "too_long" },
		{ "actions_taken", "['x']", "wrong_type" },
		{ "follow_up_required", "'true'", "wrong_type" },
		{ "follow_up_required", "1", "wrong_type" },
		{ "follow_up_required", "null", "null" },
		{ "follow_up_notes", "'a\\u0001b'", "malformed" },
		{ "weather_conditions", e2e_format("'%s'", repeat(201, "x")), "too_long" },
		{ "weather_conditions", "'rain\\nsnow'", "malformed" },
		{ "photo_urls", url, "wrong_type" },
		{ "photo_urls", "null", "null" },
		{ "photo_urls", "[7]", "wrong_type", "/0" },
		{ "photo_urls", "[null]", "null", "/0" },
		{ "photo_urls", "['ftp://p.example/1']", "malformed", "/0" },
		{ "photo_urls", "['https://user:pw@p.example/1']", "malformed", "/0" },
		{ "photo_urls", "['https://p.example/1','javascript:alert(1)']", "malformed",
		  "/1" },
		{ "photo_urls", e2e_format("[%s%s]", repeat(20, e2e_format("%s,", url)), url),
		  "too_long" },
		{ "video_urls", e2e_format("[%s,%s,%s,%s]", url, url, url, url), "too_long" },
		{ "user_id", "'" LOCATION "'", "unknown" },
		{ "created_at", "'2026-01-01T00:00:00Z'", "unknown" },
		{ "titel", "'x'", "unknown" },
		{ "Title", "'x'", "unknown" },
		{ "", "'x'", "unknown" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect_error(client_post(f.guard, "/api/v1/logs", "%s",
		                         log_except(rows[i].name, rows[i].value)),
		             "pointer", e2e_format("/%s%s", rows[i].name, rows[i].entry ?: ""),
		             rows[i].code, e2e_format("%s: %.60s", rows[i].name, rows[i].value));
	expect_error(client_post(f.guard, "/api/v1/logs", "%s", log_except("a/b~c", "1")),
	             "pointer", "/a~1b~0c", "unknown", "a name that a pointer must escape");
}

Test(validation, checks_fields_of_other_resources)
{
	const char *location = "/api/v1/locations/" LOCATION,
		   *toggle = "/api/v1/locations/" LOCATION "/toggle-active";
	const char *log = e2e_format("/api/v1/logs/%s", e2e_id());
	const struct {
		const char *method, *path, *body, *pointer, *code;
	} rows[] = {
		{ "POST", "/api/v1/locations", "{'name':''}", "/name", "too_short" },
		{ "POST", "/api/v1/locations", "{}", "/name", "required" },
		{ "POST", "/api/v1/locations", e2e_format("{'name':'%s'}", X50 X50 "x"), "/name",
		  "too_long" },
		{ "PATCH", location, "{'name':null}", "/name", "null" },
		{ "PATCH", location, e2e_format("{'description':'%s'}", repeat(501, "x")),
		  "/description", "too_long" },
		{ "PATCH", location, e2e_format("{'address':'%s'}", repeat(301, "x")), "/address",
		  "too_long" },
		{ "PATCH", location, "{'is_active':'no'}", "/is_active", "wrong_type" },
		{ "PATCH", location, "{'max_capacity':0}", "/max_capacity", "out_of_range" },
		{ "PATCH", location, "{'max_capacity':51}", "/max_capacity", "out_of_range" },
		{ "PATCH", location, "{'max_capacity':1.5}", "/max_capacity", "wrong_type" },
		{ "PATCH", location, "{'max_capacity':'4'}", "/max_capacity", "wrong_type" },
		{ "PATCH", location, "{'max_capacity':99999999999999999}", "/max_capacity",
		  "out_of_range" },
		{ "PATCH", location, "{'id':'" LOCATION "'}", "/id", "read_only" },
		{ "PATCH", location, "{'created_at':'2026-01-01T00:00:00Z'}", "/created_at",
		  "read_only" },
		{ "POST", toggle, "{'is_active':null}", "/is_active", "null" },
		{ "POST", toggle, "{'name':'x'}", "/name", "unknown" },
		{ "PATCH", log, "{'id':'" LOCATION "'}", "/id", "read_only" },
		{ "PATCH", log, "{'title':null}", "/title", "null" },
		{ "PATCH", log, "{'archived_at':null}", "/archived_at", "unknown" },
		{ "PATCH", "/api/v1/users/me", "{'role':'SUPER_ADMIN'}", "/role", "read_only" },
		{ "PATCH", "/api/v1/users/me", "{'email':'a@b.example'}", "/email", "read_only" },
		{ "PATCH", "/api/v1/users/me", "{'first_name':null}", "/first_name", "null" },
		{ "PATCH", "/api/v1/users/me", "{'state':'NYC'}", "/state", "too_long" },
		{ "PATCH", "/api/v1/users/me", "{'zip_code':'12345678901'}", "/zip_code",
		  "too_long" },
		{ "PATCH", "/api/v1/users/me", "{'image_url':'https://me@p.example/1'}",
		  "/image_url", "malformed" },
		{ "PATCH", "/api/v1/users/me", "{'image_url':'nowhere'}", "/image_url",
		  "malformed" },
		{ "PATCH", "/api/v1/users/me", "{'archived_at':null}", "/archived_at", "unknown" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		client_send(f.admin, rows[i].method, rows[i].path, "%s", rows[i].body);
		expect_error(client_receive(f.admin), "pointer", rows[i].pointer, rows[i].code,
		             e2e_format("%s %.60s", rows[i].path, rows[i].body));
	}
}

Test(validation, lists_every_error_in_the_order_of_the_request)
{
	const struct answer *answer =
		client_patch(f.guard, "/api/v1/logs/x?hard=1&hard=2",
	                     "{'weather_conditions':'a\\nb','title':'','wind':5}");
	static const char *const sources[][2] = {
		{ "parameter", "id" },   { "parameter", "hard" },
		{ "parameter", "hard" }, { "pointer", "/weather_conditions" },
		{ "pointer", "/title" }, { "pointer", "/wind" }
	};
	static const char *const missing[] = { "/type", "/title", "/description", "/location_id" };

	expect_problem(answer, "VALIDATION_FAILED");
	cr_expect_eq(json_count(json_in(answer->json, "errors")), COUNT_OF(sources), "%.*s",
	             STR_ARGS(answer->body));
	for (size_t i = 0; i < COUNT_OF(sources); i++)
		expect_at(answer, e2e_format("errors.%zu.%s", i, sources[i][0]), sources[i][1]);

	answer = client_post(f.guard, "/api/v1/logs", "{}");
	expect_problem(answer, "VALIDATION_FAILED");
	cr_expect_eq(json_count(json_in(answer->json, "errors")), COUNT_OF(missing));
	for (size_t i = 0; i < COUNT_OF(missing); i++) {
		expect_at(answer, e2e_format("errors.%zu.pointer", i), missing[i]);
		expect_at(answer, e2e_format("errors.%zu.code", i), "required");
	}
}

Test(validation, checks_list_parameters)
{
	static const struct {
		const char *query, *parameter, *code;
	} rows[] = {
		{ "limit=501", "limit", "out_of_range" },
		{ "limit=0", "limit", "out_of_range" },
		{ "limit=-1", "limit", "out_of_range" },
		{ "limit=x", "limit", "wrong_type" },
		{ "limit=", "limit", "wrong_type" },
		{ "limit", "limit", "wrong_type" },
		{ "limit=1.5", "limit", "wrong_type" },
		{ "limit=99999999999999999999", "limit", "wrong_type" },
		{ "limit=1&limit=1", "limit", "duplicate" },
		{ "limit=1&lim%69t=1", "limit", "duplicate" },
		{ "Limit=1", "Limit", "unknown" },
		{ "skip=-1", "skip", "out_of_range" },
		{ "skip=1000001", "skip", "out_of_range" },
		{ "page=1", "page", "unknown" },
		{ "page=1&limit=2", "page", "unknown" },
		{ "=1", "", "unknown" },
		{ "location_id=x", "location_id", "malformed" },
		{ "user_id=" X50, "user_id", "malformed" },
		{ "type=FOO", "type", "not_a_choice" },
		{ "type=PATROL,FOO", "type", "not_a_choice" },
		{ "type=", "type", "malformed" },
		{ "type=PATROL,", "type", "malformed" },
		{ "type=,PATROL", "type", "malformed" },
		{ "type=PATROL&type=FOO", "type", "not_a_choice" },
		{ "type=PATROL&type=", "type", "malformed" },
		{ "status=live", "status", "not_a_choice" },
		{ "severity=HIGH}", "severity", "not_a_choice" },
		{ "search=", "search", "too_short" },
		{ "search=" X50 X50 X50 X50 "x", "search", "too_long" },
		{ "search=a%0ab", "search", "malformed" },
		{ "start_date=2026-13-01", "start_date", "malformed" },
		{ "start_date=2026-1-1", "start_date", "malformed" },
		{ "end_date=2026-02-29", "end_date", "malformed" },
		{ "end_date=2026-01-01T00:00:00", "end_date", "malformed" },
		{ "year=1969", "year", "out_of_range" },
		{ "year=2026&month=13", "month", "out_of_range" },
		{ "year=2026&month=0", "month", "out_of_range" },
		{ "day_of_week=7", "day_of_week", "out_of_range" },
		{ "cursor=abc&skip=1", "skip", "conflict" },
		{ "cursor=", "cursor", "too_short" },
		{ "%zz=1", "%zz=1", "malformed" },
		{ "limit=%ff", "limit=%ff", "malformed" },
	};
	static const char *const cursors[] = { "abc", "x",   "MTIzNDU2Nzg5MDEyMzQ1Njdb",
		                               "=",   "%20", "a.b" };

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect_error(client_get(f.guard, "/api/v1/logs?%s", rows[i].query), "parameter",
		             rows[i].parameter, rows[i].code, rows[i].query);
	for (size_t i = 0; i < COUNT_OF(cursors); i++) {
		const struct answer *answer =
			client_get(f.guard, "/api/v1/logs?cursor=%s", cursors[i]);

		cr_expect(answer->status == 400 || strcmp(cursors[i], "%20") == 0, "%s: %.*s",
		          cursors[i], STR_ARGS(answer->body));
	}
	expect_problem(client_get(f.guard, "/api/v1/logs?cursor=abc"), "BAD_CURSOR");
	expect_error(client_get(f.guard, "/api/v1/locations/active?limit=1"), "parameter", "limit",
	             "unknown", "a list without pages");
	expect_error(client_get(f.guard, "/api/v1/locations/" LOCATION "/logs?limit=101"),
	             "parameter", "limit", "out_of_range", "a list with its own limit");
	expect_error(client_get(f.guard, "/api/v1/users/me?x=1"), "parameter", "x", "unknown",
	             "not a list");
	expect_error(client_delete(f.guard, "/api/v1/logs/" LOCATION "?hard=yes"), "parameter",
	             "hard", "wrong_type", "a boolean");
}

Test(validation, checks_ids_in_paths)
{
	static const char *const paths[] = {
		"/api/v1/logs/x",
		"/api/v1/logs/" LOCATION "0",
		"/api/v1/logs/x/edits",
		"/api/v1/locations/x",
		"/api/v1/locations/x/logs",
		"/api/v1/logs/%7B01900000-0000-7000-8000-000000000001%7D"
	};

	for (size_t i = 0; i < COUNT_OF(paths); i++)
		expect_error(client_get(f.guard, "%s", paths[i]), "parameter", "id", "malformed",
		             paths[i]);
	expect_error(client_patch(f.guard, "/api/v1/logs/x", "{}"), "parameter", "id", "malformed",
	             "PATCH");
	expect_error(client_delete(f.guard, "/api/v1/logs/x"), "parameter", "id", "malformed",
	             "DELETE");
	expect_error(client_post(f.admin, "/api/v1/locations/x/toggle-active", NULL), "parameter",
	             "id", "malformed", "POST");
}
