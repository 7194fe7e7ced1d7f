/* What is done and written in a shift says so, and stays when the shift is gone. */

#include <sys/wait.h>

#include "shift_planner.h"

static struct {
	struct client *guard, *supervisor, *admin;
	const char *place, *shift;
} f;

static void setup(void)
{
	const struct answer *answer;

	f.place = e2e_location();
	f.guard = e2e_new_user("GUARD", "Wanda");
	f.supervisor = e2e_new_user("SUPERVISOR", "Noor");
	f.admin = e2e_client("admin");
	answer = client_post(f.supervisor, "/api/v1/shifts", "%s", shift_body("05-01", f.place, ""));
	assert_status(answer, 201);
	f.shift = id_of(answer);
}

TestSuite(on_shift, .init = setup, .timeout = 30);

static const struct answer *report(struct client *client, const char *shift)
{
	return client_post(client, "/api/v1/duty-sessions", "{'location_id':'%s','shift_id':%s}", f.place, shift);
}

static const char *quoted(const char *id)
{
	return e2e_format("'%s'", id);
}

static const struct answer *write_log(struct client *client, const char *shift)
{
	return client_post(client, "/api/v1/logs",
	                   "{'type':'PATROL','title':'Round','description':'All quiet.','location_id':'%s','shift_id':%s}",
	                   f.place, shift);
}

static const char *log_path(const char *id)
{
	return e2e_format("/api/v1/logs/%s", id);
}

static void expect_of_shift(const struct answer *answer)
{
	expect_at(answer, "shift_id", f.shift);
	expect_at(answer, "shift.id", f.shift);
	expect_at(answer, "shift.name", "Watch");
	expect_at(answer, "shift.start_time", "2050-05-01T08:00:00+00:00");
	expect_at(answer, "shift.end_time", "2050-05-01T16:00:00+00:00");
}

static void expect_of_none(const struct answer *answer)
{
	expect_at(answer, "shift_id", "null");
	expect_at(answer, "shift", "null");
}

Test(on_shift, somebody_is_who_reports_for_it)
{
	const struct answer *answer = report(f.guard, quoted(e2e_id()));
	const char *path;

	expect_problem(answer, "SHIFT_NOT_FOUND");
	answer = report(f.guard, quoted(f.shift));
	assert_status(answer, 201);
	expect_of_shift(answer);
	path = e2e_format("/api/v1/duty-sessions/%s", id_of(answer));
	expect_of_shift(client_get(f.guard, "%s", path));
	expect_of_shift(client_get(f.guard, "/api/v1/duty-sessions/active"));
	expect_at(client_get(f.guard, "/api/v1/duty-sessions"), "0.shift.id", f.shift);
	expect_of_shift(client_post(f.guard, e2e_format("%s/clock-out", path), NULL));

	/* One need not be in any; whoever has no post may be in one, too. */
	expect_of_none(report(f.guard, "null"));
	expect_problem(report(f.supervisor, quoted(e2e_id())), "SHIFT_NOT_FOUND");
	expect_of_shift(report(f.supervisor, quoted(f.shift)));
}

Test(on_shift, a_log_is_which_says_so)
{
	const struct answer *answer = write_log(f.supervisor, quoted(f.shift));
	const char *path;

	assert_status(answer, 201);
	expect_of_shift(answer);
	path = log_path(id_of(answer));
	expect_of_shift(client_get(f.guard, "%s", path));
	expect_at(client_get(f.guard, "/api/v1/logs?location_id=%s", f.place), "0.shift_id", f.shift);
	expect_problem(write_log(f.supervisor, quoted(e2e_id())), "SHIFT_NOT_FOUND");
	expect_problem(write_log(f.supervisor, "'x'"), "VALIDATION_FAILED");
	expect_of_none(write_log(f.supervisor, "null"));
}

Test(on_shift, a_log_is_until_it_is_not_and_the_history_knows)
{
	const struct answer *answer = write_log(f.supervisor, "null");
	const char *path = log_path(id_of(answer)), *edits = e2e_format("%s/edits", path);

	assert_status(answer, 201);
	expect_problem(client_patch(f.supervisor, path, "{'shift_id':'%s'}", e2e_id()), "SHIFT_NOT_FOUND");
	expect_of_shift(client_patch(f.supervisor, path, "{'shift_id':'%s'}", f.shift));
	expect_of_none(client_patch(f.supervisor, path, "{'shift_id':null}"));
	/* Each change has a row beside the one of the log's status. */
	server_query(e2e_server(), "delete from app.log_edits where field_changed = 'status'");
	answer = client_get(f.guard, "%s", edits);
	expect_at(answer, "0.field_changed", "shift_id");
	expect_at(answer, "0.old_value", f.shift);
	expect_at(answer, "0.new_value", "null");
	expect_at(answer, "1.old_value", "null");
	expect_at(answer, "1.new_value", f.shift);
	expect_at(answer, "1.editor.first_name", "Noor");
}

Test(on_shift, the_log_of_a_checklist_is_when_its_session_is)
{
	const struct answer *answer = report(f.guard, quoted(f.shift));
	const char *session = id_of(answer), *item;

	assert_status(answer, 201);
	answer = client_post(f.admin, "/api/v1/safety-checklist/items", "{'name':'%s'}", e2e_name());
	assert_status(answer, 201);
	item = id_of(answer);
	answer = client_post(f.guard, "/api/v1/safety-checklist/responses",
	                     "{'duty_session_id':'%s','location_id':'%s','items':[{'item_id':'%s','checked':true}]}", session,
	                     f.place, item);
	assert_status(answer, 201);
	expect_of_shift(client_get(f.guard, "%s", log_path(answer_at(answer, "log_id"))));
}

static void expect_no_deadlock(void)
{
	cr_expect_str_eq(server_query(e2e_server(), "select deadlocks from pg_stat_database where datname = current_database()"),
	                 "0");
}

/* A log is being written in a shift that somebody removes: both take what they need in one
 * order, and neither has to be sent back. */
Test(on_shift, the_log_of_a_checklist_meets_who_removes_the_shift)
{
	const char *session = id_of(report(f.guard, quoted(f.shift)));
	const char *item = id_of(client_post(f.admin, "/api/v1/safety-checklist/items", "{'name':'%s'}", e2e_name()));
	const struct answer *answer;
	pid_t holder = e2e_lock_row("app.locations", f.place);

	client_send(f.guard, "POST", "/api/v1/safety-checklist/responses",
	            "{'duty_session_id':'%s','location_id':'%s','items':[{'item_id':'%s','checked':true}]}", session, f.place,
	            item);
	sleep_ms(100);
	client_send(f.admin, "DELETE", shift_path(f.shift, ""), NULL);
	answer = client_receive(f.guard);
	expect_status(answer, 201);
	expect_status(client_receive(f.admin), 204);
	waitpid(holder, NULL, 0);
	expect_of_none(client_get(f.guard, "%s", log_path(answer_at(answer, "log_id"))));
	expect_no_deadlock();
}

/* Likewise of what is said to all guards while the shift of some of them is removed. */
Test(on_shift, what_is_said_to_all_meets_who_removes_the_shift)
{
	struct client *mate = e2e_new_user("GUARD", "Luke");
	const char *a = e2e_id(), *b = e2e_id(), *low = strcmp(a, b) < 0 ? a : b, *high = low == a ? b : a;
	const char *body = "{'id':'%s','location_id':'%s','shift_id':'%s'}";
	pid_t holder;

	assert_status(report(f.supervisor, "null"), 201);
	/* The shift's are found as they came, the threads by their ids. */
	assert_status(client_post(f.guard, "/api/v1/duty-sessions", body, high, f.place, f.shift), 201);
	assert_status(client_post(mate, "/api/v1/duty-sessions", body, low, f.place, f.shift), 201);
	holder = e2e_lock_row("app.duty_sessions", low);
	client_send(f.supervisor, "POST", "/api/v1/messages", "{'content':'Fog.'}");
	sleep_ms(100);
	client_send(f.admin, "DELETE", shift_path(f.shift, ""), NULL);
	expect_status(client_receive(f.supervisor), 201);
	expect_status(client_receive(f.admin), 204);
	waitpid(holder, NULL, 0);
	expect_no_deadlock();
}

Test(on_shift, what_was_done_stays_when_the_shift_is_gone)
{
	const char *session, *log;

	session = id_of(report(f.guard, quoted(f.shift)));
	log = log_path(id_of(write_log(f.guard, quoted(f.shift))));
	expect_status(client_delete(f.admin, "%s", shift_path(f.shift, "")), 204);
	expect_of_none(client_get(f.guard, "/api/v1/duty-sessions/%s", session));
	expect_of_none(client_get(f.guard, "%s", log));
	expect_problem(report(e2e_new_user("GUARD", "Owen"), quoted(f.shift)), "SHIFT_NOT_FOUND");
}
