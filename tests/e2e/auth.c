/* One signs in, anonymously or not, and says who one is later without losing anything. */

#include "e2e.h"

TestSuite(auth, .timeout = 40);

#define LOGIN "/api/v1/auth/login"
#define ANONYMOUS "/api/v1/auth/anonymous-login"
#define PROMOTE "/api/v1/auth/anonymous-promote"

/* Somebody whose tokens are said one after the other. */
static struct {
	const char *subject, *email;
	struct client *client;
} f;

static void setup(void)
{
	f.subject = e2e_format("uid-%s", e2e_id());
	f.email = e2e_format("%s@story.example", e2e_id());
	f.client = e2e_client(NULL);
}

/* The later it is said, the longer it lasts. */
static void come(bool anonymous, const char *email, const char *name)
{
	static long long ttl = 300;

	client_set_token(f.client, e2e_token(&(struct e2e_token){
					.subject = f.subject,
					.email = email,
					.first_name = name,
					.anonymous = anonymous,
					.ttl = ttl += 10 }));
}

static const struct answer *promote(const char *uid)
{
	return client_post(f.client, PROMOTE, "{'anonymous_firebase_uuid':'%s'}", uid);
}

static const char *id_of(const struct answer *answer)
{
	return e2e_format("%s", answer_at(answer, "id"));
}

static void expect_sign_in(const struct answer *answer, const char *is_anonymous, const char *created,
                           const char *was_promoted)
{
	expect_status(answer, 200);
	expect_at(answer, "is_anonymous", is_anonymous);
	expect_at(answer, "user.is_anonymous", is_anonymous);
	expect_at(answer, "created", created);
	expect_at(answer, "was_promoted", was_promoted);
}

Test(auth, makes_an_account_at_first_sight, .init = setup)
{
	const struct answer *answer;
	const char *id;

	come(true, NULL, NULL);
	answer = client_post(f.client, ANONYMOUS, NULL);
	expect_sign_in(answer, "true", "true", "false");
	expect_at(answer, "user.display_name", "Guest");
	expect_at(answer, "user.email", "null");
	id = e2e_format("%s", answer_at(answer, "user.id"));
	expect_sign_in(client_post(f.client, ANONYMOUS, "{}"), "true", "false", "false");
	answer = client_get(f.client, "/api/v1/users/me");
	expect_at(answer, "id", id);
	expect_at(answer, "role", "VISITOR");
	expect_at(answer, "is_anonymous", "true");
}

Test(auth, makes_a_regular_one_of_a_regular_token, .init = setup)
{
	const struct answer *answer;

	come(false, f.email, "Nina");
	answer = client_get(f.client, LOGIN);
	expect_sign_in(answer, "false", "true", "false");
	expect_at(answer, "user.display_name", "Nina");
	expect_at(answer, "user.email", f.email);
	expect_sign_in(client_get(f.client, LOGIN), "false", "false", "false");
	expect_sign_in(client_post(f.client, ANONYMOUS, NULL), "false", "false", "false");
	/* What his issuer says anew is taken over. */
	come(false, f.email, "Nora");
	expect_at(client_get(f.client, LOGIN), "user.display_name", "Nora");
}

Test(auth, tells_of_a_new_account_once_however_many_ask, .init = setup)
{
	enum { MANY = 12 };
	const char *token = e2e_token(&(struct e2e_token){ .subject = f.subject, .anonymous = true });
	struct client *clients[MANY];
	int created = 0;

	for (int i = 0; i < MANY; i++) {
		clients[i] = e2e_client(NULL);
		client_set_token(clients[i], token);
		client_send(clients[i], "POST", ANONYMOUS, NULL);
	}
	for (int i = 0; i < MANY; i++) {
		const struct answer *answer = client_receive(clients[i]);

		expect_status(answer, 200);
		created += strcmp(answer_at(answer, "created"), "true") == 0;
	}
	cr_expect_eq(created, 1, "%d", created);
}

Test(auth, lets_the_anonymous_write_and_speak_and_no_more, .init = setup)
{
	const char *id, *path;

	come(true, NULL, NULL);
	id = id_of(client_post(f.client, "/api/v1/me/notes", "{'title':'x','content':'x'}"));
	path = e2e_format("/api/v1/me/notes/%s", id);
	expect_status(client_post(f.client, e2e_format("%s/publish", path), NULL), 200);
	expect_status(client_post(f.client, e2e_format("/api/v1/notes/%s/comments", id), "{'content':'x'}"), 201);
	expect_problem(client_get(f.client, "/api/v1/me"), "ANONYMOUS_ACCOUNT");
	expect_problem(client_patch(f.client, "/api/v1/me", "{'display_name':'Me'}"), "ANONYMOUS_ACCOUNT");
	expect_problem(client_get(f.client, LOGIN), "ANONYMOUS_ACCOUNT");
	expect_problem(promote(f.subject), "ANONYMOUS_ACCOUNT");
	expect_problem(client_get(f.client, "/api/v1/logs"), "FORBIDDEN");
	/* Nobody knows who they are, whatever they say. */
	expect_status(client_patch(f.client, "/api/v1/users/me", "{'first_name':'Ines','last_name':'Falk'}"), 200);
	expect_at(client_get(e2e_client(NULL), "/api/v1/notes/%s", id), "author.display_name", "Guest");
	expect_at(client_get(e2e_client(NULL), "/api/v1/notes/%s/comments", id), "0.username", "Guest");
}

Test(auth, keeps_everything_when_an_account_is_promoted, .init = setup)
{
	const struct answer *answer;
	const char *id, *note, *key = e2e_id();

	come(true, NULL, NULL);
	id = e2e_format("%s", answer_at(client_post(f.client, ANONYMOUS, NULL), "user.id"));
	note = id_of(client_post(f.client, "/api/v1/me/notes", "{'content':'Kept.'}"));
	come(false, f.email, "Pia");
	for (int i = 0; i < 2; i++) {
		client_set_header(f.client, "Idempotency-Key: %s", key);
		answer = promote(f.subject);
		expect_sign_in(answer, "false", "false", "true");
		expect_at(answer, "user.id", id);
		expect_at(answer, "user.display_name", "Pia");
		expect_at(answer, "user.email", f.email);
	}
	expect_at(client_get(f.client, "/api/v1/me/notes/%s", note), "content", "Kept.");
	expect_status(client_get(f.client, "/api/v1/me"), 200);
	expect_sign_in(client_get(f.client, LOGIN), "false", "false", "true");
	/* There is no way back. */
	come(true, NULL, NULL);
	expect_at(client_get(f.client, "/api/v1/users/me"), "is_anonymous", "false");
	expect_status(client_get(f.client, "/api/v1/me"), 200);
}

Test(auth, is_promoted_by_no_uid_that_is_only_said, .init = setup)
{
	struct client *anonymous = e2e_anonymous();
	const char *id = e2e_format("%s", answer_at(client_post(anonymous, ANONYMOUS, NULL), "user.id")), *uid, *note;
	const char *const bodies[] = { "{}", "{'anonymous_firebase_uuid':''}", "{'anonymous_firebase_uuid':null}",
		                       "{'anonymous_firebase_uuid':7}", "{'uid':'x'}" };

	note = id_of(client_post(anonymous, "/api/v1/me/notes", "{'content':'Not his.'}"));
	uid = e2e_format("%s", server_query(e2e_server(), "select subject from app.users where id = '%s'", id));
	come(false, f.email, NULL);
	expect_problem(promote(uid), "INVALID_PROMOTION");
	expect_problem(promote("nobody"), "INVALID_PROMOTION");
	expect_problem(client_get(f.client, "/api/v1/me/notes/%s", note), "NOT_FOUND");
	expect_at(client_get(anonymous, "/api/v1/users/me"), "is_anonymous", "true");
	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		expect_problem(client_post(f.client, PROMOTE, "%s", bodies[i]), "VALIDATION_FAILED");
	expect_problem(promote(e2e_format("%0129d", 7)), "VALIDATION_FAILED");
	expect_problem(client_post(f.client, PROMOTE, NULL), "VALIDATION_FAILED");
	expect_sign_in(promote(f.subject), "false", "false", "false");
}

Test(auth, is_told_when_the_address_is_another_ones, .init = setup)
{
	const char *note;

	come(true, NULL, NULL);
	note = id_of(client_post(f.client, "/api/v1/me/notes", "{'content':'Kept.'}"));
	come(false, "Rosa.Brandt@marina.example", NULL);
	/* She is there: her address is verified. */
	assert_status(client_get(e2e_client("rosa.brandt@marina.example"), "/api/v1/users/me"), 200);
	expect_problem(promote(f.subject), "EMAIL_EXISTS");
	expect_at(client_get(f.client, "/api/v1/me"), "email", "null");
	expect_at(client_get(f.client, "/api/v1/me/notes/%s", note), "content", "Kept.");
	expect_at(client_get(e2e_client("rosa.brandt@marina.example"), "/api/v1/me"), "email",
	          "rosa.brandt@marina.example");
	come(false, f.email, NULL);
	expect_sign_in(promote(f.subject), "false", "false", "true");
}

Test(auth, shows_one_by_the_name_he_chose, .init = setup)
{
	const struct answer *answer;
	const char *tag;

	come(false, f.email, NULL);
	answer = client_get(f.client, "/api/v1/me");
	expect_status(answer, 200);
	expect_at(answer, "display_name", "User");
	tag = e2e_format("%s", answer_header(answer, "ETag"));
	client_set_header(f.client, "If-Match: %s", tag);
	answer = client_patch(f.client, "/api/v1/me", "{'display_name':' Nightowl ','avatar_url':'https://p.example/1'}");
	expect_status(answer, 200);
	expect_at(answer, "display_name", "Nightowl");
	expect_at(answer, "avatar_url", "https://p.example/1");
	expect_at(answer, "email", f.email);
	client_set_header(f.client, "If-Match: %s", tag);
	expect_problem(client_patch(f.client, "/api/v1/me", "{'display_name':'Owl'}"), "PRECONDITION_FAILED");
	/* It is the same person. */
	expect_at(client_get(f.client, "/api/v1/users/me"), "image_url", "https://p.example/1");
	come(false, f.email, "Nadia");
	expect_at(client_get(f.client, "/api/v1/me"), "display_name", "Nightowl");
	answer = client_patch(f.client, "/api/v1/me", "{'display_name':null,'avatar_url':null}");
	expect_at(answer, "display_name", "Nadia");
	expect_at(answer, "avatar_url", "null");
	tag = e2e_format("%s", answer_header(answer, "ETag"));
	expect_header(client_patch(f.client, "/api/v1/me", "{}"), "ETag", tag);
}

Test(auth, takes_no_profile_that_is_not_as_it_should_be, .init = setup)
{
	const char *const bodies[] = { "{'display_name':''}", "{'display_name':' '}", "{'display_name':7}",
		                       "{'avatar_url':'p.example'}", "{'email':'nobody'}", "{'email':null}",
		                       "{'uid':'x'}", "{'is_anonymous':true}", "{'role':'ADMIN'}", "[]" };

	come(false, f.email, NULL);
	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		expect_problem(client_patch(f.client, "/api/v1/me", "%s", bodies[i]), "VALIDATION_FAILED");
	expect_problem(client_patch(f.client, "/api/v1/me", "{'display_name':'%061d'}", 7), "VALIDATION_FAILED");
	expect_status(client_patch(f.client, "/api/v1/me", "{'display_name':'%060d'}", 7), 200);
	expect_problem(client_get(e2e_client(NULL), "/api/v1/me"), "UNAUTHENTICATED");
	expect_problem(client_get(e2e_client(NULL), LOGIN), "UNAUTHENTICATED");
	expect_problem(client_post(e2e_client(NULL), ANONYMOUS, NULL), "UNAUTHENTICATED");
}

Test(auth, takes_no_address_but_that_of_the_token, .init = setup)
{
	const char *id;

	come(false, f.email, NULL);
	id = id_of(client_get(f.client, "/api/v1/me"));
	expect_problem(client_patch(f.client, "/api/v1/me", "{'email':'chief@harbour.example'}"), "VALIDATION_FAILED");
	expect_status(client_patch(f.client, "/api/v1/me", "{'email':'%s'}", f.email), 200);
	/* While it is somebody else's he waits; then it is his. */
	server_query(e2e_server(), "update app.users set email = null where id = '%s'", id);
	server_query(e2e_server(), "insert into app.users (email, first_name, last_name) values ('%s', 'A', 'B')", f.email);
	expect_problem(client_patch(f.client, "/api/v1/me", "{'email':'%s'}", f.email), "EMAIL_TAKEN");
	server_query(e2e_server(), "update app.users set email = null where email = '%s'", f.email);
	expect_at(client_patch(f.client, "/api/v1/me", "{'email':'%s'}", f.email), "email", f.email);
}

Test(auth, is_for_nobody_who_is_archived, .init = setup)
{
	const char *id;

	come(true, NULL, NULL);
	id = e2e_format("%s", answer_at(client_post(f.client, ANONYMOUS, NULL), "user.id"));
	server_query(e2e_server(), "update app.users set archived_at = now() where id = '%s'", id);
	come(false, f.email, NULL);
	expect_problem(client_get(f.client, LOGIN), "ACCOUNT_ARCHIVED");
	expect_problem(promote(f.subject), "ACCOUNT_ARCHIVED");
}

Test(auth, gives_the_anonymous_a_token_in_development)
{
	const char *port = e2e_format("%d", server_port(e2e_server()));
	struct client *client = e2e_client(NULL);
	struct program_result said;

	program_run(&said, NULL, (const char *const[]){ "token", "anonymous", "--port", port, NULL });
	cr_assert_eq(said.status, 0, "%s", buf_cstr(&said.err));
	client_set_token(client, e2e_format("%.*s", STR_ARGS(result_line(&said))));
	result_finish(&said);
	expect_sign_in(client_post(client, ANONYMOUS, NULL), "true", "true", "false");
}
