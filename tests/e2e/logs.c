/* logs.c: tests creating, reading, changing, archiving and deleting logs. */

#include "e2e.h"

static struct {
	struct client *guard, *other, *supervisor, *super_admin;
	const char *location;
} f;

static void setup(void)
{
	f.supervisor = e2e_client("supervisor");
	f.super_admin = e2e_client("super_admin");
	f.location = e2e_new_location();
	f.guard = e2e_guard_on_duty("Rosa", f.location);
	f.other = e2e_guard_on_duty("Jonas", f.location);
}

TestSuite(logs, .init = setup, .timeout = 30);

static const char *path_of(const char *id)
{
	return e2e_format("/api/v1/logs/%s", id);
}

static const char *tag_of(const struct answer *answer)
{
	return e2e_format("%s", answer_header(answer, "ETag"));
}

Test(logs, stores_every_given_field)
{
	static const char *const fields[][2] = {
		{ "type", "INCIDENT" },
		{ "title", "Stranger on the fuel dock" },
		{ "description", "Asked to leave, and left.\\nNo damage." },
		{ "status", "DRAFT" },
		{ "severity", "HIGH" },
		{ "people_involved", "One person, tall" },
		{ "witnesses", "The night porter" },
		{ "actions_taken", "Escorted to the gate" },
		{ "follow_up_notes", "Look at the fence" },
		{ "weather_conditions", "SW 5, rain" },
	};
	struct buf body = { 0 };
	const struct answer *answer;

	for (size_t i = 0; i < COUNT_OF(fields); i++)
		buf_print(&body, "'%s':'%s',", fields[i][0], fields[i][1]);
	answer = client_post(f.guard, "/api/v1/logs",
	                     "{%s'location_id':'%s','incident_time':'2026-03-01T23:15:00+01:00',"
	                     "'follow_up_required':true,'photo_urls':['https://p.example/1',"
	                     "'https://p.example/2'],"
	                     "'video_urls':['https://v.example/1']}",
	                     buf_cstr(&body), f.location);
	buf_finish(&body);
	assert_status(answer, 201);
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		if (i != 2)
			expect_at(answer, fields[i][0], fields[i][1]);
	}
	expect_at(answer, "description", "Asked to leave, and left.\nNo damage.");
	expect_at(answer, "incident_time", "2026-03-01T22:15:00+00:00");
	expect_at(answer, "follow_up_required", "true");
	expect_at(answer, "photo_urls", "[\"https://p.example/1\",\"https://p.example/2\"]");
	expect_at(answer, "video_urls", "[\"https://v.example/1\"]");
	expect_at(answer, "location_id", f.location);
	expect_at(answer, "location.id", f.location);
	expect_at(answer, "location.is_active", "true");
	expect_at(answer, "author.first_name", "Rosa");
	cr_expect(strstr(answer_at(answer, "author.email"), "@e2e.example") != NULL);
	expect_at(answer, "reviewer", "null");
	expect_at(answer, "archived_at", "null");
	expect_header(answer, "Location", path_of(answer_at(answer, "id")));
	cr_expect(str_begins(str_of(answer_header(answer, "ETag")), "\"1."));
}

Test(logs, uses_defaults_for_missing_fields)
{
	const struct answer *answer =
		client_get(f.guard, "%s", path_of(e2e_new_log(f.guard, f.location, "All quiet")));
	static const char *const null_fields[] = { "severity",           "incident_time",
		                                   "people_involved",    "witnesses",
		                                   "actions_taken",      "follow_up_notes",
		                                   "weather_conditions", "reviewed_by",
		                                   "reviewed_at",        "review_notes" };

	expect_at(answer, "status", "LIVE");
	expect_at(answer, "follow_up_required", "false");
	expect_at(answer, "photo_urls", "[]");
	expect_at(answer, "video_urls", "[]");
	for (size_t i = 0; i < COUNT_OF(null_fields); i++)
		expect_at(answer, null_fields[i], "null");

	answer = client_post(
		f.guard, "/api/v1/logs",
		"{'type':'INCIDENT','title':'Now','description':'Now.','location_id':'%s'}",
		f.location);
	assert_status(answer, 201);
	expect_at(answer, "incident_time", answer_at(answer, "created_at"));
}

Test(logs, reads_logs_with_conditional_requests)
{
	const char *id = e2e_new_log(f.guard, f.location, "Round of the docks");
	const struct answer *answer = client_get(f.other, "%s", path_of(id));
	const char *tag = tag_of(answer);

	expect_status(answer, 200);
	expect_at(answer, "title", "Round of the docks");

	client_set_header(f.other, "If-None-Match: %s", tag);
	answer = client_get(f.other, "%s", path_of(id));
	expect_status(answer, 304);
	expect_header(answer, "ETag", tag);

	assert_status(client_patch(f.guard, path_of(id), "{'title':'Second round'}"), 200);
	client_set_header(f.other, "If-None-Match: %s", tag);
	answer = client_get(f.other, "%s", path_of(id));
	expect_status(answer, 200);
	expect_at(answer, "title", "Second round");

	answer = client_request(f.other, "HEAD", path_of(id), NULL, (struct str){ 0 });
	expect_status(answer, 200);
	cr_expect_eq(answer->body.length, 0);
	expect_problem(client_get(f.other, "%s", path_of(e2e_id())), "NOT_FOUND");
}

Test(logs, accepts_a_client_generated_id_once)
{
	const char *id = e2e_id();
	const char *body =
		e2e_format("{'id':'%s','type':'OTHER','title':'Mine','description':'Mine.',"
	                   "'location_id':'%s'}",
	                   id, f.location);
	const struct answer *answer = client_post(f.guard, "/api/v1/logs", "%s", body);

	assert_status(answer, 201);
	expect_at(answer, "id", id);
	expect_problem(client_post(f.guard, "/api/v1/logs", "%s", body), "ID_TAKEN");
	cr_expect_str_eq(
		server_query(e2e_server(), "select count(*) from app.logs where id = '%s'", id),
		"1");
}

Test(logs, requires_an_existing_location)
{
	const char *id = e2e_new_log(f.guard, f.location, "Somewhere"), *nowhere = e2e_id();
	struct client *const writers[] = { f.guard, f.supervisor };

	for (size_t i = 0; i < COUNT_OF(writers); i++)
		expect_problem(
			client_post(
				writers[i], "/api/v1/logs",
				"{'type':'OTHER','title':'x','description':'x','location_id':'%s'}",
				nowhere),
			"LOCATION_NOT_FOUND");
	expect_problem(client_patch(f.guard, path_of(id), "{'location_id':'%s'}", nowhere),
	               "LOCATION_NOT_FOUND");
	expect_at(client_get(f.guard, "%s", path_of(id)), "location_id", f.location);
}

static const struct answer *write_at(struct client *client, const char *location)
{
	return client_post(
		client, "/api/v1/logs",
		"{'type':'PATROL','title':'Round','description':'Walked.','location_id':'%s'}",
		location);
}

Test(logs, lets_guards_write_only_for_the_location_of_their_duty)
{
	struct client *guard = e2e_new_user("GUARD", "Mei");
	const char *elsewhere = e2e_new_location(), *session;
	const struct answer *answer;

	expect_problem(write_at(guard, f.location), "NOT_ON_DUTY");
	answer = client_post(guard, "/api/v1/duty-sessions", "{'location_id':'%s'}", f.location);
	assert_status(answer, 201);
	session = e2e_format("%s", answer_at(answer, "id"));
	expect_status(write_at(guard, f.location), 201);
	expect_problem(write_at(guard, elsewhere), "LOCATION_MISMATCH");
	/* Supervisors and above need not be on duty. */
	expect_status(write_at(f.supervisor, elsewhere), 201);
	expect_status(write_at(f.super_admin, f.location), 201);
	assert_status(
		client_post(guard, e2e_format("/api/v1/duty-sessions/%s/clock-out", session), NULL),
		200);
	expect_problem(write_at(guard, f.location), "NOT_ON_DUTY");
	cr_expect_str_eq(
		server_query(e2e_server(),
	                     "select count(*) from app.logs where location_id in ('%s', '%s')",
	                     f.location, elsewhere),
		"3");
}

Test(logs, patches_single_fields_and_sets_status_updated)
{
	const char *id = e2e_new_log(f.guard, f.location, "First");
	const struct answer *answer = client_patch(
		f.guard, path_of(id), "{'title':'Second','witnesses':'Ada','severity':'LOW'}");

	expect_status(answer, 200);
	expect_at(answer, "title", "Second");
	expect_at(answer, "witnesses", "Ada");
	expect_at(answer, "description", "All berths walked.");
	expect_at(answer, "status", "UPDATED");
	cr_expect(str_begins(str_of(answer_header(answer, "ETag")), "\"2."));

	/* null clears a field. The status stays UPDATED, whatever is sent. */
	answer = client_request(f.guard, "PATCH", path_of(id), "application/merge-patch+json",
	                        STR("{\"witnesses\":null,\"severity\":null,\"status\":\"LIVE\"}"));
	expect_status(answer, 200);
	expect_at(answer, "witnesses", "null");
	expect_at(answer, "severity", "null");
	expect_at(answer, "status", "UPDATED");
	expect_at(answer, "title", "Second");
}

Test(logs, rejects_distant_incident_times_and_inactive_locations)
{
	const char *id = e2e_new_log(f.guard, f.location, "Round"), *closed = e2e_new_location();
	const struct answer *answer =
		client_patch(f.guard, path_of(id), "{'incident_time':'2199-01-01T00:00:00Z'}");

	expect_problem(answer, "VALIDATION_FAILED");
	expect_at(answer, "errors.0.pointer", "/incident_time");
	expect_problem(client_post(f.guard, "/api/v1/logs",
	                           "{'type':'INCIDENT','title':'x','description':'x',"
	                           "'location_id':'%s','incident_time':'2199-01-01T00:00:00Z'}",
	                           f.location),
	               "VALIDATION_FAILED");
	server_query(e2e_server(),
	             "update app.locations set is_active = false where id = '%s' returning id",
	             closed);
	expect_problem(client_post(f.supervisor, "/api/v1/logs",
	                           "{'type':'PATROL','title':'Round','description':'Walked.',"
	                           "'location_id':'%s'}",
	                           closed),
	               "LOCATION_INACTIVE");
	expect_problem(client_patch(f.supervisor, path_of(id), "{'location_id':'%s'}", closed),
	               "LOCATION_INACTIVE");
}

static void clock_out(struct client *client)
{
	const char *session = e2e_format(
		"%s", answer_at(client_get(client, "/api/v1/duty-sessions/active"), "id"));

	assert_status(client_post(client, e2e_format("/api/v1/duty-sessions/%s/clock-out", session),
	                          NULL),
	              200);
}

static const struct answer *post_recorded(const char *location, const char *time)
{
	return client_post(f.guard, "/api/v1/logs",
	                   "{'type':'INCIDENT','title':'Offline','description':'No network.',"
	                   "'location_id':'%s','recorded_at':%s}",
	                   location, time);
}

/* The time this many minutes from now, in quotes. */
static const char *in_minutes(int minutes)
{
	return e2e_format("%s",
	                  server_query(e2e_server(),
	                               "select to_json(now() + interval '%d minutes')", minutes));
}

Test(logs, judges_late_entries_by_the_duty_that_covers_their_time)
{
	const char *next = e2e_new_location();
	const struct answer *answer;

	server_query(e2e_server(),
	             "update app.duty_sessions set clock_in_time = now() - interval '8 hours'"
	             " where location_id = '%s' returning id",
	             f.location);
	clock_out(f.guard);
	expect_problem(post_recorded(f.location, "null"), "NOT_ON_DUTY");
	expect_problem(post_recorded(f.location, in_minutes(-481)), "NOT_ON_DUTY");
	expect_problem(post_recorded(f.location, in_minutes(1)), "NOT_ON_DUTY");
	expect_problem(post_recorded(next, in_minutes(-60)), "LOCATION_MISMATCH");
	answer = post_recorded(f.location, in_minutes(-60));
	assert_status(answer, 201);
	expect_at(answer, "incident_time", answer_at(answer, "recorded_at"));
	cr_expect(strcmp(answer_at(answer, "recorded_at"), answer_at(answer, "created_at")) < 0);
	expect_problem(
		client_patch(f.guard, path_of(answer_at(answer, "id")), "{'recorded_at':null}"),
		"VALIDATION_FAILED");

	assert_status(client_post(f.guard, "/api/v1/duty-sessions", "{'location_id':'%s'}", next),
	              201);
	expect_problem(post_recorded(next, in_minutes(-60)), "LOCATION_MISMATCH");
	expect_problem(post_recorded(f.location, in_minutes(1)), "LOCATION_MISMATCH");
	expect_status(post_recorded(f.location, in_minutes(-60)), 201);
	expect_status(post_recorded(next, in_minutes(1)), 201);
}

Test(logs, limits_the_time_of_late_entries)
{
	static const int wrong[] = { -24 * 60 - 1, 6, 24 * 60 };

	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		const struct answer *answer = post_recorded(f.location, in_minutes(wrong[i]));

		expect_problem(answer, "VALIDATION_FAILED");
		expect_at(answer, "errors.0.pointer", "/recorded_at");
	}
}

Test(logs, refuses_changes_by_a_guard_away_from_its_location)
{
	const char *id = e2e_new_log(f.guard, f.location, "Mine"), *next = e2e_new_location();

	expect_problem(client_patch(f.guard, path_of(id), "{'location_id':'%s'}", next),
	               "LOCATION_MISMATCH");
	expect_problem(client_patch(f.guard, path_of(id), "{'location_id':'%s'}", e2e_id()),
	               "LOCATION_NOT_FOUND");
	clock_out(f.guard);
	expect_problem(client_patch(f.guard, path_of(id), "{'title':'Later'}"), "NOT_ON_DUTY");
	expect_problem(client_delete(f.guard, "%s", path_of(id)), "NOT_ON_DUTY");

	assert_status(client_post(f.guard, "/api/v1/duty-sessions", "{'location_id':'%s'}", next),
	              201);
	expect_problem(client_patch(f.guard, path_of(id), "{'title':'Later'}"),
	               "LOCATION_MISMATCH");
	expect_problem(client_patch(f.guard, path_of(id), "{'location_id':'%s'}", next),
	               "LOCATION_MISMATCH");
	expect_problem(client_delete(f.guard, "%s", path_of(id)), "LOCATION_MISMATCH");
	expect_status(client_patch(f.supervisor, path_of(id), "{'location_id':'%s'}", next), 200);
	expect_status(client_delete(f.guard, "%s", path_of(id)), 204);
}

Test(logs, records_each_changed_field)
{
	const char *id = e2e_new_log(f.guard, f.location, "First");
	const struct answer *answer;

	assert_status(client_patch(f.guard, path_of(id), "{'title':'Second','witnesses':'Ada'}"),
	              200);
	assert_status(
		client_patch(f.supervisor, path_of(id), "{'title':'Third','witnesses':'Ada'}"),
		200);
	answer = client_get(f.guard, "%s/edits", path_of(id));
	assert_status(answer, 200);
	/* Newest first: the title alone, then the status, title and witnesses. */
	cr_assert_eq(json_count(answer->json), 4, "%.*s", STR_ARGS(answer->body));
	expect_at(answer, "0.field_changed", "title");
	expect_at(answer, "0.old_value", "Second");
	expect_at(answer, "0.new_value", "Third");
	expect_at(answer, "0.editor.first_name", "Marek");
	for (size_t i = 1; i < 4; i++) {
		static const char *const rows[][3] = { { 0 },
			                               { "status", "LIVE", "UPDATED" },
			                               { "title", "First", "Second" },
			                               { "witnesses", "null", "Ada" } };

		expect_at(answer, e2e_format("%zu.field_changed", i), rows[i][0]);
		expect_at(answer, e2e_format("%zu.old_value", i), rows[i][1]);
		expect_at(answer, e2e_format("%zu.new_value", i), rows[i][2]);
		expect_at(answer, e2e_format("%zu.editor.first_name", i), "Rosa");
	}
	/* An edit that waited for another has the earlier time, but is listed as the newer one. */
	server_query(e2e_server(),
	             "update app.log_edits set edited_at = edited_at - interval '1 hour'"
	             " where log_id = '%s' and new_value = '\"Third\"'",
	             id);
	expect_at(client_get(f.guard, "%s/edits", path_of(id)), "0.new_value", "Third");
	answer = client_get(f.guard, "%s/edits?limit=1&skip=3", path_of(id));
	cr_expect_eq(json_count(answer->json), 1);
	expect_at(answer, "0.field_changed", "witnesses");
	expect_problem(client_get(f.guard, "/api/v1/logs/%s/edits", e2e_id()), "NOT_FOUND");
}

Test(logs, rejects_changes_with_an_outdated_etag)
{
	const char *id = e2e_new_log(f.guard, f.location, "First");
	const char *first = tag_of(client_get(f.guard, "%s", path_of(id))), *second;
	const struct answer *answer;

	client_set_header(f.guard, "If-Match: %s", first);
	answer = client_patch(f.guard, path_of(id), "{'title':'Second'}");
	assert_status(answer, 200);
	second = tag_of(answer);

	client_set_header(f.guard, "If-Match: %s", first);
	expect_problem(client_patch(f.guard, path_of(id), "{'title':'Third'}"),
	               "PRECONDITION_FAILED");
	client_set_header(f.guard, "If-Match: \"of another log\"");
	expect_problem(client_patch(f.guard, path_of(id), "{'title':'Third'}"),
	               "PRECONDITION_FAILED");
	client_set_header(f.guard, "If-Match: %s", first);
	expect_problem(client_delete(f.guard, "%s", path_of(id)), "PRECONDITION_FAILED");
	expect_at(client_get(f.guard, "%s", path_of(id)), "title", "Second");

	client_set_header(f.guard, "If-Match: %s, %s", first, second);
	expect_status(client_patch(f.guard, path_of(id), "{'title':'Third'}"), 200);
	client_set_header(f.guard, "If-Match: *");
	expect_status(client_patch(f.guard, path_of(id), "{'title':'Fourth'}"), 200);
}

Test(logs, lets_only_the_author_and_supervisors_change_a_log)
{
	const char *id = e2e_new_log(f.guard, f.location, "Mine");

	expect_problem(client_patch(f.other, path_of(id), "{'title':'Yours'}"), "FORBIDDEN");
	expect_problem(client_delete(f.other, "%s", path_of(id)), "FORBIDDEN");
	expect_at(client_get(f.other, "%s", path_of(id)), "title", "Mine");
	expect_status(client_patch(f.guard, path_of(id), "{'title':'Still mine'}"), 200);
	expect_status(client_patch(f.supervisor, path_of(id), "{'title':'Corrected'}"), 200);
	expect_status(client_delete(f.supervisor, "%s", path_of(id)), 204);
	expect_problem(client_patch(f.guard, path_of(e2e_id()), "{'title':'?'}"), "NOT_FOUND");
}

Test(logs, lists_archived_logs_only_if_requested)
{
	const char *id = e2e_new_log(f.guard, f.location, "Old"),
		   *kept = e2e_new_log(f.guard, f.location, "New");
	const struct answer *answer = client_delete(f.guard, "%s", path_of(id));

	expect_status(answer, 204);
	cr_expect_eq(answer->body.length, 0);
	expect_problem(client_delete(f.guard, "%s", path_of(id)), "LOG_ARCHIVED");
	expect_problem(client_patch(f.guard, path_of(id), "{'title':'?'}"), "LOG_ARCHIVED");

	answer = client_get(f.guard, "%s", path_of(id));
	expect_status(answer, 200);
	expect_at(answer, "status", "ARCHIVED");
	cr_expect_str_neq(answer_at(answer, "archived_at"), "null");

	answer = client_get(f.guard, "/api/v1/logs?location_id=%s", f.location);
	cr_expect_eq(json_count(answer->json), 1);
	expect_at(answer, "0.id", kept);
	answer = client_get(f.guard, "/api/v1/logs?location_id=%s&status=ARCHIVED", f.location);
	expect_status(answer, 200);
	cr_expect_eq(json_count(answer->json), 1);
	expect_at(answer, "0.id", id);
	expect_at(answer, "0.status", "ARCHIVED");
	answer =
		client_get(f.guard, "/api/v1/logs?location_id=%s&status=LIVE,ARCHIVED", f.location);
	cr_expect_eq(json_count(answer->json), 2);
	expect_at(answer, "0.id", kept);
	expect_at(answer, "1.id", id);
	answer = client_get(f.guard, "/api/v1/logs?location_id=%s&status=LIVE", f.location);
	cr_expect_eq(json_count(answer->json), 1);
	expect_at(answer, "0.id", kept);
	expect_at(client_get(f.guard, "/api/v1/logs/count?location_id=%s&status=ARCHIVED",
	                     f.location),
	          "count", "1");
	answer = client_get(f.guard, "/api/v1/locations/%s/logs", f.location);
	cr_expect_eq(json_count(answer->json), 1);
	expect_at(client_get(f.guard, "/api/v1/logs/count?location_id=%s", f.location), "count",
	          "2");

	answer = client_get(f.guard, "%s/edits", path_of(id));
	cr_expect_eq(json_count(answer->json), 2);
	expect_at(answer, "1.new_value", "ARCHIVED");
}

Test(logs, lets_only_super_admins_delete_permanently)
{
	const char *id = e2e_new_log(f.guard, f.location, "Gone");
	struct client *const others[] = { f.guard, f.supervisor, e2e_client("admin") };

	assert_status(client_patch(f.guard, path_of(id), "{'title':'Soon gone'}"), 200);
	for (size_t i = 0; i < COUNT_OF(others); i++)
		expect_problem(client_delete(others[i], "%s?hard=true", path_of(id)), "FORBIDDEN");
	expect_status(client_get(f.guard, "%s", path_of(id)), 200);

	expect_status(client_delete(f.guard, "%s?hard=false", path_of(id)), 204);
	expect_status(client_delete(f.super_admin, "%s?hard=true", path_of(id)), 204);
	expect_problem(client_get(f.guard, "%s", path_of(id)), "NOT_FOUND");
	expect_problem(client_delete(f.super_admin, "%s?hard=true", path_of(id)), "NOT_FOUND");
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select count(*) from app.log_edits where log_id = '%s'", id),
	                 "0");
}
