/* timesheet_weeks.c: tests that weeks are those of the configured time zone, and that hours are
 * counted correctly across changes to and from daylight saving time. */

#include "e2e.h"

TestSuite(timesheet_weeks, .timeout = 60);

static struct {
	struct server *server;
	struct client *supervisor;
} f;

static const char *person(void)
{
	return e2e_format("%s", server_query(f.server,
	                                     "insert into app.users (role, first_name, last_name)"
	                                     " values ('GUARD', 'Some', 'Body') returning id"));
}

static void add_session(const char *who, const char *from, const char *until)
{
	server_query(f.server,
	             "set timezone = 'America/New_York'; insert into app.duty_sessions (user_id,"
	             " clock_in_time, clock_out_time)"
	             " values ('%s', '%s', '%s')",
	             who, from, until);
}

static const struct answer *create_timesheet(const char *who, const char *week)
{
	return client_post(f.supervisor, "/api/v1/timesheets",
	                   "{'user_id':'%s','week_start_date':'%s'}", who, week);
}

/* Local times. On 8 March, clocks went from 02:00 to 03:00; on 1 November, from 02:00 to 01:00. */
static const struct {
	const char *from, *until, *week, *date, *hours;
} rows[] = {
	{ "2026-03-07 22:00", "2026-03-08 06:00", "2026-03-01", "2026-03-07", "7.00" },
	{ "2026-03-07 23:30", "2026-03-08 00:30", "2026-03-01", "2026-03-07", "1.00" },
	{ "2026-03-08 00:00", "2026-03-08 08:00", "2026-03-08", "2026-03-08", "7.00" },
	{ "2026-03-08 01:50", "2026-03-08 03:10", "2026-03-08", "2026-03-08", "0.33" },
	{ "2026-03-14 23:30", "2026-03-15 07:30", "2026-03-08", "2026-03-14", "8.00" },
	{ "2026-03-14 23:59:59.999", "2026-03-15 01:00", "2026-03-08", "2026-03-14", "1.00" },
	{ "2026-03-15 00:00", "2026-03-15 08:00", "2026-03-15", "2026-03-15", "8.00" },
	{ "2026-10-31 22:00", "2026-11-01 06:00", "2026-10-25", "2026-10-31", "9.00" },
	{ "2026-10-31 23:30", "2026-11-01 00:30", "2026-10-25", "2026-10-31", "1.00" },
	{ "2026-11-01 00:00", "2026-11-01 08:00", "2026-11-01", "2026-11-01", "9.00" },
	{ "2026-11-01 01:30 EDT", "2026-11-01 01:10 EST", "2026-11-01", "2026-11-01", "0.67" },
	{ "2026-11-07 23:30", "2026-11-08 07:30", "2026-11-01", "2026-11-07", "8.00" },
	{ "2026-11-08 00:00", "2026-11-08 08:00", "2026-11-08", "2026-11-08", "8.00" },
};

static void expect_row(size_t i)
{
	const char *who = person(),
		   *next = e2e_format("%s",
	                              server_query(f.server, "select date '%s' + 7", rows[i].week));
	const char *last =
		e2e_format("%s", server_query(f.server, "select date '%s' - 7", rows[i].week));
	const struct answer *answer;

	add_session(who, rows[i].from, rows[i].until);
	expect_problem(create_timesheet(who, next), "NO_COMPLETED_SESSIONS");
	expect_problem(create_timesheet(who, last), "NO_COMPLETED_SESSIONS");
	answer = create_timesheet(who, rows[i].week);
	cr_assert_eq(answer->status, 201, "%s: %d", rows[i].from, answer->status);
	expect_at(answer, "entries.0.hours_worked", rows[i].hours);
	expect_at(answer, "entries.0.date", rows[i].date);
	expect_at(answer, "total_hours", rows[i].hours);
}

/* The weeks with a change have 167 and 169 hours. */
static void expect_limits(void)
{
	static const struct {
		const char *week, *first, *after;
	} weeks[] = {
		{ "2026-03-08", "2026-03-08T05:00:00Z", "2026-03-15T04:00:00Z" },
		{ "2026-11-01", "2026-11-01T04:00:00Z", "2026-11-08T05:00:00Z" },
	};

	for (size_t i = 0; i < COUNT_OF(weeks); i++) {
		const char *who = person(), *path, *at[] = { weeks[i].first, weeks[i].after };
		const struct answer *answer;

		add_session(who, e2e_format("%s 12:00", weeks[i].week),
		            e2e_format("%s 20:00", weeks[i].week));
		answer = create_timesheet(who, weeks[i].week);
		assert_status(answer, 201);
		path = e2e_format("/api/v1/timesheets/%s/entries", answer_at(answer, "id"));
		for (int limit = 0; limit < 2; limit++) {
			for (int before = 0; before < 2; before++) {
				const char *id = e2e_id();
				const char *in = e2e_format(
					"%s", server_query(f.server,
				                           "set timezone = 'UTC'; select"
				                           " to_char('%s'::timestamptz"
				                           " - %d * interval '1 ms',"
				                           " 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')",
				                           at[limit], before));

				answer = client_post(
					f.supervisor, path,
					"{'id':'%s','clock_in':'%s','clock_out':'%.10sT12:00:00Z',"
					"'reason':'x'}",
					id, in, at[limit]);
				if (limit == before) {
					expect_status(answer, 201);
					expect_status(
						client_delete(
							f.supervisor,
							"/api/v1/timesheet-entries/%s?reason=x",
							id),
						204);
				} else {
					expect_problem(answer, "ENTRY_OUTSIDE_WEEK");
				}
			}
		}
	}
}

Test(timesheet_weeks, are_those_of_the_configured_time_zone)
{
	const char *who;
	const struct answer *answer;

	f.server = server_dev((const char *const[]){ "TIMEZONE=America/New_York", NULL });
	f.supervisor = e2e_client_of(f.server, "supervisor");
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect_row(i);
	expect_limits();

	/* Candidates of a week use the same time zone. */
	who = person();
	add_session(who, "2027-03-13 23:30", "2027-03-14 06:30");
	answer = client_get(f.supervisor,
	                    "/api/v1/timesheets/candidates?week_start_date=2027-03-07");
	cr_expect_eq(json_count(answer->json), 1);
	expect_at(answer, "0.user_id", who);
	expect_at(answer, "0.total_hours", "6.00");
	expect_at(client_get(f.supervisor,
	                     "/api/v1/timesheets/candidates?week_start_date=2027-03-14"),
	          "0", "absent");
	cr_expect_eq(server_stop(f.server), 0);
	server_free(f.server);
}
