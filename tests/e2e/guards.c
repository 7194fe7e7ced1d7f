/* guards.c: tests the list of people on duty and ending their duty as a supervisor. */

#include "e2e.h"

enum { CLIENTS = 50 };

static struct {
	struct client *guard, *supervisor;
	const char *location, *session;
} f;

static const char *id_of(const struct answer *answer)
{
	return e2e_format("%s", answer_at(answer, "id"));
}

static void setup(void)
{
	f.location = e2e_new_location();
	f.guard = e2e_guard_on_duty("Tessa", f.location);
	f.session = id_of(client_get(f.guard, "/api/v1/duty-sessions/active"));
	f.supervisor = e2e_new_user("SUPERVISOR", "Marek");
}

TestSuite(guards, .init = setup, .timeout = 40);

static const char *end_path(const char *session)
{
	return e2e_format("/api/v1/guards/on-duty/%s/end", session);
}

/* Index of the session in the list; -1 if it is not listed. */
static int index_of(const struct answer *answer, const char *session)
{
	for (size_t i = 0; i < json_count(answer->json); i++) {
		if (strcmp(answer_at(answer, e2e_format("%zu.duty_session_id", i)), session) == 0)
			return (int)i;
	}
	return -1;
}

/* In an earlier version, guards could not see who shares their post. */
Test(guards, see_who_is_on_duty_at_their_location_without_contact_details)
{
	struct client *anton = e2e_guard_on_duty("Anton", f.location);
	const char *path = "/api/v1/guards/at-my-location";
	const struct answer *answer;

	e2e_guard_on_duty("Elsewhere", e2e_new_location());
	answer = client_get(anton, "%s", path);
	assert_status(answer, 200);
	cr_expect_eq(json_count(answer->json), 2);
	expect_at(answer, "0.user_name", "Anton Tester");
	expect_at(answer, "1.user_name", "Tessa Tester");
	expect_at(answer, "1.user_email", "absent");
	cr_expect_eq(json_count(client_get(f.supervisor, "%s", path)->json), 0);
	expect_problem(client_get(f.guard, "/api/v1/guards/on-duty"), "FORBIDDEN");
}

Test(guards, lists_people_on_duty_newest_first)
{
	struct client *anton = e2e_guard_on_duty("Anton", f.location);
	const char *anton_session = id_of(client_get(anton, "/api/v1/duty-sessions/active")),
		   *own_session;
	const struct answer *answer = client_post(f.supervisor, "/api/v1/duty-sessions", NULL);
	int at;

	assert_status(answer, 201);
	own_session = id_of(answer);
	server_query(e2e_server(),
	             "update app.duty_sessions set clock_in_time = now() - interval '75 minutes'"
	             " where id = '%s'",
	             f.session);
	answer = client_get(f.supervisor, "/api/v1/guards/on-duty");
	assert_status(answer, 200);
	at = index_of(answer, f.session);
	cr_assert(at > index_of(answer, anton_session)
	                  && index_of(answer, anton_session) > index_of(answer, own_session)
	                  && index_of(answer, own_session) >= 0,
	          "%.*s", STR_ARGS(answer->body));
	expect_at(answer, e2e_format("%d.user_name", at), "Tessa Tester");
	cr_expect(strstr(answer_at(answer, e2e_format("%d.user_email", at)), "@e2e.example")
	          != NULL);
	expect_at(answer, e2e_format("%d.role", at), "GUARD");
	expect_at(answer, e2e_format("%d.location_id", at), f.location);
	expect_at(answer, e2e_format("%d.hours_on_duty", at), "1.3");
	at = index_of(answer, own_session);
	expect_at(answer, e2e_format("%d.role", at), "SUPERVISOR");
	expect_at(answer, e2e_format("%d.location_name", at), "null");

	answer = client_get(f.supervisor, "/api/v1/guards/on-duty?role=SUPERVISOR,ADMIN");
	cr_expect(index_of(answer, f.session) < 0 && index_of(answer, own_session) >= 0);
	cr_expect_eq(json_count(client_get(f.supervisor, "/api/v1/guards/on-duty?limit=1")->json),
	             1);
	expect_problem(client_get(f.guard, "/api/v1/guards/on-duty"), "FORBIDDEN");
}

Test(guards, ends_duty_with_the_given_or_default_notes)
{
	struct client *anton = e2e_guard_on_duty("Anton", f.location);
	const char *anton_session = id_of(client_get(anton, "/api/v1/duty-sessions/active"));
	const struct answer *answer = client_post(f.supervisor, end_path(f.session), NULL);

	assert_status(answer, 200);
	expect_at(answer, "id", f.session);
	expect_at(answer, "notes", "Ended by supervisor override: Marek Tester.");
	cr_expect_str_neq(answer_at(answer, "clock_out_time"), "null");
	expect_at(client_post(f.supervisor, end_path(anton_session), "{'notes':'Was ill.'}"),
	          "notes", "Was ill.");
	cr_expect(index_of(client_get(f.supervisor, "/api/v1/guards/on-duty"), f.session) < 0);
	expect_problem(client_post(f.supervisor, end_path(f.session), NULL), "ALREADY_CLOCKED_OUT");
	expect_problem(client_post(f.guard,
	                           e2e_format("/api/v1/duty-sessions/%s/clock-out", f.session),
	                           NULL),
	               "ALREADY_CLOCKED_OUT");
	expect_problem(client_post(f.supervisor, end_path(e2e_id()), NULL), "NOT_FOUND");
}

Test(guards, ends_duty_only_of_the_same_or_a_lower_role)
{
	struct client *admin = e2e_new_user("ADMIN", "Greta"),
		      *other = e2e_new_user("SUPERVISOR", "Salma");
	const struct answer *answer = client_post(admin, "/api/v1/duty-sessions", NULL);
	const char *id = id_of(answer);

	assert_status(answer, 201);
	expect_problem(client_post(f.supervisor, end_path(id), NULL), "FORBIDDEN");
	expect_problem(client_post(f.guard, end_path(id), NULL), "FORBIDDEN");
	expect_at(client_get(admin, "/api/v1/duty-sessions/active"), "id", id);
	client_set_header(admin, "If-Match: \"3.3\"");
	expect_problem(client_post(admin, end_path(id), NULL), "PRECONDITION_FAILED");
	expect_status(client_post(admin, end_path(id), NULL), 200);
	id = id_of(client_post(other, "/api/v1/duty-sessions", NULL));
	expect_status(client_post(f.supervisor, end_path(id), NULL), 200);
}

Test(guards, ends_duty_once_in_parallel)
{
	cr_expect_eq(e2e_in_parallel(CLIENTS, "supervisor", "POST", end_path(f.session),
	                             "{'notes':'Go.'}", 200, "ALREADY_CLOCKED_OUT"),
	             1);
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select count(*) from live.events where channel = 'duty'"
	                              " and type = 'duty.ended' and data ->> 'id' = '%s'",
	                              f.session),
	                 "1");
}
