/* An incident is reported once, and signed by who is named, each once and for himself. */

#include "e2e.h"

static struct {
	struct client *guard, *other, *supervisor, *boss;
	const char *guard_id, *other_id, *supervisor_id;
	const char *log;
} f;

static const char *id_of(struct client *client)
{
	return e2e_format("%s", answer_at(client_get(client, "/api/v1/users/me"), "id"));
}

static const char *log_of(const char *type)
{
	const struct answer *answer = client_post(
		f.boss, "/api/v1/logs",
		"{'type':'%s','title':'Lamp out','description':'Dark.','severity':'LOW','location_id':'%s'}", type,
		e2e_location());

	assert_status(answer, 201);
	return e2e_format("%s", answer_at(answer, "id"));
}

static void setup(void)
{
	f.boss = e2e_client("supervisor");
	f.guard = e2e_new_user("GUARD", "Ada");
	f.other = e2e_new_user("GUARD", "Bert");
	f.supervisor = e2e_new_user("SUPERVISOR", "Sven");
	f.guard_id = id_of(f.guard);
	f.other_id = id_of(f.other);
	f.supervisor_id = id_of(f.supervisor);
	f.log = log_of("INCIDENT");
}

TestSuite(incident_reports, .init = setup, .timeout = 30);

static const struct answer *report(const char *log, const char *supervisor, const char *more)
{
	return client_post(f.boss, "/api/v1/incident-reports", "{'log_id':'%s','supervisor_assigned_id':'%s'%s}", log,
	                   supervisor, more);
}

static const char *with_guard(void)
{
	const struct answer *answer =
		report(f.log, f.supervisor_id, e2e_format(",'guard_assigned_id':'%s'", f.guard_id));

	assert_status(answer, 201);
	return e2e_format("%s", answer_at(answer, "id"));
}

static const char *path_of(const char *id)
{
	return e2e_format("/api/v1/incident-reports/%s", id);
}

static const struct answer *sign(struct client *client, const char *id, const char *as)
{
	return client_post(client, e2e_format("/api/v1/incident-reports/%s/sign", id), "{'signer_type':'%s'}", as);
}

Test(incident_reports, are_made_of_an_incident_and_tell_who_is_named)
{
	const struct answer *answer =
		report(f.log, f.supervisor_id, e2e_format(",'guard_assigned_id':'%s','notified_user_ids':['%s','%s']",
	                                                   f.guard_id, f.other_id, f.other_id));
	struct client *const named[] = { f.guard, f.other, f.supervisor };
	char ending[9] = "";
	const char *id, *number;

	assert_status(answer, 201);
	id = e2e_format("%s", answer_at(answer, "id"));
	for (int i = 0; i < 8; i++)
		ending[i] = (char)(f.log[28 + i] >= 'a' ? f.log[28 + i] - 32 : f.log[28 + i]);
	number = e2e_format("INC-%s-%s", server_query(e2e_server(), "select to_char(now() at time zone 'UTC', 'YYYY')"),
	                     ending);
	expect_at(answer, "incident_number", number);
	expect_at(answer, "log.title", "Lamp out");
	expect_at(answer, "log.author.first_name", "Marek");
	expect_at(answer, "generated_by.first_name", "Marek");
	expect_at(answer, "guard.first_name", "Ada");
	expect_at(answer, "supervisor.first_name", "Sven");
	expect_at(answer, "guard_signed_at", "null");
	expect_at(answer, "supervisor_signed_at", "null");
	expect_at(answer, "is_complete", "false");
	expect_at(answer, "notified_users.0", f.other_id);
	expect_at(answer, "notified_users.1", "absent");
	expect_header(answer, "Location", path_of(id));
	for (size_t i = 0; i < COUNT_OF(named); i++) {
		answer = client_get(named[i], "/api/v1/notifications");
		expect_at(answer, "0.title", e2e_format("Incident report %s", number));
		expect_at(answer, "0.action_url", e2e_format("/incident-reports/%s", id));
	}
	expect_at(client_get(f.other, "%s", path_of(id)), "incident_number", number);
	expect_at(client_get(f.other, "/api/v1/logs/%s/incident-report", f.log), "id", id);
}

Test(incident_reports, are_signed_by_each_for_himself)
{
	const char *id = with_guard();
	const struct answer *answer;

	expect_problem(sign(f.other, id, "guard"), "FORBIDDEN");
	expect_problem(sign(f.guard, id, "supervisor"), "FORBIDDEN");
	expect_problem(sign(f.supervisor, id, "guard"), "FORBIDDEN");
	expect_problem(sign(f.boss, id, "supervisor"), "FORBIDDEN");
	answer = sign(f.guard, id, "guard");
	assert_status(answer, 200);
	expect_at(answer, "guard_signed_by", f.guard_id);
	expect_at(answer, "guard_signed_name", "Ada Story");
	expect_at(answer, "guard_signed_ip_address", "127.0.0.1");
	cr_expect_str_neq(answer_at(answer, "guard_signed_at"), "null");
	expect_at(answer, "supervisor_signed_by", "null");
	expect_at(answer, "is_complete", "false");
	expect_problem(sign(f.guard, id, "guard"), "ALREADY_SIGNED");
	answer = sign(f.supervisor, id, "supervisor");
	assert_status(answer, 200);
	expect_at(answer, "supervisor_signed_name", "Sven Story");
	expect_at(answer, "is_complete", "true");
	expect_problem(sign(f.supervisor, id, "supervisor"), "ALREADY_SIGNED");
	cr_expect_str_eq(server_query(e2e_server(), "select string_agg(type, ', ' order by \"offset\") from live.events"
	                                            " where channel = 'log:%s' and type like 'incident_report.%%'", f.log),
	                 "incident_report.created, incident_report.signed, incident_report.signed");
}

Test(incident_reports, without_a_guard_are_the_supervisors_alone)
{
	const struct answer *answer = report(f.log, f.supervisor_id, "");
	const char *id;

	assert_status(answer, 201);
	id = e2e_format("%s", answer_at(answer, "id"));
	expect_at(answer, "guard", "null");
	expect_problem(sign(f.guard, id, "guard"), "FORBIDDEN");
	client_set_header(f.supervisor, "If-Match: \"9.0\"");
	expect_problem(sign(f.supervisor, id, "supervisor"), "PRECONDITION_FAILED");
	expect_at(sign(f.supervisor, id, "supervisor"), "is_complete", "true");
}

Test(incident_reports, are_of_incidents_and_of_people_there_are)
{
	const char *nobody = e2e_id(), *id = e2e_id();

	expect_problem(report(e2e_id(), f.supervisor_id, ""), "NOT_FOUND");
	expect_problem(report(log_of("PATROL"), f.supervisor_id, ""), "NOT_AN_INCIDENT");
	expect_problem(report(f.log, nobody, ""), "USER_NOT_FOUND");
	expect_problem(report(f.log, f.supervisor_id, e2e_format(",'guard_assigned_id':'%s'", nobody)), "USER_NOT_FOUND");
	expect_problem(report(f.log, f.supervisor_id, e2e_format(",'notified_user_ids':['%s']", nobody)),
	               "USER_NOT_FOUND");
	expect_problem(report(f.log, f.guard_id, ""), "VALIDATION_FAILED");
	expect_problem(client_post(f.guard, "/api/v1/incident-reports", "{}"), "FORBIDDEN");
	expect_problem(sign(f.guard, e2e_id(), "guard"), "NOT_FOUND");
	expect_problem(sign(f.guard, e2e_id(), "GUARD"), "VALIDATION_FAILED");
	expect_problem(client_get(f.guard, "/api/v1/logs/%s/incident-report", f.log), "NOT_FOUND");
	expect_problem(client_get(f.guard, "%s", path_of(nobody)), "NOT_FOUND");
	assert_status(report(f.log, f.supervisor_id, e2e_format(",'id':'%s'", id)), 201);
	expect_problem(report(f.log, f.supervisor_id, ""), "REPORT_EXISTS");
	expect_problem(report(log_of("INCIDENT"), f.supervisor_id, e2e_format(",'id':'%s'", id)), "ID_TAKEN");
}

/* Two incidents whose ids end alike: the later number is longer. */
Test(incident_reports, have_numbers_of_their_own)
{
	static const char same[] = "0000-7000-8000-00005f0a11c3";
	const char *numbers[2];

	for (int i = 0; i < 2; i++) {
		const char *id = e2e_format("%s-%s", e2e_id() + 28, same);
		const struct answer *answer;

		assert_status(client_post(f.boss, "/api/v1/logs",
		                          "{'id':'%s','type':'INCIDENT','title':'x','description':'x','location_id':'%s'}",
		                          id, e2e_location()),
		              201);
		answer = report(id, f.supervisor_id, "");
		assert_status(answer, 201);
		numbers[i] = e2e_format("%s", answer_at(answer, "incident_number") + 9);
	}
	cr_expect_str_eq(numbers[0], "5F0A11C3");
	cr_expect_str_eq(numbers[1], "05F0A11C3");
}

Test(incident_reports, are_listed_for_supervisors_newest_first)
{
	const char *first = with_guard(), *second;
	const struct answer *answer = report(log_of("INCIDENT"), f.supervisor_id, "");
	size_t at[2] = { 0 };

	assert_status(answer, 201);
	second = e2e_format("%s", answer_at(answer, "id"));
	expect_problem(client_get(f.guard, "/api/v1/incident-reports"), "FORBIDDEN");
	answer = client_get(f.boss, "/api/v1/incident-reports?limit=500");
	assert_status(answer, 200);
	for (size_t i = 0; i < json_count(answer->json); i++) {
		const char *id = answer_at(answer, e2e_format("%zu.id", i));

		at[0] = strcmp(id, first) == 0 ? i + 1 : at[0];
		at[1] = strcmp(id, second) == 0 ? i + 1 : at[1];
	}
	cr_expect(at[1] > 0 && at[1] < at[0]);
	answer = client_get(f.boss, "/api/v1/incident-reports?limit=1");
	cr_expect(answer_header(answer, "Link") != NULL);
}

static void expect_one(struct client **clients, int many, int status, const char *code)
{
	int done = 0, refused = 0;

	for (int i = 0; i < many; i++) {
		const struct answer *answer = client_receive(clients[i]);

		done += answer->status == status;
		refused += !e2e_check_problem(answer, code);
	}
	cr_expect_eq(done, 1);
	cr_expect_eq(refused, many - 1, "%d of %d", refused, many);
}

Test(incident_reports, are_made_and_signed_once_of_fifty_times)
{
	enum { MANY = 50 };
	struct client *clients[MANY];
	const char *boss = id_of(f.boss), *path;

	for (int i = 0; i < MANY; i++)
		clients[i] = e2e_client("supervisor");
	for (int i = 0; i < MANY; i++)
		client_send(clients[i], "POST", "/api/v1/incident-reports",
		            "{'log_id':'%s','supervisor_assigned_id':'%s'}", f.log, boss);
	expect_one(clients, MANY, 201, "REPORT_EXISTS");
	path = e2e_format("/api/v1/incident-reports/%s/sign",
	                   server_query(e2e_server(), "select id from app.incident_reports where log_id = '%s'", f.log));
	for (int i = 0; i < MANY; i++)
		client_send(clients[i], "POST", path, "{'signer_type':'supervisor'}");
	expect_one(clients, MANY, 200, "ALREADY_SIGNED");
	cr_expect_str_eq(server_query(e2e_server(), "select count(*) || ' ' || max(revision) from app.incident_reports"
	                                            " where log_id = '%s'", f.log),
	                 "1 2");
	cr_expect_str_eq(server_query(e2e_server(), "select count(*) from app.notifications where user_id = '%s'"
	                                            " and action_url like '%%' || (select id from app.incident_reports"
	                                            " where log_id = '%s')", boss, f.log),
	                 "1");
}
