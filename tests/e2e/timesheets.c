/* timesheets.c: tests creating, submitting, rejecting and approving timesheets. */

#include "e2e.h"

enum { MANY = 50 };

static struct {
	struct client *supervisor, *other;
	const char *supervisor_id, *other_id, *guard_id;
} f;

static const char *id_of(const struct answer *answer)
{
	return e2e_format("%s", answer_at(answer, "id"));
}

static const char *my_id(struct client *client)
{
	return id_of(client_get(client, "/api/v1/users/me"));
}

static void setup(void)
{
	f.supervisor = e2e_new_user("SUPERVISOR", "Marek");
	f.other = e2e_new_user("SUPERVISOR", "Peter");
	f.supervisor_id = my_id(f.supervisor);
	f.other_id = my_id(f.other);
	f.guard_id = my_id(e2e_new_user("GUARD", "Rosa"));
}

TestSuite(timesheets, .init = setup, .timeout = 40);

static void add_session(const char *who, const char *from, const char *until)
{
	server_query(e2e_server(),
	             "insert into app.duty_sessions (user_id, clock_in_time, clock_out_time)"
	             " values ('%s', '%s', nullif('%s', '')::timestamptz)",
	             who, from, until);
}

static const struct answer *create_timesheet(struct client *client, const char *who,
                                             const char *week)
{
	return client_post(client, "/api/v1/timesheets", "{'user_id':'%s','week_start_date':'%s'}",
	                   who, week);
}

static const char *path_of(const char *id, const char *action)
{
	return e2e_format("/api/v1/timesheets/%s%s", id, action);
}

static const struct answer *perform(struct client *client, const char *id, const char *action)
{
	return client_post(client, path_of(id, action),
	                   strcmp(action, "/reject") == 0 ? "{'reason':'Too long.'}" : NULL);
}

/* Creates a timesheet with one entry and performs these actions: "" or "/submit/reject". */
static const char *create_with_actions(const char *who, const char *week, const char *actions)
{
	struct str rest = str_of(actions), action;
	const struct answer *answer;
	const char *id;

	add_session(who, e2e_format("%s 06:00Z", week), e2e_format("%s 14:00Z", week));
	answer = create_timesheet(f.supervisor, who, week);
	assert_status(answer, 201);
	id = id_of(answer);
	for (str_cut(&rest, '/', &action); str_cut(&rest, '/', &action);)
		assert_status(perform(f.other, id, e2e_format("/%.*s", STR_ARGS(action))), 200);
	return id;
}

/* The events of timesheets on the user's channel: "created, submitted". */
static const char *event_types(const char *who)
{
	const char *types = server_query(
		e2e_server(),
		"select string_agg(split_part(type, '.', 2), ', ' order by \"offset\") from"
		" live.events"
		" where channel = 'user:%s' and type like 'timesheet.%%'",
		who);

	return e2e_format("%s", types ? types : "nothing");
}

Test(timesheets, can_be_submitted_and_approved)
{
	const char *location = e2e_new_location(), *shift, *id;
	const struct answer *answer;

	shift = e2e_format(
		"%s",
		server_query(e2e_server(),
	                     "with shift as (insert into app.shifts (name, start_time, end_time,"
	                     " location_id)"
	                     " values ('Night', '2026-03-03 22:00Z', '2026-03-04 06:00Z', '%s')"
	                     " returning id)"
	                     " insert into app.duty_sessions (user_id, location_id, shift_id,"
	                     " clock_in_time,"
	                     " clock_out_time, notes) select '%s', '%s', id, '2026-03-03 22:00Z',"
	                     " '2026-03-04 06:00Z', 'Quiet.' from shift returning shift_id",
	                     location, f.guard_id, location));
	add_session(f.guard_id, "2026-03-02 21:55Z", "2026-03-03 06:15Z");
	answer = create_timesheet(f.supervisor, f.guard_id, "2026-03-01");
	assert_status(answer, 201);
	id = id_of(answer);
	expect_header(answer, "Location", path_of(id, ""));
	cr_expect(str_begins(str_of(answer_header(answer, "ETag")), "\"1."));
	expect_at(answer, "user.first_name", "Rosa");
	expect_at(answer, "week_start_date", "2026-03-01");
	expect_at(answer, "week_end_date", "2026-03-07");
	expect_at(answer, "status", "DRAFT");
	expect_at(answer, "total_hours", "16.33");
	expect_at(answer, "total_entries", "2");
	expect_at(answer, "created_by", f.supervisor_id);
	expect_at(answer, "submitted_at", "null");
	/* In the order of their start. */
	expect_at(answer, "entries.0.hours_worked", "8.33");
	expect_at(answer, "entries.0.date", "2026-03-02");
	expect_at(answer, "entries.0.location", "null");
	expect_at(answer, "entries.1.hours_worked", "8.00");
	expect_at(answer, "entries.1.clock_in_time", "2026-03-03T22:00:00+00:00");
	expect_at(answer, "entries.1.clock_out_time", "2026-03-04T06:00:00+00:00");
	expect_at(answer, "entries.1.location.id", location);
	expect_at(answer, "entries.1.shift_id", shift);
	expect_at(answer, "entries.1.notes", "Quiet.");
	expect_at(answer, "entries.1.was_adjusted", "false");
	expect_at(answer, "entries.1.was_manually_added", "false");
	expect_at(answer, "entries.1.original_hours", "null");
	expect_at(answer, "adjustments", "[]");

	answer = perform(f.supervisor, id, "/submit");
	expect_status(answer, 200);
	expect_at(answer, "status", "PENDING");
	expect_at(answer, "submitted_by", f.supervisor_id);
	cr_expect_str_neq(answer_at(answer, "submitted_at"), "null");
	answer = perform(f.other, id, "/approve");
	expect_status(answer, 200);
	expect_at(answer, "status", "APPROVED");
	expect_at(answer, "approved_by", f.other_id);
	expect_at(client_get(f.supervisor, "%s", path_of(id, "")), "entries.1.hours_worked",
	          "8.00");
	cr_expect_str_eq(event_types(f.guard_id), "created, submitted, approved");
}

Test(timesheets, contain_completed_sessions_that_started_in_the_week)
{
	const struct answer *answer;

	add_session(f.guard_id, "2026-02-28 23:59:59.999Z", "2026-03-01 08:00Z");
	add_session(f.guard_id, "2026-03-01 00:00Z", "2026-03-01 00:20Z");
	add_session(f.guard_id, "2026-03-04 06:00Z", "2026-03-04 06:00Z"); /* zero hours */
	add_session(f.guard_id, "2026-03-07 23:59:59.999Z", "2026-03-08 01:00Z");
	add_session(f.guard_id, "2026-03-08 00:00Z", "2026-03-08 04:00Z");
	add_session(f.guard_id, "2026-03-05 06:00Z", "");
	add_session(f.supervisor_id, "2026-03-05 06:00Z", "2026-03-05 07:00Z");
	answer = create_timesheet(f.supervisor, f.guard_id, "2026-03-01");
	assert_status(answer, 201);
	expect_at(answer, "total_entries", "2");
	expect_at(answer, "entries.0.clock_in_time", "2026-03-01T00:00:00+00:00");
	expect_at(answer, "entries.0.hours_worked", "0.33");
	expect_at(answer, "entries.1.clock_in_time", "2026-03-07T23:59:59.999+00:00");
	expect_at(answer, "total_hours", "1.33");
}

Test(timesheets, require_completed_sessions_and_are_unique)
{
	const char *id = e2e_id();

	expect_problem(create_timesheet(f.supervisor, e2e_id(), "2026-03-01"), "USER_NOT_FOUND");
	expect_problem(create_timesheet(f.supervisor, f.guard_id, "2026-03-02"), "NOT_A_SUNDAY");
	expect_problem(create_timesheet(f.supervisor, f.guard_id, "2026-02-29"),
	               "VALIDATION_FAILED");
	expect_problem(create_timesheet(f.supervisor, f.guard_id, "2026-03-01T00:00:00Z"),
	               "VALIDATION_FAILED");
	expect_problem(
		client_post(f.supervisor, "/api/v1/timesheets", "{'user_id':'%s'}", f.guard_id),
		"VALIDATION_FAILED");
	expect_problem(create_timesheet(f.supervisor, f.guard_id, "2026-03-01"),
	               "NO_COMPLETED_SESSIONS");
	add_session(f.guard_id, "2026-03-03 06:00Z", "");
	expect_problem(create_timesheet(f.supervisor, f.guard_id, "2026-03-01"),
	               "NO_COMPLETED_SESSIONS");
	cr_expect_str_eq(event_types(f.guard_id), "nothing");

	add_session(f.guard_id, "2026-03-10 06:00Z", "2026-03-10 14:00Z");
	add_session(f.guard_id, "2026-03-17 06:00Z", "2026-03-17 14:00Z");
	expect_status(client_post(f.supervisor, "/api/v1/timesheets",
	                          "{'id':'%s','user_id':'%s','week_start_date':'2026-03-08'}", id,
	                          f.guard_id),
	              201);
	expect_problem(create_timesheet(f.other, f.guard_id, "2026-03-08"), "TIMESHEET_EXISTS");
	expect_problem(client_post(f.supervisor, "/api/v1/timesheets",
	                           "{'id':'%s','user_id':'%s','week_start_date':'2026-03-15'}", id,
	                           f.guard_id),
	               "ID_TAKEN");
	expect_status(create_timesheet(f.supervisor, f.guard_id, "2026-03-15"), 201);
}

Test(timesheets, keep_the_reason_of_a_rejection_until_submitted_again)
{
	const char *id = create_with_actions(f.guard_id, "2026-03-01", "/submit");
	const struct answer *answer;

	expect_problem(client_post(f.other, path_of(id, "/reject"), NULL), "VALIDATION_FAILED");
	expect_problem(client_post(f.other, path_of(id, "/reject"), "{'reason':' \\n'}"),
	               "VALIDATION_FAILED");
	answer = client_post(f.other, path_of(id, "/reject"), "{'reason':'Tuesday is missing.'}");
	expect_status(answer, 200);
	expect_at(answer, "status", "REJECTED");
	expect_at(answer, "rejected_by", f.other_id);
	expect_at(answer, "rejection_reason", "Tuesday is missing.");
	cr_expect_str_neq(answer_at(answer, "submitted_at"), "null");

	answer = perform(f.supervisor, id, "/reopen");
	expect_status(answer, 200);
	expect_at(answer, "status", "DRAFT");
	expect_at(answer, "submitted_at", "null");
	expect_at(answer, "rejection_reason", "Tuesday is missing.");

	answer = perform(f.supervisor, id, "/submit");
	expect_status(answer, 200);
	expect_at(answer, "rejected_at", "null");
	expect_at(answer, "rejected_by", "null");
	expect_at(answer, "rejection_reason", "null");
	expect_status(perform(f.other, id, "/approve"), 200);
	cr_expect_str_eq(event_types(f.guard_id),
	                 "created, submitted, rejected, reopened, submitted, approved");
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select data ->> 'rejection_reason' from live.events"
	                              " where channel = 'user:%s' and type = 'timesheet.rejected'",
	                              f.guard_id),
	                 "Tuesday is missing.");
}

Test(timesheets, reject_other_transitions)
{
	static const struct {
		const char *week, *actions, *submit, *approve, *reject, *reopen;
	} states[] = {
		{ "2026-03-01", "", NULL, "TIMESHEET_NOT_PENDING", "TIMESHEET_NOT_PENDING",
		  "TIMESHEET_NOT_REJECTED" },
		{ "2026-03-08", "/submit", "TIMESHEET_NOT_DRAFT", NULL, NULL,
		  "TIMESHEET_NOT_REJECTED" },
		{ "2026-03-15", "/submit/approve", "TIMESHEET_NOT_DRAFT", "TIMESHEET_NOT_PENDING",
		  "TIMESHEET_NOT_PENDING", "FORBIDDEN" },
		{ "2026-03-22", "/submit/reject", "TIMESHEET_NOT_DRAFT", "TIMESHEET_NOT_PENDING",
		  "TIMESHEET_NOT_PENDING", NULL },
	};

	for (size_t i = 0; i < COUNT_OF(states); i++) {
		const char *id = create_with_actions(f.guard_id, states[i].week, states[i].actions);
		const char *before = e2e_format(
			"%.*s", STR_ARGS(client_get(f.supervisor, "%s", path_of(id, ""))->body));

		if (states[i].submit)
			expect_problem(perform(f.other, id, "/submit"), states[i].submit);
		if (states[i].approve)
			expect_problem(perform(f.other, id, "/approve"), states[i].approve);
		if (states[i].reject)
			expect_problem(perform(f.other, id, "/reject"), states[i].reject);
		if (states[i].reopen)
			expect_problem(perform(f.other, id, "/reopen"), states[i].reopen);
		if (i > 0)
			expect_problem(client_delete(f.other, "%s", path_of(id, "")),
			               "TIMESHEET_NOT_DRAFT");
		cr_expect(str_is(client_get(f.supervisor, "%s", path_of(id, ""))->body, before),
		          "%s: a rejected transition changed the timesheet", states[i].actions);
	}
}

Test(timesheets, cannot_be_approved_by_their_own_user)
{
	const char *id = create_with_actions(f.supervisor_id, "2026-03-01", "/submit");

	expect_problem(perform(f.supervisor, id, "/approve"), "FORBIDDEN");
	expect_at(client_get(f.supervisor, "%s", path_of(id, "")), "status", "PENDING");
	expect_status(perform(f.other, id, "/approve"), 200);
}

Test(timesheets, can_be_removed_as_drafts_and_created_again)
{
	const char *id = create_with_actions(f.guard_id, "2026-03-01", "");

	client_set_header(f.supervisor, "If-Match: \"9.9\"");
	expect_problem(client_delete(f.supervisor, "%s", path_of(id, "")), "PRECONDITION_FAILED");
	expect_status(client_delete(f.supervisor, "%s", path_of(id, "")), 204);
	expect_problem(client_get(f.supervisor, "%s", path_of(id, "")), "NOT_FOUND");
	cr_expect_str_eq(
		server_query(e2e_server(),
	                     "select count(*) from app.timesheet_entries where timesheet_id = '%s'",
	                     id),
		"0");
	add_session(f.guard_id, "2026-03-03 06:00Z", "2026-03-03 07:00Z");
	expect_at(create_timesheet(f.supervisor, f.guard_id, "2026-03-01"), "total_hours", "9.00");
	cr_expect_str_eq(event_types(f.guard_id), "created, removed, created");
}

Test(timesheets, changes_honor_if_match)
{
	static const char *const actions[] = { "/submit", "/reject", "/reopen", "/submit",
		                               "/approve" };
	const char *id = create_with_actions(f.guard_id, "2026-03-01", "");

	for (size_t i = 0; i < COUNT_OF(actions); i++) {
		const char *tag = e2e_format(
			"%s", answer_header(client_get(f.other, "%s", path_of(id, "")), "ETag"));

		client_set_header(f.other, "If-Match: \"99.9\"");
		expect_problem(perform(f.other, id, actions[i]), "PRECONDITION_FAILED");
		client_set_header(f.other, "If-Match: %s", tag);
		expect_status(perform(f.other, id, actions[i]), 200);
	}
}

Test(timesheets, that_do_not_exist_are_not_found)
{
	static const char *const actions[] = { "/submit", "/approve", "/reject", "/reopen" };
	const char *nothing = e2e_id();

	for (size_t i = 0; i < COUNT_OF(actions); i++)
		expect_problem(perform(f.supervisor, nothing, actions[i]), "NOT_FOUND");
	expect_problem(client_get(f.supervisor, "%s", path_of(nothing, "")), "NOT_FOUND");
	expect_problem(client_delete(f.supervisor, "%s", path_of(nothing, "")), "NOT_FOUND");
}

Test(timesheets, concurrent_requests_create_one)
{
	add_session(f.guard_id, "2026-03-03 06:00Z", "2026-03-03 14:00Z");
	cr_expect_eq(e2e_in_parallel(MANY, "supervisor", "POST", "/api/v1/timesheets",
	                             e2e_format("{'user_id':'%s','week_start_date':'2026-03-01'}",
	                                        f.guard_id),
	                             201, "TIMESHEET_EXISTS"),
	             1);
	cr_expect_str_eq(event_types(f.guard_id), "created");
}

Test(timesheets, concurrent_requests_approve_once)
{
	const char *id = create_with_actions(f.guard_id, "2026-03-01", "/submit");

	cr_expect_eq(e2e_in_parallel(MANY, "supervisor", "POST", path_of(id, "/approve"), "{}", 200,
	                             "TIMESHEET_NOT_PENDING"),
	             1);
	cr_expect_str_eq(event_types(f.guard_id), "created, submitted, approved");
}

Test(timesheets, concurrent_approval_and_rejection_exclude_each_other)
{
	enum { REQUESTS = 20 };
	const char *id = create_with_actions(f.guard_id, "2026-03-01", "/submit");
	struct client *clients[REQUESTS];
	int done = 0;

	for (int i = 0; i < REQUESTS; i++)
		clients[i] = e2e_client("admin");
	for (int i = 0; i < REQUESTS; i++)
		client_send(clients[i], "POST", path_of(id, i % 2 ? "/approve" : "/reject"), "%s",
		            i % 2 ? "{}" : "{'reason':'Too long.'}");
	for (int i = 0; i < REQUESTS; i++) {
		const struct answer *answer = client_receive(clients[i]);

		if (answer->status == 200)
			done++;
		else
			expect_problem(answer, "TIMESHEET_NOT_PENDING");
	}
	cr_expect_eq(done, 1, "%d requests succeeded", done);
}

/* The week of now() is not over, and the one before is. */
Test(timesheets, cannot_be_submitted_before_the_week_is_over)
{
	const char *week = e2e_format(
		"%s", server_query(e2e_server(), "set timezone = 'UTC'; select current_date -"
	                                         " extract(dow from current_date)::integer + 7"));
	const char *last =
		e2e_format("%s", server_query(e2e_server(), "select date '%s' - 14", week));
	const char *id = create_with_actions(f.guard_id, week, "");

	expect_problem(perform(f.supervisor, id, "/submit"), "WEEK_NOT_OVER");
	expect_at(client_get(f.supervisor, "%s", path_of(id, "")), "status", "DRAFT");
	create_with_actions(f.guard_id, last, "/submit");
}

Test(timesheets, can_be_reopened_by_an_admin_with_a_reason)
{
	const char *id = create_with_actions(f.guard_id, "2026-03-01", "/submit/approve");
	struct client *admin = e2e_client("admin");
	const struct answer *answer;

	expect_problem(client_post(f.supervisor, path_of(id, "/reopen"), "{'reason':'Wrong.'}"),
	               "FORBIDDEN");
	answer = client_post(admin, path_of(id, "/reopen"), NULL);
	expect_problem(answer, "VALIDATION_FAILED");
	expect_at(answer, "errors.0.pointer", "/reason");
	answer = client_post(admin, path_of(id, "/reopen"), "{'reason':'Wrong.'}");
	expect_status(answer, 200);
	expect_at(answer, "status", "DRAFT");
	expect_at(answer, "approved_by", "null");
	expect_at(answer, "total_adjustments", "1");
	expect_at(answer, "adjustments.0.type", "REOPENED");
	expect_at(answer, "adjustments.0.entry_id", "null");
	expect_at(answer, "adjustments.0.reason", "Wrong.");
	expect_at(answer, "adjustments.0.old_value.approved_by", f.other_id);
	expect_at(answer, "adjustments.0.new_value.status", "DRAFT");
	expect_status(perform(f.supervisor, id, "/submit"), 200);
	expect_status(perform(f.other, id, "/approve"), 200);
}

/* Before, deleting the draft removed the record of the reopening. */
Test(timesheets, that_were_approved_are_kept)
{
	const char *id = create_with_actions(f.guard_id, "2026-03-01", "/submit/approve");
	struct client *admin = e2e_client("admin");

	assert_status(client_post(admin, path_of(id, "/reopen"), "{'reason':'Wrong.'}"), 200);
	expect_problem(client_delete(f.supervisor, "%s", path_of(id, "")), "TIMESHEET_REOPENED");
	expect_problem(client_delete(admin, "%s", path_of(id, "")), "TIMESHEET_REOPENED");
	expect_at(client_get(admin, "%s", path_of(id, "")), "adjustments.0.reason", "Wrong.");
	id = create_with_actions(f.other_id, "2026-03-01", "/submit/reject/reopen");
	expect_status(client_delete(f.supervisor, "%s", path_of(id, "")), 204);
}

Test(timesheets, are_readable_by_their_own_user)
{
	struct client *guard = e2e_new_user("GUARD", "Ines");
	const char *mine = create_with_actions(my_id(guard), "2026-03-01", "");
	const char *another = create_with_actions(f.guard_id, "2026-03-01", "");
	const struct answer *answer = client_get(guard, "/api/v1/timesheets");

	cr_expect_eq(json_count(answer->json), 1);
	expect_at(answer, "0.id", mine);
	expect_at(client_get(guard, "%s", path_of(mine, "")), "total_entries", "1");
	expect_problem(client_get(guard, "%s", path_of(another, "")), "FORBIDDEN");
	expect_problem(client_get(guard, "/api/v1/timesheets?user_id=%s", f.guard_id), "FORBIDDEN");
	expect_problem(perform(guard, mine, "/submit"), "FORBIDDEN");
}
