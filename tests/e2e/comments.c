/* Guards and above comment on logs and receive the comments of others. */

#include "e2e.h"

static struct {
	struct client *guard, *other, *supervisor;
	const char *log, *path;
} f;

static void setup(void)
{
	f.guard = e2e_client("rosa.brandt@marina.example");
	f.other = e2e_client("jonas.whitlow@marina.example");
	f.supervisor = e2e_client("supervisor");
	f.log = e2e_new_log(f.supervisor, e2e_new_location(), "Round of the docks");
	f.path = e2e_format("/api/v1/logs/%s/comments", f.log);
}

TestSuite(comments, .init = setup, .timeout = 30);

static const char *comment(struct client *client, const char *content)
{
	const struct answer *answer = client_post(client, f.path, "{'content':'%s'}", content);

	assert_status(answer, 201);
	return e2e_format("%s", answer_at(answer, "id"));
}

Test(comments, are_visible_to_other_guards)
{
	const struct answer *answer =
		client_post(f.guard, f.path, "{'content':' Seen it too.\\nAt the gate. '}");
	const char *id;

	assert_status(answer, 201);
	id = e2e_format("%s", answer_at(answer, "id"));
	expect_at(answer, "content", "Seen it too.\nAt the gate.");
	expect_at(answer, "log_id", f.log);
	expect_at(answer, "author.first_name", "Rosa");
	expect_header(answer, "Location", e2e_format("/api/v1/comments/%s", id));
	cr_expect(str_begins(str_of(answer_header(answer, "ETag")), "\"1."));
	answer = client_get(f.other, "/api/v1/comments/%s", id);
	expect_status(answer, 200);
	expect_at(answer, "author.last_name", "Brandt");
	cr_expect_str_eq(
		server_query(e2e_server(),
	                     "select string_agg(type || ' ' || (data ->> 'content'), ', ')"
	                     " from live.events where channel = 'log:%s' and data ->> 'id' = '%s'",
	                     f.log, id),
		"comment.created Seen it too.\nAt the gate.");
}

Test(comments, are_listed_oldest_first_in_pages)
{
	const char *ids[5], *path = e2e_format("%s?limit=2", f.path);
	const struct answer *answer;
	int seen = 0, pages = 0;

	for (size_t i = 0; i < COUNT_OF(ids); i++)
		ids[i] = comment(i % 2 ? f.guard : f.supervisor, e2e_format("No. %zu", i));
	/* Comments on another log are not listed. */
	assert_status(
		client_post(f.guard,
	                    e2e_format("/api/v1/logs/%s/comments",
	                               e2e_new_log(f.supervisor, e2e_new_location(), "Other")),
	                    "{'content':'Elsewhere'}"),
		201);
	for (; path; pages++) {
		const char *link;

		client_set_header(f.other, "Prefer: count=exact");
		answer = client_get(f.other, "%s", path);
		assert_status(answer, 200);
		expect_header(answer, "X-Total-Count", "5");
		for (size_t i = 0; i < json_count(answer->json); i++)
			expect_at(answer, e2e_format("%zu.id", i), ids[seen++]);
		link = answer_header(answer, "Link");
		path = link ? e2e_format("%.*s", (int)strcspn(link + 1, ">"), link + 1) : NULL;
	}
	cr_expect_eq(seen, 5);
	cr_expect_eq(pages, 3);
	answer = client_get(f.other, "%s?skip=4", f.path);
	expect_at(answer, "0.id", ids[4]);
	expect_at(answer, "1", "absent");
}

Test(comments, are_validated)
{
	char text[1100];
	const char *const bodies[] = { "{}",
		                       "{'content':''}",
		                       "{'content':' \\n '}",
		                       "{'content':7}",
		                       "{'content':null}",
		                       "{'content':'x','user_id':'me'}" };

	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		expect_problem(client_post(f.guard, f.path, "%s", bodies[i]), "VALIDATION_FAILED");
	memset(text, 'a', sizeof(text));
	expect_problem(client_post(f.guard, f.path, "{'content':'%.*s'}", 1001, text),
	               "VALIDATION_FAILED");
	expect_status(client_post(f.guard, f.path, "{'content':'%.*s'}", 1000, text), 201);
	cr_expect_eq(json_count(client_get(f.guard, "%s", f.path)->json), 1);
}

Test(comments, require_an_existing_log)
{
	const char *missing_log = e2e_format("/api/v1/logs/%s/comments", e2e_id()), *id = e2e_id();

	expect_problem(client_post(f.guard, missing_log, "{'content':'x'}"), "NOT_FOUND");
	expect_problem(client_get(f.guard, "%s", missing_log), "NOT_FOUND");
	expect_problem(client_get(f.guard, "/api/v1/comments/%s", id), "NOT_FOUND");
	expect_status(client_get(f.guard, "%s", f.path), 200);
	assert_status(client_post(f.guard, f.path, "{'id':'%s','content':'x'}", id), 201);
	expect_problem(client_post(f.guard, f.path, "{'id':'%s','content':'x'}", id), "ID_TAKEN");
	/* Removing the log removes its comments. */
	expect_status(client_delete(e2e_client("super_admin"), "/api/v1/logs/%s?hard=true", f.log),
	              204);
	expect_problem(client_get(f.guard, "/api/v1/comments/%s", id), "NOT_FOUND");
}

Test(comments, are_hidden_from_visitors_and_unauthenticated_callers)
{
	struct client *visitor = e2e_new_user("VISITOR", "Vera");

	expect_problem(client_get(visitor, "%s", f.path), "FORBIDDEN");
	expect_problem(client_post(visitor, f.path, "{'content':'x'}"), "FORBIDDEN");
	expect_problem(client_get(e2e_client(NULL), "%s", f.path), "UNAUTHENTICATED");
}
