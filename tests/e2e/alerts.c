/* Who has to know is told: of bad incidents those above, of a supervisor who comes those at
 * their posts. */

#include "e2e.h"

static struct {
	struct client *guard, *supervisor;
	const char *post;
} f;

static void setup(void)
{
	f.post = e2e_location();
	f.guard = e2e_guard_on_duty("Judith", f.post);
	f.supervisor = e2e_new_user("SUPERVISOR", "Noor");
	assert_status(client_get(f.supervisor, "/api/v1/users/me"), 200);
}

TestSuite(alerts, .init = setup, .timeout = 40);

static const char *ask(const char *sql)
{
	return e2e_format("%s", server_query(e2e_server(), "%s", sql) ?: "nothing");
}

static const char *write_log(const char *members)
{
	const struct answer *answer = client_post(f.guard, "/api/v1/logs",
	                                          "{'title':'Fire aboard','description':'Smoke.','location_id':'%s',%s}",
	                                          f.post, members);

	assert_status(answer, 201);
	return e2e_format("%s", answer_at(answer, "id"));
}

/* Of those that lead to this log: "5 of 5" people above were told. */
static const char *told_of(const char *log, const char *what)
{
	return ask(e2e_format("select %s from app.notifications n where n.action_url = '/api/v1/logs/%s'", what, log));
}

Test(alerts, of_bad_incidents_go_to_everybody_above_once)
{
	static const struct {
		const char *severity, *priority;
	} rows[] = { { "HIGH", "HIGH" }, { "CRITICAL", "URGENT" } };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *id = write_log(e2e_format("'type':'INCIDENT','severity':'%s'", rows[i].severity));

		/* As many as people, all of them above, and of them all who were there before. */
		cr_expect_str_eq(told_of(id, "count(*) - count(distinct user_id)"), "0");
		cr_expect_str_eq(told_of(id, "string_agg(distinct type || ' ' || priority || ' ' || message, ', ')"),
		                 e2e_format("ALERT %s Fire aboard", rows[i].priority));
		cr_expect_str_eq(ask(e2e_format("select count(*) from app.notifications n join app.users u on u.id = n.user_id"
		                                 " where n.action_url = '/api/v1/logs/%s' and u.role < 'SUPERVISOR'",
		                                 id)),
		                 "0");
		cr_expect_str_eq(ask(e2e_format("select count(*) from app.users u where u.role >= 'SUPERVISOR'"
		                                 " and u.archived_at is null and u.created_at < (select created_at"
		                                 " from app.logs where id = '%s') and not exists (select from"
		                                 " app.notifications n where n.action_url = '/api/v1/logs/%s'"
		                                 " and n.user_id = u.id)",
		                                 id, id)),
		                 "0");
		cr_expect_str_eq(ask(e2e_format("select count(*) from live.events where type = 'notification.created'"
		                                 " and data ->> 'action_url' = '/api/v1/logs/%s'",
		                                 id)),
		                 told_of(id, "count(*)"));
		/* A change makes no second one. */
		assert_status(client_patch(f.supervisor, e2e_format("/api/v1/logs/%s", id), "{'severity':'CRITICAL'}"), 200);
		cr_expect_str_eq(told_of(id, "count(*) - count(distinct user_id)"), "0");
	}
}

Test(alerts, of_a_draft_come_when_it_is_none_any_more)
{
	const char *id = write_log("'type':'INCIDENT','severity':'HIGH','status':'DRAFT'");
	const char *path = e2e_format("/api/v1/logs/%s", id);

	assert_status(client_patch(f.supervisor, path, "{'severity':'CRITICAL','status':'LIVE'}"), 200);
	cr_expect_str_neq(told_of(id, "count(*)"), "0");
	cr_expect_str_eq(told_of(id, "string_agg(distinct priority::text, ',')"), "URGENT");
	/* Once. */
	assert_status(client_patch(f.supervisor, path, "{'title':'Worse','status':'LIVE'}"), 200);
	cr_expect_str_eq(told_of(id, "count(*) - count(distinct user_id)"), "0");

	id = write_log("'type':'INCIDENT','severity':'MEDIUM','status':'DRAFT'");
	assert_status(client_patch(f.supervisor, e2e_format("/api/v1/logs/%s", id), "{'status':'LIVE'}"), 200);
	cr_expect_str_eq(told_of(id, "count(*)"), "0");
}

Test(alerts, are_for_nothing_less)
{
	static const char *const quiet[] = {
		"'type':'INCIDENT','severity':'MEDIUM'",
		"'type':'INCIDENT'",
		"'type':'INCIDENT','severity':'CRITICAL','status':'DRAFT'",
		"'type':'PATROL','severity':'CRITICAL'",
	};

	for (size_t i = 0; i < COUNT_OF(quiet); i++)
		cr_expect_str_eq(told_of(write_log(quiet[i]), "count(*)"), "0", "%s", quiet[i]);
}

static const char *heard(struct client *client, const char *what)
{
	return ask(e2e_format("select count(*) from app.notifications where user_id = '%s' and title = 'Supervisor on duty'"
	                       " and message = '%s Story is on duty now.'",
	                       answer_at(client_get(client, "/api/v1/users/me"), "id"), what));
}

Test(alerts, of_a_supervisor_who_comes_go_to_guards_at_their_posts)
{
	struct client *home = e2e_guard_on_duty("Felix", f.post), *chief = e2e_new_user("ADMIN", "Helen");
	const char *session = e2e_format("%s", answer_at(client_get(home, "/api/v1/duty-sessions/active"), "id"));

	assert_status(client_post(home, e2e_format("/api/v1/duty-sessions/%s/clock-out", session), NULL), 200);
	assert_status(client_post(chief, "/api/v1/duty-sessions", NULL), 201);
	assert_status(client_post(f.supervisor, "/api/v1/duty-sessions", NULL), 201);
	cr_expect_str_eq(heard(f.guard, "Noor"), "1");
	cr_expect_str_eq(heard(f.guard, "Helen"), "1");
	cr_expect_str_eq(heard(home, "Noor"), "0");
	cr_expect_str_eq(heard(chief, "Noor"), "0");
	/* Another guard's coming is no news. */
	e2e_guard_on_duty("Luke", f.post);
	cr_expect_str_eq(heard(f.guard, "Luke"), "0");
}
