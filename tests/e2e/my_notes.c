/* my_notes.c: tests creating, changing, publishing and deleting the caller's own notes. */

#include "e2e.h"

static struct {
	struct client *me, *other;
} f;

static void setup(void)
{
	f.me = e2e_new_user("VISITOR", "Mia");
	f.other = e2e_new_user("SUPER_ADMIN", "Otto");
}

TestSuite(my_notes, .init = setup, .timeout = 40);

#define NOTES "/api/v1/me/notes"

static const char *path_of(const char *id, const char *action)
{
	return e2e_format(NOTES "/%s%s", id, action);
}

static const char *id_of(const struct answer *answer)
{
	assert_status(answer, 201);
	return e2e_format("%s", answer_at(answer, "id"));
}

static const char *create_note(const char *title)
{
	return id_of(client_post(f.me, NOTES, "{'title':'%s','content':'Milk.'}", title));
}

/* "1 note.created, 2 note.updated" */
static const char *events_on(const char *channel)
{
	const char *types = server_query(
		e2e_server(),
		"select string_agg(n || ' ' || type, ', ' order by n) from (select type,"
		" row_number() over (order by \"offset\") as n from live.events"
		" where channel = '%s' and type like 'note.%%') e",
		channel);

	return e2e_format("%s", types ? types : "nothing");
}

static const char *my_id(void)
{
	return e2e_format("%s", answer_at(client_get(f.me, "/api/v1/users/me"), "id"));
}

Test(my_notes, go_through_their_whole_lifecycle)
{
	const struct answer *answer = client_post(f.me, NOTES, "{'content':' Milk.\\n\\tBread. '}");
	const char *id = id_of(answer),
		   *events =
			   "1 note.created, 2 note.updated, 3 note.published, 4 note.unpublished, "
			   "5 note.removed";

	expect_header(answer, "Location", path_of(id, ""));
	expect_at(answer, "title", "null");
	expect_at(answer, "content", " Milk.\n\tBread. ");
	expect_at(answer, "is_public", "false");
	expect_at(answer, "published_at", "null");
	expect_at(answer, "owner_id", "absent");

	answer = client_patch(f.me, path_of(id, ""), "{'title':'List'}");
	expect_status(answer, 200);
	expect_at(answer, "title", "List");
	expect_at(answer, "content", " Milk.\n\tBread. ");
	answer = client_post(f.me, path_of(id, "/publish"), NULL);
	expect_status(answer, 200);
	expect_at(answer, "is_public", "true");
	cr_expect_str_neq(answer_at(answer, "published_at"), "null");
	answer = client_post(f.me, path_of(id, "/unpublish"), NULL);
	expect_status(answer, 200);
	expect_at(answer, "is_public", "false");
	expect_at(answer, "published_at", "null");
	expect_at(client_get(f.me, "%s", path_of(id, "")), "title", "List");

	assert_status(client_post(f.me, path_of(id, "/comments"), "{'content':'And tea.'}"), 201);
	expect_status(client_delete(f.me, "%s", path_of(id, "")), 204);
	expect_problem(client_get(f.me, "%s", path_of(id, "")), "NOT_FOUND");
	expect_problem(client_delete(f.me, "%s", path_of(id, "")), "NOT_FOUND");
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select count(*) from app.comments where note_id = '%s'", id),
	                 "0");
	cr_expect_str_eq(events_on(e2e_format("note:%s", id)), events);
	cr_expect_str_eq(events_on(e2e_format("user:%s", my_id())), events);
}

/* Subscribers of a public note can read its earlier events, which must not reveal what the note
 * contained while it was private. */
Test(my_notes, publish_events_without_their_content)
{
	const char *id = create_note("Secret");

	assert_status(client_patch(f.me, path_of(id, ""), "{'title':'Open','content':'Nothing.'}"),
	              200);
	assert_status(client_post(f.me, path_of(id, "/publish"), NULL), 200);
	cr_expect_str_eq(
		server_query(
			e2e_server(),
			"select string_agg(distinct keys, '; ') from live.events cross join lateral"
			" (select string_agg(k, ' ' order by k) as keys"
			" from jsonb_object_keys(data) k) k"
			" where channel = 'note:%s'",
			id),
		"created_at id is_public owner_id published_at revision updated_at");
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select data ->> 'is_public' from live.events"
	                              " where channel = 'note:%s' and \"offset\" = 3",
	                              id),
	                 "true");
}

Test(my_notes, are_listed_newest_first_without_notes_of_others)
{
	const char *ids[4], *path = NOTES "?limit=3";
	const struct answer *answer;
	size_t seen = 0;

	for (size_t i = 0; i < COUNT_OF(ids); i++)
		ids[i] = create_note("One");
	assert_status(client_post(f.me, path_of(ids[1], "/publish"), NULL), 200);
	assert_status(client_post(f.other, NOTES, "{'content':'Not yours.'}"), 201);
	for (int pages = 0; path && pages < 3; pages++) {
		const char *link;

		client_set_header(f.me, "Prefer: count=exact");
		answer = client_get(f.me, "%s", path);
		assert_status(answer, 200);
		expect_header(answer, "X-Total-Count", "4");
		for (size_t i = 0; i < json_count(answer->json); i++, seen++)
			expect_at(answer, e2e_format("%zu.id", i), ids[COUNT_OF(ids) - 1 - seen]);
		link = answer_header(answer, "Link");
		path = link ? e2e_format("%.*s", (int)strcspn(link + 1, ">"), link + 1) : NULL;
	}
	cr_expect_eq(seen, COUNT_OF(ids));
	expect_problem(client_get(f.me, NOTES "?page=2"), "VALIDATION_FAILED");
}

Test(my_notes, need_a_title_to_be_published)
{
	const char *id = id_of(client_post(f.me, NOTES, "{'title':null,'content':'x'}"));

	expect_problem(client_post(f.me, path_of(id, "/publish"), NULL), "TITLE_REQUIRED");
	expect_at(client_get(f.me, "%s", path_of(id, "")), "is_public", "false");
	assert_status(client_patch(f.me, path_of(id, ""), "{'title':'Named'}"), 200);
	assert_status(client_post(f.me, path_of(id, "/publish"), NULL), 200);
	expect_problem(client_patch(f.me, path_of(id, ""), "{'title':null}"), "TITLE_REQUIRED");
	expect_at(client_get(f.me, "%s", path_of(id, "")), "title", "Named");
	assert_status(client_post(f.me, path_of(id, "/unpublish"), NULL), 200);
	expect_at(client_patch(f.me, path_of(id, ""), "{'title':null}"), "title", "null");
	cr_expect_str_eq(events_on(e2e_format("note:%s", id)),
	                 "1 note.created, 2 note.updated, 3 note.published, 4 note.unpublished,"
	                 " 5 note.updated");
}

Test(my_notes, can_be_published_and_unpublished_repeatedly)
{
	const char *id = create_note("Twice"), *first, *tag;
	const struct answer *answer;

	answer = client_post(f.me, path_of(id, "/unpublish"), NULL);
	expect_status(answer, 200);
	cr_expect(str_begins(str_of(answer_header(answer, "ETag")), "\"1."));
	first = e2e_format(
		"%s", answer_at(client_post(f.me, path_of(id, "/publish"), NULL), "published_at"));
	sleep_ms(5);
	answer = client_post(f.me, path_of(id, "/publish"), NULL);
	expect_status(answer, 200);
	expect_at(answer, "is_public", "true");
	cr_expect(strcmp(answer_at(answer, "published_at"), first) > 0, "%s",
	          answer_at(answer, "published_at"));
	/* A retry with an idempotency key does not publish again. */
	for (int i = 0; i < 2; i++) {
		client_set_header(f.me, "Idempotency-Key: %s", id);
		answer = client_post(f.me, path_of(id, "/publish"), NULL);
		expect_status(answer, 200);
	}
	expect_header(answer, "Idempotent-Replayed", "true");
	for (int i = 0; i < 2; i++) {
		answer = client_post(f.me, path_of(id, "/unpublish"), NULL);
		expect_status(answer, 200);
		expect_at(answer, "is_public", "false");
	}
	tag = e2e_format("%s", answer_header(answer, "ETag"));
	expect_header(client_get(f.me, "%s", path_of(id, "")), "ETag", tag);
	cr_expect_str_eq(events_on(e2e_format("note:%s", id)),
	                 "1 note.created, 2 note.published, 3 note.published, 4 note.published,"
	                 " 5 note.unpublished");
}

Test(my_notes, are_hidden_from_other_users_of_any_role)
{
	const char *const ids[] = { create_note("Private"), create_note("Public"), e2e_id() };
	const char *before, *comment = "{'content':'x'}";

	assert_status(client_post(f.me, path_of(ids[1], "/publish"), NULL), 200);
	assert_status(client_post(f.me, path_of(ids[0], "/comments"), "%s", comment), 201);
	before = e2e_format("%s",
	                    server_query(e2e_server(),
	                                 "select string_agg(revision::text, ' ') from app.notes"
	                                 " where id in ('%s', '%s')",
	                                 ids[0], ids[1]));
	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		expect_problem(client_get(f.other, "%s", path_of(ids[i], "")), "NOT_FOUND");
		expect_problem(client_patch(f.other, path_of(ids[i], ""), "{'title':'Mine'}"),
		               "NOT_FOUND");
		/* The response does not reveal whether the revision matches. */
		client_set_header(f.other, "If-Match: \"9.9\"");
		expect_problem(client_patch(f.other, path_of(ids[i], ""), "{'title':'Mine'}"),
		               "NOT_FOUND");
		expect_problem(client_delete(f.other, "%s", path_of(ids[i], "")), "NOT_FOUND");
		expect_problem(client_post(f.other, path_of(ids[i], "/publish"), NULL),
		               "NOT_FOUND");
		expect_problem(client_post(f.other, path_of(ids[i], "/unpublish"), NULL),
		               "NOT_FOUND");
		expect_problem(client_get(f.other, "%s", path_of(ids[i], "/comments")),
		               "NOT_FOUND");
		expect_problem(client_post(f.other, path_of(ids[i], "/comments"), "%s", comment),
		               "NOT_FOUND");
	}
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select string_agg(revision::text, ' ') from app.notes"
	                              " where id in ('%s', '%s')",
	                              ids[0], ids[1]),
	                 before);
}

Test(my_notes, can_be_commented_by_their_owner_while_private)
{
	const char *id = create_note("Private");
	const struct answer *answer =
		client_post(f.me, path_of(id, "/comments"), "{'content':'First.'}");

	assert_status(answer, 201);
	expect_at(answer, "username", "Mia Tester");
	expect_header(answer, "Location",
	              path_of(id, e2e_format("/comments/%s", answer_at(answer, "id"))));
	assert_status(client_post(f.me, path_of(id, "/publish"), NULL), 200);
	assert_status(client_post(f.other, e2e_format("/api/v1/notes/%s/comments", id),
	                          "{'content':'Second.'}"),
	              201);
	assert_status(client_post(f.me, path_of(id, "/unpublish"), NULL), 200);
	client_set_header(f.me, "Prefer: count=exact");
	answer = client_get(f.me, "%s", path_of(id, "/comments"));
	expect_status(answer, 200);
	expect_header(answer, "X-Total-Count", "2");
	expect_at(answer, "0.content", "First.");
	expect_at(answer, "1.username", "Otto Tester");
}

Test(my_notes, are_validated)
{
	char letters[130];
	const char *id = create_note("Whole"), *longest;
	const char *const bodies[] = { "{'content':''}",
		                       "{'content':' \\n\\t '}",
		                       "{'content':null}",
		                       "{'content':7}",
		                       "{'title':'','content':'x'}",
		                       "{'title':' ','content':'x'}",
		                       "{'title':'two\\nlines','content':'x'}",
		                       "{'content':'x','is_public':true}",
		                       "{'content':'x','published_at':null}",
		                       "{'content':'x','colour':'red'}",
		                       "[]" };

	memset(letters, 'a', sizeof(letters));
	expect_problem(client_post(f.me, NOTES, "{}"), "VALIDATION_FAILED");
	expect_problem(client_post(f.me, NOTES, "{'id':'7','content':'x'}"), "VALIDATION_FAILED");
	expect_problem(client_post(f.me, NOTES, "{'title':'%.121s','content':'x'}", letters),
	               "VALIDATION_FAILED");
	expect_status(client_post(f.me, NOTES, "{'title':'%.120s','content':'x'}", letters), 201);
	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		expect_problem(client_post(f.me, NOTES, "%s", bodies[i]), "VALIDATION_FAILED");
		expect_problem(client_patch(f.me, path_of(id, ""), "%s", bodies[i]),
		               "VALIDATION_FAILED");
	}
	longest = e2e_format("%020000d", 7);
	expect_status(client_post(f.me, NOTES, "{'content':'%s'}", longest), 201);
	expect_problem(client_post(f.me, NOTES, "{'content':'%s8'}", longest), "VALIDATION_FAILED");
	expect_problem(client_patch(f.me, path_of(id, ""), "{'id':'%s'}", e2e_id()),
	               "VALIDATION_FAILED");
	expect_problem(client_post(f.me, path_of(id, "/publish"),
	                           "{'published_at':'2026-01-01T00:00:00Z'}"),
	               "VALIDATION_FAILED");
	expect_problem(client_get(f.me, NOTES "/7"), "VALIDATION_FAILED");
	expect_problem(client_get(e2e_client(NULL), NOTES), "UNAUTHENTICATED");
}

Test(my_notes, are_not_changed_with_an_outdated_etag)
{
	const char *id = create_note("One"), *tag;

	tag = e2e_format("%s", answer_header(client_get(f.me, "%s", path_of(id, "")), "ETag"));
	client_set_header(f.me, "If-Match: %s", tag);
	expect_status(client_patch(f.me, path_of(id, ""), "{'title':'Two'}"), 200);
	for (size_t i = 0; i < 4; i++) {
		const char *const actions[] = { "", "/publish", "/unpublish" };

		client_set_header(f.me, "If-Match: %s", tag);
		if (i == 3)
			expect_problem(client_delete(f.me, "%s", path_of(id, "")),
			               "PRECONDITION_FAILED");
		else if (i)
			expect_problem(client_post(f.me, path_of(id, actions[i]), NULL),
			               "PRECONDITION_FAILED");
		else
			expect_problem(client_patch(f.me, path_of(id, ""), "{'title':'Three'}"),
			               "PRECONDITION_FAILED");
	}
	/* A request that changes nothing leaves the revision as it is. */
	tag = e2e_format("%s", answer_header(client_get(f.me, "%s", path_of(id, "")), "ETag"));
	expect_header(client_patch(f.me, path_of(id, ""), "{'title':'Two'}"), "ETag", tag);
	cr_expect_str_eq(events_on(e2e_format("note:%s", id)), "1 note.created, 2 note.updated");
}

Test(my_notes, are_created_once)
{
	const char *id = e2e_id(), *body = e2e_format("{'id':'%s','content':'x'}", id),
		   *key = e2e_id();

	cr_expect_eq(e2e_in_parallel(6, "guard", "POST", NOTES, body, 201, "ID_TAKEN"), 1);
	for (int i = 0; i < 3; i++) {
		client_set_header(f.me, "Idempotency-Key: %s", key);
		expect_status(client_post(f.me, NOTES, "{'content':'Once.'}"), 201);
	}
	cr_expect_eq(json_count(client_get(f.me, NOTES)->json), 1);
	client_set_header(f.me, "Idempotency-Key: %s", key);
	expect_problem(client_post(f.me, NOTES, "{'content':'Twice.'}"), "IDEMPOTENCY_KEY_REUSED");
}

Test(my_notes, are_never_public_without_a_title)
{
	enum { ROUNDS = 8 };
	struct client *one = e2e_client("supervisor"), *another = e2e_client("supervisor");

	for (int i = 0; i < ROUNDS; i++) {
		const char *id = id_of(client_post(one, NOTES, "{'title':'x','content':'x'}"));
		const struct answer *published, *changed;

		client_send(one, "POST", path_of(id, "/publish"), NULL);
		client_send(another, "PATCH", path_of(id, ""), "{'title':null}");
		published = client_receive(one);
		changed = client_receive(another);
		if (published->status == 200)
			expect_problem(changed, "TITLE_REQUIRED");
		else
			expect_problem(published, "TITLE_REQUIRED");
		cr_expect_neq(published->status, changed->status);
	}
}
