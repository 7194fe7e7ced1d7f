/* drafts.c: tests that a draft stays one when it is edited, and that only its author and supervisors
 * see it: also what it said before it was published. */

#include "e2e.h"
#include "raw_conn.h"

enum { TIMEOUT_MS = 10000 };

static struct {
	struct client *guard, *other, *supervisor, *super_admin;
	const char *location, *other_token;
} f;

/* A guard whose token the test knows. */
static const char *new_token(void)
{
	const char *subject = e2e_format("e2e|%s", e2e_id());

	server_query(e2e_server(),
	             "insert into app.users (issuer, subject, role, first_name, last_name)"
	             " values ('%s', '%s', 'GUARD', 'Jonas', 'Tester')",
	             server_issuer(e2e_server()), subject);
	return e2e_token(&(struct e2e_token){ .subject = subject });
}

static void setup(void)
{
	f.supervisor = e2e_client("supervisor");
	f.super_admin = e2e_client("super_admin");
	f.location = e2e_new_location();
	f.guard = e2e_guard_on_duty("Rosa", f.location);
	f.other = e2e_client(NULL);
	f.other_token = new_token();
	client_set_token(f.other, f.other_token);
}

TestSuite(drafts, .init = setup, .timeout = 30);

static const char *path_of(const char *id)
{
	return e2e_format("/api/v1/logs/%s", id);
}

Test(drafts, stay_drafts_until_they_are_published)
{
	const struct answer *answer = client_post(
		f.guard, "/api/v1/logs",
		"{'type':'PATROL','title':'Round','description':'Walked.','location_id':'%s',"
		"'status':'DRAFT'}",
		f.location);
	const char *id = e2e_format("%s", answer_at(answer, "id"));

	assert_status(answer, 201);
	expect_at(client_patch(f.guard, path_of(id), "{'title':'Round','status':'DRAFT'}"),
	          "status", "DRAFT");
	expect_at(client_patch(f.guard, path_of(id), "{'title':'Rounds'}"), "status", "DRAFT");
	expect_at(client_patch(f.guard, path_of(id), "{'title':'Round'}"), "status", "DRAFT");
	answer = client_patch(f.guard, path_of(id), "{'status':'LIVE'}");
	expect_status(answer, 200);
	expect_at(answer, "status", "UPDATED");
	expect_at(answer, "title", "Round");
	answer = client_get(f.guard, "%s/edits", path_of(id));
	cr_assert_eq(json_count(answer->json), 3);
	expect_at(answer, "0.old_value", "DRAFT");
	expect_at(answer, "0.new_value", "UPDATED");
	/* Repeated, it changes nothing and publishes no event. */
	expect_at(client_patch(f.guard, path_of(id), "{'status':'LIVE'}"), "status", "UPDATED");
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select count(*) from live.events where channel = 'log:%s'"
	                              " and type = 'log.updated'",
	                              id),
	                 "3");
}

static const char *new_draft(void)
{
	const struct answer *answer = client_post(
		f.guard, "/api/v1/logs",
		"{'type':'INCIDENT','severity':'LOW','title':'Hidden','description':'Walked.',"
		"'location_id':'%s','status':'DRAFT'}",
		f.location);

	assert_status(answer, 201);
	return e2e_format("%s", answer_at(answer, "id"));
}

/* The types of the events of a log on a channel, in order. */
static const char *events_of(const char *id, const char *channel)
{
	const char *types =
		server_query(e2e_server(),
	                     "select string_agg(type, ' ' order by \"offset\") from live.events"
	                     " where channel = '%s' and data ->> 'id' = '%s'",
	                     channel, id);

	return e2e_format("%s", types ? types : "none");
}

Test(drafts, are_hidden_from_others_until_they_are_published)
{
	const char *id = new_draft();
	const char *list = e2e_format("/api/v1/logs?location_id=%s", f.location);
	const char *count = e2e_format("/api/v1/logs/count?location_id=%s", f.location);

	expect_problem(client_get(f.other, "%s", path_of(id)), "NOT_FOUND");
	expect_problem(client_get(f.other, "%s/edits", path_of(id)), "NOT_FOUND");
	expect_problem(client_get(f.other, "%s/comments", path_of(id)), "NOT_FOUND");
	expect_problem(
		client_post(f.other, e2e_format("%s/comments", path_of(id)), "{'content':'Seen'}"),
		"NOT_FOUND");
	expect_problem(client_patch(f.other, path_of(id), "{'title':'Seen'}"), "NOT_FOUND");
	cr_expect_eq(json_count(client_get(f.other, "%s", list)->json), 0);
	cr_expect_eq(json_count(client_get(f.other, "%s&search=hidden", list)->json), 0);
	cr_expect_eq(json_count(client_get(f.guard, "%s&search=hidden", list)->json), 1);
	expect_at(client_get(f.other, "%s", count), "count", "0");
	expect_at(client_get(f.guard, "%s", count), "count", "1");
	expect_status(client_get(f.supervisor, "%s", path_of(id)), 200);
	cr_expect_eq(json_count(client_get(f.supervisor, "%s", list)->json), 1);

	expect_status(client_patch(f.guard, path_of(id), "{'status':'LIVE'}"), 200);
	expect_status(client_get(f.other, "%s", path_of(id)), 200);
	/* New to the location, changed for subscribers of the log. */
	cr_expect_str_eq(events_of(id, e2e_format("location:%s", f.location)), "log.created");
	cr_expect_str_eq(events_of(id, e2e_format("log:%s", id)), "log.updated");
}

Test(drafts, are_hidden_from_others_after_they_are_archived)
{
	const char *id = new_draft();
	const char *list =
		e2e_format("/api/v1/logs?status=ARCHIVED,LIVE&location_id=%s", f.location);
	const char *count = e2e_format("/api/v1/logs/count?location_id=%s", f.location);

	assert_status(client_delete(f.guard, "%s", path_of(id)), 204);
	expect_problem(client_get(f.other, "%s", path_of(id)), "NOT_FOUND");
	expect_problem(client_get(f.other, "%s/edits", path_of(id)), "NOT_FOUND");
	expect_problem(client_get(f.other, "%s/comments", path_of(id)), "NOT_FOUND");
	expect_problem(client_patch(f.other, path_of(id), "{'title':'Seen'}"), "NOT_FOUND");
	expect_problem(client_delete(f.other, "%s", path_of(id)), "NOT_FOUND");
	cr_expect_eq(json_count(client_get(f.other, "%s", list)->json), 0);
	expect_at(client_get(f.other, "%s", count), "count", "0");
	cr_expect_eq(json_count(client_get(f.guard, "%s", list)->json), 1);
	expect_status(client_get(f.supervisor, "%s", path_of(id)), 200);
	assert_status(client_delete(f.super_admin, "%s?hard=true", path_of(id)), 204);
	cr_expect_str_eq(events_of(id, e2e_format("location:%s", f.location)), "none");
	cr_expect_str_eq(events_of(id, e2e_format("log:%s", id)), "log.archived log.removed");
}

Test(drafts, cannot_be_reviewed_or_reported)
{
	const char *id = new_draft();
	const char *report =
		e2e_format("{'log_id':'%s','supervisor_assigned_id':'%s'}", id,
	                   answer_at(client_get(f.supervisor, "/api/v1/users/me"), "id"));

	expect_problem(client_post(f.supervisor, e2e_format("/api/v1/incidents/%s/review", id),
	                           "{'review_notes':'Seen.'}"),
	               "LOG_NOT_PUBLISHED");
	expect_problem(client_post(f.supervisor, "/api/v1/incident-reports", "%s", report),
	               "LOG_NOT_PUBLISHED");
	expect_problem(client_get(f.other, "%s", path_of(id)), "NOT_FOUND");
	assert_status(client_patch(f.guard, path_of(id), "{'status':'LIVE'}"), 200);
	expect_status(client_post(f.supervisor, "/api/v1/incident-reports", "%s", report), 201);
}

/* Everything that a channel says from its first event on, as received by the other guard. */
static struct raw_conn *replay(const char *channel)
{
	const char *epoch = e2e_format("%s", server_query(e2e_server(), "select live.epoch()"));
	struct raw_conn *conn = raw_conn_new(server_port(e2e_server()));

	raw_conn_send(conn, str_of(e2e_format("GET /api/v1/events?channels=%s HTTP/1.1\r\n"
	                                      "Host: localhost\r\nAuthorization: Bearer %s\r\n"
	                                      "Last-Event-ID: %s:0\r\n\r\n",
	                                      channel, f.other_token, epoch)));
	return conn;
}

/* Before, the edit history and the events of the log told everyone what the draft had said. */
Test(drafts, do_not_say_to_others_what_they_said_before)
{
	const char *id = new_draft(), *edits = e2e_format("%s/edits", path_of(id));
	struct raw_conn *conn;
	const struct answer *answer;

	assert_status(client_patch(f.guard, path_of(id), "{'title':'Secret','severity':'HIGH'}"),
	              200);
	assert_status(client_patch(f.guard, path_of(id),
	                           "{'title':'Lamp','severity':null,'status':'LIVE'}"),
	              200);
	assert_status(client_patch(f.supervisor, path_of(id), "{'title':'Lamp out'}"), 200);
	answer = client_get(f.other, "%s", edits);
	assert_status(answer, 200);
	cr_expect_eq(json_count(answer->json), 1, "%.*s", STR_ARGS(answer->body));
	expect_at(answer, "0.old_value", "Lamp");
	cr_expect_eq(json_count(client_get(f.guard, "%s", edits)->json), 6);
	cr_expect_eq(json_count(client_get(f.supervisor, "%s", edits)->json), 6);
	answer = client_get(f.other, "%s/history", path_of(id));
	cr_expect_eq(json_count(answer->json), 1, "%.*s", STR_ARGS(answer->body));
	expect_at(answer, "0.before.title", "Lamp");
	cr_expect_eq(json_count(client_get(f.guard, "%s/history", path_of(id))->json), 4);

	conn = replay(e2e_format("log:%s", id));
	cr_assert(raw_conn_wait_for(conn, "Lamp out", TIMEOUT_MS), "%s", buf_cstr(&conn->received));
	cr_expect(!strstr(buf_cstr(&conn->received), "Secret"), "%s", buf_cstr(&conn->received));
	cr_expect(!strstr(buf_cstr(&conn->received), "HIGH"), "%s", buf_cstr(&conn->received));
	cr_expect(strstr(buf_cstr(&conn->received), "\"offset\":1") != NULL);
	raw_conn_free(conn);
}

/* Before, a draft was published at a location where no log can be created. */
Test(drafts, are_published_at_active_locations_only)
{
	const char *id = new_draft(), *place = e2e_format("/api/v1/locations/%s", f.location);
	struct client *admin = e2e_client("admin");

	assert_status(client_patch(admin, place, "{'is_active':false}"), 200);
	expect_problem(client_patch(f.guard, path_of(id), "{'status':'LIVE'}"),
	               "LOCATION_INACTIVE");
	expect_at(client_patch(f.guard, path_of(id), "{'title':'Later'}"), "status", "DRAFT");
	assert_status(client_patch(admin, place, "{'is_active':true}"), 200);
	expect_at(client_patch(f.guard, path_of(id), "{'status':'LIVE'}"), "status", "UPDATED");
}
