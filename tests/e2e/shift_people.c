/* shift_people.c: tests assigning users to shifts and unassigning them. */

#include "shift_fixture.h"

enum { MANY = 50 };

static struct {
	struct client *guard, *supervisor;
	const char *location, *rosa, *jonas, *mei;
} f;

static void setup(void)
{
	f.guard = e2e_client("guard");
	f.supervisor = e2e_client("supervisor");
	f.location = e2e_new_location();
	f.rosa = new_guard("Rosa", "Ash");
	f.jonas = new_guard("Jonas", "Birch");
	f.mei = new_guard("Mei", "Cedar");
}

TestSuite(shift_people, .init = setup, .timeout = 60);

static const struct answer *post_shift(const char *day, const char *location, const char *people)
{
	return client_post(f.supervisor, "/api/v1/shifts", "%s", shift_body(day, location, people));
}

static const char *create_shift(const char *day, const char *location, const char *people)
{
	const struct answer *answer = post_shift(day, location, people);

	assert_status(answer, 201);
	return id_of(answer);
}

Test(shift_people, users_can_be_assigned_and_unassigned)
{
	const char *location = new_location(2), *id;
	const struct answer *answer = post_shift("03-07", location, user_json(f.rosa));

	assert_status(answer, 201);
	id = id_of(answer);
	expect_problem(assign(f.supervisor, id, f.rosa), "DUPLICATE_ASSIGNMENT");
	expect_problem(assign(f.supervisor, id, e2e_id()), "USER_NOT_FOUND");
	expect_problem(assign(f.supervisor, e2e_id(), f.rosa), "NOT_FOUND");
	answer = client_post(f.supervisor, shift_path(id, "/assignments"),
	                     "{'user_id':'%s','role':'SUPERVISOR'}", f.jonas);
	expect_status(answer, 201);
	expect_header(answer, "Location", shift_path(id, ""));
	expect_at(answer, "assignments.1.role", "SUPERVISOR");
	expect_at(answer, "warnings", "[]");
	expect_problem(assign(f.supervisor, id, f.mei), "CAPACITY_EXCEEDED");
	expect_problem(client_post(f.guard, shift_path(id, "/assignments"), "%s", user_json(f.mei)),
	               "FORBIDDEN");

	expect_problem(unassign(f.supervisor, id, f.mei), "NOT_FOUND");
	expect_problem(client_delete(f.supervisor, "%s", shift_path(id, "/assignments")),
	               "VALIDATION_FAILED");
	expect_problem(
		client_delete(f.guard, "%s?user_id=%s", shift_path(id, "/assignments"), f.rosa),
		"FORBIDDEN");
	expect_status(unassign(f.supervisor, id, f.rosa), 204);
	expect_problem(unassign(f.supervisor, id, f.rosa), "NOT_FOUND");
	expect_status(assign(f.supervisor, id, f.mei), 201);
	cr_expect_str_eq(assigned_names(id), "Birch, Cedar");
	cr_expect_str_eq(event_types("user", f.rosa), "shift.created, shift.unassigned");
	cr_expect_str_eq(event_types("location", location),
	                 "shift.created, shift.assigned, shift.unassigned, shift.assigned");
}

Test(shift_people, overlapping_shifts_are_allowed_with_a_warning)
{
	const char *day = "03-08", *first = create_shift(day, f.location, user_json(f.rosa)),
		   *other, *path;
	const struct answer *answer = post_shift(
		day, f.location, e2e_format("%s,%s", user_json(f.rosa), user_json(f.jonas)));

	assert_status(answer, 201);
	expect_at(answer, "warnings", "[\"SHIFT_OVERLAP\"]");
	other = create_shift(day, f.location, "");
	path = shift_path(other, "");
	expect_at(assign(f.supervisor, other, f.mei), "warnings", "[]");
	expect_at(assign(f.supervisor, other, f.rosa), "warnings", "[\"SHIFT_OVERLAP\"]");
	expect_at(client_patch(f.supervisor, path, "{'name':'x'}"), "warnings",
	          "[\"SHIFT_OVERLAP\"]");
	/* A shift that starts when another ends does not overlap it. */
	answer = client_patch(
		f.supervisor, path,
		"{'start_time':'2050-03-08T16:00:00Z','end_time':'2050-03-08T20:00:00Z'}");
	expect_at(answer, "warnings", "[]");
	expect_at(client_patch(f.supervisor, path, "{'start_time':'2050-03-08T15:59:00Z'}"),
	          "warnings", "[\"SHIFT_OVERLAP\"]");
	expect_at(client_patch(f.supervisor, path, "{'user_assignments':[%s]}", user_json(f.mei)),
	          "warnings", "[]");
	/* Only responses to changes have warnings. */
	expect_at(client_get(f.guard, "%s", shift_path(first, "")), "warnings", "absent");
}

Test(shift_people, concurrent_requests_assign_a_user_once)
{
	const char *id = create_shift("03-12", f.location, "");

	cr_expect_eq(e2e_in_parallel(MANY, "supervisor", "POST", shift_path(id, "/assignments"),
	                             user_json(f.rosa), 201, "DUPLICATE_ASSIGNMENT"),
	             1);
	cr_expect_str_eq(assigned_names(id), "Ash");
	cr_expect_str_eq(event_types("user", f.rosa), "shift.assigned");
}

Test(shift_people, concurrent_requests_do_not_exceed_the_capacity)
{
	enum { REQUESTS = 20, ROUNDS = 9 };
	struct client *clients[REQUESTS];
	const char *people[REQUESTS];

	for (int i = 0; i < REQUESTS; i++) {
		clients[i] = e2e_client("supervisor");
		people[i] = user_json(new_guard("One", "Of Many"));
	}
	for (int round = 0; round < ROUNDS; round++) {
		int capacity = 1 + round % 3, assigned = 0;
		const char *id =
			create_shift(e2e_format("06-%02d", 1 + round), new_location(capacity), "");

		for (int i = 0; i < REQUESTS; i++)
			client_send(clients[i], "POST", shift_path(id, "/assignments"), "%s",
			            people[i]);
		for (int i = 0; i < REQUESTS; i++) {
			const struct answer *answer = client_receive(clients[i]);

			if (answer->status == 201)
				assigned++;
			else
				expect_problem(answer, "CAPACITY_EXCEEDED");
		}
		cr_expect_eq(assigned, capacity, "%d were assigned with a capacity of %d", assigned,
		             capacity);
		cr_expect_eq(json_count(json_in(client_get(f.guard, "%s", shift_path(id, ""))->json,
		                                "assignments")),
		             capacity);
	}
}
