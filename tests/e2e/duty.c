/* Users clock in and out, with one open duty session at a time; past sessions are kept. */

#include <stdlib.h>

#include "e2e.h"

enum { REQUESTS = 50 };

static struct {
	struct client *guard, *supervisor;
	const char *location;
} f;

static void setup(void)
{
	f.location = e2e_new_location();
	f.guard = e2e_new_user("GUARD", "Wanda");
	f.supervisor = e2e_new_user("SUPERVISOR", "Noor");
}

TestSuite(duty, .init = setup, .timeout = 40);

static const char *id_of(const struct answer *answer)
{
	return e2e_format("%s", answer_at(answer, "id"));
}

static const struct answer *clock_in(struct client *client, const char *location)
{
	return client_post(client, "/api/v1/duty-sessions",
	                   location ? "{'location_id':'%s'}" : "{}", location);
}

static const char *path_of(const char *id, const char *action)
{
	return e2e_format("/api/v1/duty-sessions/%s%s", id, action);
}

static const char *query(const char *sql)
{
	return e2e_format("%s", server_query(e2e_server(), "%s", sql) ?: "nothing");
}

/* "duty.started, duty.ended" */
static const char *events_on(const char *channel)
{
	return query(e2e_format(
		"select string_agg(type, ', ' order by \"offset\") from live.events"
		" where channel = '%s' and type not like 'user.%%' and type not like 'location.%%'",
		channel));
}

static const char *id_of_client(struct client *client)
{
	return id_of(client_get(client, "/api/v1/users/me"));
}

Test(duty, starts_with_a_location_and_ends_with_notes)
{
	const struct answer *answer = clock_in(f.guard, f.location);
	const char *id;

	assert_status(answer, 201);
	id = id_of(answer);
	expect_header(answer, "Location", path_of(id, ""));
	cr_expect(str_begins(str_of(answer_header(answer, "ETag")), "\"1."));
	expect_at(answer, "location.id", f.location);
	expect_at(answer, "guard_name", "Wanda Tester");
	expect_at(answer, "user.first_name", "Wanda");
	expect_at(answer, "clock_out_time", "null");
	expect_at(answer, "hours_on_duty", "0.0");
	expect_at(answer, "location_check_ins", "[]");
	expect_at(client_get(f.guard, "/api/v1/duty-sessions/active"), "id", id);

	server_query(
		e2e_server(),
		"update app.duty_sessions set clock_in_time = now() - interval '90 minutes' where"
		" id = '%s'",
		id);
	answer = client_post(f.guard, path_of(id, "/clock-out"), "{'notes':'All quiet.'}");
	assert_status(answer, 200);
	expect_at(answer, "notes", "All quiet.");
	expect_at(answer, "hours_on_duty", "1.5");
	cr_expect_str_neq(answer_at(answer, "clock_out_time"), "null");

	answer = client_get(f.guard, "/api/v1/duty-sessions/active");
	expect_status(answer, 200);
	cr_expect(str_is(answer->body, "null"), "%.*s", STR_ARGS(answer->body));
	expect_problem(client_post(f.guard, path_of(id, "/clock-out"), NULL),
	               "ALREADY_CLOCKED_OUT");
	/* Guards can subscribe to the location, but must not see who is on duty. */
	cr_expect_str_eq(events_on(e2e_format("location:%s", f.location)), "nothing");
	cr_expect_str_eq(events_on(e2e_format("user:%s", id_of_client(f.guard))),
	                 "duty.started, duty.ended");
	cr_expect_str_eq(
		query(e2e_format(
			"select count(*) from live.events where channel = 'duty' and data ->> 'id'"
			" = '%s'",
			id)),
		"2");
	expect_at(client_get(f.guard, "/api/v1/duty-sessions"), "0.guard_name", "Wanda Tester");
	expect_at(client_get(f.guard, "/api/v1/duty-sessions"), "0.location_name",
	          query(e2e_format("select name from app.locations where id = '%s'", f.location)));
}

Test(duty, of_guards_requires_an_active_location)
{
	struct client *admin = e2e_client("admin");

	expect_problem(client_post(f.guard, "/api/v1/duty-sessions", NULL), "LOCATION_REQUIRED");
	expect_problem(client_post(f.guard, "/api/v1/duty-sessions", "{'location_id':null}"),
	               "LOCATION_REQUIRED");
	expect_problem(clock_in(f.guard, e2e_id()), "LOCATION_NOT_FOUND");
	assert_status(client_post(admin,
	                          e2e_format("/api/v1/locations/%s/toggle-active", f.location),
	                          NULL),
	              200);
	expect_problem(clock_in(f.guard, f.location), "LOCATION_INACTIVE");
	cr_expect(str_is(client_get(f.guard, "/api/v1/duty-sessions/active")->body, "null"));
}

Test(duty, of_supervisors_has_no_location)
{
	const struct answer *answer = clock_in(f.supervisor, f.location);

	assert_status(answer, 201);
	expect_at(answer, "location_id", "null");
	expect_at(answer, "location", "null");
	cr_expect_str_eq(events_on(e2e_format("location:%s", f.location)), "nothing");
}

Test(duty, of_supervisors_is_at_the_configured_headquarters)
{
	struct server *server =
		server_dev((const char *const[]){ "HQ_LOCATION_NAME=HQ - headquarters", NULL });
	const struct answer *answer = clock_in(e2e_client_of(server, "supervisor"), NULL);

	expect_status(answer, 201);
	expect_at(answer, "location.name", "HQ - Headquarters");
	/* A guard's location is still the requested one. */
	answer = clock_in(e2e_client_of(server, "wanda.kessler@marina.example"),
	                  "01900000-0000-7000-8000-000000000003");
	expect_status(answer, 201);
	expect_at(answer, "location.name", "Brown's River East Side");
	cr_expect_eq(server_stop(server), 0);
	server_free(server);
}

Test(duty, allows_one_open_session)
{
	const char *id = id_of(clock_in(f.guard, f.location)), *own = e2e_id();

	expect_problem(clock_in(f.guard, f.location), "ALREADY_ON_DUTY");
	expect_problem(clock_in(f.guard, e2e_new_location()), "ALREADY_ON_DUTY");
	assert_status(client_post(f.guard, path_of(id, "/clock-out"), NULL), 200);
	expect_at(client_post(f.guard, "/api/v1/duty-sessions", "{'id':'%s','location_id':'%s'}",
	                      own, f.location),
	          "id", own);
	assert_status(client_post(f.guard, path_of(own, "/clock-out"), NULL), 200);
	expect_problem(client_post(f.guard, "/api/v1/duty-sessions",
	                           "{'id':'%s','location_id':'%s'}", own, f.location),
	               "ID_TAKEN");
}

Test(duty, is_started_once_by_concurrent_requests)
{
	const char *email = "wanda.kessler@marina.example";
	const char *id = id_of_client(e2e_client(email));

	cr_expect_eq(e2e_in_parallel(REQUESTS, email, "POST", "/api/v1/duty-sessions",
	                             e2e_format("{'location_id':'%s'}", f.location), 201,
	                             "ALREADY_ON_DUTY"),
	             1);
	cr_expect_str_eq(
		query(e2e_format("select count(*) from app.duty_sessions where user_id = '%s'",
	                         id)),
		"1");
	cr_expect_str_eq(events_on(e2e_format("user:%s", id)), "duty.started");
}

Test(duty, is_ended_once_by_concurrent_requests)
{
	const char *email = "diego.harlan@marina.example";
	struct client *client = e2e_client(email);
	const struct answer *answer = clock_in(client, f.location);

	assert_status(answer, 201);
	cr_expect_eq(e2e_in_parallel(REQUESTS, email, "POST", path_of(id_of(answer), "/clock-out"),
	                             "{}", 200, "ALREADY_CLOCKED_OUT"),
	             1);
	cr_expect_str_eq(events_on(e2e_format("user:%s", id_of_client(client))),
	                 "duty.started, duty.ended");
}

Test(duty, is_started_once_for_each_idempotency_key)
{
	const char *key = e2e_id(), *id = NULL;

	for (int i = 0; i < 2; i++) {
		const struct answer *answer;

		client_set_header(f.guard, "Idempotency-Key: %s", key);
		answer = clock_in(f.guard, f.location);
		assert_status(answer, 201);
		expect_header(answer, "Idempotent-Replayed", i ? "true" : "absent");
		if (i)
			expect_at(answer, "id", id);
		id = id_of(answer);
	}
}

Test(duty, is_ended_by_its_own_user_only)
{
	const char *id = id_of(clock_in(f.guard, f.location));
	struct client *const others[] = { f.supervisor, e2e_client("super_admin"),
		                          e2e_guard_on_duty("Owen", f.location) };

	for (size_t i = 0; i < COUNT_OF(others); i++) {
		expect_problem(client_post(others[i], path_of(id, "/clock-out"), NULL),
		               "FORBIDDEN");
		expect_problem(client_post(others[i], path_of(id, "/end"), NULL), "FORBIDDEN");
	}
	expect_problem(client_post(f.guard, path_of(e2e_id(), "/clock-out"), NULL), "NOT_FOUND");
	client_set_header(f.guard, "If-Match: \"7.1\"");
	expect_problem(client_post(f.guard, path_of(id, "/clock-out"), NULL),
	               "PRECONDITION_FAILED");
	expect_at(client_get(f.guard, "%s", path_of(id, "")), "clock_out_time", "null");
	expect_at(client_post(f.guard, path_of(id, "/end"), "{'notes':'Home.'}"), "notes", "Home.");
	expect_problem(client_post(f.guard, path_of(id, "/end"), NULL), "ALREADY_CLOCKED_OUT");
}

Test(duty, is_listed_newest_first)
{
	const char *me = id_of_client(f.guard), *other = e2e_new_location(), *first, *second;
	struct client *mate = e2e_guard_on_duty("Felix", f.location);
	const struct answer *answer;

	first = id_of(clock_in(f.guard, f.location));
	assert_status(client_post(f.guard, path_of(first, "/clock-out"), NULL), 200);
	server_query(e2e_server(),
	             "update app.duty_sessions set clock_in_time = '2026-02-01T22:00:00Z',"
	             " clock_out_time = '2026-02-02T06:15:00Z' where id = '%s'",
	             first);
	second = id_of(clock_in(f.guard, other));
	answer = client_get(f.guard, "/api/v1/duty-sessions");
	cr_assert_eq(json_count(answer->json), 2, "%.*s", STR_ARGS(answer->body));
	expect_at(answer, "0.id", second);
	expect_at(answer, "0.clock_out_time", "null");
	expect_at(answer, "1.id", first);
	expect_at(answer, "1.hours_on_duty", "8.3");
	expect_at(answer, "1.location.id", f.location);
	expect_at(answer, "1.user.first_name", "Wanda");

	/* Sessions of other users require SUPERVISOR. */
	expect_problem(client_get(mate, "/api/v1/duty-sessions?user_id=%s", me), "FORBIDDEN");
	expect_problem(client_get(mate, "%s", path_of(first, "")), "FORBIDDEN");
	expect_problem(client_get(mate, "%s", path_of(e2e_id(), "")), "NOT_FOUND");
	expect_status(client_get(f.guard, "/api/v1/duty-sessions?user_id=%s", me), 200);
	answer = client_get(f.supervisor, "/api/v1/duty-sessions?user_id=%s&end_date=2026-02-01",
	                    me);
	cr_assert_eq(json_count(answer->json), 1);
	expect_at(answer, "0.id", first);
	cr_expect_eq(
		json_count(client_get(f.supervisor,
	                              "/api/v1/duty-sessions?user_id=%s&start_date=2026-02-02", me)
	                           ->json),
		1);
	cr_expect_eq(json_count(client_get(f.supervisor, "/api/v1/duty-sessions?location_id=%s",
	                                   f.location)
	                                ->json),
	             2);
	expect_at(client_get(f.supervisor, "%s", path_of(first, "")), "id", first);

	client_set_header(f.supervisor, "Prefer: count=exact");
	answer = client_get(f.supervisor, "/api/v1/duty-sessions?location_id=%s&limit=1",
	                    f.location);
	expect_header(answer, "X-Total-Count", "2");
	cr_expect(answer_header(answer, "Link")
	          && strstr(answer_header(answer, "Link"), "cursor="));
}

/* Ended sessions are not listed, however long they were. */
Test(duty, is_listed_by_how_long_it_has_been_open)
{
	struct client *mate = e2e_guard_on_duty("Felix", f.location);
	const char *id = id_of(clock_in(f.guard, f.location)),
		   *query = e2e_format("/api/v1/duty-sessions?location_id=%s", f.location);

	server_query(e2e_server(),
	             "update app.duty_sessions set clock_in_time = now() - interval '17 hours'"
	             " where id = '%s'",
	             id);
	cr_expect_eq(json_count(client_get(f.supervisor, "%s", query)->json), 2);
	expect_at(client_get(f.supervisor, "%s&longer_than=16", query), "0.id", id);
	cr_expect_eq(json_count(client_get(f.supervisor, "%s&longer_than=16", query)->json), 1);
	cr_expect_eq(json_count(client_get(f.supervisor, "%s&longer_than=17", query)->json), 1);
	cr_expect_eq(json_count(client_get(f.supervisor, "%s&longer_than=18", query)->json), 0);
	cr_expect_eq(json_count(client_get(mate, "%s&longer_than=1", query)->json), 0);
	expect_problem(client_get(f.supervisor, "%s&longer_than=0", query), "VALIDATION_FAILED");
	assert_status(client_post(f.guard, path_of(id, "/clock-out"), NULL), 200);
	cr_expect_eq(json_count(client_get(f.supervisor, "%s&longer_than=16", query)->json), 0);
}

Test(duty, is_included_in_the_users_statistics)
{
	const struct answer *answer = client_get(f.guard, "/api/v1/users/me/stats");
	const char *id;

	assert_status(answer, 200);
	expect_at(answer, "total_sessions", "0");
	expect_at(answer, "total_duty_hours", "0");
	id = id_of(clock_in(f.guard, f.location));
	e2e_new_log(f.guard, f.location, "One");
	e2e_new_log(f.guard, f.location, "Two");
	assert_status(client_post(f.guard, path_of(id, "/clock-out"), NULL), 200);
	server_query(e2e_server(),
	             "update app.duty_sessions"
	             " set clock_in_time = clock_out_time - interval '105 minutes' where id = '%s'",
	             id);
	answer = client_get(f.guard, "/api/v1/users/me/stats");
	expect_at(answer, "total_logs", "2");
	expect_at(answer, "total_sessions", "1");
	expect_at(answer, "total_check_ins", "0");
	cr_expect(strtod(answer_at(answer, "total_duty_hours"), NULL) == 1.8, "%s",
	          answer_at(answer, "total_duty_hours"));
}
