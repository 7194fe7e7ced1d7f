/* Supervisors call at places while they are on duty: at one at a time. */

#include "e2e.h"

enum { MANY = 50 };

static struct {
	struct client *supervisor;
	const char *me, *session, *place;
} f;

static const char *id_of(const struct answer *answer)
{
	return e2e_format("%s", answer_at(answer, "id"));
}

static const char *begin(struct client *client)
{
	const struct answer *answer = client_post(client, "/api/v1/duty-sessions", NULL);

	assert_status(answer, 201);
	return id_of(answer);
}

static void setup(void)
{
	f.place = e2e_location();
	f.supervisor = e2e_new_user("SUPERVISOR", "Salma");
	f.me = id_of(client_get(f.supervisor, "/api/v1/users/me"));
	f.session = begin(f.supervisor);
}

TestSuite(check_ins, .init = setup, .timeout = 40);

static const char *path_of(const char *session)
{
	return e2e_format("/api/v1/duty-sessions/%s/check-ins", session);
}

static const struct answer *come(struct client *client, const char *session, const char *place)
{
	return client_post(client, path_of(session), "{'location_id':'%s','notes':'Looked in.'}", place);
}

static const struct answer *leave(struct client *client, const char *id)
{
	return client_post(client, e2e_format("/api/v1/location-check-ins/%s/check-out", id), NULL);
}

/* Of a place, on a channel. */
static const char *told(const char *place, const char *channel)
{
	const char *types =
		server_query(e2e_server(),
	                   "select string_agg(type, ', ' order by \"offset\") from live.events"
	                   " where channel = '%s' and data ->> 'location_id' = '%s'",
	                   channel, place);

	return e2e_format("%s", types ?: "nothing");
}

Test(check_ins, are_opened_and_closed_one_after_the_other)
{
	const char *other = e2e_location(), *first, *second;
	const struct answer *answer = come(f.supervisor, f.session, f.place);

	assert_status(answer, 201);
	first = id_of(answer);
	expect_header(answer, "Location", e2e_format("/api/v1/location-check-ins/%s", first));
	expect_at(answer, "duty_session_id", f.session);
	expect_at(answer, "location.id", f.place);
	expect_at(answer, "user.first_name", "Salma");
	expect_at(answer, "notes", "Looked in.");
	expect_at(answer, "check_out_time", "null");
	expect_problem(come(f.supervisor, f.session, other), "CHECK_IN_OPEN");
	answer = leave(f.supervisor, first);
	assert_status(answer, 200);
	cr_expect_str_neq(answer_at(answer, "check_out_time"), "null");
	expect_problem(leave(f.supervisor, first), "ALREADY_CHECKED_OUT");

	/* And there again. */
	second = id_of(come(f.supervisor, f.session, f.place));
	answer = client_get(f.supervisor, "/api/v1/duty-sessions/active");
	expect_at(answer, "location_check_ins.0.id", second);
	expect_at(answer, "location_check_ins.1.id", first);
	expect_at(answer, "location_check_ins.1.location.id", f.place);
	cr_expect_str_eq(told(f.place, "duty"), "check_in.opened, check_in.closed, check_in.opened");
	cr_expect_str_eq(told(f.place, e2e_format("user:%s", f.me)),
	                 "check_in.opened, check_in.closed, check_in.opened");
	/* (Guards hear a place, and may not know who was there.) */
	cr_expect_str_eq(told(f.place, e2e_format("location:%s", f.place)), "nothing");
	cr_expect_str_eq(told(other, "duty"), "nothing");
}

Test(check_ins, are_closed_with_the_duty)
{
	const char *id = id_of(come(f.supervisor, f.session, f.place));
	const struct answer *answer =
		client_post(f.supervisor, e2e_format("/api/v1/duty-sessions/%s/clock-out", f.session), NULL);
	const char *ended;

	assert_status(answer, 200);
	ended = e2e_format("%s", answer_at(answer, "clock_out_time"));
	expect_at(answer, "location_check_ins.0.check_out_time", ended);
	expect_at(client_get(f.supervisor, "/api/v1/location-check-ins/%s", id), "check_out_time", ended);
	expect_problem(leave(f.supervisor, id), "ALREADY_CHECKED_OUT");
	cr_expect_str_eq(told(f.place, "duty"), "check_in.opened, check_in.closed");
	expect_problem(come(f.supervisor, f.session, f.place), "NOT_ON_DUTY");
}

Test(check_ins, are_made_in_ones_own_duty_at_places_where_duty_is_done)
{
	struct client *other = e2e_new_user("SUPERVISOR", "Peter"), *guard = e2e_guard_on_duty("Mei", f.place);
	const char *id;

	expect_problem(come(other, f.session, f.place), "FORBIDDEN");
	expect_problem(come(e2e_client("super_admin"), f.session, f.place), "FORBIDDEN");
	expect_problem(come(guard, f.session, f.place), "FORBIDDEN");
	expect_problem(come(f.supervisor, e2e_id(), f.place), "NOT_FOUND");
	expect_problem(come(f.supervisor, f.session, e2e_id()), "LOCATION_NOT_FOUND");
	client_set_header(f.supervisor, "If-Match: \"9.1\"");
	expect_problem(come(f.supervisor, f.session, f.place), "PRECONDITION_FAILED");
	server_query(e2e_server(), "update app.locations set is_active = false where id = '%s'", f.place);
	expect_problem(come(f.supervisor, f.session, f.place), "LOCATION_INACTIVE");
	server_query(e2e_server(), "update app.locations set is_active = true where id = '%s'", f.place);

	id = id_of(come(f.supervisor, f.session, f.place));
	expect_problem(leave(other, id), "FORBIDDEN");
	expect_problem(leave(f.supervisor, e2e_id()), "NOT_FOUND");
	client_set_header(f.supervisor, "If-Match: \"9.1\"");
	expect_problem(leave(f.supervisor, id), "PRECONDITION_FAILED");
	expect_problem(client_post(f.supervisor, path_of(f.session),
	                           "{'id':'%s','location_id':'%s'}", id, f.place),
	               "CHECK_IN_OPEN");
	assert_status(leave(f.supervisor, id), 200);
	expect_problem(client_post(f.supervisor, path_of(f.session),
	                           "{'id':'%s','location_id':'%s'}", id, f.place),
	               "ID_TAKEN");
}

Test(check_ins, are_opened_once_however_many_ask)
{
	const char *who = "marek.dunn@marina.example", *session = begin(e2e_client(who));

	cr_expect_eq(e2e_in_parallel(MANY, who, "POST", path_of(session),
	                           e2e_format("{'location_id':'%s'}", f.place), 201,
	                           "CHECK_IN_OPEN"),
	             1);
	cr_expect_str_eq(
		e2e_format(
			"%s",
			server_query(
				e2e_server(),
				"select count(*) from app.location_check_ins where duty_session_id = '%s'",
				session)),
		"1");
	cr_expect_str_eq(told(f.place, "duty"), "check_in.opened");
}

Test(check_ins, are_closed_once_however_many_ask)
{
	const char *who = "peter.ahlborn@marina.example";
	struct client *client = e2e_client(who);
	const char *id = id_of(come(client, begin(client), f.place));

	cr_expect_eq(e2e_in_parallel(MANY, who, "POST",
	                           e2e_format("/api/v1/location-check-ins/%s/check-out", id), NULL,
	                           200, "ALREADY_CHECKED_OUT"),
	             1);
	cr_expect_str_eq(told(f.place, "duty"), "check_in.opened, check_in.closed");
}

Test(check_ins, are_listed_newest_first)
{
	struct client *guard = e2e_guard_on_duty("Mei", f.place), *chief = e2e_client("admin");
	const char *other = e2e_location(), *ids[3];
	const struct answer *answer;

	for (int i = 0; i < 3; i++) {
		ids[i] = id_of(come(f.supervisor, f.session, i == 1 ? other : f.place));
		assert_status(leave(f.supervisor, ids[i]), 200);
	}
	client_set_header(f.supervisor, "Prefer: count=exact");
	answer = client_get(f.supervisor, "/api/v1/location-check-ins?duty_session_id=%s", f.session);
	cr_assert_eq(json_count(answer->json), 3);
	expect_header(answer, "X-Total-Count", "3");
	for (int i = 0; i < 3; i++)
		expect_at(answer, e2e_format("%d.id", i), ids[2 - i]);
	answer = client_get(chief, "/api/v1/location-check-ins?location_id=%s", other);
	cr_assert_eq(json_count(answer->json), 1);
	expect_at(answer, "0.id", ids[1]);
	cr_expect_eq(
		json_count(client_get(chief, "/api/v1/location-check-ins?user_id=%s&limit=2", f.me)
	                           ->json),
		2);

	/* Guards see their own alone. */
	answer = client_get(guard, "/api/v1/location-check-ins?duty_session_id=%s", f.session);
	expect_status(answer, 200);
	cr_expect_eq(json_count(answer->json), 0);
	expect_problem(client_get(guard, "/api/v1/location-check-ins?user_id=%s", f.me), "FORBIDDEN");
	expect_problem(client_get(guard, "/api/v1/location-check-ins/%s", ids[0]), "FORBIDDEN");
	expect_problem(client_get(guard, "/api/v1/location-check-ins/%s", e2e_id()), "NOT_FOUND");
}
