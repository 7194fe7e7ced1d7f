/* race_assignments.c: tests that a shift takes no more people than its location allows, and nobody
 * who is archived meanwhile. */

#include "race_fixture.h"

enum { ROUNDS = 6 };

TestSuite(race_assignments, .init = set_up_race, .timeout = 120);

/* Each client assigns one of the people, all in parallel; returns how many succeed. */
static int assign(const char *shift, const char *const people[CLIENTS], const char *code)
{
	int succeeded = 0;

	for (int i = 0; i < CLIENTS; i++)
		client_send(race.clients[i], "POST",
		            e2e_format("/api/v1/shifts/%s/assignments", shift), "{'user_id':'%s'}",
		            people[i]);
	for (int i = 0; i < CLIENTS; i++) {
		const struct answer *answer = client_receive(race.clients[i]);

		if (answer->status == 201)
			succeeded++;
		else
			expect_problem(answer, code);
	}
	return succeeded;
}

Test(race_assignments, for_the_last_place_in_a_shift_have_one_winner)
{
	const char *location = id_of(client_post(race.super_admin, "/api/v1/locations",
	                                         "{'name':'%s','max_capacity':2}", e2e_name()));
	const char *shift =
		id_of(client_post(race.super_admin, "/api/v1/shifts",
	                          "{'name':'Night','start_time':'2026-03-01T22:00:00Z',"
	                          "'end_time':'2026-03-02T06:00:00Z','location_id':'%s'}",
	                          location));
	const char *people[CLIENTS], *same[CLIENTS];

	for (int i = 0; i < CLIENTS; i++) {
		people[i] = some_person();
		same[i] = people[0];
	}
	cr_expect_eq(assign(shift, same, "DUPLICATE_ASSIGNMENT"), 1);
	people[0] = some_person();
	cr_expect_eq(assign(shift, people, "CAPACITY_EXCEEDED"), 1);
	cr_expect_str_eq(
		query(e2e_format("select count(*) from app.shift_assignments where shift_id = '%s'",
	                         shift)),
		"2");
}

/* ---- Archiving ---- */

/* What a guard is assigned to while they are archived. */
struct roster {
	const char *guard, *location, *pattern;
	const char *shifts[CLIENTS]; /* of those who assign, and of those who move a past shift */
};

static const char *shift_body(const char *location, const char *day, const char *guard)
{
	return e2e_format("{'name':'Watch','start_time':'%sT08:00:00Z','end_time':'%sT16:00:00Z',"
	                  "'location_id':'%s','user_assignments':[%s]}",
	                  day, day, location, guard ? e2e_format("{'user_id':'%s'}", guard) : "");
}

static struct roster some_roster(void)
{
	struct roster roster = { .guard = some_person(), .location = e2e_new_location() };

	roster.pattern = id_of(client_post(
		race.super_admin, "/api/v1/recurring-shifts",
		"{'name':'Nights','location_id':'%s','start_time':'22:00','end_time':'06:00',"
		"'days_of_week':[0,1,2,3,4,5,6],'start_date':'2050-01-01',"
		"'user_assignments':[{'user_id':'%s'}]}",
		roster.location, roster.guard));
	for (int i = 0; i < CLIENTS; i++) {
		const char *body = i % 4 == 1 ? shift_body(roster.location, "2050-05-05", NULL)
		                   : i % 4 == 3
		                           ? shift_body(roster.location, "2020-05-05", roster.guard)
		                           : NULL;

		if (body)
			roster.shifts[i] =
				id_of(client_post(race.super_admin, "/api/v1/shifts", "%s", body));
	}
	return roster;
}

static void send_assignment(const struct roster *roster, int i)
{
	struct client *client = race.clients[i];

	if (i % 4 == 0)
		client_send(client, "POST", "/api/v1/shifts", "%s",
		            shift_body(roster->location, "2050-05-07", roster->guard));
	else if (i % 4 == 1)
		client_send(client, "POST",
		            e2e_format("/api/v1/shifts/%s/assignments", roster->shifts[i]),
		            "{'user_id':'%s'}", roster->guard);
	else if (i % 4 == 2)
		client_send(client, "POST",
		            e2e_format("/api/v1/recurring-shifts/%s/generate", roster->pattern),
		            "{'days':%d}", 1 + i);
	else
		client_send(
			client, "PATCH", e2e_format("/api/v1/shifts/%s", roster->shifts[i]),
			"{'start_time':'2050-05-09T08:00:00Z','end_time':'2050-05-09T16:00:00Z'}");
}

/* Whatever comes first, nobody who is archived stays assigned to a coming shift. */
static void expect_no_assignment(void)
{
	const struct roster roster = some_roster();
	int assigned = 0;

	for (int i = 0; i < CLIENTS; i++) {
		if (i == CLIENTS / 2)
			client_send(race.clients[i], "POST",
			            e2e_format("/api/v1/users/%s/archive", roster.guard), NULL);
		else
			send_assignment(&roster, i);
	}
	for (int i = 0; i < CLIENTS; i++) {
		const struct answer *answer = client_receive(race.clients[i]);

		if (i == CLIENTS / 2 || i % 4 == 2)
			expect_status(answer, 200);
		else if (answer->status == (i % 4 == 3 ? 200 : 201))
			assigned++;
		else
			expect_problem(answer, "NOT_A_GUARD");
	}
	cr_log_info("%d assignments came before archiving", assigned);
	cr_expect_str_eq(query(e2e_format("select count(*) from app.shift_assignments"
	                                  " where user_id = '%s' and start_time > now()",
	                                  roster.guard)),
	                 "0");
}

Test(race_assignments, and_archiving_have_one_winner)
{
	for (int i = 0; i < ROUNDS; i++)
		expect_no_assignment();
}

/* Nobody clocks in who was archived while their request was on its way. */
Test(race_assignments, clocking_in_and_archiving_have_one_winner)
{
	const char *location = e2e_new_location();

	for (int i = 0; i < ROUNDS; i++) {
		struct client *guard = e2e_new_user("GUARD", "Tessa");
		const char *id = own_id(guard);
		const struct answer *answer;

		client_send(guard, "POST", "/api/v1/duty-sessions", "{'location_id':'%s'}",
		            location);
		client_send(race.super_admin, "POST", e2e_format("/api/v1/users/%s/archive", id),
		            NULL);
		answer = client_receive(guard);
		cr_expect(answer->status == 201 || answer->status == 403, "%.*s",
		          STR_ARGS(answer->body));
		expect_status(client_receive(race.super_admin), 200);
		cr_expect_str_eq(query(e2e_format("select count(*) from app.duty_sessions where"
		                                  " user_id = '%s' and clock_out_time is null",
		                                  id)),
		                 "0");
	}
}
