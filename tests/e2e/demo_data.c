/* The demo data of `binnacle dev` describes a night at the marinas, with open tasks. */

#include <stdlib.h>

#include "e2e.h"

static struct client *marek;

static void setup(void)
{
	marek = e2e_client("marek.dunn@marina.example");
}

TestSuite(demo_data, .init = setup, .timeout = 60);

static const struct answer *get(const char *path)
{
	const struct answer *answer = client_get(marek, "/api/v1%s", path);

	assert_status(answer, 200);
	return answer;
}

Test(demo_data, has_guards_on_duty_in_a_night_shift)
{
	const struct answer *answer = get("/guards/on-duty?role=GUARD");
	const char *sessions[8];
	size_t count = json_count(answer->json);

	cr_assert_eq(count, 4, "%.*s", STR_ARGS(answer->body));
	for (size_t i = 0; i < count; i++) {
		double hours = strtod(answer_at(answer, e2e_format("%zu.hours_on_duty", i)), NULL);

		cr_expect(hours > 2 && hours < 4, "%g", hours);
		sessions[i] =
			e2e_format("%s", answer_at(answer, e2e_format("%zu.duty_session_id", i)));
	}
	for (size_t i = 0; i < count; i++) {
		const char *user, *location;

		answer = get(e2e_format("/duty-sessions/%s", sessions[i]));
		expect_at(answer, "shift.name", "Night watch");
		/* Each guard wrote the newest log of their location. */
		user = e2e_format("%s", answer_at(answer, "user_id"));
		location = e2e_format("%s", answer_at(answer, "location_id"));
		answer = get(e2e_format("/logs?location_id=%s&limit=1", location));
		expect_at(answer, "0.user_id", user);
	}
	answer = get("/guards/on-duty?role=SUPERVISOR");
	cr_expect_eq(json_count(answer->json), 3);
	expect_at(answer, "0.user_name", "Salma Reyes");
	expect_at(answer, "1.user_name", "Peter Ahlborn");
	expect_at(answer, "2.user_name", "Noor Castellan");
}

Test(demo_data, has_an_unreviewed_incident)
{
	const struct answer *answer = get("/incidents?status=UNREVIEWED");

	cr_expect_eq(json_count(answer->json), 1, "%.*s", STR_ARGS(answer->body));
	expect_at(answer, "0.title", "Stranger on the fuel dock");
	expect_at(answer, "0.location.name", "East Islip Marina");
	/* It is also the only live one. */
	answer = get("/incidents?status=LIVE");
	cr_expect_eq(json_count(answer->json), 1, "%.*s", STR_ARGS(answer->body));
	expect_at(get("/notifications"), "0.title", "An incident needs your review");
	expect_at(get("/incident-reports"), "0.is_complete", "false");
}

Test(demo_data, has_an_overdue_car)
{
	const struct answer *answer = get("/equipment/checkouts?open=true");
	struct client *noor = e2e_client("noor.castellan@marina.example");
	const char *session;

	cr_expect_eq(json_count(answer->json), 2);
	/* Newest first: the second checkout is from the night before. */
	expect_at(answer, "0.user.first_name", "Salma");
	expect_at(answer, "1.user.first_name", "Noor");
	expect_at(answer, "1.vehicle.name", "Car 2");
	session = e2e_format("%s", answer_at(answer, "1.duty_session_id"));
	answer = get(e2e_format("/duty-sessions/%s", session));
	cr_expect(strtod(answer_at(answer, "hours_on_duty"), NULL) > 14);
	/* Noor cannot clock out before returning the car. */
	expect_problem(
		client_post(noor, e2e_format("/api/v1/duty-sessions/%s/clock-out", session), NULL),
		"EQUIPMENT_NOT_RETURNED");
	expect_problem(client_post(noor, e2e_format("/api/v1/duty-sessions/%s/end", session), NULL),
	               "MILEAGE_REQUIRED");
}

Test(demo_data, has_unread_messages)
{
	const struct answer *answer = get("/messages/conversations");

	cr_expect_eq(json_count(answer->json), 2);
	expect_at(answer, "0.guard.first_name", "Rosa");
	expect_at(answer, "0.unread_count", "2");
	expect_at(answer, "1.unread_count", "0");
	expect_at(get("/visitors?present=true"), "0.first_name", "Carla");
}

Test(demo_data, has_a_pending_timesheet)
{
	const struct answer *answer = get("/timesheets?status=PENDING");

	cr_expect_eq(json_count(answer->json), 1, "%.*s", STR_ARGS(answer->body));
	answer = get(e2e_format("/timesheets/%s", answer_at(answer, "0.id")));
	expect_at(answer, "user.first_name", "Clara");
	expect_at(answer, "total_entries", "5");
	expect_at(answer, "total_hours", "40.85");
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select sum(hours_worked) from app.timesheet_entries"
	                              " where timesheet_id = '%s'",
	                              answer_at(answer, "id")),
	                 "40.85");
	expect_at(answer, "adjustments.0.old_value.hours_worked", "11.75");
	expect_at(answer, "adjustments.0.new_value.hours_worked", "8.17");
	/* Marek submitted the timesheet, but can approve it because the hours are Clara's. */
	expect_status(
		client_post(marek,
	                    e2e_format("/api/v1/timesheets/%s/approve", answer_at(answer, "id")),
	                    NULL),
		200);
}
