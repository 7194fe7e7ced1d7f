/* staff.c: tests that only active users of role GUARD and above can be assigned, rostered, named
 * or on duty, and what archiving and demotion do to those who are. */

#include "shift_fixture.h"

static struct {
	struct client *supervisor, *admin;
	const char *location;
} f;

static void setup(void)
{
	f.supervisor = e2e_new_user("SUPERVISOR", "Marek");
	f.admin = e2e_client("admin");
	f.location = e2e_new_location();
}

TestSuite(staff, .init = setup, .timeout = 120);

static const char *my_id(struct client *client)
{
	return id_of(client_get(client, "/api/v1/users/me"));
}

static const struct answer *archive(const char *id)
{
	return client_post(f.admin, e2e_format("/api/v1/users/%s/archive", id), NULL);
}

static const char *query(const char *sql)
{
	return e2e_format("%s", server_query(e2e_server(), "%s", sql) ?: "nothing");
}

static const char *pattern_body(const char *user)
{
	return e2e_format("{'name':'Nights','location_id':'%s','start_time':'22:00',"
	                  "'end_time':'06:00','days_of_week':[0,1,2,3,4,5,6],"
	                  "'start_date':'2050-01-01','user_assignments':[%s]}",
	                  f.location, user_json(user));
}

static const char *new_shift(const char *people)
{
	const struct answer *answer = client_post(f.supervisor, "/api/v1/shifts", "%s",
	                                          shift_body("05-05", f.location, people));

	assert_status(answer, 201);
	return id_of(answer);
}

static const char *new_tour(void)
{
	return id_of(client_post(f.supervisor, "/api/v1/tours",
	                         "{'car_number':'7','radio_number':'3','starting_mileage':1000}"));
}

/* Every request that assigns, rosters or names this user fails with the code. */
static void expect_not_named(const char *user, const char *code)
{
	const char *shift = new_shift("");

	expect_problem(client_post(f.supervisor, "/api/v1/shifts", "%s",
	                           shift_body("05-06", f.location, user_json(user))),
	               code);
	expect_problem(assign(f.supervisor, shift, user), code);
	expect_problem(client_patch(f.supervisor, shift_path(shift, ""),
	                            "{'user_assignments':[%s]}", user_json(user)),
	               code);
	expect_problem(
		client_post(f.supervisor, "/api/v1/recurring-shifts", "%s", pattern_body(user)),
		code);
	expect_problem(client_post(f.supervisor, e2e_format("/api/v1/tours/%s/stops", new_tour()),
	                           "{'stop_type':'GUARD_EVALUATION','title':'x',"
	                           "'observations':'x','guard_user_id':'%s'}",
	                           user),
	               code);
}

Test(staff, visitors_and_archived_users_are_not_assigned_rostered_or_named)
{
	const char *gone = new_guard("Luke", "Leaver");

	expect_not_named(my_id(e2e_sign_up("VISITOR")), "NOT_A_GUARD");
	assert_status(archive(gone), 200);
	expect_not_named(gone, "NOT_A_GUARD");
	expect_not_named(e2e_id(), "USER_NOT_FOUND");
}

Test(staff, those_who_left_stay_in_past_shifts)
{
	const char *gone = new_guard("Luke", "Leaver"), *shift = new_shift(user_json(gone));

	query(e2e_format("update app.shifts set start_time = '2020-05-05T08:00Z',"
	                 " end_time = '2020-05-05T16:00Z' where id = '%s';"
	                 " update app.shift_assignments set start_time = '2020-05-05T08:00Z'"
	                 " where shift_id = '%s'",
	                 shift, shift));
	assert_status(archive(gone), 200);
	cr_expect_str_eq(assigned_names(shift), "Leaver");
	assert_status(client_patch(f.supervisor, shift_path(shift, ""),
	                           "{'name':'Early','user_assignments':[%s]}", user_json(gone)),
	              200);
	cr_expect_str_eq(assigned_names(shift), "Leaver");
}

/* Before, a past shift took its people along when it was moved to the future. */
Test(staff, those_who_left_are_not_moved_to_coming_shifts)
{
	static const char future[] = "{'start_time':'2050-05-06T08:00:00Z',"
				     "'end_time':'2050-05-06T16:00:00Z'%s}";
	const char *gone = new_guard("Luke", "Leaver"), *id;
	const struct answer *answer = client_post(
		f.supervisor, "/api/v1/shifts",
		"{'name':'Early','start_time':'2020-05-05T08:00:00Z','end_time':'2020-05-05T16:00:00Z',"
		"'location_id':'%s','user_assignments':[%s]}",
		f.location, user_json(gone));

	assert_status(answer, 201);
	id = id_of(answer);
	assert_status(archive(gone), 200);
	expect_problem(client_patch(f.supervisor, shift_path(id, ""), future, ""), "NOT_A_GUARD");
	expect_status(
		client_patch(f.supervisor, shift_path(id, ""), future, ",'user_assignments':[]"),
		200);
	cr_expect_str_eq(assigned_names(id), "");
}

/* The supervisor got exactly one notification like this. (Other tests notify supervisors too.) */
static void expect_notified(const char *title, const char *message)
{
	cr_expect_str_eq(query(e2e_format("select count(*) from app.notifications n"
	                                  " where n.user_id = '%s' and n.title = '%s'"
	                                  " and n.message = '%s'",
	                                  my_id(f.supervisor), title, message)),
	                 "1", "%s: %s", title, message);
}

static const char *session_of(struct client *client)
{
	return id_of(client_get(client, "/api/v1/duty-sessions/active"));
}

Test(staff, archiving_ends_duty_and_assignments)
{
	struct client *guard = e2e_guard_on_duty("Tilda", f.location);
	const char *id = my_id(guard), *session = session_of(guard);
	const char *shift = new_shift(user_json(id)), *pattern;
	const struct answer *answer =
		client_post(f.supervisor, "/api/v1/recurring-shifts", "%s", pattern_body(id));

	assert_status(answer, 201);
	pattern = id_of(answer);
	answer = archive(id);
	assert_status(answer, 200);
	expect_at(answer, "warnings", "[]");
	answer = client_get(f.supervisor, "/api/v1/duty-sessions/%s", session);
	cr_expect_str_neq(answer_at(answer, "clock_out_time"), "null");
	expect_at(answer, "end_reason", "ACCOUNT_ARCHIVED");
	expect_at(answer, "ended_by", my_id(f.admin));
	cr_expect_str_eq(assigned_names(shift), "");
	expect_at(client_get(f.supervisor, "/api/v1/recurring-shifts/%s", pattern),
	          "user_assignments", "[]");
	answer = client_get(f.supervisor, "/api/v1/guards/on-duty?limit=500");
	cr_expect(!strstr(e2e_format("%.*s", STR_ARGS(answer->body)), session));
	cr_expect_str_eq(query(e2e_format("select string_agg(type, ', ' order by \"offset\")"
	                                  " from live.events where channel = 'user:%s'"
	                                  " and \"offset\" > (select \"offset\" from live.events"
	                                  " where channel = 'user:%s' and type ="
	                                  " 'recurring_shift.created')",
	                                  id, id)),
	                 "user.archived, recurring_shift.updated, shift.unassigned, duty.ended");
	expect_notified("Shifts to fill",
	                "Tilda Tester is no longer active. Unassigned from 1 upcoming shifts.");
}

Test(staff, archiving_closes_check_ins_and_reports_equipment_that_is_out)
{
	struct client *leaver = e2e_new_user("SUPERVISOR", "Luke");
	const char *session = id_of(client_post(leaver, "/api/v1/duty-sessions", "{}")), *check_in;
	const char *vehicle = id_of(client_post(f.admin, "/api/v1/vehicles",
	                                        "{'name':'Car 9','make':'F','model':'R',"
	                                        "'year':2020}"));
	const char *radio = id_of(client_post(f.admin, "/api/v1/radios", "{'name':'Radio 9'}"));
	const struct answer *answer;

	assert_status(client_post(leaver, "/api/v1/equipment/checkouts",
	                          "{'duty_session_id':'%s','vehicle_id':'%s','radio_id':'%s',"
	                          "'checkout_mileage':100}",
	                          session, vehicle, radio),
	              201);
	answer = client_post(leaver, e2e_format("/api/v1/duty-sessions/%s/check-ins", session),
	                     "{'location_id':'%s'}", f.location);
	assert_status(answer, 201);
	check_in = id_of(answer);
	answer = archive(my_id(leaver));
	assert_status(answer, 200);
	expect_at(answer, "warnings", "[\"EQUIPMENT_OUT\"]");
	cr_expect_str_eq(query(e2e_format("select check_out_time is not null"
	                                  " from app.location_check_ins where id = '%s'",
	                                  check_in)),
	                 "t");
	answer = client_get(f.supervisor, "/api/v1/equipment/checkouts?vehicle_id=%s", vehicle);
	expect_at(answer, "0.checkin_time", "null");
	expect_at(answer, "0.overdue", "true");
	expect_notified("Equipment not returned",
	                "Luke Tester is no longer active. Not returned: Car 9 and Radio 9.");
}

Test(staff, demotion_to_visitor_ends_duty)
{
	struct client *guard = e2e_guard_on_duty("Tessa", f.location);
	const char *id = my_id(guard), *session = session_of(guard);
	const char *role = e2e_format("/api/v1/users/%s/role", id);

	assert_status(client_patch(f.admin, role, "{'role':'SUPERVISOR'}"), 200);
	expect_at(client_get(f.supervisor, "/api/v1/duty-sessions/%s", session), "end_reason",
	          "null");
	assert_status(client_patch(f.admin, role, "{'role':'VISITOR'}"), 200);
	expect_at(client_get(f.supervisor, "/api/v1/duty-sessions/%s", session), "end_reason",
	          "ROLE_CHANGED");
}
