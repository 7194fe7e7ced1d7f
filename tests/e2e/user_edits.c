/* user_edits.c: tests that administrators correct and erase users, and correct and withdraw
 * invitations, each only of those below them. */

#include "e2e.h"

static struct {
	struct client *admin, *super_admin;
} f;

static void setup(void)
{
	f.admin = e2e_client("admin");
	f.super_admin = e2e_client("super_admin");
}

TestSuite(user_edits, .init = setup, .timeout = 30);

static const char *new_email(void)
{
	return e2e_format("%s@e2e.example", e2e_id());
}

static const char *path_of(const char *id)
{
	return e2e_format("/api/v1/users/%s", id);
}

static const char *id_of(struct client *client)
{
	return e2e_format("%s", answer_at(client_get(client, "/api/v1/users/me"), "id"));
}

static const char *invite(const char *role, const char *email)
{
	const struct answer *answer = client_post(
		f.super_admin, "/api/v1/users",
		"{'email':'%s','first_name':'Ida','last_name':'Berg','role':'%s'}", email, role);

	assert_status(answer, 201);
	return e2e_format("%s", answer_at(answer, "id"));
}

/* Signs in as the owner of a verified address. */
static struct client *sign_in(const char *email)
{
	struct client *client = e2e_client(NULL);

	client_set_token(client,
	                 e2e_token(&(struct e2e_token){ .subject = e2e_format("e2e|%s", e2e_id()),
	                                                .email = email }));
	return client;
}

/* An ADMIN redirects the invitation of a SUPER_ADMIN to their own address, withdraws it and sends
 * another, or edits the person. */
Test(user_edits, of_admins_and_above_require_super_admin)
{
	static const char *const roles[] = { "ADMIN", "SUPER_ADMIN" };

	for (size_t i = 0; i < COUNT_OF(roles); i++) {
		const char *email = new_email(), *mine = new_email(), *id = invite(roles[i], email);

		expect_problem(client_patch(f.admin, path_of(id), "{'email':'%s'}", mine),
		               "FORBIDDEN");
		expect_problem(client_patch(f.admin, path_of(id), "{'first_name':'X'}"),
		               "FORBIDDEN");
		expect_problem(client_delete(f.admin, "%s", path_of(id)), "FORBIDDEN");
		cr_expect_str_neq(id_of(sign_in(mine)), id);
		expect_at(client_patch(f.super_admin, path_of(id), "{'first_name':'Ada'}"),
		          "first_name", "Ada");
		cr_expect_str_eq(id_of(sign_in(email)), id);
	}
}

Test(user_edits, correct_names_and_contact_data)
{
	struct client *me = e2e_new_user("GUARD", "Rosa");
	const char *id = id_of(me), *name = e2e_format("u-%.30s", e2e_id() + 4);
	const struct answer *answer = client_patch(
		f.admin, path_of(id),
		"{'first_name':'Rosalie','username':'%s','phone':'+1 631 555 0142','city':'Islip',"
		"'state':'NY','zip_code':'11751','street_address':'7 Quay Lane','image_url':null}",
		name);

	assert_status(answer, 200);
	expect_at(answer, "first_name", "Rosalie");
	expect_at(answer, "username", name);
	expect_at(answer, "role", "GUARD");
	expect_at(client_get(me, "/api/v1/users/me"), "street_address", "7 Quay Lane");
	expect_at(client_patch(f.admin, path_of(id), "{'phone':null}"), "phone", "null");
	expect_problem(client_patch(f.admin, path_of(id), "{'role':'ADMIN'}"), "VALIDATION_FAILED");
	expect_problem(client_patch(f.admin, path_of(id), "{'email':null}"), "VALIDATION_FAILED");
	expect_problem(client_patch(f.admin, path_of(id), "{'email':'%s'}", new_email()),
	               "NOT_AN_INVITATION");
	expect_problem(client_delete(f.admin, "%s", path_of(id)), "NOT_AN_INVITATION");
	expect_problem(client_patch(f.admin, path_of(e2e_id()), "{'city':'x'}"), "USER_NOT_FOUND");
	expect_problem(client_patch(f.admin, path_of(id_of(f.admin)), "{'city':'x'}"),
	               "OWN_ACCOUNT");
	client_set_header(f.admin, "If-Match: \"1.1\"");
	expect_problem(client_patch(f.admin, path_of(id), "{'city':'x'}"), "PRECONDITION_FAILED");
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select string_agg(type, ', ' order by \"offset\") from"
	                              " (select * from live.events where channel = 'user:%s' order"
	                              " by \"offset\" desc limit 2) e",
	                              id),
	                 "user.updated, user.updated");
}

Test(user_edits, redirect_an_invitation)
{
	const char *wrong = new_email(), *right = e2e_format("M%s", new_email());
	const char *id = invite("GUARD", wrong), *taken = new_email();

	invite("GUARD", taken);
	expect_problem(client_patch(f.admin, path_of(id), "{'email':'%s'}", taken), "EMAIL_TAKEN");
	expect_at(client_patch(f.admin, path_of(id), "{'email':'%s'}", right), "email",
	          e2e_format("m%s", right + 1));
	cr_expect_str_neq(id_of(sign_in(wrong)), id);
	cr_expect_str_eq(id_of(sign_in(right)), id);
}

/* Before, an ADMIN took the address of an ADMIN who had not verified it, with an invitation. */
Test(user_edits, take_unverified_addresses_only_of_those_below)
{
	static const char body[] = "{'email':'%s','first_name':'A','last_name':'B','role':'GUARD'}";
	const char *id = id_of(e2e_new_user("ADMIN", "Zelda")), *email = new_email();
	const char *guard = invite("GUARD", new_email());

	server_query(e2e_server(),
	             "update app.users set email = '%s', email_verified = false where id = '%s'",
	             email, id);
	expect_problem(client_post(f.admin, "/api/v1/users", body, email), "EMAIL_TAKEN");
	expect_problem(client_patch(f.admin, path_of(guard), "{'email':'%s'}", email),
	               "EMAIL_TAKEN");
	expect_at(client_get(f.admin, "%s", path_of(id)), "email", email);
	assert_status(client_post(f.super_admin, "/api/v1/users", body, email), 201);
	expect_at(client_get(f.admin, "%s", path_of(id)), "email", "null");
}

Test(user_edits, withdraw_an_invitation)
{
	const char *email = new_email(), *id = invite("GUARD", email);
	struct client *me;

	assert_status(client_delete(f.admin, "%s", path_of(id)), 204);
	expect_problem(client_delete(f.admin, "%s", path_of(id)), "USER_NOT_FOUND");
	me = sign_in(email);
	expect_at(client_get(me, "/api/v1/users/me"), "role", "VISITOR");
	cr_expect_str_neq(id_of(me), id);
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select string_agg(type, ', ' order by \"offset\")"
	                              " from live.events where channel = 'user:%s'",
	                              id),
	                 "user.created, user.erased");
}

static const char *query(const char *sql)
{
	return e2e_format("%s", server_query(e2e_server(), "%s", sql) ?: "nothing");
}

/* No row of a table contains this text. */
static void expect_gone(const char *text)
{
	static const char *const tables[] = { "users",         "notes",
		                              "notifications", "idempotency_keys",
		                              "log_edits",     "api_keys",
		                              "comments" };

	for (size_t i = 0; i < COUNT_OF(tables); i++)
		cr_expect_str_eq(
			query(e2e_format(
				"select count(*) from app.%s t where t::text like '%%%s%%'",
				tables[i], text)),
			"0", "%s is still in %s", text, tables[i]);
	cr_expect_str_eq(query(e2e_format("select count(*) from live.events e"
	                                  " where e.data::text like '%%%s%%'",
	                                  text)),
	                 "0");
}

/* Before, notifications to others and notes of duty sessions kept the name. */
Test(user_edits, erase_the_name_in_what_the_server_wrote)
{
	const char *location = e2e_new_location(), *name = e2e_format("Z%s", e2e_id()), *session;
	struct client *me = e2e_new_user("SUPERVISOR", name);
	struct client *guard = e2e_guard_on_duty("Rosa", location);

	session = e2e_format("%s",
	                     answer_at(client_get(guard, "/api/v1/duty-sessions/active"), "id"));
	assert_status(client_post(me, "/api/v1/duty-sessions", NULL), 201);
	assert_status(client_post(me, e2e_format("/api/v1/guards/on-duty/%s/end", session), NULL),
	              200);
	assert_status(client_post(f.super_admin, e2e_format("%s/erase", path_of(id_of(me))), NULL),
	              200);
	expect_at(client_get(guard, "/api/v1/notifications"), "0.message",
	          "Erased user is on duty now.");
	expect_at(client_get(guard, "/api/v1/duty-sessions/%s", session), "notes",
	          "Ended by supervisor override: Erased user.");
	cr_expect_str_eq(query(e2e_format("select (select count(*) from app.notifications n"
	                                  " where n::text like '%%%s%%') + (select count(*)"
	                                  " from app.duty_sessions d where d::text like '%%%s%%')"
	                                  " + (select count(*) from audit.entries e"
	                                  " where e::text like '%%%s%%')",
	                                  name, name, name)),
	                 "0");
}

Test(user_edits, erase_personal_values_and_keep_records)
{
	const char *location = e2e_new_location(), *secret = e2e_id(), *id, *log, *note;
	struct client *me = e2e_new_user("ADMIN", "Zelda");
	const struct answer *answer;

	id = id_of(me);
	assert_status(client_patch(me, "/api/v1/users/me",
	                           "{'username':'u-%.30s','phone':'p %s','city':'c %s'}",
	                           secret + 4, secret, secret),
	              200);
	client_set_header(me, "Idempotency-Key: %s", e2e_id());
	assert_status(client_post(me, "/api/v1/users/sync", NULL), 200);
	log = e2e_new_log(me, location, "Lamp out");
	assert_status(
		client_post(me, "/api/v1/me/notes", "{'title':'x','content':'my %s'}", secret),
		201);
	answer = client_post(me, "/api/v1/me/notes", "{'title':'Cleats','content':'Two turns.'}");
	note = e2e_format("%s", answer_at(answer, "id"));
	assert_status(client_post(me, e2e_format("/api/v1/me/notes/%s/publish", note), NULL), 200);
	assert_status(client_post(f.admin, "/api/v1/notifications",
	                          "{'user_id':'%s','title':'x','message':'to %s'}", id, secret),
	              201);
	answer = client_post(me, "/api/v1/api-keys", "{'name':'k','scopes':['places:read']}");
	assert_status(answer, 201);

	expect_problem(client_post(f.admin, e2e_format("%s/erase", path_of(id)), NULL),
	               "FORBIDDEN");
	expect_problem(client_post(me, e2e_format("%s/erase", path_of(id)), NULL), "OWN_ACCOUNT");
	answer = client_post(f.super_admin, e2e_format("%s/erase", path_of(id)), NULL);
	assert_status(answer, 200);
	expect_at(answer, "first_name", "Erased");
	expect_at(answer, "email", "null");
	expect_at(answer, "subject", "null");
	cr_expect_str_neq(answer_at(answer, "erased_at"), "null");
	expect_gone(secret);
	expect_at(client_get(f.admin, "/api/v1/logs/%s", log), "user_id", id);
	expect_at(client_get(f.admin, "/api/v1/logs/%s", log), "author.last_name", "user");
	expect_at(client_get(f.admin, "/api/v1/notes/%s", note), "author.display_name",
	          "Erased user");
	cr_expect_str_eq(
		query(e2e_format("select count(*) from app.api_keys where created_by = '%s'"
	                         " and revoked_at is null",
	                         id)),
		"0");
	/* The token, which is still valid, gets another account. */
	cr_expect_str_neq(id_of(me), id);
	expect_at(client_get(me, "/api/v1/users/me"), "role", "VISITOR");

	expect_status(client_post(f.super_admin, e2e_format("%s/erase", path_of(id)), NULL), 200);
	expect_problem(client_post(f.super_admin, e2e_format("%s/unarchive", path_of(id)), NULL),
	               "ACCOUNT_ERASED");
	expect_problem(client_patch(f.super_admin, path_of(id), "{'email':'%s'}", new_email()),
	               "ACCOUNT_ERASED");
	expect_problem(
		client_patch(f.super_admin, e2e_format("%s/role", path_of(id)), "{'role':'GUARD'}"),
		"ACCOUNT_ERASED");
}
