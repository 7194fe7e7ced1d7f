/* What `binnacle dev` begins with is a night at the marinas, with something left to do. */

#include <stdlib.h>

#include "e2e.h"

static struct client *marek;

static void setup(void)
{
	marek = e2e_client("marek.dunn@marina.example");
}

TestSuite(demo_data, .init = setup, .timeout = 60);

static const struct answer *ask(const char *path)
{
	const struct answer *answer = client_get(marek, "/api/v1%s", path);

	assert_status(answer, 200);
	return answer;
}

Test(demo_data, has_a_night_watch_that_is_under_way)
{
	const struct answer *answer = ask("/guards/on-duty?role=GUARD");
	const char *sessions[8];
	size_t count = json_count(answer->json);

	cr_assert_eq(count, 4, "%.*s", STR_ARGS(answer->body));
	for (size_t i = 0; i < count; i++) {
		double hours = strtod(answer_at(answer, e2e_format("%zu.hours_on_duty", i)), NULL);

		cr_expect(hours > 2 && hours < 4, "%g", hours);
		sessions[i] = e2e_format("%s", answer_at(answer, e2e_format("%zu.duty_session_id", i)));
	}
	for (size_t i = 0; i < count; i++) {
		const char *who, *place;

		answer = ask(e2e_format("/duty-sessions/%s", sessions[i]));
		expect_at(answer, "shift.name", "Night watch");
		/* Each has told something of his post by now, and is the last who did. */
		who = e2e_format("%s", answer_at(answer, "user_id"));
		place = e2e_format("%s", answer_at(answer, "location_id"));
		answer = ask(e2e_format("/logs?location_id=%s&limit=1", place));
		expect_at(answer, "0.user_id", who);
	}
	answer = ask("/guards/on-duty?role=SUPERVISOR");
	cr_expect_eq(json_count(answer->json), 2);
	expect_at(answer, "0.user_name", "Salma Reyes");
	expect_at(answer, "1.user_name", "Noor Castellan");
}

Test(demo_data, has_an_incident_that_waits_for_a_review)
{
	const struct answer *answer = ask("/incidents?status=unreviewed");

	cr_expect_eq(json_count(answer->json), 1, "%.*s", STR_ARGS(answer->body));
	expect_at(answer, "0.title", "Stranger on the fuel dock");
	expect_at(answer, "0.location.name", "East Islip Marina");
	/* It is the only one that stands as it was told. */
	answer = ask("/incidents?status=live");
	cr_expect_eq(json_count(answer->json), 1, "%.*s", STR_ARGS(answer->body));
	expect_at(ask("/notifications"), "0.title", "An incident needs your review");
	expect_at(ask("/incident-reports"), "0.is_complete", "false");
}

Test(demo_data, has_a_car_that_should_be_back)
{
	const struct answer *answer = ask("/equipment/checkouts?open=true");
	struct client *noor = e2e_client("noor.castellan@marina.example");
	const char *session;

	cr_expect_eq(json_count(answer->json), 2);
	/* The last first: the one before is of the night before. */
	expect_at(answer, "0.user.first_name", "Salma");
	expect_at(answer, "1.user.first_name", "Noor");
	expect_at(answer, "1.vehicle.name", "Car 2");
	session = e2e_format("%s", answer_at(answer, "1.duty_session_id"));
	answer = ask(e2e_format("/duty-sessions/%s", session));
	cr_expect(strtod(answer_at(answer, "hours_on_duty"), NULL) > 14);
	/* She cannot forget it again. */
	expect_problem(client_post(noor, e2e_format("/api/v1/duty-sessions/%s/clock-out", session), NULL),
	               "EQUIPMENT_NOT_RETURNED");
	expect_problem(client_post(noor, e2e_format("/api/v1/duty-sessions/%s/end", session), NULL), "MILEAGE_REQUIRED");
}

Test(demo_data, has_messages_that_nobody_has_read)
{
	const struct answer *answer = ask("/messages/conversations");

	cr_expect_eq(json_count(answer->json), 2);
	expect_at(answer, "0.guard.first_name", "Rosa");
	expect_at(answer, "0.unread_count", "2");
	expect_at(answer, "1.unread_count", "0");
	expect_at(ask("/visitors?present=true"), "0.first_name", "Carla");
}

Test(demo_data, has_a_timesheet_that_waits_for_approval)
{
	const struct answer *answer = ask("/timesheets?status=PENDING");

	cr_expect_eq(json_count(answer->json), 1, "%.*s", STR_ARGS(answer->body));
	answer = ask(e2e_format("/timesheets/%s", answer_at(answer, "0.id")));
	expect_at(answer, "user.first_name", "Clara");
	expect_at(answer, "total_entries", "5");
	expect_at(answer, "total_hours", "40.85");
	cr_expect_str_eq(server_query(e2e_server(), "select sum(hours_worked) from app.timesheet_entries"), "40.85");
	expect_at(answer, "adjustments.0.old_value.hours_worked", "11.75");
	expect_at(answer, "adjustments.0.new_value.hours_worked", "8.17");
	/* Marek submitted it himself: he may approve it all the same, for the hours are Clara's. */
	expect_status(client_post(marek, e2e_format("/api/v1/timesheets/%s/approve", answer_at(answer, "id")), NULL), 200);
}
