/* notes.c: tests reading public notes and commenting on them. */

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "e2e.h"

/* Eight of the server's connections write, so that transactions do run concurrently. */
const char *const e2e_settings[] = { "DB_CONNECTIONS=16", NULL };

static struct {
	struct client *owner, *visitor, *no_token;
} f;

static void setup(void)
{
	f.owner = e2e_new_user("VISITOR", "Olga");
	f.visitor = e2e_new_user("VISITOR", "Vera");
	f.no_token = e2e_client(NULL);
}

TestSuite(notes, .init = setup, .timeout = 40);

static const char *own_path(const char *id, const char *action)
{
	return e2e_format("/api/v1/me/notes/%s%s", id, action);
}

static const char *public_path(const char *id, const char *action)
{
	return e2e_format("/api/v1/notes/%s%s", id, action);
}

static const char *create_note(struct client *client, bool is_public)
{
	const struct answer *answer = client_post(
		client, "/api/v1/me/notes", "{'title':'Berth 12','content':'Free on Sunday.'}");
	const char *id;

	assert_status(answer, 201);
	id = e2e_format("%s", answer_at(answer, "id"));
	if (is_public)
		assert_status(client_post(client, own_path(id, "/publish"), NULL), 200);
	return id;
}

static const struct answer *post_comment(struct client *client, const char *id, const char *content)
{
	return client_post(client, public_path(id, "/comments"), "{'content':'%s'}", content);
}

static const char *user_id(struct client *client)
{
	return e2e_format("%s", answer_at(client_get(client, "/api/v1/users/me"), "id"));
}

static const char *query(const char *sql)
{
	const char *answer = server_query(e2e_server(), "%s", sql);

	return e2e_format("%s", answer ? answer : "nothing");
}

Test(notes, are_readable_without_a_token)
{
	const char *id = create_note(f.owner, true), *tag;
	const struct answer *answer = client_get(f.no_token, "%s", public_path(id, ""));

	expect_status(answer, 200);
	expect_at(answer, "title", "Berth 12");
	expect_at(answer, "content", "Free on Sunday.");
	expect_at(answer, "author.display_name", "Olga Tester");
	expect_at(answer, "author.avatar_url", "null");
	expect_at(answer, "author.email", "absent");
	expect_at(answer, "is_public", "absent");
	cr_expect_str_neq(answer_at(answer, "published_at"), "null");
	expect_header(answer, "Cache-Control", "public, no-cache");
	tag = e2e_format("%s", answer_header(answer, "ETag"));
	cr_expect(str_begins(str_of(tag), "\"2."), "%s", tag);

	client_set_header(f.no_token, "If-None-Match: %s", tag);
	expect_status(client_get(f.no_token, "%s", public_path(id, "")), 304);
	client_set_header(f.no_token, "Authorization: Bearer nonsense");
	expect_status(client_get(f.no_token, "%s", public_path(id, "")), 200);
	/* The ETag changes with the author's display name. */
	assert_status(client_patch(f.owner, "/api/v1/me", "{'display_name':'Owl'}"), 200);
	client_set_header(f.no_token, "If-None-Match: %s", tag);
	answer = client_get(f.no_token, "%s", public_path(id, ""));
	expect_status(answer, 200);
	expect_at(answer, "author.display_name", "Owl");
}

Test(notes, are_listed_by_time_of_publication)
{
	enum { NOTES = 5 };
	const char *ids[NOTES], *path = "/api/v1/notes?sort=LATEST&limit=2";
	const struct answer *answer;
	int seen = 0;

	for (int i = 0; i < NOTES; i++)
		ids[i] = create_note(f.owner, true);
	create_note(f.owner, false);
	/* A republished note is the newest. Other tests may publish notes meanwhile. */
	assert_status(client_post(f.owner, own_path(ids[0], "/publish"), NULL), 200);
	for (int pages = 0; path && seen < NOTES && pages < 50; pages++) {
		const char *link;

		answer = client_get(f.no_token, "%s", path);
		assert_status(answer, 200);
		for (size_t i = 0; i < json_count(answer->json) && seen < NOTES; i++) {
			const char *expected = seen ? ids[NOTES - seen] : ids[0];

			seen += strcmp(answer_at(answer, e2e_format("%zu.id", i)), expected) == 0;
		}
		link = answer_header(answer, "Link");
		path = link ? e2e_format("%.*s", (int)strcspn(link + 1, ">"), link + 1) : NULL;
	}
	cr_expect_eq(seen, NOTES);
	client_set_header(f.no_token, "Prefer: count=exact");
	answer = client_get(f.no_token, "/api/v1/notes?limit=1&skip=1");
	expect_status(answer, 200);
	cr_expect(atoi(answer_header(answer, "X-Total-Count") ?: "0") >= NOTES);
}

Test(notes, reject_other_parameters_and_methods)
{
	static const char *const queries[] = { "page=1",    "sort=oldest", "limit=0",
		                               "limit=501", "skip=-1",     "is_public=false" };

	for (size_t i = 0; i < COUNT_OF(queries); i++)
		expect_problem(client_get(f.no_token, "/api/v1/notes?%s", queries[i]),
		               "VALIDATION_FAILED");
	expect_problem(client_get(f.no_token, "/api/v1/notes?cursor=x"), "BAD_CURSOR");
	expect_problem(client_get(f.no_token, "/api/v1/notes/7"), "VALIDATION_FAILED");
	expect_problem(client_get(f.no_token, "%s", public_path("7", "/comments")),
	               "VALIDATION_FAILED");
	expect_problem(client_post(f.no_token, "/api/v1/notes", "{}"), "METHOD_NOT_ALLOWED");
	expect_problem(client_delete(f.owner, "%s", public_path(create_note(f.owner, true), "")),
	               "METHOD_NOT_ALLOWED");
}

Test(notes, are_not_found_while_private)
{
	const char *id = create_note(f.owner, false), *unpublished = create_note(f.owner, true);
	struct client *clients[] = { f.no_token, f.visitor, f.owner, e2e_client("super_admin"),
		                     e2e_anonymous() };

	assert_status(client_post(f.owner, own_path(id, "/comments"), "{'content':'A secret.'}"),
	              201);
	assert_status(
		client_post(f.owner, own_path(unpublished, "/comments"), "{'content':'Another.'}"),
		201);
	assert_status(client_post(f.owner, own_path(unpublished, "/unpublish"), NULL), 200);
	for (size_t i = 0; i < COUNT_OF(clients); i++) {
		const char *const ids[] = { id, unpublished, e2e_id() };
		const char *detail = NULL;

		for (size_t j = 0; j < COUNT_OF(ids); j++) {
			const struct answer *answer =
				client_get(clients[i], "%s", public_path(ids[j], ""));

			expect_problem(answer, "NOT_FOUND");
			/* The response is the same as for a note that never existed. */
			detail = detail ?: e2e_format("%s", answer_at(answer, "detail"));
			expect_at(answer, "detail", detail);
			client_set_header(clients[i], "Prefer: count=exact");
			answer = client_get(clients[i], "%s", public_path(ids[j], "/comments"));
			expect_problem(answer, "NOT_FOUND");
			expect_header(answer, "X-Total-Count", "absent");
			if (clients[i] != f.no_token)
				expect_problem(post_comment(clients[i], ids[j], "x"), "NOT_FOUND");
		}
		cr_expect(!strstr(client_get(clients[i], "/api/v1/notes?limit=500")->body.at, id));
	}
	cr_expect_str_eq(
		query(e2e_format("select count(*) from app.comments where note_id in ('%s', '%s')",
	                         id, unpublished)),
		"2");
}

/* The routes for comments on logs do not return comments on notes. */
Test(notes, hide_their_comments_from_log_routes)
{
	const char *id = create_note(f.owner, true), *comment;
	const struct answer *answer =
		client_post(f.owner, own_path(id, "/comments"), "{'content':'Mine.'}");

	assert_status(answer, 201);
	comment = e2e_format("%s", answer_at(answer, "id"));
	expect_problem(client_get(e2e_client("super_admin"), "/api/v1/comments/%s", comment),
	               "NOT_FOUND");
	expect_problem(client_get(e2e_client("guard"), "/api/v1/logs/%s/comments", id),
	               "NOT_FOUND");
}

Test(notes, can_be_commented_with_any_account)
{
	const char *id = create_note(f.owner, true), *visitor_id = user_id(f.visitor);
	struct client *anonymous = e2e_anonymous(), *unnamed = e2e_sign_up("VISITOR");
	const char *user = user_id(unnamed);
	const struct answer *answer = post_comment(f.visitor, id, " Well said.\\nAll of it. ");

	assert_status(answer, 201);
	expect_at(answer, "content", "Well said.\nAll of it.");
	expect_at(answer, "note_id", id);
	expect_at(answer, "user_id", visitor_id);
	expect_at(answer, "username", "Vera Tester");
	expect_header(answer, "Location",
	              public_path(id, e2e_format("/comments/%s", answer_at(answer, "id"))));
	assert_status(post_comment(anonymous, id, "Hm."), 201);
	assert_status(post_comment(unnamed, id, "Why?"), 201);
	assert_status(post_comment(e2e_client("guard"), id, "Because."), 201);

	client_set_header(f.no_token, "Prefer: count=exact");
	answer = client_get(f.no_token, "%s", public_path(id, "/comments?limit=3"));
	expect_status(answer, 200);
	expect_header(answer, "X-Total-Count", "4");
	expect_at(answer, "0.username", "Vera Tester");
	expect_at(answer, "1.username", "Guest");
	expect_at(answer, "2.username", e2e_format("User %.8s", user));
	expect_at(answer, "3", "absent");
	cr_assert(answer_header(answer, "Link") != NULL);
	expect_at(client_get(f.no_token, "%s", public_path(id, "/comments?skip=3")), "0.content",
	          "Because.");

	expect_problem(post_comment(f.no_token, id, "x"), "UNAUTHENTICATED");
	cr_expect_str_eq(
		query(e2e_format("select string_agg(data ->> 'username', ', ' order by \"offset\")"
	                         " from live.events"
	                         " where channel = 'note:%s' and type = 'comment.created'"
	                         " and data ->> 'note_id' = '%s' and data ->> 'log_id' is null",
	                         id, id)),
		e2e_format("Vera Tester, Guest, User %.8s, Rosa Brandt", user));
}

Test(notes, validate_comments)
{
	const char *id = create_note(f.owner, true), *comment_id = e2e_id();
	char letters[1100];
	const char *const bodies[] = { "{}",
		                       "{'content':''}",
		                       "{'content':' \\n '}",
		                       "{'content':7}",
		                       "{'content':null}",
		                       "{'content':'x','username':'me'}",
		                       "{'content':'x','id':'7'}" };

	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		expect_problem(
			client_post(f.visitor, public_path(id, "/comments"), "%s", bodies[i]),
			"VALIDATION_FAILED");
	memset(letters, 'a', sizeof(letters));
	expect_problem(post_comment(f.visitor, id, e2e_format("%.1001s", letters)),
	               "VALIDATION_FAILED");
	expect_status(post_comment(f.visitor, id, e2e_format("%.1000s", letters)), 201);
	for (int i = 0; i < 2; i++) {
		const struct answer *answer = client_post(f.visitor, public_path(id, "/comments"),
		                                          "{'id':'%s','content':'x'}", comment_id);

		if (i == 0)
			expect_status(answer, 201);
		else
			expect_problem(answer, "ID_TAKEN");
	}
	/* A retry does not comment again. */
	for (int i = 0; i < 2; i++) {
		client_set_header(f.visitor, "Idempotency-Key: %s", comment_id);
		expect_status(post_comment(f.visitor, id, "Once."), 201);
	}
	cr_expect_eq(json_count(client_get(f.no_token, "%s", public_path(id, "/comments"))->json),
	             3);
}

/* A comment that is sent while the note is being made private is either stored before that or
 * rejected. */
Test(notes, reject_comments_once_they_are_private)
{
	enum { CLIENTS = 24, ROUNDS = 4 };
	struct client *clients[CLIENTS];

	for (int i = 0; i < CLIENTS; i++)
		clients[i] = e2e_client("rosa.brandt@marina.example");
	for (int round = 0; round < ROUNDS; round++) {
		const char *id = create_note(f.owner, true);
		int stored = 0;

		for (int i = 0; i < CLIENTS; i++) {
			client_send(clients[i], "POST", public_path(id, "/comments"),
			            "{'content':'No. %d'}", i);
			if (i == CLIENTS / (round + 2))
				client_send(f.owner, "POST", own_path(id, "/unpublish"), NULL);
		}
		assert_status(client_receive(f.owner), 200);
		for (int i = 0; i < CLIENTS; i++) {
			const struct answer *answer = client_receive(clients[i]);

			if (answer->status == 201)
				stored++;
			else
				expect_problem(answer, "NOT_FOUND");
		}
		cr_expect_str_eq(
			query(e2e_format("select count(*) from app.comments where note_id = '%s'",
		                         id)),
			e2e_format("%d", stored));
		cr_expect_str_eq(
			query(e2e_format(
				"select \"offset\" = %d from live.events where channel = 'note:%s'"
				" and type = 'note.unpublished'",
				stored + 3, id)),
			"t", "round %d: the note is not made private right after %d comments",
			round, stored);
		expect_problem(post_comment(clients[0], id, "x"), "NOT_FOUND");
	}
}

/* Waits until the query returns true. */
static void wait_until(const char *sql)
{
	for (long long until = now_ms() + 8000; now_ms() < until; sleep_ms(5)) {
		if (strcmp(query(sql), "t") == 0)
			return;
	}
	fatal("timeout waiting for: %s", sql);
}

/* Locks the user's row until unlock_user(): nobody can write on their behalf. */
static pid_t lock_user(const char *user)
{
	pid_t child = fork();

	if (child == 0) {
		server_query(
			e2e_server(),
			"do $$ begin perform from app.users where id = '%s' for update;"
			" for i in 1 .. 800 loop"
			"  exit when exists (select from live.events where channel = 'test:%s');"
			"  perform pg_sleep(0.01);"
			" end loop; end $$ /* holds %s */",
			user, user, user);
		_exit(0);
	}
	wait_until(e2e_format(
		"select exists (select from pg_stat_activity where query like '%%holds %s%%'"
		" and wait_event = 'PgSleep')",
		user));
	return child;
}

static void wait_for_blocked(const char *user)
{
	wait_until(e2e_format(
		"select exists (select from pg_stat_activity h, pg_stat_activity w"
		" where h.query like '%%holds %s%%' and h.pid = any (pg_blocking_pids(w.pid)))",
		user));
}

static void unlock_user(const char *user, pid_t holder)
{
	query(e2e_format("insert into live.events (channel, \"offset\", type, data)"
	                 " values ('test:%s', 1, 'x', '{}')",
	                 user));
	cr_expect_eq(waitpid(holder, NULL, 0), holder);
}

/* A comment that found the note public is stored before the note becomes private, however long
 * that takes. */
Test(notes, become_private_after_pending_comments)
{
	const char *id = create_note(f.owner, true), *user = user_id(f.visitor);
	pid_t holder = lock_user(user);

	client_send(f.visitor, "POST", public_path(id, "/comments"), "{'content':'In time.'}");
	wait_for_blocked(user);
	client_send(f.owner, "POST", own_path(id, "/unpublish"), NULL);
	sleep_ms(150);
	unlock_user(user, holder);
	expect_status(client_receive(f.visitor), 201);
	expect_status(client_receive(f.owner), 200);
	cr_expect_str_eq(
		query(e2e_format(
			"select string_agg(type, ', ' order by \"offset\") from live.events"
			" where channel = 'note:%s'",
			id)),
		"note.created, note.published, comment.created, note.unpublished");
}

Test(notes, limit_reads_without_a_token_by_address)
{
	struct server *server =
		server_dev((const char *const[]){ "RATE_LIMIT=on", "RATE_LIMIT_DEFAULT=5", NULL });
	struct client *no_token = e2e_client_of(server, NULL), *other = e2e_client_of(server, NULL);
	const struct answer *answer = NULL;

	for (int i = 0; i < 5; i++) {
		answer = client_get(i % 2 ? no_token : other, "/api/v1/notes?limit=1");
		expect_status(answer, 200);
	}
	cr_expect(strstr(answer_header(answer, "RateLimit") ?: "", "\"default\";r=0") != NULL, "%s",
	          answer_header(answer, "RateLimit"));
	expect_problem(client_get(no_token, "/api/v1/notes?limit=1"), "TOO_MANY_REQUESTS");
	/* Users with an account have their own limit. */
	expect_status(client_get(e2e_client_of(server, "guard"), "/api/v1/users/me"), 200);
	cr_expect_eq(server_stop(server), 0);
	server_free(server);
}
