/* timesheet_entries.c: tests adjusting, adding and removing timesheet entries, with a reason and a
 * record of the old values. */

#include "e2e.h"

static struct {
	struct client *supervisor, *other;
	const char *guard_id, *timesheet, *entry;
} f;

static const char *id_of(const struct answer *answer)
{
	return e2e_format("%s", answer_at(answer, "id"));
}

static void add_session(const char *from, const char *until)
{
	server_query(e2e_server(),
	             "insert into app.duty_sessions (user_id, clock_in_time, clock_out_time) values"
	             " ('%s', '%s', '%s')",
	             f.guard_id, from, until);
}

/* Creates a timesheet with two entries of eight hours. */
static void setup(void)
{
	const struct answer *answer;

	f.supervisor = e2e_new_user("SUPERVISOR", "Marek");
	f.other = e2e_new_user("SUPERVISOR", "Peter");
	f.guard_id = id_of(client_get(e2e_new_user("GUARD", "Rosa"), "/api/v1/users/me"));
	add_session("2026-03-02 22:00Z", "2026-03-03 06:00Z");
	add_session("2026-03-04 22:00Z", "2026-03-05 06:00Z");
	answer = client_post(f.supervisor, "/api/v1/timesheets",
	                     "{'user_id':'%s','week_start_date':'2026-03-01'}", f.guard_id);
	assert_status(answer, 201);
	f.timesheet = id_of(answer);
	f.entry = e2e_format("%s", answer_at(answer, "entries.0.id"));
}

TestSuite(timesheet_entries, .init = setup, .timeout = 40);

static const char *path_of(const char *action)
{
	return e2e_format("/api/v1/timesheets/%s%s", f.timesheet, action);
}

static const char *entry_path(const char *id)
{
	return e2e_format("/api/v1/timesheet-entries/%s", id);
}

static const struct answer *edit(struct client *client, const char *fields)
{
	return client_patch(client, entry_path(f.entry), "{%s}", fields);
}

static const struct answer *add(struct client *client, const char *in, const char *out,
                                const char *more)
{
	return client_post(client, path_of("/entries"),
	                   "{'clock_in':'%s','clock_out':'%s','reason':'The clock stood still.'%s}",
	                   in, out, more);
}

static const struct answer *read_timesheet(void)
{
	return client_get(f.supervisor, "%s", path_of(""));
}

static const char *adjusted_events(void)
{
	return e2e_format("%s",
	                  server_query(e2e_server(),
	                               "select count(*) from live.events where channel = 'user:%s'"
	                               " and type = 'timesheet.adjusted'",
	                               f.guard_id));
}

Test(timesheet_entries, keep_their_original_values)
{
	const struct answer *answer =
		edit(f.supervisor, "'clock_out':'2026-03-03T05:30:00Z','reason':'Left early.'");

	assert_status(answer, 200);
	expect_at(answer, "id", f.timesheet);
	expect_at(answer, "total_hours", "15.50");
	expect_at(answer, "total_adjustments", "1");
	expect_at(answer, "entries.0.clock_in_time", "2026-03-02T22:00:00+00:00");
	expect_at(answer, "entries.0.clock_out_time", "2026-03-03T05:30:00+00:00");
	expect_at(answer, "entries.0.hours_worked", "7.50");
	expect_at(answer, "entries.0.was_adjusted", "true");
	expect_at(answer, "entries.0.original_hours", "8.00");
	expect_at(answer, "entries.1.was_adjusted", "false");

	/* Both times in another time zone; the date changes, too. */
	answer = edit(
		f.other,
		"'clock_in':'2026-03-03T02:10:00+02:00','clock_out':'2026-03-03T05:30:00.000Z',"
		"'reason':'Came later, too.'");
	assert_status(answer, 200);
	expect_at(answer, "entries.0.clock_in_time", "2026-03-03T00:10:00+00:00");
	expect_at(answer, "entries.0.date", "2026-03-03");
	expect_at(answer, "entries.0.hours_worked", "5.33");
	expect_at(answer, "total_hours", "13.33");
	expect_at(answer, "entries.0.original_clock_in", "2026-03-02T22:00:00+00:00");
	expect_at(answer, "entries.0.original_clock_out", "2026-03-03T06:00:00+00:00");
	expect_at(answer, "entries.0.original_hours", "8.00");

	/* Newest first. */
	expect_at(answer, "adjustments.0.number", "2");
	expect_at(answer, "adjustments.0.type", "TIME_EDITED");
	expect_at(answer, "adjustments.0.entry_id", f.entry);
	expect_at(answer, "adjustments.0.field_changed", "clock_in_time");
	expect_at(answer, "adjustments.0.old_value.clock_in_time", "2026-03-02T22:00:00+00:00");
	expect_at(answer, "adjustments.0.old_value.hours_worked", "7.50");
	expect_at(answer, "adjustments.0.new_value.clock_in_time", "2026-03-03T00:10:00+00:00");
	expect_at(answer, "adjustments.0.new_value.hours_worked", "5.33");
	expect_at(answer, "adjustments.0.reason", "Came later, too.");
	expect_at(answer, "adjustments.0.adjuster.first_name", "Peter");
	expect_at(answer, "adjustments.1.reason", "Left early.");
	expect_at(answer, "adjustments.1.field_changed", "clock_out_time");
	expect_at(answer, "adjustments.1.old_value.clock_out_time", "2026-03-03T06:00:00+00:00");

	answer = edit(f.other,
	              "'clock_in':'2026-03-03T00:30:00Z','clock_out':'2026-03-03T05:00:00Z',"
	              "'reason':'Both.'");
	expect_at(answer, "entries.0.hours_worked", "4.50");
	expect_at(answer, "entries.0.original_clock_in", "2026-03-02T22:00:00+00:00");
	expect_at(answer, "entries.0.original_clock_out", "2026-03-03T06:00:00+00:00");
	expect_at(answer, "entries.0.original_hours", "8.00");
	expect_at(answer, "adjustments.0.field_changed", "clock_in_time, clock_out_time");
	cr_expect_str_eq(adjusted_events(), "3");
	/* The duty sessions are unchanged. */
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select count(*) from app.duty_sessions where user_id = '%s'"
	                              " and clock_out_time - clock_in_time = '8 hours'",
	                              f.guard_id),
	                 "2");
}

Test(timesheet_entries, can_have_notes)
{
	const struct answer *answer =
		edit(f.supervisor, "'notes':'At the gate.','reason':'By request.'");

	assert_status(answer, 200);
	expect_at(answer, "entries.0.notes", "At the gate.");
	expect_at(answer, "entries.0.was_adjusted", "false");
	expect_at(answer, "entries.0.original_hours", "null");
	expect_at(answer, "total_hours", "16.00");
	expect_at(answer, "adjustments.0.type", "NOTE_ADDED");
	expect_at(answer, "adjustments.0.field_changed", "notes");
	expect_at(answer, "adjustments.0.old_value", "null");
	expect_at(answer, "adjustments.0.new_value", "At the gate.");

	answer = edit(f.supervisor,
	              "'notes':'At sea.','clock_in':'2026-03-02T21:00:00Z','reason':'Both.'");
	assert_status(answer, 200);
	expect_at(answer, "total_hours", "17.00");
	expect_at(answer, "total_adjustments", "3");
	expect_at(answer, "adjustments.0.type", "NOTE_ADDED");
	expect_at(answer, "adjustments.0.old_value", "At the gate.");
	expect_at(answer, "adjustments.1.type", "TIME_EDITED");
	cr_expect_str_eq(adjusted_events(), "2");

	/* Notes can be removed; repeating that changes nothing. */
	for (int i = 0; i < 2; i++) {
		answer = edit(f.supervisor, "'notes':null,'reason':'It was another watch.'");
		assert_status(answer, 200);
		expect_at(answer, "entries.0.notes", "null");
		expect_at(answer, "total_adjustments", "4");
		expect_at(answer, "adjustments.0.old_value", "At sea.");
		expect_at(answer, "adjustments.0.new_value", "null");
	}
}

Test(timesheet_entries, ignore_updates_without_changes)
{
	const char *tag = e2e_format("%s", answer_header(read_timesheet(), "ETag"));
	const struct answer *answer =
		edit(f.supervisor, "'clock_in':'2026-03-02T22:00:00Z','reason':'Why not.'");

	expect_status(answer, 200);
	expect_header(answer, "ETag", tag);
	expect_status(edit(f.supervisor, "'reason':'Why not.'"), 200);
	expect_at(read_timesheet(), "adjustments", "[]");
	cr_expect_str_eq(adjusted_events(), "0");
}

Test(timesheet_entries, require_a_reason_for_changes)
{
	const struct answer *answer = edit(f.supervisor, "'clock_out':'2026-03-03T05:30:00Z'");

	expect_problem(answer, "VALIDATION_FAILED");
	expect_at(answer, "errors.0.pointer", "/reason");
	expect_at(answer, "errors.0.code", "required");
	expect_problem(edit(f.supervisor, "'clock_out':'2026-03-03T05:30:00Z','reason':'  '"),
	               "VALIDATION_FAILED");
	expect_problem(edit(f.supervisor, "'clock_out':null,'reason':'x'"), "VALIDATION_FAILED");
	expect_problem(edit(f.supervisor, "'hours_worked':7,'reason':'x'"), "VALIDATION_FAILED");
	expect_problem(client_delete(f.supervisor, "%s", entry_path(f.entry)), "VALIDATION_FAILED");
	expect_problem(client_delete(f.supervisor, "%s?reason=%%20", entry_path(f.entry)),
	               "VALIDATION_FAILED");
	expect_problem(
		client_post(
			f.supervisor, path_of("/entries"),
			"{'clock_in':'2026-03-03T06:00:00Z','clock_out':'2026-03-03T07:00:00Z'}"),
		"VALIDATION_FAILED");
	expect_at(read_timesheet(), "total_adjustments", "0");
}

Test(timesheet_entries, must_be_within_their_week_and_end_after_they_start)
{
	const struct answer *answer;
	static const struct {
		const char *in, *out, *code; /* NULL: valid */
	} rows[] = {
		{ "2026-03-03T06:00:00Z", "2026-03-03T06:00:00Z", "END_BEFORE_START" },
		{ "2026-03-03T06:00:00.0004Z", "2026-03-03T06:00:00.0003Z", "END_BEFORE_START" },
		{ "2026-03-03T06:00:00Z", "2026-03-03T07:00:00+02:00", "END_BEFORE_START" },
		{ "2026-02-28T23:59:59.999Z", "2026-03-01T08:00:00Z", "ENTRY_OUTSIDE_WEEK" },
		{ "2026-03-08T00:00:00Z", "2026-03-08T08:00:00Z", "ENTRY_OUTSIDE_WEEK" },
		{ "2026-03-07T00:00:00Z", "2026-03-15T00:00:00.001Z", "ENTRY_OUTSIDE_WEEK" },
		{ "0002-01-01T00:00:00Z", "9998-12-31T00:00:00Z", "ENTRY_OUTSIDE_WEEK" },
		{ "2026-03-01T00:00:00Z", "2026-03-01T00:00:00.001Z", NULL },
		{ "2026-03-07T23:59:59.999Z", "2026-03-15T00:00:00Z", NULL },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		for (int adding = 0; adding < 2; adding++) {
			answer = adding ? add(f.supervisor, rows[i].in, rows[i].out, "")
			                : edit(f.supervisor,
			                       e2e_format("'clock_in':'%s','clock_out':'%s',"
			                                  "'reason':'x'",
			                                  rows[i].in, rows[i].out));
			if (rows[i].code)
				expect_problem(answer, rows[i].code);
			else if (adding) /* what was edited to these times */
				expect_problem(answer, "ENTRY_OVERLAPS");
			else
				expect_status(answer, 200);
		}
	}
	/* A single time is checked against the stored other one. */
	expect_problem(edit(f.supervisor, "'clock_out':'2026-03-07T22:00:00Z','reason':'x'"),
	               "END_BEFORE_START");
}

Test(timesheet_entries, can_be_added)
{
	const char *location = e2e_new_location(), *id = e2e_id(), *shift;
	const struct answer *answer;

	shift = e2e_format(
		"%s",
		server_query(e2e_server(),
	                     "insert into app.shifts (name, start_time, end_time, location_id)"
	                     " values ('Early', '2026-03-03 06:00Z', '2026-03-03 14:00Z', '%s')"
	                     " returning id",
	                     location));
	answer = add(f.supervisor, "2026-03-03T06:00:00Z", "2026-03-03T14:20:00Z",
	             e2e_format(",'id':'%s','location_id':'%s','shift_id':'%s','notes':'Rain.'", id,
	                        location, shift));
	assert_status(answer, 201);
	expect_header(answer, "Location", path_of(""));
	expect_at(answer, "total_hours", "24.33");
	expect_at(answer, "total_entries", "3");
	expect_at(answer, "entries.1.id", id);
	expect_at(answer, "entries.1.duty_session_id", "null");
	expect_at(answer, "entries.1.was_manually_added", "true");
	expect_at(answer, "entries.1.location.id", location);
	expect_at(answer, "entries.1.shift_id", shift);
	expect_at(answer, "entries.1.notes", "Rain.");
	expect_at(answer, "adjustments.0.type", "ENTRY_ADDED");
	expect_at(answer, "adjustments.0.entry_id", id);
	expect_at(answer, "adjustments.0.old_value", "null");
	expect_at(answer, "adjustments.0.new_value.hours_worked", "8.33");
	cr_expect_str_eq(adjusted_events(), "1");

	expect_problem(add(f.supervisor, "2026-03-03T06:00:00Z", "2026-03-03T07:00:00Z",
	                   e2e_format(",'id':'%s'", id)),
	               "ID_TAKEN");
	expect_problem(add(f.supervisor, "2026-03-03T06:00:00Z", "2026-03-03T07:00:00Z",
	                   e2e_format(",'location_id':'%s'", id)),
	               "LOCATION_NOT_FOUND");
	expect_problem(add(f.supervisor, "2026-03-03T06:00:00Z", "2026-03-03T07:00:00Z",
	                   e2e_format(",'shift_id':'%s'", id)),
	               "SHIFT_NOT_FOUND");
	/* The entry is kept when its shift is deleted. */
	server_query(e2e_server(), "delete from app.shifts where id = '%s'", shift);
	expect_at(read_timesheet(), "entries.1.shift_id", "null");
	expect_at(read_timesheet(), "total_hours", "24.33");
}

Test(timesheet_entries, removal_keeps_their_adjustments)
{
	const struct answer *answer;

	assert_status(
		edit(f.supervisor, "'clock_out':'2026-03-03T05:30:00Z','reason':'Left early.'"),
		200);
	expect_status(
		client_delete(f.supervisor, "%s?reason=It%%20was%%20Jonas.", entry_path(f.entry)),
		204);
	answer = read_timesheet();
	expect_at(answer, "total_hours", "8.00");
	expect_at(answer, "total_entries", "1");
	expect_at(answer, "adjustments.0.type", "ENTRY_REMOVED");
	expect_at(answer, "adjustments.0.reason", "It was Jonas.");
	expect_at(answer, "adjustments.0.old_value.hours_worked", "7.50");
	expect_at(answer, "adjustments.0.new_value", "null");
	expect_at(answer, "adjustments.1.entry_id", f.entry);
	expect_problem(client_delete(f.supervisor, "%s?reason=Again", entry_path(f.entry)),
	               "NOT_FOUND");
	expect_problem(edit(f.supervisor, "'reason':'x'"), "NOT_FOUND");
	cr_expect_str_eq(adjusted_events(), "2");
	expect_problem(
		client_post(f.supervisor, e2e_format("/api/v1/timesheets/%s/entries", e2e_id()),
	                    "{'clock_in':'2026-03-03T06:00:00Z','clock_out':'2026-03-03T07:00:00Z',"
	                    "'reason':'x'}"),
		"NOT_FOUND");
}

Test(timesheet_entries, change_only_in_drafts)
{
	static const char *const actions[] = { "/submit", "/reject", "/reopen", "/submit",
		                               "/approve" };

	for (size_t i = 0; i < COUNT_OF(actions); i++) {
		assert_status(client_post(f.other, path_of(actions[i]),
		                          i == 1 ? "{'reason':'Wrong.'}" : NULL),
		              200);
		if (i == 2)
			continue;
		expect_problem(
			edit(f.supervisor, "'clock_out':'2026-03-03T05:30:00Z','reason':'x'"),
			"TIMESHEET_NOT_DRAFT");
		expect_problem(
			add(f.supervisor, "2026-03-03T06:00:00Z", "2026-03-03T07:00:00Z", ""),
			"TIMESHEET_NOT_DRAFT");
		expect_problem(client_delete(f.supervisor, "%s?reason=x", entry_path(f.entry)),
		               "TIMESHEET_NOT_DRAFT");
	}
	expect_at(read_timesheet(), "total_hours", "16.00");
}

Test(timesheet_entries, changes_honor_if_match)
{
	const char *tag = e2e_format("%s", answer_header(read_timesheet(), "ETag"));

	client_set_header(f.supervisor, "If-Match: %s", tag);
	expect_status(edit(f.supervisor, "'notes':'One.','reason':'x'"), 200);
	client_set_header(f.supervisor, "If-Match: %s", tag);
	expect_problem(edit(f.supervisor, "'notes':'Two.','reason':'x'"), "PRECONDITION_FAILED");
	client_set_header(f.supervisor, "If-Match: %s", tag);
	expect_problem(add(f.supervisor, "2026-03-03T06:00:00Z", "2026-03-03T07:00:00Z", ""),
	               "PRECONDITION_FAILED");
	client_set_header(f.supervisor, "If-Match: %s", tag);
	expect_problem(client_delete(f.supervisor, "%s?reason=x", entry_path(f.entry)),
	               "PRECONDITION_FAILED");
}

Test(timesheet_entries, are_limited_in_number)
{
	server_query(e2e_server(),
	             "insert into app.timesheet_entries (timesheet_id, user_id, date,"
	             " clock_in_time, clock_out_time)"
	             " select '%s', '%s', '2026-03-06', t, t + interval '5 minutes'"
	             " from (select '2026-03-06 01:00Z'::timestamptz + n * interval '5 minutes'"
	             " as t from generate_series(1, 197) n) t;"
	             " update app.timesheets set total_entries = 199 where id = '%s'",
	             f.timesheet, f.guard_id, f.timesheet);
	expect_at(add(f.supervisor, "2026-03-03T06:00:00Z", "2026-03-03T07:00:00Z", ""),
	          "total_hours", "32.76");
	expect_problem(add(f.supervisor, "2026-03-03T06:00:00Z", "2026-03-03T07:00:00Z", ""),
	               "TIMESHEET_FULL");
	server_query(e2e_server(),
	             "update app.timesheets set total_adjustments = 499 where id = '%s'",
	             f.timesheet);
	expect_status(client_delete(f.supervisor, "%s?reason=x", entry_path(f.entry)), 204);
	expect_problem(add(f.supervisor, "2026-03-03T06:00:00Z", "2026-03-03T07:00:00Z", ""),
	               "TIMESHEET_FULL");
}

/* Each request sees the changes of the others: the total is right, and numbers are unique. */
Test(timesheet_entries, concurrent_additions_are_all_counted)
{
	enum { MANY = 50 };
	const struct answer *answer;

	struct client *clients[MANY];

	for (int i = 0; i < MANY; i++)
		clients[i] = e2e_client("supervisor");
	for (int i = 0; i < MANY; i++)
		client_send(clients[i], "POST", path_of("/entries"),
		            "{'clock_in':'2026-03-06T06:%02d:00Z',"
		            "'clock_out':'2026-03-06T06:%02d:30Z','reason':'x'}",
		            i, i);
	for (int i = 0; i < MANY; i++)
		expect_status(client_receive(clients[i]), 201);
	answer = read_timesheet();
	expect_at(answer, "total_hours", "16.50");
	expect_at(answer, "total_entries", "52");
	expect_at(answer, "adjustments.0.number", "50");
	expect_at(answer, "adjustments.49.number", "1");
	cr_expect_str_eq(adjusted_events(), "50");
}

Test(timesheet_entries, concurrent_requests_remove_an_entry_once)
{
	cr_expect_eq(e2e_in_parallel(20, "supervisor", "DELETE",
	                             e2e_format("%s?reason=Twice", entry_path(f.entry)), NULL, 204,
	                             "NOT_FOUND"),
	             1);
	expect_at(read_timesheet(), "total_adjustments", "1");
	expect_at(read_timesheet(), "total_hours", "8.00");
}

/* One of fifty identical additions succeeds. Entries may touch, but not overlap, also across the
 * timesheets of a user; those of another user do not matter. */
Test(timesheet_entries, of_a_user_never_overlap)
{
	const struct answer *answer;
	const char *next;

	expect_problem(add(f.supervisor, "2026-03-02T23:00:00Z", "2026-03-03T00:00:00Z", ""),
	               "ENTRY_OVERLAPS");
	expect_status(add(f.supervisor, "2026-03-03T06:00:00Z", "2026-03-03T07:00:00Z", ""), 201);
	expect_problem(edit(f.supervisor, "'clock_out':'2026-03-03T06:00:00.001Z','reason':'x'"),
	               "ENTRY_OVERLAPS");
	expect_at(read_timesheet(), "total_hours", "17.00");

	/* The night from Saturday to Sunday, and the next week. */
	expect_status(add(f.supervisor, "2026-03-07T22:00:00Z", "2026-03-08T06:00:00Z", ""), 201);
	add_session("2026-03-08 05:00Z", "2026-03-08 14:00Z");
	expect_problem(client_post(f.supervisor, "/api/v1/timesheets",
	                           "{'user_id':'%s','week_start_date':'2026-03-08'}", f.guard_id),
	               "ENTRY_OVERLAPS");
	add_session("2026-03-15 05:00Z", "2026-03-15 14:00Z");
	answer = client_post(f.supervisor, "/api/v1/timesheets",
	                     "{'user_id':'%s','week_start_date':'2026-03-15'}",
	                     id_of(client_get(f.other, "/api/v1/users/me")));
	expect_problem(answer, "NO_COMPLETED_SESSIONS");
	answer = client_post(f.supervisor, "/api/v1/timesheets",
	                     "{'user_id':'%s','week_start_date':'2026-03-15'}", f.guard_id);
	assert_status(answer, 201);
	next = id_of(answer);
	cr_expect_eq(e2e_in_parallel(50, "supervisor", "POST",
	                             e2e_format("/api/v1/timesheets/%s/entries", next),
	                             "{'clock_in':'2026-03-16T06:00:00Z',"
	                             "'clock_out':'2026-03-16T07:00:00Z','reason':'x'}",
	                             201, "ENTRY_OVERLAPS"),
	             1);
	expect_at(client_get(f.supervisor, "/api/v1/timesheets/%s", next), "total_hours", "10.00");
}

Test(timesheet_entries, follow_sessions_that_ended_since)
{
	const char *refresh = path_of("/refresh");

	expect_status(client_delete(f.supervisor, "%s?reason=Twice", entry_path(f.entry)), 204);
	expect_at(client_post(f.supervisor, refresh, NULL), "total_entries", "1");
	add_session("2026-03-05 22:00Z", "2026-03-06 06:00Z");
	expect_at(client_post(f.supervisor, refresh, NULL), "total_entries", "2");
	expect_at(client_post(f.supervisor, refresh, NULL), "total_hours", "16.00");
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select count(*) from live.events where channel = 'user:%s'"
	                              " and type = 'timesheet.refreshed'",
	                              f.guard_id),
	                 "1");
	expect_status(client_post(f.supervisor, path_of("/submit"), NULL), 200);
	expect_problem(client_post(f.supervisor, refresh, NULL), "TIMESHEET_NOT_DRAFT");
}
