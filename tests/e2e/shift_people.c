/* Shifts take people: one more, one less, and no more than there is room for. */

#include "shift_fixture.h"

enum { MANY = 50 };

static struct {
	struct client *guard, *supervisor;
	const char *place, *rosa, *jonas, *mei;
} f;

static void setup(void)
{
	f.guard = e2e_client("guard");
	f.supervisor = e2e_client("supervisor");
	f.place = e2e_location();
	f.rosa = person("Rosa", "Ash");
	f.jonas = person("Jonas", "Birch");
	f.mei = person("Mei", "Cedar");
}

TestSuite(shift_people, .init = setup, .timeout = 60);

static const struct answer *plan_at(const char *day, const char *place, const char *people)
{
	return client_post(f.supervisor, "/api/v1/shifts", "%s", shift_body(day, place, people));
}

static const char *planned_at(const char *day, const char *place, const char *people)
{
	const struct answer *answer = plan_at(day, place, people);

	assert_status(answer, 201);
	return id_of(answer);
}

Test(shift_people, take_one_more_and_let_one_go)
{
	const char *place = place_for(2), *id;
	const struct answer *answer = plan_at("03-07", place, who(f.rosa));

	assert_status(answer, 201);
	id = id_of(answer);
	expect_problem(assign(f.supervisor, id, f.rosa), "DUPLICATE_ASSIGNMENT");
	expect_problem(assign(f.supervisor, id, e2e_id()), "USER_NOT_FOUND");
	expect_problem(assign(f.supervisor, e2e_id(), f.rosa), "NOT_FOUND");
	answer = client_post(f.supervisor, shift_path(id, "/assignments"), "{'user_id':'%s','role':'SUPERVISOR'}", f.jonas);
	expect_status(answer, 201);
	expect_header(answer, "Location", shift_path(id, ""));
	expect_at(answer, "assignments.1.role", "SUPERVISOR");
	expect_at(answer, "warnings", "[]");
	expect_problem(assign(f.supervisor, id, f.mei), "CAPACITY_EXCEEDED");
	expect_problem(client_post(f.guard, shift_path(id, "/assignments"), "%s", who(f.mei)), "FORBIDDEN");

	expect_problem(release(f.supervisor, id, f.mei), "NOT_FOUND");
	expect_problem(client_delete(f.supervisor, "%s", shift_path(id, "/assignments")), "VALIDATION_FAILED");
	expect_problem(client_delete(f.guard, "%s?user_id=%s", shift_path(id, "/assignments"), f.rosa), "FORBIDDEN");
	expect_status(release(f.supervisor, id, f.rosa), 204);
	expect_problem(release(f.supervisor, id, f.rosa), "NOT_FOUND");
	expect_status(assign(f.supervisor, id, f.mei), 201);
	cr_expect_str_eq(people_of(id), "Birch, Cedar");
	cr_expect_str_eq(told("user", f.rosa), "shift.created, shift.unassigned");
	cr_expect_str_eq(told("location", place), "shift.created, shift.assigned, shift.unassigned, shift.assigned");
}

Test(shift_people, at_the_same_time_are_allowed_and_told_of)
{
	const char *day = "03-08", *first = planned_at(day, f.place, who(f.rosa)), *other, *path;
	const struct answer *answer = plan_at(day, f.place, e2e_format("%s,%s", who(f.rosa), who(f.jonas)));

	assert_status(answer, 201);
	expect_at(answer, "warnings", "[\"SHIFT_OVERLAP\"]");
	other = planned_at(day, f.place, "");
	path = shift_path(other, "");
	expect_at(assign(f.supervisor, other, f.mei), "warnings", "[]");
	expect_at(assign(f.supervisor, other, f.rosa), "warnings", "[\"SHIFT_OVERLAP\"]");
	expect_at(client_patch(f.supervisor, path, "{'name':'x'}"), "warnings", "[\"SHIFT_OVERLAP\"]");
	/* One that begins when the other ends is behind it. */
	answer = client_patch(f.supervisor, path, "{'start_time':'2050-03-08T16:00:00Z','end_time':'2050-03-08T20:00:00Z'}");
	expect_at(answer, "warnings", "[]");
	expect_at(client_patch(f.supervisor, path, "{'start_time':'2050-03-08T15:59:00Z'}"), "warnings",
	          "[\"SHIFT_OVERLAP\"]");
	expect_at(client_patch(f.supervisor, path, "{'user_assignments':[%s]}", who(f.mei)), "warnings", "[]");
	/* It is what was planned, not the shift, that is warned of. */
	expect_at(client_get(f.guard, "%s", shift_path(first, "")), "warnings", "absent");
}

Test(shift_people, take_a_person_once_however_many_assign_him)
{
	const char *id = planned_at("03-12", f.place, "");

	cr_expect_eq(e2e_in_parallel(MANY, "supervisor", "POST", shift_path(id, "/assignments"), who(f.rosa), 201,
	                           "DUPLICATE_ASSIGNMENT"),
	             1);
	cr_expect_str_eq(people_of(id), "Ash");
	cr_expect_str_eq(told("user", f.rosa), "shift.assigned");
}

Test(shift_people, take_no_more_than_their_place_however_many_ask)
{
	enum { ASKING = 20, ROUNDS = 9 };
	struct client *clients[ASKING];
	const char *people[ASKING];

	for (int i = 0; i < ASKING; i++) {
		clients[i] = e2e_client("supervisor");
		people[i] = who(person("One", "Of Many"));
	}
	for (int round = 0; round < ROUNDS; round++) {
		int room = 1 + round % 3, done = 0;
		const char *id = planned_at(e2e_format("06-%02d", 1 + round), place_for(room), "");

		for (int i = 0; i < ASKING; i++)
			client_send(clients[i], "POST", shift_path(id, "/assignments"), "%s", people[i]);
		for (int i = 0; i < ASKING; i++) {
			const struct answer *answer = client_receive(clients[i]);

			if (answer->status == 201)
				done++;
			else
				expect_problem(answer, "CAPACITY_EXCEEDED");
		}
		cr_expect_eq(done, room, "%d were assigned where there is room for %d", done, room);
		cr_expect_eq(json_count(json_in(client_get(f.guard, "%s", shift_path(id, ""))->json, "assignments")), room);
	}
}
