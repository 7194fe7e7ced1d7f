/* Supervisors on duty check in at locations, one location at a time. */

#include "e2e.h"

enum { REQUESTS = 50 };

static struct {
	struct client *supervisor;
	const char *me, *session, *location;
} f;

static const char *id_of(const struct answer *answer)
{
	return e2e_format("%s", answer_at(answer, "id"));
}

static const char *clock_in(struct client *client)
{
	const struct answer *answer = client_post(client, "/api/v1/duty-sessions", NULL);

	assert_status(answer, 201);
	return id_of(answer);
}

static void setup(void)
{
	f.location = e2e_new_location();
	f.supervisor = e2e_new_user("SUPERVISOR", "Salma");
	f.me = id_of(client_get(f.supervisor, "/api/v1/users/me"));
	f.session = clock_in(f.supervisor);
}

TestSuite(check_ins, .init = setup, .timeout = 40);

static const char *path_of(const char *session)
{
	return e2e_format("/api/v1/duty-sessions/%s/check-ins", session);
}

static const struct answer *check_in(struct client *client, const char *session,
                                     const char *location)
{
	return client_post(client, path_of(session), "{'location_id':'%s','notes':'Looked in.'}",
	                   location);
}

static const struct answer *check_out(struct client *client, const char *id)
{
	return client_post(client, e2e_format("/api/v1/location-check-ins/%s/check-out", id), NULL);
}

/* The types of the events about a location on a channel. */
static const char *event_types(const char *location, const char *channel)
{
	const char *types =
		server_query(e2e_server(),
	                     "select string_agg(type, ', ' order by \"offset\") from live.events"
	                     " where channel = '%s' and data ->> 'location_id' = '%s'",
	                     channel, location);

	return e2e_format("%s", types ?: "nothing");
}

Test(check_ins, are_opened_one_at_a_time)
{
	const char *other = e2e_new_location(), *first, *second;
	const struct answer *answer = check_in(f.supervisor, f.session, f.location);

	assert_status(answer, 201);
	first = id_of(answer);
	expect_header(answer, "Location", e2e_format("/api/v1/location-check-ins/%s", first));
	expect_at(answer, "duty_session_id", f.session);
	expect_at(answer, "location.id", f.location);
	expect_at(answer, "user.first_name", "Salma");
	expect_at(answer, "notes", "Looked in.");
	expect_at(answer, "check_out_time", "null");
	expect_problem(check_in(f.supervisor, f.session, other), "CHECK_IN_OPEN");
	answer = check_out(f.supervisor, first);
	assert_status(answer, 200);
	cr_expect_str_neq(answer_at(answer, "check_out_time"), "null");
	expect_problem(check_out(f.supervisor, first), "ALREADY_CHECKED_OUT");

	/* A second check-in at the same location. */
	second = id_of(check_in(f.supervisor, f.session, f.location));
	answer = client_get(f.supervisor, "/api/v1/duty-sessions/active");
	expect_at(answer, "location_check_ins.0.id", second);
	expect_at(answer, "location_check_ins.1.id", first);
	expect_at(answer, "location_check_ins.1.location.id", f.location);
	cr_expect_str_eq(event_types(f.location, "duty"),
	                 "check_in.opened, check_in.closed, check_in.opened");
	cr_expect_str_eq(event_types(f.location, e2e_format("user:%s", f.me)),
	                 "check_in.opened, check_in.closed, check_in.opened");
	/* Guards can subscribe to the location, but must not see who checks in. */
	cr_expect_str_eq(event_types(f.location, e2e_format("location:%s", f.location)), "nothing");
	cr_expect_str_eq(event_types(other, "duty"), "nothing");
}

Test(check_ins, are_closed_when_the_duty_session_ends)
{
	const char *id = id_of(check_in(f.supervisor, f.session, f.location));
	const struct answer *answer = client_post(
		f.supervisor, e2e_format("/api/v1/duty-sessions/%s/clock-out", f.session), NULL);
	const char *ended;

	assert_status(answer, 200);
	ended = e2e_format("%s", answer_at(answer, "clock_out_time"));
	expect_at(answer, "location_check_ins.0.check_out_time", ended);
	expect_at(client_get(f.supervisor, "/api/v1/location-check-ins/%s", id), "check_out_time",
	          ended);
	expect_problem(check_out(f.supervisor, id), "ALREADY_CHECKED_OUT");
	cr_expect_str_eq(event_types(f.location, "duty"), "check_in.opened, check_in.closed");
	expect_problem(check_in(f.supervisor, f.session, f.location), "NOT_ON_DUTY");
}

Test(check_ins, require_the_users_own_session_and_an_active_location)
{
	struct client *other = e2e_new_user("SUPERVISOR", "Peter"),
		      *guard = e2e_guard_on_duty("Mei", f.location);
	const char *id;

	expect_problem(check_in(other, f.session, f.location), "FORBIDDEN");
	expect_problem(check_in(e2e_client("super_admin"), f.session, f.location), "FORBIDDEN");
	expect_problem(check_in(guard, f.session, f.location), "FORBIDDEN");
	expect_problem(check_in(f.supervisor, e2e_id(), f.location), "NOT_FOUND");
	expect_problem(check_in(f.supervisor, f.session, e2e_id()), "LOCATION_NOT_FOUND");
	client_set_header(f.supervisor, "If-Match: \"9.1\"");
	expect_problem(check_in(f.supervisor, f.session, f.location), "PRECONDITION_FAILED");
	server_query(e2e_server(), "update app.locations set is_active = false where id = '%s'",
	             f.location);
	expect_problem(check_in(f.supervisor, f.session, f.location), "LOCATION_INACTIVE");
	server_query(e2e_server(), "update app.locations set is_active = true where id = '%s'",
	             f.location);

	id = id_of(check_in(f.supervisor, f.session, f.location));
	expect_problem(check_out(other, id), "FORBIDDEN");
	expect_problem(check_out(f.supervisor, e2e_id()), "NOT_FOUND");
	client_set_header(f.supervisor, "If-Match: \"9.1\"");
	expect_problem(check_out(f.supervisor, id), "PRECONDITION_FAILED");
	expect_problem(client_post(f.supervisor, path_of(f.session),
	                           "{'id':'%s','location_id':'%s'}", id, f.location),
	               "CHECK_IN_OPEN");
	assert_status(check_out(f.supervisor, id), 200);
	expect_problem(client_post(f.supervisor, path_of(f.session),
	                           "{'id':'%s','location_id':'%s'}", id, f.location),
	               "ID_TAKEN");
}

Test(check_ins, are_opened_once_by_concurrent_requests)
{
	const char *email = "marek.dunn@marina.example", *session = clock_in(e2e_client(email));

	cr_expect_eq(e2e_in_parallel(REQUESTS, email, "POST", path_of(session),
	                             e2e_format("{'location_id':'%s'}", f.location), 201,
	                             "CHECK_IN_OPEN"),
	             1);
	cr_expect_str_eq(
		e2e_format(
			"%s",
			server_query(
				e2e_server(),
				"select count(*) from app.location_check_ins where duty_session_id"
				" = '%s'",
				session)),
		"1");
	cr_expect_str_eq(event_types(f.location, "duty"), "check_in.opened");
}

Test(check_ins, are_closed_once_by_concurrent_requests)
{
	const char *email = "tomas.okafor@marina.example";
	struct client *client = e2e_client(email);
	const char *id = id_of(check_in(client, clock_in(client), f.location));

	cr_expect_eq(e2e_in_parallel(REQUESTS, email, "POST",
	                             e2e_format("/api/v1/location-check-ins/%s/check-out", id),
	                             NULL, 200, "ALREADY_CHECKED_OUT"),
	             1);
	cr_expect_str_eq(event_types(f.location, "duty"), "check_in.opened, check_in.closed");
}

Test(check_ins, are_listed_newest_first)
{
	struct client *guard = e2e_guard_on_duty("Mei", f.location), *admin = e2e_client("admin");
	const char *other = e2e_new_location(), *ids[3];
	const struct answer *answer;

	for (int i = 0; i < 3; i++) {
		ids[i] = id_of(check_in(f.supervisor, f.session, i == 1 ? other : f.location));
		assert_status(check_out(f.supervisor, ids[i]), 200);
	}
	client_set_header(f.supervisor, "Prefer: count=exact");
	answer = client_get(f.supervisor, "/api/v1/location-check-ins?duty_session_id=%s",
	                    f.session);
	cr_assert_eq(json_count(answer->json), 3);
	expect_header(answer, "X-Total-Count", "3");
	for (int i = 0; i < 3; i++)
		expect_at(answer, e2e_format("%d.id", i), ids[2 - i]);
	answer = client_get(admin, "/api/v1/location-check-ins?location_id=%s", other);
	cr_assert_eq(json_count(answer->json), 1);
	expect_at(answer, "0.id", ids[1]);
	cr_expect_eq(
		json_count(client_get(admin, "/api/v1/location-check-ins?user_id=%s&limit=2", f.me)
	                           ->json),
		2);

	/* Guards see only their own check-ins. */
	answer = client_get(guard, "/api/v1/location-check-ins?duty_session_id=%s", f.session);
	expect_status(answer, 200);
	cr_expect_eq(json_count(answer->json), 0);
	expect_problem(client_get(guard, "/api/v1/location-check-ins?user_id=%s", f.me),
	               "FORBIDDEN");
	expect_problem(client_get(guard, "/api/v1/location-check-ins/%s", ids[0]), "FORBIDDEN");
	expect_problem(client_get(guard, "/api/v1/location-check-ins/%s", e2e_id()), "NOT_FOUND");
}

Test(check_ins, are_listed_by_how_long_they_have_been_open)
{
	const char *old = id_of(check_in(f.supervisor, f.session, f.location)),
		   *query = e2e_format("/api/v1/location-check-ins?location_id=%s", f.location);

	assert_status(check_out(f.supervisor, old), 200);
	old = id_of(check_in(f.supervisor, f.session, f.location));
	server_query(e2e_server(),
	             "update app.location_check_ins set check_in_time = now() - interval '3 hours'"
	             " where location_id = '%s'",
	             f.location);
	cr_expect_eq(json_count(client_get(f.supervisor, "%s", query)->json), 2);
	expect_at(client_get(f.supervisor, "%s&longer_than=2", query), "0.id", old);
	cr_expect_eq(json_count(client_get(f.supervisor, "%s&longer_than=2", query)->json), 1);
	cr_expect_eq(json_count(client_get(f.supervisor, "%s&longer_than=4", query)->json), 0);
}
