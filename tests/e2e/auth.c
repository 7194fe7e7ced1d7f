/* Users sign in with a regular or an anonymous token, and promote an anonymous account to a
 * regular one without losing data. */

#include "e2e.h"

TestSuite(auth, .timeout = 40);

#define LOGIN     "/api/v1/auth/login"
#define ANONYMOUS "/api/v1/auth/anonymous-login"
#define PROMOTE   "/api/v1/auth/anonymous-promote"

/* A user who signs in with several tokens, one after the other. */
static struct {
	const char *subject, *email;
	struct client *client;
} f;

static void setup(void)
{
	f.subject = e2e_format("uid-%s", e2e_id());
	f.email = e2e_format("%s@test.example", e2e_id());
	f.client = e2e_client(NULL);
}

/* Each token expires later than the one before: the server ignores the claims of older tokens. */
static void use_token(bool anonymous, const char *email, const char *name)
{
	static long long ttl = 300;

	client_set_token(f.client, e2e_token(&(struct e2e_token){ .subject = f.subject,
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

static void expect_sign_in(const struct answer *answer, const char *is_anonymous,
                           const char *created, const char *was_promoted)
{
	expect_status(answer, 200);
	expect_at(answer, "is_anonymous", is_anonymous);
	expect_at(answer, "user.is_anonymous", is_anonymous);
	expect_at(answer, "created", created);
	expect_at(answer, "was_promoted", was_promoted);
}

Test(auth, creates_an_anonymous_account_at_the_first_sign_in, .init = setup)
{
	const struct answer *answer;
	const char *id;

	use_token(true, NULL, NULL);
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

Test(auth, creates_a_regular_account_for_a_regular_token, .init = setup)
{
	const struct answer *answer;

	use_token(false, f.email, "Nina");
	answer = client_get(f.client, LOGIN);
	expect_sign_in(answer, "false", "true", "false");
	expect_at(answer, "user.display_name", "Nina");
	expect_at(answer, "user.email", f.email);
	expect_sign_in(client_get(f.client, LOGIN), "false", "false", "false");
	expect_sign_in(client_post(f.client, ANONYMOUS, NULL), "false", "false", "false");
	/* A changed claim updates the account. */
	use_token(false, f.email, "Nora");
	expect_at(client_get(f.client, LOGIN), "user.display_name", "Nora");
}

Test(auth, reports_a_new_account_to_one_of_many_concurrent_sign_ins, .init = setup)
{
	enum { CLIENTS = 12 };
	const char *token =
		e2e_token(&(struct e2e_token){ .subject = f.subject, .anonymous = true });
	struct client *clients[CLIENTS];
	int created = 0;

	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = e2e_client(NULL);
		client_set_token(clients[i], token);
		client_send(clients[i], "POST", ANONYMOUS, NULL);
	}
	for (int i = 0; i < CLIENTS; i++) {
		const struct answer *answer = client_receive(clients[i]);

		expect_status(answer, 200);
		created += strcmp(answer_at(answer, "created"), "true") == 0;
	}
	cr_expect_eq(created, 1, "%d", created);
}

Test(auth, limits_anonymous_users_to_notes_and_comments, .init = setup)
{
	const char *id, *path;

	use_token(true, NULL, NULL);
	id = id_of(client_post(f.client, "/api/v1/me/notes", "{'title':'x','content':'x'}"));
	path = e2e_format("/api/v1/me/notes/%s", id);
	expect_status(client_post(f.client, e2e_format("%s/publish", path), NULL), 200);
	expect_status(client_post(f.client, e2e_format("/api/v1/notes/%s/comments", id),
	                          "{'content':'x'}"),
	              201);
	expect_problem(client_get(f.client, "/api/v1/me"), "ANONYMOUS_ACCOUNT");
	expect_problem(client_patch(f.client, "/api/v1/me", "{'display_name':'Me'}"),
	               "ANONYMOUS_ACCOUNT");
	expect_problem(client_get(f.client, LOGIN), "ANONYMOUS_ACCOUNT");
	expect_problem(promote(f.subject), "ANONYMOUS_ACCOUNT");
	expect_problem(client_get(f.client, "/api/v1/logs"), "FORBIDDEN");
	/* Others see them as "Guest", whatever names they enter. */
	expect_status(client_patch(f.client, "/api/v1/users/me",
	                           "{'first_name':'Ines','last_name':'Falk'}"),
	              200);
	expect_at(client_get(e2e_client(NULL), "/api/v1/notes/%s", id), "author.display_name",
	          "Guest");
	expect_at(client_get(e2e_client(NULL), "/api/v1/notes/%s/comments", id), "0.username",
	          "Guest");
}

Test(auth, keeps_all_data_when_an_account_is_promoted, .init = setup)
{
	const struct answer *answer;
	const char *id, *note, *key = e2e_id();

	use_token(true, NULL, NULL);
	id = e2e_format("%s", answer_at(client_post(f.client, ANONYMOUS, NULL), "user.id"));
	note = id_of(client_post(f.client, "/api/v1/me/notes", "{'content':'Kept.'}"));
	use_token(false, f.email, "Pia");
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
	/* A regular account does not become anonymous again. */
	use_token(true, NULL, NULL);
	expect_at(client_get(f.client, "/api/v1/users/me"), "is_anonymous", "false");
	expect_status(client_get(f.client, "/api/v1/me"), 200);
}

Test(auth, promotes_only_the_account_of_the_token, .init = setup)
{
	struct client *anonymous = e2e_anonymous();
	const char *id = e2e_format("%s",
	                            answer_at(client_post(anonymous, ANONYMOUS, NULL), "user.id")),
		   *uid, *note;
	const char *const bodies[] = { "{}", "{'anonymous_firebase_uuid':''}",
		                       "{'anonymous_firebase_uuid':null}",
		                       "{'anonymous_firebase_uuid':7}", "{'uid':'x'}" };

	note = id_of(client_post(anonymous, "/api/v1/me/notes", "{'content':'Not theirs.'}"));
	uid = e2e_format("%s", server_query(e2e_server(),
	                                    "select subject from app.users where id = '%s'", id));
	use_token(false, f.email, NULL);
	expect_problem(promote(uid), "INVALID_PROMOTION");
	expect_problem(promote("nobody"), "INVALID_PROMOTION");
	expect_problem(client_get(f.client, "/api/v1/me/notes/%s", note), "NOT_FOUND");
	expect_at(client_get(anonymous, "/api/v1/users/me"), "is_anonymous", "true");
	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		expect_problem(client_post(f.client, PROMOTE, "%s", bodies[i]),
		               "VALIDATION_FAILED");
	expect_problem(promote(e2e_format("%0129d", 7)), "VALIDATION_FAILED");
	expect_problem(client_post(f.client, PROMOTE, NULL), "VALIDATION_FAILED");
	expect_sign_in(promote(f.subject), "false", "false", "false");
}

Test(auth, rejects_a_promotion_with_the_email_of_another_account, .init = setup)
{
	const char *note;

	use_token(true, NULL, NULL);
	note = id_of(client_post(f.client, "/api/v1/me/notes", "{'content':'Kept.'}"));
	use_token(false, "Rosa.Brandt@marina.example", NULL);
	/* The other account exists, with a verified email address. */
	assert_status(client_get(e2e_client("rosa.brandt@marina.example"), "/api/v1/users/me"),
	              200);
	expect_problem(promote(f.subject), "EMAIL_EXISTS");
	expect_at(client_get(f.client, "/api/v1/me"), "email", "null");
	expect_at(client_get(f.client, "/api/v1/me/notes/%s", note), "content", "Kept.");
	expect_at(client_get(e2e_client("rosa.brandt@marina.example"), "/api/v1/me"), "email",
	          "rosa.brandt@marina.example");
	use_token(false, f.email, NULL);
	expect_sign_in(promote(f.subject), "false", "false", "true");
}

Test(auth, shows_the_chosen_display_name, .init = setup)
{
	const struct answer *answer;
	const char *etag;

	use_token(false, f.email, NULL);
	answer = client_get(f.client, "/api/v1/me");
	expect_status(answer, 200);
	expect_at(answer, "display_name", "User");
	etag = e2e_format("%s", answer_header(answer, "ETag"));
	client_set_header(f.client, "If-Match: %s", etag);
	answer = client_patch(f.client, "/api/v1/me",
	                      "{'display_name':' Nightowl ','avatar_url':'https://p.example/1'}");
	expect_status(answer, 200);
	expect_at(answer, "display_name", "Nightowl");
	expect_at(answer, "avatar_url", "https://p.example/1");
	expect_at(answer, "email", f.email);
	client_set_header(f.client, "If-Match: %s", etag);
	expect_problem(client_patch(f.client, "/api/v1/me", "{'display_name':'Owl'}"),
	               "PRECONDITION_FAILED");
	/* Both paths show the same account. */
	expect_at(client_get(f.client, "/api/v1/users/me"), "image_url", "https://p.example/1");
	use_token(false, f.email, "Nadia");
	expect_at(client_get(f.client, "/api/v1/me"), "display_name", "Nightowl");
	answer = client_patch(f.client, "/api/v1/me", "{'display_name':null,'avatar_url':null}");
	expect_at(answer, "display_name", "Nadia");
	expect_at(answer, "avatar_url", "null");
	etag = e2e_format("%s", answer_header(answer, "ETag"));
	expect_header(client_patch(f.client, "/api/v1/me", "{}"), "ETag", etag);
}

Test(auth, rejects_invalid_profiles, .init = setup)
{
	const char *const bodies[] = { "{'display_name':''}", "{'display_name':' '}",
		                       "{'display_name':7}",  "{'avatar_url':'p.example'}",
		                       "{'email':'nobody'}",  "{'email':null}",
		                       "{'uid':'x'}",         "{'is_anonymous':true}",
		                       "{'role':'ADMIN'}",    "[]" };

	use_token(false, f.email, NULL);
	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		expect_problem(client_patch(f.client, "/api/v1/me", "%s", bodies[i]),
		               "VALIDATION_FAILED");
	expect_problem(client_patch(f.client, "/api/v1/me", "{'display_name':'%061d'}", 7),
	               "VALIDATION_FAILED");
	expect_status(client_patch(f.client, "/api/v1/me", "{'display_name':'%060d'}", 7), 200);
	expect_problem(client_get(e2e_client(NULL), "/api/v1/me"), "UNAUTHENTICATED");
	expect_problem(client_get(e2e_client(NULL), LOGIN), "UNAUTHENTICATED");
	expect_problem(client_post(e2e_client(NULL), ANONYMOUS, NULL), "UNAUTHENTICATED");
}

Test(auth, accepts_only_the_email_of_the_token, .init = setup)
{
	const char *id;

	use_token(false, f.email, NULL);
	id = id_of(client_get(f.client, "/api/v1/me"));
	expect_problem(client_patch(f.client, "/api/v1/me", "{'email':'chief@harbour.example'}"),
	               "VALIDATION_FAILED");
	expect_status(client_patch(f.client, "/api/v1/me", "{'email':'%s'}", f.email), 200);
	/* The address cannot be set while another account has it, but afterwards. */
	server_query(e2e_server(), "update app.users set email = null where id = '%s'", id);
	server_query(e2e_server(),
	             "insert into app.users (email, first_name, last_name) values ('%s', 'A', 'B')",
	             f.email);
	expect_problem(client_patch(f.client, "/api/v1/me", "{'email':'%s'}", f.email),
	               "EMAIL_TAKEN");
	server_query(e2e_server(), "update app.users set email = null where email = '%s'", f.email);
	expect_at(client_patch(f.client, "/api/v1/me", "{'email':'%s'}", f.email), "email",
	          f.email);
}

Test(auth, rejects_archived_accounts, .init = setup)
{
	const char *id;

	use_token(true, NULL, NULL);
	id = e2e_format("%s", answer_at(client_post(f.client, ANONYMOUS, NULL), "user.id"));
	server_query(e2e_server(), "update app.users set archived_at = now() where id = '%s'", id);
	use_token(false, f.email, NULL);
	expect_problem(client_get(f.client, LOGIN), "ACCOUNT_ARCHIVED");
	expect_problem(promote(f.subject), "ACCOUNT_ARCHIVED");
}

Test(auth, accepts_an_anonymous_token_of_the_command_line)
{
	const char *port = e2e_format("%d", server_port(e2e_server()));
	struct client *client = e2e_client(NULL);
	struct program_result result;

	program_run(&result, NULL,
	            (const char *const[]){ "token", "anonymous", "--port", port, NULL });
	cr_assert_eq(result.status, 0, "%s", buf_cstr(&result.err));
	client_set_token(client, e2e_format("%.*s", STR_ARGS(result_line(&result))));
	result_finish(&result);
	expect_sign_in(client_post(client, ANONYMOUS, NULL), "true", "true", "false");
}
