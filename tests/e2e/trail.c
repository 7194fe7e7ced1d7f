/* trail.c: tests the trail of all changes: what it shows, to whom, and what it hides. */

#include "e2e.h"
#include "trail.h"

static struct {
	struct client *admin, *super_admin, *guard;
	const char *location, *admin_id;
} f;

static const char *id_of(const struct answer *answer)
{
	cr_assert(answer->status / 100 == 2, "%s: %d: %.*s", answer->about, answer->status,
	          STR_ARGS(answer->body));
	return e2e_format("%s", answer_at(answer, "id"));
}

static void setup(void)
{
	f.admin = e2e_new_user("ADMIN", "Ada");
	f.admin_id = id_of(client_get(f.admin, "/api/v1/users/me"));
	f.super_admin = e2e_client("super_admin");
	f.location = e2e_new_location();
	f.guard = e2e_guard_on_duty("Gus", f.location);
}

TestSuite(trail, .init = setup, .timeout = 60);

/* Of the last command run. */
static struct program_result result;

/* Runs a command on the database of the tests. */
#define RUN(...)                                                                                   \
	run((const char *const[]){ __VA_ARGS__, "--data", server_data(e2e_server()), NULL })

static void run(const char *const *args)
{
	result_finish(&result);
	program_run(&result, NULL, args);
	cr_expect_eq(result.status, 0, "%s %s: %d: %s%s", args[0], args[1], result.status,
	             buf_cstr(&result.out), buf_cstr(&result.err));
}

void expect_verified(void)
{
	RUN("audit", "verify");
}

/* ---- Entries ---- */

static const struct answer *entries_of(const char *object, const char *more)
{
	const struct answer *answer =
		client_get(f.admin, "/api/v1/audit?object_id=%s%s", object, more);

	assert_status(answer, 200);
	return answer;
}

static const struct answer *history_of(struct client *client, const char *path)
{
	return client_get(client, "/api/v1%s/history", path);
}

/* The actions of the entries, newest first. */
static void expect_actions(const struct answer *answer, const char *expected)
{
	struct buf actions = { 0 };

	for (int i = 0; strcmp(answer_at(answer, e2e_format("%d.action", i)), "absent") != 0; i++)
		buf_print(&actions, "%s%s", i ? " " : "",
		          answer_at(answer, e2e_format("%d.action", i)));
	cr_expect_str_eq(buf_cstr(&actions), expected, "%s: %.*s", answer->about,
	                 STR_ARGS(answer->body));
	buf_finish(&actions);
}

static bool mentions(const struct answer *answer, const char *text)
{
	return strstr(e2e_format("%.*s", STR_ARGS(answer->body)), text) != NULL;
}

/* ---- Lists ---- */

Test(trail, lists_who_changed_what_before_and_after)
{
	const char *path = e2e_format("/api/v1/locations/%s", f.location), *request;
	const struct answer *answer;

	assert_status(client_patch(f.admin, path, "{'max_capacity':40}"), 200);
	answer = client_patch(f.admin, path, "{'max_capacity':45,'description':'Wet.'}");
	request = e2e_format("%s", answer_header(answer, "X-Request-Id"));
	/* Nothing changes, so nothing is recorded. */
	assert_status(client_patch(f.admin, path, "{'max_capacity':45}"), 200);

	answer = history_of(f.admin, path + strlen("/api/v1"));
	expect_actions(answer, "UPDATED UPDATED CREATED");
	expect_at(answer, "0.kind", "LOCATION");
	expect_at(answer, "0.object_id", f.location);
	expect_at(answer, "0.actor.id", f.admin_id);
	expect_at(answer, "0.actor.first_name", "Ada");
	expect_at(answer, "0.request_id", request);
	expect_at(answer, "0.before.max_capacity", "40");
	expect_at(answer, "0.after.max_capacity", "45");
	expect_at(answer, "0.before.description", "null");
	expect_at(answer, "0.after.description", "Wet.");
	expect_at(answer, "0.after.name", "absent");
	expect_at(answer, "2.before", "null");
	cr_expect(strncmp(answer_at(answer, "0.origin"), "server/", 7) == 0);
	answer = client_get(f.admin, "%s/history?limit=1&skip=1", path);
	expect_actions(answer, "UPDATED");
	expect_at(answer, "0.after.max_capacity", "40");
}

static const char *next_path(const struct answer *answer)
{
	const char *link = answer_header(answer, "Link");

	cr_assert(link != NULL, "%s: no Link", answer->about);
	return e2e_format("%.*s", (int)strcspn(link + 1, ">"), link + 1);
}

Test(trail, is_filtered_and_continued_from_a_cursor)
{
	const char *path = e2e_format("/api/v1/locations/%s", f.location);
	const struct answer *answer;

	for (int i = 1; i <= 3; i++)
		assert_status(client_patch(f.admin, path, "{'max_capacity':%d}", i), 200);
	answer = entries_of(f.location, "&limit=2");
	expect_at(answer, "0.after.max_capacity", "3");
	expect_at(answer, "1.after.max_capacity", "2");
	answer = client_get(f.admin, "%s", next_path(answer));
	expect_actions(answer, "UPDATED CREATED");
	expect_at(answer, "0.after.max_capacity", "1");

	expect_actions(entries_of(f.location, "&action=CREATED,DELETED"), "CREATED");
	expect_actions(entries_of(f.location, "&kind=LOG,VISITOR"), "");
	expect_actions(entries_of(f.location, "&start_date=2200-01-01"), "");
	expect_actions(entries_of(f.location, "&end_date=2026-01-01"), "");
	answer = client_get(f.admin, "/api/v1/audit?actor_id=%s&kind=LOCATION", f.admin_id);
	expect_actions(answer, "UPDATED UPDATED UPDATED");
	expect_problem(client_get(f.admin, "/api/v1/audit?kind=nothing"), "VALIDATION_FAILED");
	expect_problem(client_get(f.guard, "/api/v1/audit"), "FORBIDDEN");
}

/* ---- Who may see what ---- */

Test(trail, shows_guards_what_they_may_read)
{
	struct client *other = e2e_guard_on_duty("Oda", f.location);
	const char *draft = id_of(client_post(f.guard, "/api/v1/logs",
	                                      "{'type':'PATROL','title':'Draft','status':'DRAFT',"
	                                      "'description':'x','location_id':'%s'}",
	                                      f.location)),
		   *session = id_of(client_get(f.guard, "/api/v1/duty-sessions/active"));

	draft = e2e_format("/logs/%s", draft);
	session = e2e_format("/duty-sessions/%s", session);
	expect_actions(history_of(f.guard, draft), "CREATED");
	expect_problem(history_of(other, draft), "NOT_FOUND");
	expect_status(history_of(f.admin, draft), 200);
	expect_actions(history_of(f.guard, session), "CREATED");
	expect_problem(history_of(other, session), "NOT_FOUND");
	expect_status(history_of(f.admin, session), 200);

	/* Its GET does not show everything to them, or nothing at all. */
	expect_problem(history_of(f.guard, e2e_format("/locations/%s", f.location)), "FORBIDDEN");
	expect_problem(history_of(f.guard, e2e_format("/users/%s", f.admin_id)), "FORBIDDEN");
	expect_problem(history_of(f.guard, e2e_format("/visitors/%s", e2e_id())), "NOT_FOUND");
}

/* ---- Secrets ---- */

static void expect_hash(const char *object, const char *member, const char *secret)
{
	const struct answer *answer = entries_of(object, "&limit=1");

	cr_expect_eq(strlen(answer_at(answer, e2e_format("0.after.%s.sha256", member))), 64, "%.*s",
	             STR_ARGS(answer->body));
	cr_expect(!mentions(answer, secret), "%.*s", STR_ARGS(answer->body));
}

Test(trail, shows_hashes_of_private_notes_and_messages)
{
	const char *note = id_of(client_post(f.guard, "/api/v1/me/notes",
	                                     "{'title':'Gifts','content':'Marzipan.'}")),
		   *message = id_of(
			   client_post(f.guard, "/api/v1/messages", "{'content':'Marzipan.'}")),
		   *path = e2e_format("/api/v1/me/notes/%s", note);

	expect_hash(note, "content", "Marzipan");
	expect_hash(note, "title", "Gifts");
	expect_hash(message, "content", "Marzipan");
	assert_status(client_patch(f.guard, path, "{'content':'Marzipan and figs.'}"), 200);
	expect_hash(note, "content", "Marzipan");
	cr_expect(!mentions(entries_of(note, ""), "Marzipan"));
	cr_expect(!mentions(history_of(f.guard, path + strlen("/api/v1")), "Marzipan"));

	/* What is public is shown as it is. */
	assert_status(client_post(f.guard, e2e_format("%s/publish", path), NULL), 200);
	assert_status(client_patch(f.guard, path, "{'content':'Figs.'}"), 200);
	expect_at(entries_of(note, "&limit=1"), "0.after.content", "Figs.");
}

Test(trail, does_not_tell_authors_who_hid_their_note)
{
	const char *note = id_of(client_post(f.guard, "/api/v1/me/notes",
	                                     "{'title':'Boat','content':'For sale.'}")),
		   *path = e2e_format("/me/notes/%s", note);
	const struct answer *answer;

	assert_status(client_post(f.guard, e2e_format("/api/v1%s/publish", path), NULL), 200);
	assert_status(client_post(f.admin, e2e_format("/api/v1/notes/%s/moderate", note),
	                          "{'hidden':true,'reason':'Spam.'}"),
	              204);
	expect_at(entries_of(note, ""), "0.after.hidden_by", f.admin_id);
	answer = history_of(f.guard, path);
	expect_actions(answer, "UPDATED UPDATED CREATED");
	expect_at(answer, "0.after.hidden_reason", "Spam.");
	expect_at(answer, "0.actor", "null");
	expect_at(answer, "1.actor.first_name", "Gus");
	cr_expect(!mentions(answer, f.admin_id), "%.*s", STR_ARGS(answer->body));
}

/* ---- What is gone ---- */

Test(trail, forgets_the_values_of_erased_accounts)
{
	struct client *user = e2e_new_user("GUARD", "Ottokar");
	const char *id = id_of(client_get(user, "/api/v1/users/me"));
	const struct answer *answer;

	assert_status(client_patch(user, "/api/v1/users/me", "{'phone':'+1 631 555 0199'}"), 200);
	answer = entries_of(id, "");
	cr_expect(mentions(answer, "0199") && mentions(answer, "Ottokar"));
	assert_status(client_post(f.admin, e2e_format("/api/v1/users/%s/erase", id), NULL), 200);

	answer = entries_of(id, "&kind=USER");
	expect_at(answer, "0.action", "ERASED");
	expect_at(answer, "0.removed", "false");
	expect_at(answer, "1.removed", "true");
	expect_at(answer, "1.before", "null");
	expect_at(answer, "1.after", "null");
	cr_expect(!mentions(answer, "0199") && !mentions(answer, "Ottokar"), "%.*s",
	          STR_ARGS(answer->body));
	expect_verified();
}

Test(trail, keeps_the_entries_of_deleted_objects)
{
	const char *log = e2e_new_log(f.guard, f.location, "Lamp out"),
		   *path = e2e_format("/api/v1/logs/%s", log);
	const struct answer *answer;

	assert_status(client_delete(f.super_admin, "%s?hard=true", path), 204);
	answer = entries_of(log, "");
	expect_actions(answer, "DELETED CREATED");
	expect_at(answer, "0.before.title", "Lamp out");
	expect_at(answer, "0.after", "null");
	expect_problem(client_get(f.admin, "%s/history", path), "NOT_FOUND");
	expect_verified();
}

/* ---- Requests and commands ---- */

Test(trail, records_a_repeated_request_once)
{
	const char *name = e2e_name(), *key = e2e_id(), *request, *id = NULL;

	for (int i = 0; i < 2; i++) {
		const struct answer *answer;

		client_set_header(f.admin, "Idempotency-Key: %s", key);
		answer = client_post(f.admin, "/api/v1/locations", "{'name':'%s'}", name);
		request = e2e_format("%s", answer_header(answer, "X-Request-Id"));
		cr_expect(!id || strcmp(id, id_of(answer)) == 0);
		id = id_of(answer);
		cr_expect_str_eq(server_query(e2e_server(),
		                              "select count(*) from audit.entries"
		                              " where request_id = '%s'",
		                              request),
		                 i == 0 ? "1" : "0");
	}
	expect_actions(entries_of(id, ""), "CREATED");
}

/* The newest entry of an object is that of the last command. */
static void expect_command(const char *object, const char *command, const char *action)
{
	const struct answer *answer = entries_of(object, "&limit=1");

	expect_at(answer, "0.action", action);
	expect_at(answer, "0.actor", "null");
	cr_expect(str_begins(str_of(answer_at(answer, "0.origin")),
	                     e2e_format("command/%s/", command)),
	          "%.*s", STR_ARGS(answer->body));
}

Test(trail, records_commands)
{
	const char *email = e2e_format("%s@e2e.example", e2e_id()), *user, *key;

	RUN("user", "add", email);
	user = e2e_format("%s", server_query(e2e_server(),
	                                     "select id from app.users where email = '%s'", email));
	expect_command(user, "user add", "CREATED");
	RUN("user", "role", email, "supervisor");
	expect_command(user, "user role", "UPDATED");
	RUN("user", "archive", email);
	expect_command(user, "user archive", "UPDATED");
	RUN("user", "unarchive", email);
	expect_command(user, "user unarchive", "UPDATED");
	expect_actions(entries_of(user, ""), "UPDATED UPDATED UPDATED CREATED");

	RUN("apikey", "add", email, "--scopes", "places:read");
	key = e2e_format(
		"%s",
		server_query(e2e_server(), "select id from app.api_keys where name = '%s'", email));
	expect_command(key, "apikey add", "CREATED");
	expect_hash(
		key, "digest",
		server_query(e2e_server(), "select digest from app.api_keys where id = '%s'", key));
	RUN("apikey", "revoke", key);
	expect_command(key, "apikey revoke", "UPDATED");
	expect_actions(entries_of(key, ""), "UPDATED CREATED");
}

Test(trail, records_accounts_that_sign_in_for_the_first_time)
{
	struct client *client = e2e_sign_up("VISITOR");
	const struct answer *answer =
		entries_of(id_of(client_get(client, "/api/v1/users/me")), "&action=CREATED");

	expect_actions(answer, "CREATED");
	expect_at(answer, "0.actor", "null");
	cr_expect(strncmp(answer_at(answer, "0.origin"), "server/", 7) == 0);
}
