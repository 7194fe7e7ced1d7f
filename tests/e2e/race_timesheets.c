/* race_timesheets.c: tests that what is approved does not change, and that each reopening is
 * recorded, while others act on the timesheet. */

#include "race_fixture.h"

TestSuite(race_timesheets, .init = set_up_race, .timeout = 120);

/* A draft of a user, which has one entry of eight hours; another session of four is missing. */
static const char *some_timesheet(void)
{
	const char *who = some_person(), *id;

	query(e2e_format("insert into app.duty_sessions (user_id, clock_in_time, clock_out_time)"
	                 " values ('%s', '2026-03-03 06:00Z', '2026-03-03 14:00Z')",
	                 who));
	id = id_of(client_post(race.super_admin, "/api/v1/timesheets",
	                       "{'user_id':'%s','week_start_date':'2026-03-01'}", who));
	query(e2e_format("insert into app.duty_sessions (user_id, clock_in_time, clock_out_time)"
	                 " values ('%s', '2026-03-04 06:00Z', '2026-03-04 10:00Z')",
	                 who));
	return id;
}

/* The clients perform these actions on a timesheet in turn, all in parallel; counts those of the
 * last action that succeed. */
static int perform(const char *id, const char *const *actions, size_t count)
{
	int succeeded = 0;

	for (int i = 0; i < CLIENTS; i++) {
		const char *action = actions[(size_t)i % count];

		client_send(race.clients[i], "POST",
		            e2e_format("/api/v1/timesheets/%s/%s", id, action),
		            strcmp(action, "reopen") == 0 ? "{'reason':'x'}" : NULL);
	}
	for (int i = 0; i < CLIENTS; i++) {
		const struct answer *answer = client_receive(race.clients[i]);

		cr_expect(answer->status == 200 || answer->status == 409, "%d", answer->status);
		if ((size_t)i % count == count - 1)
			succeeded += answer->status == 200;
	}
	return succeeded;
}

static void expect_totals(const char *id, const char *status)
{
	cr_expect_str_eq(
		query(e2e_format(
			"select t.total_hours = sum(e.hours_worked)"
			" and t.total_entries = count(*) and count(*) in (1, 2)"
			" from app.timesheets t"
			" join app.timesheet_entries e on e.timesheet_id = t.id"
			" where t.id = '%s' and '%s' in ('', t.status::text) group by t.id",
			id, status)),
		"t");
}

/* What is approved does not change afterwards: the missing session was added before, or not at
 * all. */
Test(race_timesheets, of_refreshing_and_approving_a_timesheet_keep_its_totals)
{
	static const char *const actions[] = { "refresh", "submit", "approve" };
	const char *id = some_timesheet();

	cr_expect_leq(perform(id, actions, COUNT_OF(actions)), 1);
	perform(id, actions, COUNT_OF(actions));
	expect_totals(id, "APPROVED");
}

/* Each reopening is recorded, and follows an approval. */
Test(race_timesheets, of_reopening_a_timesheet_are_all_recorded)
{
	static const char *const actions[] = { "approve", "submit", "reopen" };
	const char *id = some_timesheet();
	int reopened;

	perform(id, actions, 2);
	perform(id, actions, 1);
	reopened = perform(id, actions, COUNT_OF(actions));
	cr_expect_geq(reopened, 1);
	expect_totals(id, "");
	cr_expect_str_eq(query(e2e_format("select count(*) from app.timesheet_adjustments"
	                                  " where timesheet_id = '%s' and type = 'REOPENED'",
	                                  id)),
	                 e2e_format("%d", reopened));
}
