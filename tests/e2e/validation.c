/* What is not as it should be is refused with all its faults, and leaves no trace. */

#include "e2e.h"

#define PLACE "01900000-0000-7000-8000-000000000001" /* of the demo data */
#define X50   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static struct {
	struct client *guard, *admin, *nobody;
	const char *before;
} f;

/* No test of this program changes anything, whatever it asks for. */
static const char *all_there_is(void)
{
	return e2e_format("%s", server_query(e2e_server(),
	                                    "select row((select count(*) from app.logs),"
	                                    " (select count(*) from app.log_edits),"
	                                    " (select sum(revision) from app.logs),"
	                                    " (select count(*) from app.locations),"
	                                    " (select sum(revision) from app.locations),"
	                                    /* But for people who are seen for the first time. */
	                                    " (select count(*) from live.events"
	                                    " where channel not like 'user:%%'))::text"));
}

static void setup(void)
{
	f.guard = e2e_client("guard");
	f.admin = e2e_client("admin");
	f.nobody = e2e_client(NULL);
	f.before = all_there_is();
}

/* (Criterion does not count what cr_expect() finds here.) */
static void teardown(void)
{
	const char *now = all_there_is();

	if (strcmp(now, f.before) != 0)
		give_up("A refusal left a trace: %s, where %s was.", now, f.before);
}

TestSuite(problems, .init = setup, .fini = teardown, .timeout = 30);

/* Is its first fault that one, and its only one? */
static void expect_fault(const struct answer *answer, const char *place, const char *name, const char *code,
                         const char *about)
{
	const char *is = e2e_check_problem(answer, "VALIDATION_FAILED");

	cr_expect(!is, "%s: %s: %.*s", about, is, STR_ARGS(answer->body));
	cr_expect_str_eq(answer_at(answer, e2e_format("errors.0.%s", place)), name, "%s: %.*s", about,
	                 STR_ARGS(answer->body));
	cr_expect_str_eq(answer_at(answer, "errors.0.code"), code, "%s: %.*s", about, STR_ARGS(answer->body));
	cr_expect(json_kind(json_in(answer->json, "errors.0.detail")) == JSON_STRING, "%s", about);
	cr_expect_eq(json_count(json_in(answer->json, "errors")), 1, "%s: %.*s", about, STR_ARGS(answer->body));
}

Test(problems, of_what_is_not_json)
{
	static const struct str bodies[] = {
		STR("{"), STR("{}}"), STR("{\"title\":}"), STR("{'title':'x'}"), STR("{\"a\":1,}"), STR("[1,]"),
		STR("{\"a\":NaN}"), STR("{\"a\":Infinity}"), STR("{\"a\":01}"), STR("{\"a\":+1}"),
		STR("{\"a\":.5}"), STR("{\"a\":1.}"), STR("{\"a\":1e}"), STR("{\"a\":tru}"), STR("{\"a\":True}"),
		STR("nul"), STR("{\"a\" 1}"), STR("{a:1}"), STR("{\"a\":\"\\x41\"}"), STR("{\"a\":\"\\u12\"}"),
		STR("{\"a\":\"\\ud800\"}"), STR("{\"a\":\"\\udc00\\ud800\"}"), STR("{\"a\":\"x\\u0000y\"}"),
		STR("{\"a\":\"x\ny\"}"), STR("{\"a\":\"x\0y\"}"), STR("{\"a\":\"\xff\"}"),
		STR("{\"a\":\"\xc0\xaf\"}"), STR("{\"a\":\"\xed\xa0\x80\"}"), STR("\xef\xbb\xbf{}"),
		STR("{\"a\":1,\"a\":2}"), STR("{\"a\":1,\"\\u0061\":2}"), STR("{} {}"), STR("{}//"),
		STR("/* */{}"), STR("\"open"), STR("-"), STR("{\"a\":1e999}"), STR("   "),
		STR("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
	};

	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		const struct answer *answer =
			client_request(f.guard, "POST", "/api/v1/logs", "application/json", bodies[i]);
		const char *is = e2e_check_problem(answer, "BAD_JSON");

		cr_expect(!is, "%.*s: %s: %.*s", STR_ARGS(bodies[i]), is, STR_ARGS(answer->body));
		cr_expect(strstr(answer_at(answer, "detail"), "byte") != NULL, "%.*s", STR_ARGS(bodies[i]));
	}
}

Test(problems, of_what_is_no_object)
{
	static const char *const bodies[] = { "[]", "7", "null", "'x'", "true", "[{}]" };

	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		expect_fault(client_post(f.guard, "/api/v1/logs", "%s", bodies[i]), "pointer", "", "wrong_type",
		             bodies[i]);
	expect_fault(client_post(f.guard, "/api/v1/logs", NULL), "pointer", "", "required", "no body");
	expect_fault(client_post(f.guard, "/api/v1/logs", "%s", ""), "pointer", "", "required", "an empty body");
}

static const char *times(int count, const char *text)
{
	struct buf all = { 0 };
	const char *copy;

	while (count--)
		buf_text(&all, text);
	copy = e2e_format("%s", buf_cstr(&all));
	buf_finish(&all);
	return copy;
}

/* A log that would be taken, but for this member. */
static const char *log_but_for(const char *name, const char *value)
{
	static const char *const members[][2] = { { "type", "'PATROL'" }, { "title", "'x'" },
		                                  { "description", "'x'" }, { "location_id", "'" PLACE "'" } };
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

Test(problems, of_a_log_by_each_of_its_fields)
{
	const char *url = "'https://p.example/1'";
	const struct {
		const char *name, *value, *code;
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
		{ "title", e2e_format("'%s'", times(256, "x")), "too_long" },
		{ "title", e2e_format("'%s'", times(256, "ø")), "too_long" },
		{ "title", "7", "wrong_type" },
		{ "title", "{}", "wrong_type" },
		{ "title", "null", "null" },
		{ "title", "'two\\nlines'", "malformed" },
		{ "title", "'a\\u0007bell'", "malformed" },
		{ "description", "''", "too_short" },
		{ "description", e2e_format("'%s'", times(20001, "x")), "too_long" },
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
		{ "people_involved", e2e_format("'%s'", times(10001, "x")), "too_long" },
		{ "witnesses", e2e_format("'%s'", times(10001, "x")), "too_long" },
		{ "actions_taken", "['x']", "wrong_type" },
		{ "follow_up_required", "'true'", "wrong_type" },
		{ "follow_up_required", "1", "wrong_type" },
		{ "follow_up_required", "null", "null" },
		{ "follow_up_notes", "'a\\u0001b'", "malformed" },
		{ "weather_conditions", e2e_format("'%s'", times(201, "x")), "too_long" },
		{ "weather_conditions", "'rain\\nsnow'", "malformed" },
		{ "photo_urls", url, "wrong_type" },
		{ "photo_urls", "null", "null" },
		{ "photo_urls", "[7]", "wrong_type" },
		{ "photo_urls", "[null]", "null" },
		{ "photo_urls", "['ftp://p.example/1']", "malformed" },
		{ "photo_urls", "['https://p.example/1','javascript:alert(1)']", "malformed" },
		{ "photo_urls", e2e_format("[%s%s]", times(20, e2e_format("%s,", url)), url), "too_long" },
		{ "video_urls", e2e_format("[%s,%s,%s,%s]", url, url, url, url), "too_long" },
		{ "user_id", "'" PLACE "'", "unknown" },
		{ "created_at", "'2026-01-01T00:00:00Z'", "unknown" },
		{ "titel", "'x'", "unknown" },
		{ "Title", "'x'", "unknown" },
		{ "", "'x'", "unknown" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect_fault(client_post(f.guard, "/api/v1/logs", "%s", log_but_for(rows[i].name, rows[i].value)),
		             "pointer", e2e_format("/%s", rows[i].name), rows[i].code,
		             e2e_format("%s: %.60s", rows[i].name, rows[i].value));
	expect_fault(client_post(f.guard, "/api/v1/logs", "%s", log_but_for("a/b~c", "1")), "pointer", "/a~1b~0c",
	             "unknown", "a name that a pointer must escape");
}

Test(problems, of_other_bodies_by_their_fields)
{
	const char *place = "/api/v1/locations/" PLACE, *toggle = "/api/v1/locations/" PLACE "/toggle-active";
	const char *log = e2e_format("/api/v1/logs/%s", e2e_id());
	const struct {
		const char *method, *path, *body, *pointer, *code;
	} rows[] = {
		{ "POST", "/api/v1/locations", "{'name':''}", "/name", "too_short" },
		{ "POST", "/api/v1/locations", "{}", "/name", "required" },
		{ "POST", "/api/v1/locations", e2e_format("{'name':'%s'}", X50 X50 "x"), "/name", "too_long" },
		{ "PATCH", place, "{'name':null}", "/name", "null" },
		{ "PATCH", place, e2e_format("{'description':'%s'}", times(501, "x")), "/description", "too_long" },
		{ "PATCH", place, e2e_format("{'address':'%s'}", times(301, "x")), "/address", "too_long" },
		{ "PATCH", place, "{'is_active':'no'}", "/is_active", "wrong_type" },
		{ "PATCH", place, "{'max_capacity':0}", "/max_capacity", "out_of_range" },
		{ "PATCH", place, "{'max_capacity':51}", "/max_capacity", "out_of_range" },
		{ "PATCH", place, "{'max_capacity':1.5}", "/max_capacity", "wrong_type" },
		{ "PATCH", place, "{'max_capacity':'4'}", "/max_capacity", "wrong_type" },
		{ "PATCH", place, "{'max_capacity':99999999999999999}", "/max_capacity", "out_of_range" },
		{ "PATCH", place, "{'id':'" PLACE "'}", "/id", "read_only" },
		{ "PATCH", place, "{'created_at':'2026-01-01T00:00:00Z'}", "/created_at", "read_only" },
		{ "POST", toggle, "{'is_active':null}", "/is_active", "null" },
		{ "POST", toggle, "{'name':'x'}", "/name", "unknown" },
		{ "PATCH", log, "{'id':'" PLACE "'}", "/id", "read_only" },
		{ "PATCH", log, "{'title':null}", "/title", "null" },
		{ "PATCH", log, "{'archived_at':null}", "/archived_at", "unknown" },
		{ "PATCH", "/api/v1/users/me", "{'role':'SUPER_ADMIN'}", "/role", "read_only" },
		{ "PATCH", "/api/v1/users/me", "{'email':'a@b.example'}", "/email", "read_only" },
		{ "PATCH", "/api/v1/users/me", "{'first_name':null}", "/first_name", "null" },
		{ "PATCH", "/api/v1/users/me", "{'state':'NYC'}", "/state", "too_long" },
		{ "PATCH", "/api/v1/users/me", "{'zip_code':'12345678901'}", "/zip_code", "too_long" },
		{ "PATCH", "/api/v1/users/me", "{'image_url':'nowhere'}", "/image_url", "malformed" },
		{ "PATCH", "/api/v1/users/me", "{'archived_at':null}", "/archived_at", "unknown" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		client_send(f.admin, rows[i].method, rows[i].path, "%s", rows[i].body);
		expect_fault(client_receive(f.admin), "pointer", rows[i].pointer, rows[i].code,
		             e2e_format("%s %.60s", rows[i].path, rows[i].body));
	}
}

Test(problems, name_every_fault_in_the_order_of_the_request)
{
	const struct answer *answer = client_patch(f.guard, "/api/v1/logs/x?hard=1&hard=2",
	                                           "{'weather_conditions':'a\\nb','title':'','wind':5}");
	static const char *const places[][2] = { { "parameter", "id" }, { "parameter", "hard" },
		                                 { "parameter", "hard" }, { "pointer", "/weather_conditions" },
		                                 { "pointer", "/title" }, { "pointer", "/wind" } };
	static const char *const lacking[] = { "/type", "/title", "/description", "/location_id" };

	expect_problem(answer, "VALIDATION_FAILED");
	cr_expect_eq(json_count(json_in(answer->json, "errors")), COUNT_OF(places), "%.*s", STR_ARGS(answer->body));
	for (size_t i = 0; i < COUNT_OF(places); i++)
		expect_at(answer, e2e_format("errors.%zu.%s", i, places[i][0]), places[i][1]);

	answer = client_post(f.guard, "/api/v1/logs", "{}");
	expect_problem(answer, "VALIDATION_FAILED");
	cr_expect_eq(json_count(json_in(answer->json, "errors")), COUNT_OF(lacking));
	for (size_t i = 0; i < COUNT_OF(lacking); i++) {
		expect_at(answer, e2e_format("errors.%zu.pointer", i), lacking[i]);
		expect_at(answer, e2e_format("errors.%zu.code", i), "required");
	}
}

Test(problems, of_what_a_list_is_asked)
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
		{ "type=,PATROL", "type", "not_a_choice" },
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
		{ "month=1", "month", "missing_dependency" },
		{ "year=2026&month=13", "month", "out_of_range" },
		{ "year=2026&month=0", "month", "out_of_range" },
		{ "day_of_week=7", "day_of_week", "out_of_range" },
		{ "cursor=abc&skip=1", "skip", "conflict" },
		{ "cursor=", "cursor", "too_short" },
		{ "%zz=1", "%zz=1", "malformed" },
		{ "limit=%ff", "limit=%ff", "malformed" },
	};
	static const char *const cursors[] = { "abc", "x", "MTIzNDU2Nzg5MDEyMzQ1Njdb", "=", "%20", "a.b" };

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect_fault(client_get(f.guard, "/api/v1/logs?%s", rows[i].query), "parameter", rows[i].parameter,
		             rows[i].code, rows[i].query);
	for (size_t i = 0; i < COUNT_OF(cursors); i++) {
		const struct answer *answer = client_get(f.guard, "/api/v1/logs?cursor=%s", cursors[i]);

		cr_expect(answer->status == 400 || strcmp(cursors[i], "%20") == 0, "%s: %.*s", cursors[i],
		          STR_ARGS(answer->body));
	}
	expect_problem(client_get(f.guard, "/api/v1/logs?cursor=abc"), "BAD_CURSOR");
	expect_fault(client_get(f.guard, "/api/v1/locations/active?limit=1"), "parameter", "limit", "unknown",
	             "a list without pages");
	expect_fault(client_get(f.guard, "/api/v1/locations/" PLACE "/logs?limit=101"), "parameter", "limit",
	             "out_of_range", "a list with a bound of its own");
	expect_fault(client_get(f.guard, "/api/v1/users/me?x=1"), "parameter", "x", "unknown", "no list");
	expect_fault(client_delete(f.guard, "/api/v1/logs/" PLACE "?hard=yes"), "parameter", "hard", "wrong_type",
	             "a wish");
}

Test(problems, of_ids_that_are_none)
{
	static const char *const paths[] = { "/api/v1/logs/x", "/api/v1/logs/" PLACE "0", "/api/v1/logs/x/edits",
		                             "/api/v1/locations/x", "/api/v1/locations/x/logs",
		                             "/api/v1/logs/%7B01900000-0000-7000-8000-000000000001%7D" };

	for (size_t i = 0; i < COUNT_OF(paths); i++)
		expect_fault(client_get(f.guard, "%s", paths[i]), "parameter", "id", "malformed", paths[i]);
	expect_fault(client_patch(f.guard, "/api/v1/logs/x", "{}"), "parameter", "id", "malformed", "PATCH");
	expect_fault(client_delete(f.guard, "/api/v1/logs/x"), "parameter", "id", "malformed", "DELETE");
	expect_fault(client_post(f.admin, "/api/v1/locations/x/toggle-active", NULL), "parameter", "id", "malformed",
	             "POST");
}
