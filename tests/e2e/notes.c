/* What was published is read by everybody, and whoever has an account says something of it. */

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "e2e.h"

/* Eight of the server's connections write, so that they do meet in the database. */
const char *const e2e_settings[] = { "DB_CONNECTIONS=16", NULL };

static struct {
	struct client *owner, *visitor, *nobody;
} f;

static void setup(void)
{
	f.owner = e2e_new_user("VISITOR", "Olga");
	f.visitor = e2e_new_user("VISITOR", "Vera");
	f.nobody = e2e_client(NULL);
}

TestSuite(notes, .init = setup, .timeout = 40);

static const char *mine(const char *id, const char *act)
{
	return e2e_format("/api/v1/me/notes/%s%s", id, act);
}

static const char *path_of(const char *id, const char *act)
{
	return e2e_format("/api/v1/notes/%s%s", id, act);
}

static const char *note(struct client *client, bool is_public)
{
	const struct answer *answer =
		client_post(client, "/api/v1/me/notes", "{'title':'Berth 12','content':'Free on Sunday.'}");
	const char *id;

	assert_status(answer, 201);
	id = e2e_format("%s", answer_at(answer, "id"));
	if (is_public)
		assert_status(client_post(client, mine(id, "/publish"), NULL), 200);
	return id;
}

static const struct answer *say(struct client *client, const char *id, const char *content)
{
	return client_post(client, path_of(id, "/comments"), "{'content':'%s'}", content);
}

static const char *my_id(struct client *client)
{
	return e2e_format("%s", answer_at(client_get(client, "/api/v1/users/me"), "id"));
}

static const char *ask(const char *sql)
{
	const char *answer = server_query(e2e_server(), "%s", sql);

	return e2e_format("%s", answer ? answer : "nothing");
}

Test(notes, are_read_by_everybody_without_a_token)
{
	const char *id = note(f.owner, true), *tag;
	const struct answer *answer = client_get(f.nobody, "%s", path_of(id, ""));

	expect_status(answer, 200);
	expect_at(answer, "title", "Berth 12");
	expect_at(answer, "content", "Free on Sunday.");
	expect_at(answer, "author.display_name", "Olga Story");
	expect_at(answer, "author.avatar_url", "null");
	expect_at(answer, "author.email", "absent");
	expect_at(answer, "is_public", "absent");
	cr_expect_str_neq(answer_at(answer, "published_at"), "null");
	expect_header(answer, "Cache-Control", "public, no-cache");
	tag = e2e_format("%s", answer_header(answer, "ETag"));
	cr_expect(str_begins(str_of(tag), "\"2."), "%s", tag);

	client_set_header(f.nobody, "If-None-Match: %s", tag);
	expect_status(client_get(f.nobody, "%s", path_of(id, "")), 304);
	client_set_header(f.nobody, "Authorization: Bearer nonsense");
	expect_status(client_get(f.nobody, "%s", path_of(id, "")), 200);
	/* By another name of his it is another thing to read. */
	assert_status(client_patch(f.owner, "/api/v1/me", "{'display_name':'Owl'}"), 200);
	client_set_header(f.nobody, "If-None-Match: %s", tag);
	answer = client_get(f.nobody, "%s", path_of(id, ""));
	expect_status(answer, 200);
	expect_at(answer, "author.display_name", "Owl");
}

Test(notes, are_listed_the_last_published_first_page_by_page)
{
	enum { MANY = 5 };
	const char *ids[MANY], *path = "/api/v1/notes?sort=latest&limit=2";
	const struct answer *answer;
	int seen = 0;

	for (int i = 0; i < MANY; i++)
		ids[i] = note(f.owner, true);
	note(f.owner, false);
	/* Published anew, it is the newest; others may publish theirs meanwhile. */
	assert_status(client_post(f.owner, mine(ids[0], "/publish"), NULL), 200);
	for (int pages = 0; path && seen < MANY && pages < 50; pages++) {
		const char *link;

		answer = client_get(f.nobody, "%s", path);
		assert_status(answer, 200);
		for (size_t i = 0; i < json_count(answer->json) && seen < MANY; i++) {
			const char *wanted = seen ? ids[MANY - seen] : ids[0];

			seen += strcmp(answer_at(answer, e2e_format("%zu.id", i)), wanted) == 0;
		}
		link = answer_header(answer, "Link");
		path = link ? e2e_format("%.*s", (int)strcspn(link + 1, ">"), link + 1) : NULL;
	}
	cr_expect_eq(seen, MANY);
	client_set_header(f.nobody, "Prefer: count=exact");
	answer = client_get(f.nobody, "/api/v1/notes?limit=1&skip=1");
	expect_status(answer, 200);
	cr_expect(atoi(answer_header(answer, "X-Total-Count") ?: "0") >= MANY);
}

Test(notes, are_not_asked_for_in_other_ways)
{
	static const char *const queries[] = { "page=1", "sort=oldest", "limit=0", "limit=501", "skip=-1", "is_public=false" };

	for (size_t i = 0; i < COUNT_OF(queries); i++)
		expect_problem(client_get(f.nobody, "/api/v1/notes?%s", queries[i]), "VALIDATION_FAILED");
	expect_problem(client_get(f.nobody, "/api/v1/notes?cursor=x"), "BAD_CURSOR");
	expect_problem(client_get(f.nobody, "/api/v1/notes/7"), "VALIDATION_FAILED");
	expect_problem(client_get(f.nobody, "%s", path_of("7", "/comments")), "VALIDATION_FAILED");
	expect_problem(client_post(f.nobody, "/api/v1/notes", "{}"), "METHOD_NOT_ALLOWED");
	expect_problem(client_delete(f.owner, "%s", path_of(note(f.owner, true), "")), "METHOD_NOT_ALLOWED");
}

Test(notes, that_are_private_are_not_there_for_anybody)
{
	const char *id = note(f.owner, false), *gone = note(f.owner, true);
	struct client *clients[] = { f.nobody, f.visitor, f.owner, e2e_client("super_admin"), e2e_anonymous() };

	assert_status(client_post(f.owner, mine(id, "/comments"), "{'content':'A secret.'}"), 201);
	assert_status(client_post(f.owner, mine(gone, "/comments"), "{'content':'Another.'}"), 201);
	assert_status(client_post(f.owner, mine(gone, "/unpublish"), NULL), 200);
	for (size_t i = 0; i < COUNT_OF(clients); i++) {
		const char *const ids[] = { id, gone, e2e_id() };
		const char *first = NULL;

		for (size_t j = 0; j < COUNT_OF(ids); j++) {
			const struct answer *answer = client_get(clients[i], "%s", path_of(ids[j], ""));

			expect_problem(answer, "NOT_FOUND");
			/* One that never was is answered in the same words. */
			first = first ?: e2e_format("%s", answer_at(answer, "detail"));
			expect_at(answer, "detail", first);
			client_set_header(clients[i], "Prefer: count=exact");
			answer = client_get(clients[i], "%s", path_of(ids[j], "/comments"));
			expect_problem(answer, "NOT_FOUND");
			expect_header(answer, "X-Total-Count", "absent");
			if (clients[i] != f.nobody)
				expect_problem(say(clients[i], ids[j], "x"), "NOT_FOUND");
		}
		cr_expect(!strstr(client_get(clients[i], "/api/v1/notes?limit=500")->body.at, id));
	}
	cr_expect_str_eq(ask(e2e_format("select count(*) from app.comments where note_id in ('%s', '%s')", id, gone)), "2");
}

/* Nor are comments found by the way on which those of logs are. */
Test(notes, give_their_comments_to_nobody_by_another_way)
{
	const char *id = note(f.owner, true), *comment;
	const struct answer *answer = client_post(f.owner, mine(id, "/comments"), "{'content':'Mine.'}");

	assert_status(answer, 201);
	comment = e2e_format("%s", answer_at(answer, "id"));
	expect_problem(client_get(e2e_client("super_admin"), "/api/v1/comments/%s", comment), "NOT_FOUND");
	expect_problem(client_get(e2e_client("guard"), "/api/v1/logs/%s/comments", id), "NOT_FOUND");
}

Test(notes, are_commented_by_whoever_has_an_account)
{
	const char *id = note(f.owner, true), *named = my_id(f.visitor);
	struct client *anonymous = e2e_anonymous(), *unnamed = e2e_new_person("VISITOR");
	const char *who = my_id(unnamed);
	const struct answer *answer = say(f.visitor, id, " Well said.\\nAll of it. ");

	assert_status(answer, 201);
	expect_at(answer, "content", "Well said.\nAll of it.");
	expect_at(answer, "note_id", id);
	expect_at(answer, "user_id", named);
	expect_at(answer, "username", "Vera Story");
	expect_header(answer, "Location", path_of(id, "/comments"));
	assert_status(say(anonymous, id, "Hm."), 201);
	assert_status(say(unnamed, id, "Why?"), 201);
	assert_status(say(e2e_client("guard"), id, "Because."), 201);

	client_set_header(f.nobody, "Prefer: count=exact");
	answer = client_get(f.nobody, "%s", path_of(id, "/comments?limit=3"));
	expect_status(answer, 200);
	expect_header(answer, "X-Total-Count", "4");
	expect_at(answer, "0.username", "Vera Story");
	expect_at(answer, "1.username", "Guest");
	expect_at(answer, "2.username", e2e_format("User %.8s", who));
	expect_at(answer, "3", "absent");
	cr_assert(answer_header(answer, "Link") != NULL);
	expect_at(client_get(f.nobody, "%s", path_of(id, "/comments?skip=3")), "0.content", "Because.");

	expect_problem(say(f.nobody, id, "x"), "UNAUTHENTICATED");
	cr_expect_str_eq(ask(e2e_format("select string_agg(data ->> 'username', ', ' order by \"offset\") from live.events"
	                                 " where channel = 'note:%s' and type = 'comment.created'"
	                                 " and data ->> 'note_id' = '%s' and data ->> 'log_id' is null", id, id)),
	                 e2e_format("Vera Story, Guest, User %.8s, Rosa Brandt", who));
}

Test(notes, are_commented_in_words)
{
	const char *id = note(f.owner, true), *known = e2e_id();
	char much[1100];
	const char *const bodies[] = { "{}", "{'content':''}", "{'content':' \\n '}", "{'content':7}", "{'content':null}",
		                       "{'content':'x','username':'me'}", "{'content':'x','id':'7'}" };

	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		expect_problem(client_post(f.visitor, path_of(id, "/comments"), "%s", bodies[i]), "VALIDATION_FAILED");
	memset(much, 'a', sizeof(much));
	expect_problem(say(f.visitor, id, e2e_format("%.1001s", much)), "VALIDATION_FAILED");
	expect_status(say(f.visitor, id, e2e_format("%.1000s", much)), 201);
	for (int i = 0; i < 2; i++) {
		const struct answer *answer = client_post(f.visitor, path_of(id, "/comments"),
		                                          "{'id':'%s','content':'x'}", known);

		if (i == 0)
			expect_status(answer, 201);
		else
			expect_problem(answer, "ID_TAKEN");
	}
	/* What was sent again is not said again. */
	for (int i = 0; i < 2; i++) {
		client_set_header(f.visitor, "Idempotency-Key: %s", known);
		expect_status(say(f.visitor, id, "Once."), 201);
	}
	cr_expect_eq(json_count(client_get(f.nobody, "%s", path_of(id, "/comments"))->json), 3);
}

/* Who comments while it is made private is in time, or is too late: after it nobody is heard. */
Test(notes, hear_no_stranger_once_they_are_private)
{
	enum { MANY = 24, ROUNDS = 4 };
	struct client *clients[MANY];

	for (int i = 0; i < MANY; i++)
		clients[i] = e2e_client("rosa.brandt@marina.example");
	for (int round = 0; round < ROUNDS; round++) {
		const char *id = note(f.owner, true);
		int said = 0;

		for (int i = 0; i < MANY; i++) {
			client_send(clients[i], "POST", path_of(id, "/comments"), "{'content':'No. %d'}", i);
			if (i == MANY / (round + 2))
				client_send(f.owner, "POST", mine(id, "/unpublish"), NULL);
		}
		assert_status(client_receive(f.owner), 200);
		for (int i = 0; i < MANY; i++) {
			const struct answer *answer = client_receive(clients[i]);

			if (answer->status == 201)
				said++;
			else
				expect_problem(answer, "NOT_FOUND");
		}
		cr_expect_str_eq(ask(e2e_format("select count(*) from app.comments where note_id = '%s'", id)),
		                 e2e_format("%d", said));
		cr_expect_str_eq(ask(e2e_format("select \"offset\" = %d from live.events where channel = 'note:%s'"
		                                 " and type = 'note.unpublished'", said + 3, id)), "t",
		                 "round %d: of %d nobody knows when", round, said);
		expect_problem(say(clients[0], id, "x"), "NOT_FOUND");
	}
}

/* Until that is so. */
static void await(const char *sql)
{
	for (long long until = now_ms() + 8000; now_ms() < until; sleep_ms(5)) {
		if (strcmp(ask(sql), "t") == 0)
			return;
	}
	give_up("it never came to it that %s", sql);
}

/* Nothing can be written in his name until let_go(). */
static pid_t hold_person(const char *who)
{
	pid_t child = fork();

	if (child == 0) {
		server_query(e2e_server(), "do $$ begin perform from app.users where id = '%s' for update;"
		                           " for i in 1 .. 800 loop"
		                           "  exit when exists (select from live.events where channel = 'story:%s');"
		                           "  perform pg_sleep(0.01);"
		                           " end loop; end $$ /* holds %s */", who, who, who);
		_exit(0);
	}
	await(e2e_format("select exists (select from pg_stat_activity where query like '%%holds %s%%'"
	                  " and wait_event = 'PgSleep')", who));
	return child;
}

static void await_waiting(const char *who)
{
	await(e2e_format("select exists (select from pg_stat_activity h, pg_stat_activity w"
	                  " where h.query like '%%holds %s%%' and h.pid = any (pg_blocking_pids(w.pid)))", who));
}

static void let_go(const char *who, pid_t holder)
{
	ask(e2e_format("insert into live.events (channel, \"offset\", type, data) values ('story:%s', 1, 'x', '{}')", who));
	cr_expect_eq(waitpid(holder, NULL, 0), holder);
}

/* Who has found it public is heard before it is private, however long he takes. */
Test(notes, become_private_when_who_is_speaking_has_spoken)
{
	const char *id = note(f.owner, true), *who = my_id(f.visitor);
	pid_t holder = hold_person(who);

	client_send(f.visitor, "POST", path_of(id, "/comments"), "{'content':'In time.'}");
	await_waiting(who);
	client_send(f.owner, "POST", mine(id, "/unpublish"), NULL);
	sleep_ms(150);
	let_go(who, holder);
	expect_status(client_receive(f.visitor), 201);
	expect_status(client_receive(f.owner), 200);
	cr_expect_str_eq(ask(e2e_format("select string_agg(type, ', ' order by \"offset\") from live.events"
	                                 " where channel = 'note:%s'", id)),
	                 "note.created, note.published, comment.created, note.unpublished");
}

Test(notes, are_read_by_one_address_only_so_often)
{
	struct server *server =
		server_dev((const char *const[]){ "RATE_LIMIT=on", "RATE_LIMIT_DEFAULT=5", NULL });
	struct client *nobody = e2e_client_of(server, NULL), *other = e2e_client_of(server, NULL);
	const struct answer *answer = NULL;

	for (int i = 0; i < 5; i++) {
		answer = client_get(i % 2 ? nobody : other, "/api/v1/notes?limit=1");
		expect_status(answer, 200);
	}
	cr_expect(strstr(answer_header(answer, "RateLimit") ?: "", "\"default\";r=0") != NULL, "%s",
	          answer_header(answer, "RateLimit"));
	expect_problem(client_get(nobody, "/api/v1/notes?limit=1"), "TOO_MANY_REQUESTS");
	/* He who has an account is counted by himself. */
	expect_status(client_get(e2e_client_of(server, "guard"), "/api/v1/users/me"), 200);
	cr_expect_eq(server_stop(server), 0);
	server_free(server);
}
