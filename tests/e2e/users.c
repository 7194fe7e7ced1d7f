/* users.c: tests inviting users, reading them, changing their roles, and archiving them. */

#include "e2e.h"

static struct {
	struct client *guard, *supervisor, *admin, *super_admin;
} f;

static void setup(void)
{
	f.guard = e2e_client("guard");
	f.supervisor = e2e_client("supervisor");
	f.admin = e2e_client("admin");
	f.super_admin = e2e_client("super_admin");
}

TestSuite(users, .init = setup, .timeout = 30);

static const char *new_email(void)
{
	return e2e_format("%s@e2e.example", e2e_id());
}

static const char *path_of(const char *id)
{
	return e2e_format("/api/v1/users/%s", id);
}

static const char *action_path(const char *id, const char *action)
{
	return e2e_format("/api/v1/users/%s/%s", id, action);
}

/* Invites a user with this role and returns the user's ID. */
static const char *invite(const char *role)
{
	const struct answer *answer =
		client_post(f.super_admin, "/api/v1/users",
	                    "{'email':'%s','first_name':'Ida','last_name':'Berg','role':'%s'}",
	                    new_email(), role);

	assert_status(answer, 201);
	return e2e_format("%s", answer_at(answer, "id"));
}

static const char *id_of(struct client *client)
{
	return e2e_format("%s", answer_at(client_get(client, "/api/v1/users/me"), "id"));
}

Test(users, can_be_invited_with_all_fields)
{
	static const char *const fields[][2] = {
		{ "first_name", "Ida" },
		{ "last_name", "Berg" },
		{ "phone", "+1 631 555 0142" },
		{ "street_address", "7 Quay Lane" },
		{ "city", "Islip" },
		{ "state", "NY" },
		{ "zip_code", "11751" },
		{ "role", "SUPERVISOR" },
		{ "image_url", "https://p.example/i" },
	};
	const char *name = e2e_format("u-%.30s", e2e_id() + 4), *id;
	struct buf body = { 0 };
	const struct answer *answer;

	for (size_t i = 0; i < COUNT_OF(fields); i++)
		buf_print(&body, "'%s':'%s',", fields[i][0], fields[i][1]);
	answer = client_post(f.admin, "/api/v1/users",
	                     "{%s'username':'%s','email':'Ida.%s@E2e.example'}", buf_cstr(&body),
	                     name, name);
	buf_finish(&body);
	assert_status(answer, 201);
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		expect_at(answer, fields[i][0], fields[i][1]);
	expect_at(answer, "username", name);
	expect_at(answer, "email", e2e_format("ida.%s@e2e.example", name));
	expect_at(answer, "is_anonymous", "false");
	expect_at(answer, "archived_at", "null");
	expect_at(answer, "issuer", "null");
	expect_at(answer, "subject", "null");
	id = e2e_format("%s", answer_at(answer, "id"));
	expect_header(answer, "Location", path_of(id));
	cr_expect(str_begins(str_of(answer_header(answer, "ETag")), "\"1."));
	expect_at(client_get(f.admin, "%s", path_of(id)), "city", "Islip");
}

Test(users, who_were_invited_are_matched_by_the_email_of_their_token)
{
	const char *id = e2e_id(), *email = e2e_format("Ole.%s@E2E.Example", id);
	const struct e2e_token token = { .subject = e2e_format("e2e|%s", id),
		                         .email = email,
		                         .first_name = "Olaf" };
	struct client *me = e2e_client(NULL);
	const struct answer *answer;

	assert_status(client_post(f.admin, "/api/v1/users",
	                          "{'id':'%s','email':'%s','first_name':'Ole','last_name':'Berg',"
	                          "'role':'GUARD'}",
	                          id, email),
	              201);
	client_set_token(me, e2e_token(&token));
	answer = client_get(me, "/api/v1/users/me");
	expect_status(answer, 200);
	expect_at(answer, "id", id);
	expect_at(answer, "role", "GUARD");
	expect_at(answer, "first_name", "Olaf");
	expect_at(answer, "last_name", "Berg");
	expect_status(client_get(me, "/api/v1/logs?limit=1"), 200);
	expect_at(client_get(f.admin, "%s", path_of(id)), "subject", token.subject);
}

Test(users, who_were_invited_and_archived_are_rejected)
{
	const char *id = e2e_id(), *email = e2e_format("%s@e2e.example", id);
	struct client *me = e2e_client(NULL);

	assert_status(client_post(f.admin, "/api/v1/users",
	                          "{'id':'%s','email':'%s','first_name':'Ole','last_name':'Berg',"
	                          "'role':'GUARD'}",
	                          id, email),
	              201);
	assert_status(client_post(f.admin, action_path(id, "archive"), NULL), 200);
	client_set_token(me, e2e_token(&(struct e2e_token){ .subject = e2e_format("e2e|%s", id),
	                                                    .email = email }));
	expect_problem(client_get(me, "/api/v1/users/me"), "ACCOUNT_ARCHIVED");
}

Test(users, have_unique_ids_emails_and_usernames)
{
	const char *id = e2e_id(), *email = e2e_format("m%s", new_email()),
		   *name = e2e_format("u-%.30s", id + 4);
	const char *rest = "'first_name':'A','last_name':'B','role':'VISITOR'";

	assert_status(client_post(f.admin, "/api/v1/users",
	                          "{'id':'%s','email':'%s','username':'%s',%s}", id, email, name,
	                          rest),
	              201);
	expect_problem(client_post(f.admin, "/api/v1/users", "{'id':'%s','email':'%s',%s}", id,
	                           new_email(), rest),
	               "ID_TAKEN");
	expect_problem(client_post(f.admin, "/api/v1/users", "{'email':'%s',%s}", email, rest),
	               "EMAIL_TAKEN");
	expect_problem(client_post(f.admin, "/api/v1/users", "{'email':'M%s',%s}", email + 1, rest),
	               "EMAIL_TAKEN");
	expect_problem(client_post(f.admin, "/api/v1/users", "{'email':'%s','username':'%s',%s}",
	                           new_email(), name, rest),
	               "USERNAME_TAKEN");
	expect_problem(client_post(f.admin, "/api/v1/users",
	                           "{'email':'Rosa.Brandt@marina.example',%s}", rest),
	               "EMAIL_TAKEN");
}

Test(users, are_not_invited_with_invalid_values)
{
	static const struct {
		const char *body, *pointer, *code;
	} rows[] = {
		{ "{'first_name':'A','last_name':'B','role':'GUARD'}", "/email", "required" },
		{ "{'email':'a@b.example','last_name':'B','role':'GUARD'}", "/first_name",
		  "required" },
		{ "{'email':'a@b.example','first_name':'A','role':'GUARD'}", "/last_name",
		  "required" },
		{ "{'email':'a@b.example','first_name':'A','last_name':'B'}", "/role", "required" },
		{ "{'email':'a b@b.example','first_name':'A','last_name':'B','role':'GUARD'}",
		  "/email", "malformed" },
		{ "{'email':null,'first_name':'A','last_name':'B','role':'GUARD'}", "/email",
		  "null" },
		{ "{'email':'a@b.example','first_name':' ','last_name':'B','role':'GUARD'}",
		  "/first_name", "too_short" },
		{ "{'email':'a@b.example','first_name':'A','last_name':'B','role':'KING'}", "/role",
		  "not_a_choice" },
		{ "{'email':'a@b.example','first_name':'A','last_name':'B','role':'GUARD',"
		  "'state':'NYC'}",
		  "/state", "too_long" },
		{ "{'email':'a@b.example','first_name':'A','last_name':'B','role':'GUARD',"
		  "'subject':'x'}",
		  "/subject", "unknown" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct answer *answer =
			client_post(f.admin, "/api/v1/users", "%s", rows[i].body);

		expect_problem(answer, "VALIDATION_FAILED");
		expect_at(answer, "errors.0.pointer", rows[i].pointer);
		expect_at(answer, "errors.0.code", rows[i].code);
	}
	expect_at(client_patch(f.admin, action_path(e2e_id(), "role"), "{'role':'KING'}"),
	          "errors.0.code", "not_a_choice");
}

Test(users, can_read_themselves_and_supervisors_read_all)
{
	struct client *me = e2e_sign_up("GUARD"), *visitor = e2e_sign_up("VISITOR");
	const char *id = id_of(me), *of_visitor = id_of(visitor);
	const struct answer *answer = client_get(me, "%s", path_of(id));

	expect_status(answer, 200);
	expect_at(answer, "id", id);
	expect_at(answer, "subject", "absent");
	expect_at(answer, "archived_at", "absent");
	expect_problem(client_get(me, "%s", path_of(of_visitor)), "FORBIDDEN");
	expect_problem(client_get(visitor, "%s", path_of(of_visitor)), "FORBIDDEN");
	/* Users that do not exist get the same answer. */
	expect_problem(client_get(me, "%s", path_of(e2e_id())), "FORBIDDEN");

	answer = client_get(f.supervisor, "%s", path_of(id));
	expect_status(answer, 200);
	expect_at(answer, "username", "null");
	expect_at(answer, "subject", "absent");
	answer = client_get(f.admin, "%s", path_of(id));
	expect_status(answer, 200);
	expect_at(answer, "archived_at", "null");
	cr_expect(str_begins(str_of(answer_at(answer, "subject")), "e2e|"));
}

/* All combinations of the caller's role, the user's role and the new role. */
Test(users, see_their_own_subject_but_not_that_of_others)
{
	static const char subject[] = "dev|rosa.brandt@marina.example";
	static const char *const own[] = { "/api/v1/users/me", "/api/v1/me" };
	struct client *me = e2e_client("rosa.brandt@marina.example");
	const struct answer *answer;
	const char *id;

	for (size_t i = 0; i < COUNT_OF(own); i++) {
		answer = client_get(me, "%s", own[i]);
		assert_status(answer, 200);
		expect_at(answer, "subject", subject);
		cr_expect(str_begins(str_of(answer_at(answer, "issuer")), "http://127.0.0.1:"));
	}
	id = id_of(me);
	expect_at(client_post(me, "/api/v1/users/sync", NULL), "subject", subject);
	expect_at(client_get(me, "/api/v1/auth/login"), "user.subject", subject);
	answer = client_get(f.supervisor, "%s", path_of(id));
	assert_status(answer, 200);
	cr_expect_null(json_in(answer->json, "subject"));
	cr_expect_null(json_in(client_get(me, "%s", path_of(id))->json, "subject"));
	expect_at(client_get(f.admin, "%s", path_of(id)), "subject", subject);
}

Test(users, get_roles_from_callers_with_permission)
{
	static const char *const roles[] = { "VISITOR", "GUARD", "SUPERVISOR", "ADMIN",
		                             "SUPER_ADMIN" };
	struct client *const callers[] = { f.guard, f.supervisor, f.admin, f.super_admin };

	for (size_t c = 0; c < COUNT_OF(callers); c++) {
		for (size_t from = 0; from < COUNT_OF(roles); from++) {
			const char *id = invite(roles[from]);

			for (size_t to = 0; to < COUNT_OF(roles); to++) {
				bool allowed = c == 3 || (c == 2 && from < 3 && to < 3);
				const struct answer *answer =
					client_patch(callers[c], action_path(id, "role"),
				                     "{'role':'%s'}", roles[to]);

				cr_expect_eq(answer->status, allowed ? 200 : 403,
				             "%zu: %s to %s: %.*s", c, roles[from], roles[to],
				             STR_ARGS(answer->body));
				if (allowed)
					expect_at(answer, "role", roles[to]);
				else
					expect_problem(answer, "FORBIDDEN");
				server_query(e2e_server(),
				             "update app.users set role = '%s' where id = '%s'",
				             roles[from], id);
			}
		}
	}
}

Test(users, are_invited_by_callers_with_permission)
{
	static const struct {
		const char *role;
		int supervisor, admin, super_admin; /* status per caller */
	} rows[] = { { "VISITOR", 403, 201, 201 },
		     { "GUARD", 403, 201, 201 },
		     { "SUPERVISOR", 403, 201, 201 },
		     { "ADMIN", 403, 403, 201 },
		     { "SUPER_ADMIN", 403, 403, 201 } };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct {
			struct client *client;
			int status;
		} each[] = { { f.supervisor, rows[i].supervisor },
			     { f.admin, rows[i].admin },
			     { f.super_admin, rows[i].super_admin } };

		for (size_t j = 0; j < COUNT_OF(each); j++)
			expect_status(client_post(each[j].client, "/api/v1/users",
			                          "{'email':'%s','first_name':'A','last_name':'B',"
			                          "'role':'%s'}",
			                          new_email(), rows[i].role),
			              each[j].status);
	}
}

Test(users, are_archived_and_unarchived_by_callers_with_permission)
{
	static const char *const roles[] = { "VISITOR", "GUARD", "SUPERVISOR", "ADMIN",
		                             "SUPER_ADMIN" };

	for (size_t i = 0; i < COUNT_OF(roles); i++) {
		const char *id = invite(roles[i]), *archive = action_path(id, "archive");
		const char *unarchive = action_path(id, "unarchive"), *since;

		expect_problem(client_post(f.guard, archive, NULL), "FORBIDDEN");
		expect_problem(client_post(f.supervisor, archive, NULL), "FORBIDDEN");
		if (i >= 3)
			expect_problem(client_post(f.admin, archive, NULL), "FORBIDDEN");
		assert_status(client_post(i < 3 ? f.admin : f.super_admin, archive, NULL), 200);
		since = e2e_format("%s", answer_at(client_get(f.super_admin, "%s", path_of(id)),
		                                   "archived_at"));
		cr_expect_str_neq(since, "null");

		/* Repeating it changes nothing. */
		expect_at(client_post(f.super_admin, archive, "{}"), "archived_at", since);
		expect_problem(client_post(f.admin, unarchive, NULL), "FORBIDDEN");
		expect_at(client_post(f.super_admin, unarchive, NULL), "archived_at", "null");
		expect_status(client_post(f.super_admin, unarchive, NULL), 200);
		cr_expect_str_eq(server_query(e2e_server(),
		                              "select revision from app.users where id = '%s'", id),
		                 "3");
	}
}

Test(users, cannot_change_their_own_role_or_archive_themselves)
{
	struct client *const each[] = { f.admin, f.super_admin };

	for (size_t i = 0; i < COUNT_OF(each); i++) {
		const char *id = id_of(each[i]);

		expect_problem(client_patch(each[i], action_path(id, "role"), "{'role':'GUARD'}"),
		               "OWN_ACCOUNT");
		expect_problem(client_post(each[i], action_path(id, "archive"), NULL),
		               "OWN_ACCOUNT");
	}
}

Test(users, that_do_not_exist_are_not_found)
{
	const char *id = e2e_id();

	expect_problem(client_get(f.supervisor, "%s", path_of(id)), "USER_NOT_FOUND");
	expect_problem(client_patch(f.admin, action_path(id, "role"), "{'role':'GUARD'}"),
	               "USER_NOT_FOUND");
	expect_problem(client_post(f.admin, action_path(id, "archive"), NULL), "USER_NOT_FOUND");
	expect_problem(client_post(f.super_admin, action_path(id, "unarchive"), NULL),
	               "USER_NOT_FOUND");
}

Test(users, changes_honor_if_match)
{
	const char *id = invite("GUARD"), *old, *actions[] = { "archive", "unarchive" };
	const struct answer *answer = client_get(f.super_admin, "%s", path_of(id));

	old = e2e_format("%s", answer_header(answer, "ETag"));
	client_set_header(f.super_admin, "If-Match: %s", old);
	answer = client_patch(f.super_admin, action_path(id, "role"), "{'role':'SUPERVISOR'}");
	expect_status(answer, 200);
	for (size_t i = 0; i < COUNT_OF(actions); i++) {
		client_set_header(f.super_admin, "If-Match: %s", old);
		expect_problem(client_post(f.super_admin, action_path(id, actions[i]), NULL),
		               "PRECONDITION_FAILED");
	}
	client_set_header(f.super_admin, "If-Match: %s", old);
	expect_problem(client_patch(f.super_admin, action_path(id, "role"), "{'role':'GUARD'}"),
	               "PRECONDITION_FAILED");
	expect_at(client_get(f.super_admin, "%s", path_of(id)), "role", "SUPERVISOR");

	/* Updates without changes keep the ETag. */
	old = e2e_format("%s", answer_header(client_get(f.super_admin, "%s", path_of(id)), "ETag"));
	expect_header(client_patch(f.super_admin, action_path(id, "role"), "{'role':'SUPERVISOR'}"),
	              "ETag", old);
	expect_header(client_patch(f.super_admin, action_path(id, "role"), "{}"), "ETag", old);
}

Test(users, changes_publish_events)
{
	const char *id = invite("GUARD");

	assert_status(client_patch(f.super_admin, action_path(id, "role"), "{'role':'SUPERVISOR'}"),
	              200);
	assert_status(client_post(f.super_admin, action_path(id, "archive"), NULL), 200);
	assert_status(client_post(f.super_admin, action_path(id, "archive"), NULL), 200);
	assert_status(client_post(f.super_admin, action_path(id, "unarchive"), NULL), 200);
	assert_status(client_post(f.super_admin, action_path(id, "unarchive"), NULL), 200);
	assert_status(client_patch(f.super_admin, action_path(id, "role"), "{'role':'SUPERVISOR'}"),
	              200);
	cr_expect_str_eq(
		server_query(
			e2e_server(),
			"select string_agg(\"offset\" || ' ' || type || ' ' || (data ->>"
			" 'role') || ' ' ||"
			" (data ->> 'revision') || ' ' || (data ->> 'archived_at' is null),"
			" ', ' order by \"offset\") from live.events where channel = 'user:%s'",
			id),
		"1 user.created GUARD 1 true, 2 user.role_changed SUPERVISOR 2 true,"
		" 3 user.archived SUPERVISOR 3 false, 4 user.unarchived SUPERVISOR 4 true");
}
