/* moderation.c: tests that administrators hide public notes and comments, that nobody is served what
 * is hidden, and that the author is told why. */

#include "e2e.h"

static struct {
	struct client *author, *admin, *no_token;
	const char *note, *comment;
} f;

static const char *id_of(const struct answer *answer)
{
	return e2e_format("%s", answer_at(answer, "id"));
}

static const char *note_path(const char *action)
{
	return e2e_format("/api/v1/notes/%s%s", f.note, action);
}

static const char *my_note_path(const char *action)
{
	return e2e_format("/api/v1/me/notes/%s%s", f.note, action);
}

static const char *comment_path(const char *action)
{
	return e2e_format("%s/%s%s", note_path("/comments"), f.comment, action);
}

static void setup(void)
{
	const struct answer *answer;

	f.author = e2e_new_user("GUARD", "Olga");
	f.admin = e2e_client("admin");
	f.no_token = e2e_client(NULL);
	answer = client_post(f.author, "/api/v1/me/notes",
	                     "{'title':'Offer','content':'Buy my watches.'}");
	assert_status(answer, 201);
	f.note = id_of(answer);
	assert_status(client_post(f.author, my_note_path("/publish"), NULL), 200);
	answer = client_post(f.author, note_path("/comments"), "{'content':'Call me.'}");
	assert_status(answer, 201);
	f.comment = id_of(answer);
}

TestSuite(moderation, .init = setup, .timeout = 30);

static const struct answer *hide(const char *path, bool hidden)
{
	return client_post(f.admin, path, "{'hidden':%s,'reason':'It sells things.'}",
	                   hidden ? "true" : "false");
}

/* The author got a notification with the reason. */
static void expect_told(const char *title)
{
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select count(*) from app.notifications where user_id = '%s'"
	                              " and title = '%s' and message = 'It sells things.'",
	                              id_of(client_get(f.author, "/api/v1/users/me")), title),
	                 "1", "%s", title);
}

Test(moderation, hides_notes_until_they_are_allowed_again)
{
	const char *moderate = note_path("/moderate");
	const struct answer *answer;

	expect_status(client_get(f.no_token, "%s", note_path("")), 200);
	assert_status(hide(moderate, true), 204);
	expect_problem(client_get(f.no_token, "%s", note_path("")), "NOT_FOUND");
	expect_problem(client_get(f.no_token, "%s", note_path("/comments")), "NOT_FOUND");
	cr_expect(!strstr(
		e2e_format("%.*s",
	                   STR_ARGS(client_get(f.no_token, "/api/v1/notes?limit=500")->body)),
		f.note));
	answer = client_get(f.author, "%s", my_note_path(""));
	expect_at(answer, "is_public", "false");
	expect_at(answer, "hidden_reason", "It sells things.");
	cr_expect_str_neq(answer_at(answer, "hidden_at"), "null");
	expect_told("Note hidden");

	/* The owner does not get around it. */
	expect_problem(client_post(f.author, my_note_path("/publish"), NULL), "NOTE_HIDDEN");
	assert_status(client_patch(f.author, my_note_path(""), "{'content':'Nothing.'}"), 200);
	expect_problem(client_post(f.author, my_note_path("/publish"), NULL), "NOTE_HIDDEN");
	expect_status(hide(moderate, true), 204);
	assert_status(hide(moderate, false), 204);
	expect_problem(client_get(f.no_token, "%s", note_path("")), "NOT_FOUND");
	expect_status(client_post(f.author, my_note_path("/publish"), NULL), 200);
	expect_status(client_get(f.no_token, "%s", note_path("")), 200);
	cr_expect_str_eq(
		server_query(e2e_server(),
	                     "select string_agg(type, ', ' order by \"offset\") from live.events"
	                     " where channel = 'note:%s' and type ~ 'moderated'",
	                     f.note),
		"note.moderated, note.moderated");
}

Test(moderation, is_not_for_private_notes_or_others)
{
	assert_status(client_post(f.author, my_note_path("/unpublish"), NULL), 200);
	expect_problem(hide(note_path("/moderate"), true), "NOT_FOUND");
	expect_problem(hide(comment_path("/moderate"), true), "NOT_FOUND");
	expect_problem(hide(e2e_format("/api/v1/comments/%s/moderate", f.comment), true),
	               "NOT_FOUND");
	expect_problem(
		client_post(f.author, note_path("/moderate"), "{'hidden':true,'reason':'x'}"),
		"FORBIDDEN");
}

Test(moderation, requires_a_reason)
{
	static const char *const bodies[] = { "{'hidden':true}", "{'hidden':true,'reason':''}",
		                              "{'hidden':true,'reason':'  '}", "{'reason':'x'}" };

	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		expect_problem(client_post(f.admin, note_path("/moderate"), "%s", bodies[i]),
		               "VALIDATION_FAILED");
}

/* Neither answers nor the history of the channel contain the text. */
static void expect_text(const char *path, const char *channel, const char *text)
{
	expect_at(client_get(f.admin, "%s", path), "content", text);
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select string_agg(distinct data ->> 'content', ', ')"
	                              " from live.events where channel = '%s' and type like"
	                              " 'comment.%%'",
	                              channel),
	                 text);
}

Test(moderation, hides_comments_on_notes)
{
	static const char hidden[] = "Hidden by an administrator.";
	const char *channel = e2e_format("note:%s", f.note);

	assert_status(hide(comment_path("/moderate"), true), 204);
	expect_text(comment_path(""), channel, hidden);
	expect_at(client_get(f.no_token, "%s", note_path("/comments")), "0.content", hidden);
	expect_at(client_get(f.author, "%s", my_note_path("/comments")), "0.content", hidden);
	expect_told("Comment hidden");
	assert_status(hide(comment_path("/moderate"), false), 204);
	expect_text(comment_path(""), channel, "Call me.");
}

Test(moderation, hides_comments_on_logs)
{
	static const char hidden[] = "Hidden by an administrator.";
	const char *log = e2e_new_log(e2e_client("supervisor"), e2e_new_location(), "Round");
	const char *comments = e2e_format("/api/v1/logs/%s/comments", log), *path;
	const struct answer *answer = client_post(f.author, comments, "{'content':'Call me.'}");

	assert_status(answer, 201);
	path = e2e_format("/api/v1/comments/%s", id_of(answer));
	assert_status(hide(e2e_format("%s/moderate", path), true), 204);
	expect_text(path, e2e_format("log:%s", log), hidden);
	expect_at(client_get(f.author, "%s", comments), "0.content", hidden);
	expect_told("Comment hidden");
}
