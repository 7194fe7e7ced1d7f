/* shift_references.c: tests the shift that duty sessions and logs refer to, also when it is
 * deleted. */

#include <sys/wait.h>

#include "shift_fixture.h"

static struct {
	struct client *guard, *supervisor, *admin;
	const char *location, *shift;
} f;

static void setup(void)
{
	const struct answer *answer;

	f.location = e2e_new_location();
	f.guard = e2e_new_user("GUARD", "Wanda");
	f.supervisor = e2e_new_user("SUPERVISOR", "Noor");
	f.admin = e2e_client("admin");
	answer = client_post(f.supervisor, "/api/v1/shifts", "%s",
	                     shift_body("05-01", f.location, ""));
	assert_status(answer, 201);
	f.shift = id_of(answer);
}

TestSuite(shift_references, .init = setup, .timeout = 30);

static const struct answer *clock_in(struct client *client, const char *shift)
{
	return client_post(client, "/api/v1/duty-sessions", "{'location_id':'%s','shift_id':%s}",
	                   f.location, shift);
}

static const char *quote(const char *id)
{
	return e2e_format("'%s'", id);
}

static const struct answer *write_log(struct client *client, const char *shift)
{
	return client_post(
		client, "/api/v1/logs",
		"{'type':'PATROL','title':'Round','description':'All quiet.','location_id':'%s',"
		"'shift_id':%s}",
		f.location, shift);
}

static const char *log_path(const char *id)
{
	return e2e_format("/api/v1/logs/%s", id);
}

static void expect_shift(const struct answer *answer)
{
	expect_at(answer, "shift_id", f.shift);
	expect_at(answer, "shift.id", f.shift);
	expect_at(answer, "shift.name", "Watch");
	expect_at(answer, "shift.start_time", "2050-05-01T08:00:00+00:00");
	expect_at(answer, "shift.end_time", "2050-05-01T16:00:00+00:00");
}

static void expect_no_shift(const struct answer *answer)
{
	expect_at(answer, "shift_id", "null");
	expect_at(answer, "shift", "null");
}

Test(shift_references, are_stored_in_duty_sessions)
{
	const struct answer *answer = clock_in(f.guard, quote(e2e_id()));
	const char *path;

	expect_problem(answer, "SHIFT_NOT_FOUND");
	answer = clock_in(f.guard, quote(f.shift));
	assert_status(answer, 201);
	expect_shift(answer);
	path = e2e_format("/api/v1/duty-sessions/%s", id_of(answer));
	expect_shift(client_get(f.guard, "%s", path));
	expect_shift(client_get(f.guard, "/api/v1/duty-sessions/active"));
	expect_at(client_get(f.guard, "/api/v1/duty-sessions"), "0.shift.id", f.shift);
	expect_shift(client_post(f.guard, e2e_format("%s/clock-out", path), NULL));

	/* A session needs no shift. Supervisors can refer to one as well. */
	expect_no_shift(clock_in(f.guard, "null"));
	expect_problem(clock_in(f.supervisor, quote(e2e_id())), "SHIFT_NOT_FOUND");
	expect_shift(clock_in(f.supervisor, quote(f.shift)));
}

Test(shift_references, are_stored_in_logs)
{
	const struct answer *answer = write_log(f.supervisor, quote(f.shift));
	const char *path;

	assert_status(answer, 201);
	expect_shift(answer);
	path = log_path(id_of(answer));
	expect_shift(client_get(f.guard, "%s", path));
	expect_at(client_get(f.guard, "/api/v1/logs?location_id=%s", f.location), "0.shift_id",
	          f.shift);
	expect_problem(write_log(f.supervisor, quote(e2e_id())), "SHIFT_NOT_FOUND");
	expect_problem(write_log(f.supervisor, "'x'"), "VALIDATION_FAILED");
	expect_no_shift(write_log(f.supervisor, "null"));
}

Test(shift_references, are_recorded_in_the_history_of_a_log)
{
	const struct answer *answer = write_log(f.supervisor, "null");
	const char *path = log_path(id_of(answer)), *edits = e2e_format("%s/edits", path);

	assert_status(answer, 201);
	expect_problem(client_patch(f.supervisor, path, "{'shift_id':'%s'}", e2e_id()),
	               "SHIFT_NOT_FOUND");
	expect_shift(client_patch(f.supervisor, path, "{'shift_id':'%s'}", f.shift));
	expect_no_shift(client_patch(f.supervisor, path, "{'shift_id':null}"));
	/* The change of the log's status, which has a row of its own, does not matter here. */
	server_query(e2e_server(), "delete from app.log_edits where field_changed = 'status'");
	answer = client_get(f.guard, "%s", edits);
	expect_at(answer, "0.field_changed", "shift_id");
	expect_at(answer, "0.old_value", f.shift);
	expect_at(answer, "0.new_value", "null");
	expect_at(answer, "1.old_value", "null");
	expect_at(answer, "1.new_value", f.shift);
	expect_at(answer, "1.editor.first_name", "Noor");
}

Test(shift_references, are_copied_from_the_session_to_a_checklist_log)
{
	const struct answer *answer = clock_in(f.guard, quote(f.shift));
	const char *session = id_of(answer), *item;

	assert_status(answer, 201);
	answer =
		client_post(f.admin, "/api/v1/safety-checklist/items", "{'name':'%s'}", e2e_name());
	assert_status(answer, 201);
	item = id_of(answer);
	answer = client_post(f.guard, "/api/v1/safety-checklist/responses",
	                     "{'duty_session_id':'%s','location_id':'%s','items':[{'item_id':'%s',"
	                     "'checked':true}]}",
	                     session, f.location, item);
	assert_status(answer, 201);
	expect_shift(client_get(f.guard, "%s", log_path(answer_at(answer, "log_id"))));
}

static void expect_no_deadlock(void)
{
	cr_expect_str_eq(server_query(e2e_server(), "select deadlocks from pg_stat_database"
	                                            " where datname = current_database()"),
	                 "0");
}

/* A log that refers to a shift is created while the shift is deleted: both transactions lock
 * their rows in the same order, so that neither is aborted by a deadlock. */
Test(shift_references, of_checklist_logs_do_not_deadlock_with_deleting_the_shift)
{
	const char *session = id_of(clock_in(f.guard, quote(f.shift)));
	const char *item = id_of(client_post(f.admin, "/api/v1/safety-checklist/items",
	                                     "{'name':'%s'}", e2e_name()));
	const struct answer *answer;
	pid_t holder = e2e_lock_row("app.locations", f.location);

	client_send(f.guard, "POST", "/api/v1/safety-checklist/responses",
	            "{'duty_session_id':'%s','location_id':'%s','items':[{'item_id':'%s',"
	            "'checked':true}]}",
	            session, f.location, item);
	sleep_ms(100);
	client_send(f.admin, "DELETE", shift_path(f.shift, ""), NULL);
	answer = client_receive(f.guard);
	expect_status(answer, 201);
	expect_status(client_receive(f.admin), 204);
	waitpid(holder, NULL, 0);
	expect_no_shift(client_get(f.guard, "%s", log_path(answer_at(answer, "log_id"))));
	expect_no_deadlock();
}

/* The same for a broadcast to guards whose shift is deleted. */
Test(shift_references, of_broadcast_recipients_do_not_deadlock_with_deleting_the_shift)
{
	struct client *other = e2e_new_user("GUARD", "Luke");
	const char *a = e2e_id(), *b = e2e_id(), *low = strcmp(a, b) < 0 ? a : b,
		   *high = low == a ? b : a;
	const char *body = "{'id':'%s','location_id':'%s','shift_id':'%s'}";
	pid_t holder;

	assert_status(clock_in(f.supervisor, "null"), 201);
	/* Deleting the shift finds the sessions in order of insertion, the broadcast by ID. */
	assert_status(
		client_post(f.guard, "/api/v1/duty-sessions", body, high, f.location, f.shift),
		201);
	assert_status(client_post(other, "/api/v1/duty-sessions", body, low, f.location, f.shift),
	              201);
	holder = e2e_lock_row("app.duty_sessions", low);
	client_send(f.supervisor, "POST", "/api/v1/messages", "{'content':'Fog.'}");
	sleep_ms(100);
	client_send(f.admin, "DELETE", shift_path(f.shift, ""), NULL);
	expect_status(client_receive(f.supervisor), 201);
	expect_status(client_receive(f.admin), 204);
	waitpid(holder, NULL, 0);
	expect_no_deadlock();
}

Test(shift_references, become_null_when_the_shift_is_deleted)
{
	const char *session, *log;

	session = id_of(clock_in(f.guard, quote(f.shift)));
	log = log_path(id_of(write_log(f.guard, quote(f.shift))));
	expect_status(client_delete(f.admin, "%s", shift_path(f.shift, "")), 204);
	expect_no_shift(client_get(f.guard, "/api/v1/duty-sessions/%s", session));
	expect_no_shift(client_get(f.guard, "%s", log));
	expect_problem(clock_in(e2e_new_user("GUARD", "Owen"), quote(f.shift)), "SHIFT_NOT_FOUND");
}
