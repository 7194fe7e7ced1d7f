/* accounts.c: tests how users sign in, read and change their own account, and how fast changes by
 * others take effect. */

#include "e2e.h"

TestSuite(accounts, .timeout = 40);

static struct client *client_with_token(const struct e2e_token *token)
{
	struct client *client = e2e_client(NULL);

	client_set_token(client, e2e_token(token));
	return client;
}

static const char *new_subject(void)
{
	return e2e_format("test|%s", e2e_id());
}

static const char *new_email(void)
{
	return e2e_format("%s@test.example", e2e_id());
}

/* Milliseconds until a response has this status; -1 if none has. */
static long long ms_until(struct client *client, const char *path, int status)
{
	long long start = now_ms();

	while (now_ms() < start + 5000) {
		if (client_get(client, "%s", path)->status == status)
			return now_ms() - start;
	}
	return -1;
}

enum { PROMPT_MS = 250 }; /* maximum for a change by others to take effect */

Test(accounts, are_readable_by_their_user)
{
	const struct answer *answer =
		client_get(e2e_client("rosa.brandt@marina.example"), "/api/v1/users/me");

	expect_status(answer, 200);
	expect_at(answer, "first_name", "Rosa");
	expect_at(answer, "last_name", "Brandt");
	expect_at(answer, "email", "rosa.brandt@marina.example");
	expect_at(answer, "role", "GUARD");
	expect_at(answer, "is_anonymous", "false");
	cr_expect_str_neq(answer_at(answer, "subject"), "absent");
	cr_expect_str_neq(answer_at(answer, "issuer"), "absent");
}

Test(accounts, can_be_changed_by_their_user)
{
	struct client *me = e2e_sign_up("GUARD"), *other = e2e_sign_up("GUARD");
	const char *name = e2e_format("u-%.30s", e2e_id() + 4), *tag;
	const struct answer *answer = client_patch(
		me, "/api/v1/users/me",
		"{'phone':'+1 631 555 0100','username':'%s','city':'Islip','state':'NY'}", name);

	expect_status(answer, 200);
	expect_at(answer, "phone", "+1 631 555 0100");
	expect_at(answer, "username", name);
	expect_at(answer, "first_name", "Unknown");
	tag = e2e_format("%s", answer_header(answer, "ETag"));

	client_set_header(me, "If-Match: %s", tag);
	answer = client_patch(me, "/api/v1/users/me", "{'phone':null,'first_name':'Ada'}");
	expect_status(answer, 200);
	expect_at(answer, "phone", "null");
	expect_at(answer, "first_name", "Ada");
	expect_at(answer, "city", "Islip");

	client_set_header(me, "If-Match: %s", tag);
	expect_problem(client_patch(me, "/api/v1/users/me", "{'phone':'1'}"),
	               "PRECONDITION_FAILED");
	expect_problem(client_patch(other, "/api/v1/users/me", "{'username':'%s'}", name),
	               "USERNAME_TAKEN");
	expect_problem(client_patch(other, "/api/v1/users/me", "{'username':' U%s '}", name + 1),
	               "USERNAME_TAKEN");
	expect_at(client_get(me, "/api/v1/users/me"), "phone", "null");
}

Test(accounts, are_created_as_visitors_and_told_the_required_role)
{
	const char *subject = new_subject();
	struct client *me = client_with_token(&(struct e2e_token){ .subject = subject,
	                                                           .email = new_email(),
	                                                           .first_name = "Vera",
	                                                           .last_name = "Novak" });
	const struct answer *answer = client_get(me, "/api/v1/logs");

	expect_problem(answer, "FORBIDDEN");
	cr_expect(strstr(answer_at(answer, "detail"), "GUARD") != NULL, "%s",
	          answer_at(answer, "detail"));
	cr_expect(strstr(answer_at(answer, "detail"), "VISITOR") != NULL, "%s",
	          answer_at(answer, "detail"));
	answer = client_get(me, "/api/v1/users/me");
	expect_status(answer, 200);
	expect_at(answer, "role", "VISITOR");
	expect_at(answer, "first_name", "Vera");
	expect_at(answer, "subject", subject);
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select count(*) from app.users where subject = '%s'",
	                              subject),
	                 "1");
}

Test(accounts, are_created_once_by_parallel_requests)
{
	enum { CLIENTS = 20 };
	const char *subject = new_subject();
	const char *token =
		e2e_token(&(struct e2e_token){ .subject = subject, .email = new_email() });
	struct client *clients[CLIENTS];

	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = e2e_client(NULL);
		client_set_token(clients[i], token);
		client_send(clients[i], "GET", "/api/v1/users/me", NULL);
	}
	for (int i = 0; i < CLIENTS; i++) {
		const struct answer *answer = client_receive(clients[i]);

		expect_status(answer, 200);
		expect_at(answer, "role", "VISITOR");
	}
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select count(*) from app.users where subject = '%s'",
	                              subject),
	                 "1");
}

Test(accounts, are_created_for_parallel_users_with_the_same_email)
{
	enum { CLIENTS = 20 };
	const char *email = new_email();
	struct client *clients[CLIENTS];

	for (int i = 0; i < CLIENTS; i++)
		clients[i] = client_with_token(
			&(struct e2e_token){ .subject = new_subject(), .email = email });
	for (int i = 0; i < CLIENTS; i++)
		client_send(clients[i], "GET", "/api/v1/users/me", NULL);
	for (int i = 0; i < CLIENTS; i++)
		expect_status(client_receive(clients[i]), 200);
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select count(*) from app.users where email = '%s'", email),
	                 "1");
}

Test(accounts, are_taken_over_from_an_invitation_once)
{
	const char *id = e2e_id(), *email = new_email();
	struct client *me, *latecomer;
	const struct answer *answer;

	server_query(e2e_server(),
	             "insert into app.users (id, email, first_name, last_name, role)"
	             " values ('%s', '%s', 'Invited', 'Guest', 'SUPERVISOR')",
	             id, email);
	me = client_with_token(&(struct e2e_token){
		.subject = new_subject(), .email = email, .first_name = "Ida" });
	answer = client_get(me, "/api/v1/users/me");
	expect_status(answer, 200);
	expect_at(answer, "id", id);
	expect_at(answer, "role", "SUPERVISOR");
	expect_at(answer, "first_name", "Ida");
	expect_at(answer, "last_name", "Guest");

	/* An invitation is used once: a later user with this address gets another account. */
	latecomer =
		client_with_token(&(struct e2e_token){ .subject = new_subject(), .email = email });
	answer = client_get(latecomer, "/api/v1/users/me");
	expect_status(answer, 200);
	cr_expect_str_neq(answer_at(answer, "id"), id);
	expect_at(answer, "role", "VISITOR");
	expect_at(answer, "email", "null");
}

Test(accounts, take_the_profile_but_not_the_role_from_tokens)
{
	const char *subject = new_subject(), *id;
	struct client *me = client_with_token(
		&(struct e2e_token){ .subject = subject, .first_name = "Eva", .last_name = "Old" });

	id = e2e_format("%s", answer_at(client_get(me, "/api/v1/users/me"), "id"));
	server_query(e2e_server(), "update app.users set role = 'ADMIN' where id = '%s'", id);
	client_set_token(me,
	                 e2e_token(&(struct e2e_token){
				 .subject = subject, .first_name = "Eva", .last_name = "New" }));
	cr_expect(ms_until(me, "/api/v1/logs?limit=1", 200) >= 0);
	expect_at(client_get(me, "/api/v1/users/me"), "id", id);
	expect_at(client_get(me, "/api/v1/users/me"), "last_name", "New");
	expect_at(client_get(me, "/api/v1/users/me"), "role", "ADMIN");
}

Test(accounts, keep_the_profile_of_the_newest_token)
{
	const char *subject = new_subject();
	const struct e2e_token older = { .subject = subject, .last_name = "Old", .ttl = 1000 },
			       newer = { .subject = subject, .last_name = "New", .ttl = 2000 };
	struct client *me = client_with_token(&older), *me_again = client_with_token(&newer);

	expect_at(client_get(me, "/api/v1/users/me"), "last_name", "Old");
	expect_at(client_get(me_again, "/api/v1/users/me"), "last_name", "New");
	expect_at(client_get(me, "/api/v1/users/me"), "last_name", "New");
	expect_at(client_get(me_again, "/api/v1/users/me"), "last_name", "New");
}

Test(accounts, take_the_profile_of_the_token_when_synced)
{
	const char *subject = new_subject(), *email = new_email();
	const struct e2e_token
		older = { .subject = subject, .email = email, .first_name = "Eva", .ttl = 1000 },
		newer = { .subject = subject, .email = email, .first_name = "Ewa", .ttl = 2000 };
	struct client *me = client_with_token(&older),
		      *without = client_with_token(&(struct e2e_token){ .subject = new_subject() });
	const struct answer *answer = client_post(me, "/api/v1/users/sync", NULL);
	const char *id;

	expect_status(answer, 200);
	expect_at(answer, "first_name", "Eva");
	expect_at(answer, "email", email);
	expect_at(answer, "role", "VISITOR");
	id = e2e_format("%s", answer_at(answer, "id"));
	client_set_token(me, e2e_token(&newer));
	answer = client_post(me, "/api/v1/users/sync", "{}");
	expect_status(answer, 200);
	expect_at(answer, "id", id);
	expect_at(answer, "first_name", "Ewa");
	expect_header(client_get(me, "/api/v1/users/me"), "ETag",
	              e2e_format("%s", answer_header(answer, "ETag")));

	/* Syncing needs an e-mail address; signing in does not. */
	expect_problem(client_post(without, "/api/v1/users/sync", NULL), "EMAIL_REQUIRED");
	expect_status(client_get(without, "/api/v1/users/me"), 200);
	expect_problem(client_post(without, "/api/v1/users/sync", "{'email':'%s'}", email),
	               "VALIDATION_FAILED");
	expect_problem(client_post(e2e_client(NULL), "/api/v1/users/sync", NULL),
	               "UNAUTHENTICATED");
}

Test(accounts, are_not_taken_over_with_a_lookalike_email)
{
	/* Characters whose lowercase forms are i and k in some locales. */
	static const char *const rows[][2] = { { "i", "\u0130" }, { "k", "\u212a" } };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *id = e2e_id(), *email = new_email();
		struct client *me = client_with_token(&(struct e2e_token){
			.subject = new_subject(), .email = e2e_format("%s%s", rows[i][1], email) });
		const struct answer *answer;

		server_query(e2e_server(),
		             "insert into app.users (id, email, first_name, last_name, role)"
		             " values ('%s', '%s%s', 'Invited', 'Guest', 'SUPERVISOR')",
		             id, rows[i][0], email);
		answer = client_get(me, "/api/v1/users/me");
		expect_status(answer, 200);
		expect_at(answer, "role", "VISITOR");
		cr_expect_str_neq(answer_at(answer, "id"), id);
	}
}

Test(accounts, are_rejected_promptly_once_archived)
{
	struct client *me = e2e_sign_up("GUARD");
	const char *id = e2e_format("%s", answer_at(client_get(me, "/api/v1/users/me"), "id"));
	long long ms;

	cr_assert(ms_until(me, "/api/v1/logs?limit=1", 200) >= 0);
	server_query(e2e_server(), "update app.users set archived_at = now() where id = '%s'", id);
	ms = ms_until(me, "/api/v1/logs?limit=1", 403);
	cr_expect(ms >= 0 && ms < PROMPT_MS, "%lld ms", ms);
	expect_problem(client_get(me, "/api/v1/logs"), "ACCOUNT_ARCHIVED");
	expect_problem(client_get(me, "/api/v1/users/me"), "ACCOUNT_ARCHIVED");
	expect_problem(client_post(me, "/api/v1/logs", "{}"), "ACCOUNT_ARCHIVED");

	server_query(e2e_server(), "update app.users set archived_at = null where id = '%s'", id);
	ms = ms_until(me, "/api/v1/logs?limit=1", 200);
	cr_expect(ms >= 0 && ms < PROMPT_MS, "%lld ms", ms);
}

Test(accounts, get_the_permissions_of_a_new_role_promptly)
{
	static const struct {
		const char *role;
		int logs, locations; /* expected statuses */
	} steps[] = { { "GUARD", 200, 403 },
		      { "ADMIN", 200, 422 },
		      { "VISITOR", 403, 403 },
		      { "SUPER_ADMIN", 200, 422 },
		      { "SUPERVISOR", 200, 403 } };
	struct client *me = e2e_sign_up("VISITOR"), *other = e2e_sign_up("SUPER_ADMIN");
	const char *id = e2e_format("%s", answer_at(client_get(me, "/api/v1/users/me"), "id"));

	/* The last SUPER_ADMIN who has signed in cannot lose the role. */
	expect_status(client_get(other, "/api/v1/users/me"), 200);

	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		long long start;
		bool done = false;

		server_query(e2e_server(), "update app.users set role = '%s' where id = '%s'",
		             steps[i].role, id);
		for (start = now_ms(); !done && now_ms() < start + PROMPT_MS;)
			done = client_get(me, "/api/v1/logs?limit=1")->status == steps[i].logs
			       && client_post(me, "/api/v1/locations", "{}")->status
			                  == steps[i].locations;
		cr_expect(done, "%s", steps[i].role);
	}
}

/* If the notification of a role change is late, the old role is still cached. It must not be
 * usable to grant roles. */
Test(accounts, cannot_grant_a_role_that_was_withdrawn)
{
	static const char key[] = "{'name':'Lasting','scopes':['people:write']}";
	struct client *me = e2e_sign_up("SUPER_ADMIN"), *friend = e2e_sign_up("VISITOR");
	const char *id = e2e_format("%s", answer_at(client_get(me, "/api/v1/users/me"), "id"));
	const char *friend_id =
		e2e_format("%s", answer_at(client_get(friend, "/api/v1/users/me"), "id"));

	expect_status(client_get(me, "/api/v1/api-keys?limit=1"), 200);
	server_query(e2e_server(),
	             "set session_replication_role = replica;"
	             " update app.users set role = 'VISITOR' where id = '%s'",
	             id);
	expect_problem(client_patch(me, e2e_format("/api/v1/users/%s/role", friend_id),
	                            "{'role':'SUPER_ADMIN'}"),
	               "FORBIDDEN");
	expect_problem(client_post(me, "/api/v1/users",
	                           "{'email':'%s','first_name':'A','last_name':'B',"
	                           "'role':'SUPER_ADMIN'}",
	                           new_email()),
	               "FORBIDDEN");
	expect_problem(client_post(me, "/api/v1/api-keys", "%s", key), "FORBIDDEN");
	/* The trail does not know of it either. */
	server_query(e2e_server(),
	             "set session_replication_role = replica;"
	             " update app.users set role = 'SUPER_ADMIN' where id = '%s'",
	             id);
}

Test(accounts, are_not_created_with_new_user_role_none)
{
	struct server *server = server_dev((const char *[]){ "NEW_USER_ROLE=none", NULL });
	struct client *new_user = e2e_client_of(server, NULL);

	client_set_token(new_user,
	                 e2e_token_of(server, &(struct e2e_token){ .subject = new_subject() }));
	expect_problem(client_get(new_user, "/api/v1/users/me"), "USER_NOT_FOUND");
	expect_problem(client_get(new_user, "/api/v1/logs"), "USER_NOT_FOUND");
	expect_status(client_get(e2e_client_of(server, "guard"), "/api/v1/users/me"), 200);
	cr_expect_str_eq(
		server_query(server, "select count(*) from app.users where subject like 'test|%%'"),
		"0");
	cr_expect_eq(server_stop(server), 0);
	server_free(server);
}

static const char *token_of(const char *subject, const char *email, const char *name, long long ttl)
{
	return e2e_token(&(struct e2e_token){
		.subject = subject, .email = email, .first_name = name, .ttl = ttl });
}

Test(accounts, lose_an_unverified_email_to_its_verified_owner)
{
	const char *email = e2e_format("%s@squat.example", e2e_id()), *id, *squatter;
	struct client *client = e2e_client(NULL), *owner = e2e_client(NULL),
		      *admin = e2e_client("admin");
	const struct answer *answer;

	client_set_token(client, token_of(e2e_format("squat|%s", email), NULL, "Squatter", 3600));
	squatter = e2e_format("%s", answer_at(client_get(client, "/api/v1/users/me"), "id"));
	server_query(e2e_server(),
	             "update app.users set email = '%s', email_verified = false where id = '%s'",
	             email, squatter);
	expect_at(client_get(client, "/api/v1/users/me"), "email", email);
	/* An invitation removes the unverified address, and its owner gets the invited account. */
	answer = client_post(admin, "/api/v1/users",
	                     "{'email':'%s','first_name':'A','last_name':'B','role':'SUPERVISOR'}",
	                     email);
	assert_status(answer, 201);
	id = e2e_format("%s", answer_at(answer, "id"));
	expect_at(client_get(client, "/api/v1/users/me"), "email", "null");
	client_set_token(owner, token_of(e2e_format("owner|%s", email), email, "Owner", 3600));
	answer = client_get(owner, "/api/v1/users/me");
	expect_at(answer, "id", id);
	expect_at(answer, "role", "SUPERVISOR");

	/* So does a verified token, without an invitation. */
	email = e2e_format("%s@squat.example", e2e_id());
	server_query(e2e_server(),
	             "update app.users set email = '%s', email_verified = false where id = '%s'",
	             email, squatter);
	client_set_token(owner, token_of(e2e_format("owner|%s", email), email, "Owner", 3600));
	expect_at(client_get(owner, "/api/v1/users/me"), "email", email);
	expect_at(client_get(client, "/api/v1/users/me"), "email", "null");
}

Test(accounts, ignore_the_profile_of_an_older_token)
{
	const char *subject = e2e_format("old|%s", e2e_id()),
		   *email = e2e_format("%s@old.example", e2e_id());
	struct client *client = e2e_client(NULL);
	const char *older = token_of(subject, email, "Older", 3600);
	const char *newer = token_of(subject, email, "Newer", 7200), *id, *revision;

	client_set_token(client, newer);
	id = e2e_format("%s", answer_at(client_get(client, "/api/v1/users/me"), "id"));
	revision = e2e_format(
		"%s",
		server_query(e2e_server(), "select revision from app.users where id = '%s'", id));
	/* Not even when the user is no longer cached. */
	server_query(e2e_server(), "select pg_notify('binnacle_users', '%s')", id);
	sleep_ms(100);
	client_set_token(client, older);
	expect_at(client_get(client, "/api/v1/users/me"), "first_name", "Newer");
	cr_expect_str_eq(
		server_query(e2e_server(), "select revision from app.users where id = '%s'", id),
		revision);
}
