/* Serious incidents notify every supervisor; a supervisor who clocks in notifies the guards on
 * duty. */

#include "e2e.h"

static struct {
	struct client *guard, *supervisor;
	const char *location;
} f;

static void setup(void)
{
	f.location = e2e_new_location();
	f.guard = e2e_guard_on_duty("Judith", f.location);
	f.supervisor = e2e_new_user("SUPERVISOR", "Noor");
	assert_status(client_get(f.supervisor, "/api/v1/users/me"), 200);
}

TestSuite(alerts, .init = setup, .timeout = 40);

static const char *query(const char *sql)
{
	return e2e_format("%s", server_query(e2e_server(), "%s", sql) ?: "nothing");
}

static const char *write_log(const char *members)
{
	const struct answer *answer =
		client_post(f.guard, "/api/v1/logs",
	                    "{'title':'Fire aboard','description':'Smoke.','location_id':'%s',%s}",
	                    f.location, members);

	assert_status(answer, 201);
	return e2e_format("%s", answer_at(answer, "id"));
}

/* The value of an SQL expression over the notifications that link to this log. */
static const char *of_notifications(const char *log, const char *expression)
{
	return query(
		e2e_format("select %s from app.notifications n where n.action_url = '/logs/%s'",
	                   expression, log));
}

Test(alerts, notify_each_supervisor_once_of_a_serious_incident)
{
	static const struct {
		const char *severity, *priority;
	} rows[] = { { "HIGH", "HIGH" }, { "CRITICAL", "URGENT" } };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *id = write_log(
			e2e_format("'type':'INCIDENT','severity':'%s'", rows[i].severity));

		/* One per user, SUPERVISOR and above only, and nobody who existed before the log is
		 * missing. */
		cr_expect_str_eq(of_notifications(id, "count(*) - count(distinct user_id)"), "0");
		cr_expect_str_eq(
			of_notifications(
				id,
				"string_agg(distinct type || ' ' || priority || ' ' || message, ',"
				" ')"),
			e2e_format("ALERT %s Fire aboard", rows[i].priority));
		cr_expect_str_eq(
			query(e2e_format(
				"select count(*) from app.notifications n"
				" join app.users u on u.id = n.user_id"
				" where n.action_url = '/logs/%s' and u.role < 'SUPERVISOR'",
				id)),
			"0");
		cr_expect_str_eq(
			query(e2e_format(
				"select count(*) from app.users u where u.role >= 'SUPERVISOR'"
				" and u.archived_at is null and u.created_at < (select created_at"
				" - interval '5 s' from app.logs where id = '%s') and not exists (select from"
				" app.notifications n where n.action_url = '/logs/%s'"
				" and n.user_id = u.id)",
				id, id)),
			"0");
		cr_expect_str_eq(query(e2e_format("select count(*) from live.events where type ="
		                                  " 'notification.created'"
		                                  " and data ->> 'action_url' = '/logs/%s'",
		                                  id)),
		                 of_notifications(id, "count(*)"));
		/* Changing the log does not notify again. */
		assert_status(client_patch(f.supervisor, e2e_format("/api/v1/logs/%s", id),
		                           "{'title':'Fire out'}"),
		              200);
		cr_expect_str_eq(of_notifications(id, "count(*) - count(distinct user_id)"), "0");
	}
}

Test(alerts, notify_of_a_draft_when_it_is_published)
{
	const char *id = write_log("'type':'INCIDENT','severity':'HIGH','status':'DRAFT'");
	const char *path = e2e_format("/api/v1/logs/%s", id);

	assert_status(client_patch(f.supervisor, path, "{'severity':'CRITICAL','status':'LIVE'}"),
	              200);
	cr_expect_str_neq(of_notifications(id, "count(*)"), "0");
	cr_expect_str_eq(of_notifications(id, "string_agg(distinct priority::text, ',')"),
	                 "URGENT");
	/* Only once. */
	assert_status(client_patch(f.supervisor, path, "{'title':'Worse','status':'LIVE'}"), 200);
	cr_expect_str_eq(of_notifications(id, "count(*) - count(distinct user_id)"), "0");

	id = write_log("'type':'INCIDENT','severity':'MEDIUM','status':'DRAFT'");
	assert_status(
		client_patch(f.supervisor, e2e_format("/api/v1/logs/%s", id), "{'status':'LIVE'}"),
		200);
	cr_expect_str_eq(of_notifications(id, "count(*)"), "0");
}

Test(alerts, notify_once_per_level_of_an_incident_that_becomes_serious)
{
	static const struct {
		const char *change, *levels;
	} steps[] = {
		{ "'severity':'HIGH'", "HIGH" },
		{ "'title':'Bigger fire'", "HIGH" },
		{ "'severity':'CRITICAL'", "HIGH URGENT" },
		{ "'severity':'LOW'", "HIGH URGENT" },
		{ "'severity':'HIGH'", "HIGH URGENT" },
		{ "'severity':'CRITICAL'", "HIGH URGENT" },
	};
	const char *id = write_log("'type':'INCIDENT','severity':'LOW'");

	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		assert_status(client_patch(f.guard, e2e_format("/api/v1/logs/%s", id), "{%s}",
		                           steps[i].change),
		              200);
		cr_expect_str_eq(of_notifications(id,
		                                  "string_agg(distinct priority::text, ' ' order by"
		                                  " priority::text)"),
		                 steps[i].levels, "after %s", steps[i].change);
		cr_expect_str_eq(
			of_notifications(id, "count(*) - count(distinct (user_id, priority))"), "0",
			"after %s", steps[i].change);
	}
	/* A log that becomes an incident. */
	id = write_log("'type':'PATROL','severity':'HIGH'");
	assert_status(
		client_patch(f.guard, e2e_format("/api/v1/logs/%s", id), "{'type':'INCIDENT'}"),
		200);
	cr_expect_str_neq(of_notifications(id, "count(*)"), "0");
}

Test(alerts, are_sent_for_serious_incidents_only)
{
	static const char *const unimportant[] = {
		"'type':'INCIDENT','severity':'MEDIUM'",
		"'type':'INCIDENT'",
		"'type':'INCIDENT','severity':'CRITICAL','status':'DRAFT'",
		"'type':'PATROL','severity':'CRITICAL'",
	};

	for (size_t i = 0; i < COUNT_OF(unimportant); i++)
		cr_expect_str_eq(of_notifications(write_log(unimportant[i]), "count(*)"), "0", "%s",
		                 unimportant[i]);
}

/* The number of notifications to this client about the supervisor's clock-in. */
static const char *duty_notices(struct client *client, const char *supervisor)
{
	return query(
		e2e_format("select count(*) from app.notifications where user_id = '%s' and title ="
	                   " 'Supervisor on duty'"
	                   " and message = '%s Tester is on duty now.'",
	                   answer_at(client_get(client, "/api/v1/users/me"), "id"), supervisor));
}

Test(alerts, notify_guards_on_duty_when_a_supervisor_clocks_in)
{
	struct client *off_duty = e2e_guard_on_duty("Felix", f.location),
		      *admin = e2e_new_user("ADMIN", "Helen");
	const char *session = e2e_format(
		"%s", answer_at(client_get(off_duty, "/api/v1/duty-sessions/active"), "id"));

	assert_status(client_post(off_duty,
	                          e2e_format("/api/v1/duty-sessions/%s/clock-out", session), NULL),
	              200);
	assert_status(client_post(admin, "/api/v1/duty-sessions", NULL), 201);
	assert_status(client_post(f.supervisor, "/api/v1/duty-sessions", NULL), 201);
	cr_expect_str_eq(duty_notices(f.guard, "Noor"), "1");
	cr_expect_str_eq(duty_notices(f.guard, "Helen"), "1");
	cr_expect_str_eq(duty_notices(off_duty, "Noor"), "0");
	cr_expect_str_eq(duty_notices(admin, "Noor"), "0");
	/* A guard's clock-in causes no notification. */
	e2e_guard_on_duty("Luke", f.location);
	cr_expect_str_eq(duty_notices(f.guard, "Luke"), "0");
}
