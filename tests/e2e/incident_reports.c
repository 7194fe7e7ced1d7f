/* incident_reports.c: tests creating, signing and listing incident reports. */

#include "e2e.h"

static struct {
	struct client *guard, *other, *supervisor, *creator;
	const char *guard_id, *other_id, *supervisor_id;
	const char *log;
} f;

static const char *user_id(struct client *client)
{
	return e2e_format("%s", answer_at(client_get(client, "/api/v1/users/me"), "id"));
}

static const char *create_log(const char *type)
{
	const struct answer *answer = client_post(
		f.creator, "/api/v1/logs",
		"{'type':'%s','title':'Lamp out','description':'Dark.','severity':'LOW',"
		"'location_id':'%s'}",
		type, e2e_new_location());

	assert_status(answer, 201);
	return e2e_format("%s", answer_at(answer, "id"));
}

static void setup(void)
{
	f.creator = e2e_client("supervisor");
	f.guard = e2e_new_user("GUARD", "Ada");
	f.other = e2e_new_user("GUARD", "Bert");
	f.supervisor = e2e_new_user("SUPERVISOR", "Sven");
	f.guard_id = user_id(f.guard);
	f.other_id = user_id(f.other);
	f.supervisor_id = user_id(f.supervisor);
	f.log = create_log("INCIDENT");
}

TestSuite(incident_reports, .init = setup, .timeout = 30);

static const struct answer *create_report(const char *log, const char *supervisor,
                                          const char *extra)
{
	return client_post(f.creator, "/api/v1/incident-reports",
	                   "{'log_id':'%s','supervisor_assigned_id':'%s'%s}", log, supervisor,
	                   extra);
}

static const char *create_guard_report(void)
{
	const struct answer *answer = create_report(
		f.log, f.supervisor_id, e2e_format(",'guard_assigned_id':'%s'", f.guard_id));

	assert_status(answer, 201);
	return e2e_format("%s", answer_at(answer, "id"));
}

static const char *path_of(const char *id)
{
	return e2e_format("/api/v1/incident-reports/%s", id);
}

static const char *digest_of(const char *id)
{
	const struct answer *answer = client_get(f.creator, "%s", path_of(id));

	return answer->status == 200 ? e2e_format("%s", answer_at(answer, "digest"))
	                             : e2e_format("%064d", 0);
}

static const struct answer *sign_digest(struct client *client, const char *id, const char *as,
                                        const char *digest)
{
	return client_post(client, e2e_format("/api/v1/incident-reports/%s/sign", id),
	                   "{'signer_type':'%s','digest':'%s'}", as, digest);
}

static const struct answer *sign(struct client *client, const char *id, const char *as)
{
	return sign_digest(client, id, as, digest_of(id));
}

Test(incident_reports, creates_a_report_and_notifies_the_users_in_it)
{
	const struct answer *answer = create_report(
		f.log, f.supervisor_id,
		e2e_format(",'guard_assigned_id':'%s','notified_user_ids':['%s','%s']", f.guard_id,
	                   f.other_id, f.other_id));
	struct client *const recipients[] = { f.guard, f.other, f.supervisor };
	char suffix[9] = "";
	const char *id, *number;

	assert_status(answer, 201);
	id = e2e_format("%s", answer_at(answer, "id"));
	for (int i = 0; i < 8; i++)
		suffix[i] = (char)(f.log[28 + i] >= 'a' ? f.log[28 + i] - 32 : f.log[28 + i]);
	number = e2e_format(
		"INC-%s-%s",
		server_query(e2e_server(), "select to_char(now() at time zone 'UTC', 'YYYY')"),
		suffix);
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
	for (size_t i = 0; i < COUNT_OF(recipients); i++) {
		answer = client_get(recipients[i], "/api/v1/notifications");
		expect_at(answer, "0.title", e2e_format("Incident report %s", number));
		expect_at(answer, "0.action_url", e2e_format("/incident-reports/%s", id));
	}
	expect_at(client_get(f.other, "%s", path_of(id)), "incident_number", number);
	expect_at(client_get(f.other, "/api/v1/logs/%s/incident-report", f.log), "id", id);
}

Test(incident_reports, lets_each_signer_sign_once_for_themselves)
{
	const char *id = create_guard_report();
	const struct answer *answer;

	expect_problem(sign(f.other, id, "GUARD"), "FORBIDDEN");
	expect_problem(sign(f.guard, id, "SUPERVISOR"), "FORBIDDEN");
	expect_problem(sign(f.supervisor, id, "GUARD"), "FORBIDDEN");
	expect_problem(sign(f.creator, id, "SUPERVISOR"), "FORBIDDEN");
	answer = sign(f.guard, id, "GUARD");
	assert_status(answer, 200);
	expect_at(answer, "guard_signed_by", f.guard_id);
	expect_at(answer, "guard_signed_name", "Ada Tester");
	expect_at(answer, "guard_signed_ip_address", "127.0.0.1");
	cr_expect_str_neq(answer_at(answer, "guard_signed_at"), "null");
	expect_at(answer, "supervisor_signed_by", "null");
	expect_at(answer, "is_complete", "false");
	expect_problem(sign(f.guard, id, "GUARD"), "ALREADY_SIGNED");
	answer = sign(f.supervisor, id, "SUPERVISOR");
	assert_status(answer, 200);
	expect_at(answer, "supervisor_signed_name", "Sven Tester");
	expect_at(answer, "is_complete", "true");
	expect_problem(sign(f.supervisor, id, "SUPERVISOR"), "ALREADY_SIGNED");
	cr_expect_str_eq(
		server_query(e2e_server(),
	                     "select string_agg(type, ', ' order by \"offset\") from live.events"
	                     " where channel = 'log:%s' and type like 'incident_report.%%'",
	                     f.log),
		"incident_report.created, incident_report.signed, incident_report.signed");
}

Test(incident_reports, needs_only_the_supervisor_if_no_guard_is_assigned)
{
	const struct answer *answer = create_report(f.log, f.supervisor_id, "");
	const char *id;

	assert_status(answer, 201);
	id = e2e_format("%s", answer_at(answer, "id"));
	expect_at(answer, "guard", "null");
	expect_problem(sign(f.guard, id, "GUARD"), "FORBIDDEN");
	client_set_header(f.supervisor, "If-Match: \"9.0\"");
	expect_problem(sign(f.supervisor, id, "SUPERVISOR"), "PRECONDITION_FAILED");
	expect_at(sign(f.supervisor, id, "SUPERVISOR"), "is_complete", "true");
}

Test(incident_reports, requires_an_incident_and_existing_users)
{
	const char *unknown_id = e2e_id(), *id = e2e_id();

	expect_problem(create_report(e2e_id(), f.supervisor_id, ""), "NOT_FOUND");
	expect_problem(create_report(create_log("PATROL"), f.supervisor_id, ""), "NOT_AN_INCIDENT");
	expect_problem(create_report(f.log, unknown_id, ""), "USER_NOT_FOUND");
	expect_problem(create_report(f.log, f.supervisor_id,
	                             e2e_format(",'guard_assigned_id':'%s'", unknown_id)),
	               "USER_NOT_FOUND");
	expect_problem(create_report(f.log, f.supervisor_id,
	                             e2e_format(",'notified_user_ids':['%s']", unknown_id)),
	               "USER_NOT_FOUND");
	expect_problem(create_report(f.log, f.guard_id, ""), "SIGNER_NOT_ELIGIBLE");
	expect_problem(client_post(f.guard, "/api/v1/incident-reports", "{}"), "FORBIDDEN");
	expect_problem(sign(f.guard, e2e_id(), "GUARD"), "NOT_FOUND");
	expect_problem(sign(f.guard, e2e_id(), "guard"), "VALIDATION_FAILED");
	expect_problem(client_get(f.guard, "/api/v1/logs/%s/incident-report", f.log), "NOT_FOUND");
	expect_problem(client_get(f.guard, "%s", path_of(unknown_id)), "NOT_FOUND");
	assert_status(create_report(f.log, f.supervisor_id, e2e_format(",'id':'%s'", id)), 201);
	expect_problem(create_report(f.log, f.supervisor_id, ""), "REPORT_EXISTS");
	expect_problem(create_report(create_log("INCIDENT"), f.supervisor_id,
	                             e2e_format(",'id':'%s'", id)),
	               "ID_TAKEN");
}

/* Two incidents with the same last eight digits in their IDs: the later number is longer. */
Test(incident_reports, gives_each_report_a_unique_number)
{
	static const char same[] = "0000-7000-8000-00005f0a11c3";
	const char *numbers[2];

	for (int i = 0; i < 2; i++) {
		const char *id = e2e_format("%s-%s", e2e_id() + 28, same);
		const struct answer *answer;

		assert_status(
			client_post(f.creator, "/api/v1/logs",
		                    "{'id':'%s','type':'INCIDENT','title':'x','description':'x',"
		                    "'location_id':'%s'}",
		                    id, e2e_new_location()),
			201);
		answer = create_report(id, f.supervisor_id, "");
		assert_status(answer, 201);
		numbers[i] = e2e_format("%s", answer_at(answer, "incident_number") + 9);
	}
	cr_expect_str_eq(numbers[0], "5F0A11C3");
	cr_expect_str_eq(numbers[1], "05F0A11C3");
}

Test(incident_reports, lists_reports_newest_first_for_supervisors)
{
	const char *first = create_guard_report(), *second;
	const struct answer *answer = create_report(create_log("INCIDENT"), f.supervisor_id, "");
	size_t at[2] = { 0 };

	assert_status(answer, 201);
	second = e2e_format("%s", answer_at(answer, "id"));
	answer = client_get(f.creator, "/api/v1/incident-reports?limit=500");
	assert_status(answer, 200);
	for (size_t i = 0; i < json_count(answer->json); i++) {
		const char *id = answer_at(answer, e2e_format("%zu.id", i));

		at[0] = strcmp(id, first) == 0 ? i + 1 : at[0];
		at[1] = strcmp(id, second) == 0 ? i + 1 : at[1];
	}
	cr_expect(at[1] > 0 && at[1] < at[0]);
	answer = client_get(f.creator, "/api/v1/incident-reports?limit=1");
	cr_expect(answer_header(answer, "Link") != NULL);
}

static void expect_one(struct client **clients, int count, int status, const char *code)
{
	int succeeded = 0, rejected = 0;

	for (int i = 0; i < count; i++) {
		const struct answer *answer = client_receive(clients[i]);

		succeeded += answer->status == status;
		rejected += !e2e_check_problem(answer, code);
	}
	cr_expect_eq(succeeded, 1);
	cr_expect_eq(rejected, count - 1, "%d of %d", rejected, count);
}

Test(incident_reports, creates_and_signs_once_in_parallel)
{
	enum { CLIENTS = 50 };
	struct client *clients[CLIENTS];
	const char *creator_id = user_id(f.creator), *path, *digest;

	for (int i = 0; i < CLIENTS; i++)
		clients[i] = e2e_client("supervisor");
	for (int i = 0; i < CLIENTS; i++)
		client_send(clients[i], "POST", "/api/v1/incident-reports",
		            "{'log_id':'%s','supervisor_assigned_id':'%s'}", f.log, creator_id);
	expect_one(clients, CLIENTS, 201, "REPORT_EXISTS");
	path = e2e_format("/api/v1/incident-reports/%s/sign",
	                  server_query(e2e_server(),
	                               "select id from app.incident_reports where log_id = '%s'",
	                               f.log));
	digest = e2e_format(
		"%s", answer_at(client_get(f.creator, "/api/v1/logs/%s/incident-report", f.log),
	                        "digest"));
	for (int i = 0; i < CLIENTS; i++)
		client_send(clients[i], "POST", path, "{'signer_type':'SUPERVISOR','digest':'%s'}",
		            digest);
	expect_one(clients, CLIENTS, 200, "ALREADY_SIGNED");
	cr_expect_str_eq(
		server_query(e2e_server(),
	                     "select count(*) || ' ' || max(revision) from app.incident_reports"
	                     " where log_id = '%s'",
	                     f.log),
		"1 2");
	cr_expect_str_eq(
		server_query(e2e_server(),
	                     "select count(*) from app.notifications where user_id = '%s'"
	                     " and action_url like '%%' || (select id from app.incident_reports"
	                     " where log_id = '%s')",
	                     creator_id, f.log),
		"1");
}

/* ---- What is signed ---- */

static const char *log_path(void)
{
	return e2e_format("/api/v1/logs/%s", f.log);
}

static const char *body_of(const struct answer *answer)
{
	assert_status(answer, 200);
	return e2e_format("%.*s", STR_ARGS(answer->body));
}

static const char *signed_text(const char *id, const char *more)
{
	return body_of(client_get(f.guard, "%s?as=signed%s", path_of(id), more));
}

/* The SHA-256 of the bytes that the client received. */
static const char *sha256_of(const char *text)
{
	return e2e_format(
		"%s",
		server_query(e2e_server(),
	                     "select encode(sha256(convert_to($text$%s$text$, 'UTF8')), 'hex')",
	                     text));
}

static const struct answer *reopen(const char *id)
{
	return client_post(f.creator, e2e_format("%s/reopen", path_of(id)),
	                   "{'reason':'Wrong berth.'}");
}

/* Both signed, although the log had changed in between. */
Test(incident_reports, both_signers_sign_the_bytes_that_they_were_shown)
{
	const char *id = create_guard_report(), *shown = digest_of(id), *text;

	expect_problem(client_get(f.guard, "%s?as=signed", path_of(id)), "REPORT_NOT_SIGNED");
	assert_status(client_patch(f.creator, log_path(), "{'description':'Pitch dark.'}"), 200);
	expect_problem(sign_digest(f.guard, id, "GUARD", shown), "REPORT_CHANGED");
	text = signed_text(id, "&preview=true");
	cr_expect_str_eq(sha256_of(text), digest_of(id));
	cr_expect(strstr(text, "\"description\":\"Pitch dark.\"") != NULL, "%s", text);
	cr_expect(strstr(text, "\"last_name\":\"Tester\"") != NULL, "%s", text);
	assert_status(sign(f.guard, id, "GUARD"), 200);
	cr_expect_str_eq(signed_text(id, ""), text);
	/* A name or a place may change: the text is what was signed. */
	server_query(e2e_server(), "update app.users set first_name = 'Eda' where id = '%s'",
	             f.guard_id);
	expect_problem(sign_digest(f.supervisor, id, "SUPERVISOR", shown), "REPORT_CHANGED");
	expect_at(sign(f.supervisor, id, "SUPERVISOR"), "is_complete", "true");
	cr_expect_str_eq(signed_text(id, ""), text);
	cr_expect_str_eq(body_of(client_get(f.guard, "%s/incident-report?as=signed", log_path())),
	                 text);
	expect_at(client_get(f.guard, "%s", path_of(id)), "signatures.0.digest", sha256_of(text));
	expect_at(client_get(f.guard, "%s", path_of(id)), "signatures.1.digest", sha256_of(text));
}

Test(incident_reports, freezes_the_evidence_from_the_first_signature_on)
{
	static const char *const changes[] = {
		"{'type':'PATROL'}",
		"{'title':'All well'}",
		"{'description':'Nothing happened.'}",
		"{'severity':'HIGH'}",
		"{'incident_time':'2026-01-01T00:00:00Z'}",
		"{'people_involved':'Nobody.'}",
		"{'witnesses':'Nobody.'}",
		"{'actions_taken':'None.'}",
		"{'weather_conditions':'Calm.'}",
		"{'photo_urls':['https://p.example/1']}",
		"{'video_urls':['https://p.example/2']}",
	};
	const char *id = create_guard_report();
	struct client *admin = e2e_client("super_admin");

	assert_status(sign(f.guard, id, "GUARD"), 200);
	for (size_t i = 0; i < COUNT_OF(changes); i++)
		expect_problem(client_patch(admin, log_path(), "%s", changes[i]), "REPORT_SIGNED");
	expect_problem(client_patch(admin, log_path(), "{'location_id':'%s'}", e2e_new_location()),
	               "REPORT_SIGNED");
	assert_status(client_patch(admin, log_path(), "{'follow_up_notes':'New lamp.'}"), 200);
	assert_status(client_post(f.other, e2e_format("%s/comments", log_path()),
	                          "{'content':'Seen it.'}"),
	              201);
	assert_status(client_post(f.creator, e2e_format("/api/v1/incidents/%s/review", f.log),
	                          "{'review_notes':'Fine.'}"),
	              200);
	assert_status(client_delete(f.creator, "%s", log_path()), 204);
	/* No function can change it. */
	cr_expect_str_eq(
		server_query(e2e_server(),
	                     "select count(*) from pg_trigger where tgname = 'logs_signed'"),
		"1");
}

Test(incident_reports, does_not_delete_a_log_with_a_report)
{
	struct client *admin = e2e_client("super_admin");

	create_guard_report();
	expect_problem(client_delete(admin, "%s?hard=true", log_path()), "REPORT_EXISTS");
	assert_status(client_get(f.guard, "%s", log_path()), 200);
}

/* Before, the report of an incident could become that of a patrol. */
Test(incident_reports, keeps_a_log_with_a_report_an_incident)
{
	const char *id = create_guard_report();

	expect_problem(client_patch(f.creator, log_path(), "{'type':'PATROL'}"), "REPORT_EXISTS");
	assert_status(client_patch(f.creator, log_path(), "{'type':'INCIDENT','title':'Lamps'}"),
	              200);
	expect_at(client_get(f.guard, "%s", path_of(id)), "log.type", "INCIDENT");
}

Test(incident_reports, reopens_with_a_reason_that_voids_signatures_visibly)
{
	const char *id = create_guard_report(), *creator_id = user_id(f.creator), *shown, *first;
	const struct answer *answer;

	expect_problem(reopen(id), "REPORT_NOT_SIGNED");
	assert_status(sign(f.guard, id, "GUARD"), 200);
	shown = digest_of(id);
	first = signed_text(id, "");
	expect_problem(client_post(f.guard, e2e_format("%s/reopen", path_of(id)), "{'reason':'x'}"),
	               "FORBIDDEN");
	answer = client_post(f.creator, e2e_format("%s/reopen", path_of(id)), "{}");
	expect_problem(answer, "VALIDATION_FAILED");
	answer = reopen(id);
	assert_status(answer, 200);
	expect_at(answer, "guard_signed_at", "null");
	expect_at(answer, "edition", "2");
	expect_at(answer, "signatures.0.name", "Ada Tester");
	expect_at(answer, "signatures.0.void_reason", "Wrong berth.");
	expect_at(answer, "signatures.0.voided_by", creator_id);
	expect_at(client_get(f.guard, "/api/v1/notifications"), "0.message", "Wrong berth.");
	/* The other signer had the old edition on their screen. */
	expect_problem(sign_digest(f.supervisor, id, "SUPERVISOR", shown), "REPORT_CHANGED");
	expect_problem(client_get(f.guard, "%s?as=signed", path_of(id)), "REPORT_NOT_SIGNED");
	cr_expect_str_eq(signed_text(id, "&edition=1"), first);
	assert_status(client_patch(f.creator, log_path(), "{'title':'Lamp out at berth 8'}"), 200);
	answer = sign(f.guard, id, "GUARD");
	assert_status(answer, 200);
	expect_at(answer, "signatures.0.edition", "1");
	expect_at(answer, "signatures.1.edition", "2");
	expect_at(answer, "signatures.1.voided_at", "null");
}

/* ---- Who signs ---- */

static void expect_signers(const struct answer *answer, const char *code, const char *pointer)
{
	expect_problem(answer, code);
	expect_at(answer, "errors.0.pointer", pointer);
}

Test(incident_reports, two_active_people_of_the_roles_sign)
{
	const char *visitor = user_id(e2e_new_user("VISITOR", "Vic"));
	const char *id;

	expect_signers(create_report(f.log, f.supervisor_id,
	                             e2e_format(",'guard_assigned_id':'%s'", f.supervisor_id)),
	               "SIGNERS_NOT_DISTINCT", "/guard_assigned_id");
	expect_signers(create_report(f.log, f.supervisor_id,
	                             e2e_format(",'guard_assigned_id':'%s'", visitor)),
	               "SIGNER_NOT_ELIGIBLE", "/guard_assigned_id");
	server_query(e2e_server(), "update app.users set archived_at = now() where id = '%s'",
	             f.other_id);
	expect_signers(create_report(f.log, f.supervisor_id,
	                             e2e_format(",'guard_assigned_id':'%s'", f.other_id)),
	               "SIGNER_NOT_ELIGIBLE", "/guard_assigned_id");
	id = create_guard_report();
	server_query(e2e_server(), "update app.users set role = 'GUARD' where id = '%s'",
	             f.supervisor_id);
	expect_signers(sign(f.supervisor, id, "SUPERVISOR"), "SIGNER_NOT_ELIGIBLE", "/signer_type");
}

/* Before, a visitor got a notification that quoted the incident. */
Test(incident_reports, notify_active_guards_only)
{
	const char *visitor = user_id(e2e_new_user("VISITOR", "Vic"));

	expect_problem(
		create_report(f.log, f.supervisor_id,
	                      e2e_format(",'notified_user_ids':['%s','%s']", f.other_id, visitor)),
		"NOT_A_GUARD");
	server_query(e2e_server(), "update app.users set archived_at = now() where id = '%s'",
	             f.other_id);
	expect_problem(create_report(f.log, f.supervisor_id,
	                             e2e_format(",'notified_user_ids':['%s']", f.other_id)),
	               "NOT_A_GUARD");
	expect_status(create_report(f.log, f.supervisor_id,
	                            e2e_format(",'notified_user_ids':['%s']", f.guard_id)),
	              201);
}

Test(incident_reports, reassigns_while_nobody_has_signed)
{
	const char *id = create_guard_report();
	const struct answer *answer;

	expect_problem(client_patch(f.guard, path_of(id), "{'guard_assigned_id':null}"),
	               "FORBIDDEN");
	expect_signers(
		client_patch(f.creator, path_of(id), "{'guard_assigned_id':'%s'}", f.supervisor_id),
		"SIGNERS_NOT_DISTINCT", "/guard_assigned_id");
	expect_signers(
		client_patch(f.creator, path_of(id), "{'supervisor_assigned_id':'%s'}", f.other_id),
		"SIGNER_NOT_ELIGIBLE", "/supervisor_assigned_id");
	expect_problem(client_patch(f.creator, path_of(id), "{'guard_assigned_id':'%s'}", e2e_id()),
	               "USER_NOT_FOUND");
	answer = client_patch(f.creator, path_of(id), "{'guard_assigned_id':'%s'}", f.other_id);
	assert_status(answer, 200);
	expect_at(answer, "guard.first_name", "Bert");
	expect_at(client_get(f.other, "/api/v1/notifications"), "0.action_url",
	          e2e_format("/incident-reports/%s", id));
	expect_problem(sign(f.guard, id, "GUARD"), "FORBIDDEN");
	assert_status(sign(f.other, id, "GUARD"), 200);
	expect_problem(
		client_patch(f.creator, path_of(id), "{'guard_assigned_id':'%s'}", f.guard_id),
		"REPORT_SIGNED");
}

Test(incident_reports, lists_to_guards_what_awaits_their_signature)
{
	static const char waiting[] = "/api/v1/incident-reports?awaiting_my_signature=true";
	const char *id = create_guard_report();

	expect_at(client_get(f.guard, "/api/v1/incident-reports"), "0.id", id);
	expect_at(client_get(f.guard, waiting), "0.id", id);
	expect_at(client_get(f.other, "/api/v1/incident-reports"), "0.id", "absent");
	expect_at(client_get(f.supervisor, waiting), "0.id", id);
	assert_status(sign(f.guard, id, "GUARD"), 200);
	expect_at(client_get(f.guard, waiting), "0.id", "absent");
	expect_at(client_get(f.guard, "/api/v1/incident-reports?awaiting_my_signature=false"),
	          "0.id", id);
	expect_at(client_get(f.supervisor, waiting), "0.id", id);
}
