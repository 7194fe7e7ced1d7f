/* anonymous_promotion.c: tests merging an anonymous account into a regular one. */

#include <sys/wait.h>
#include <unistd.h>

#include "e2e.h"
#include "raw_conn.h"

TestSuite(anonymous_promotion, .timeout = 40);

#define PROMOTE "/api/v1/auth/anonymous-promote"
#define NOTES   "/api/v1/me/notes"

enum { TIMEOUT_MS = 10000 };

/* A user, their former anonymous account, and a note and a comment written with the latter. */
static struct {
	struct client *me, *anonymous;
	const char *uid, *token, *anonymous_id, *my_id, *note, *comment;
} f;

static const char *id_at(const struct answer *answer, const char *path)
{
	cr_assert(answer->status < 300, "%s: %.*s", answer->about, STR_ARGS(answer->body));
	return e2e_format("%s", answer_at(answer, path));
}

static const char *anonymous_token(const char *uid, long long ttl)
{
	return e2e_token(&(struct e2e_token){ .subject = uid, .anonymous = true, .ttl = ttl });
}

static void setup(void)
{
	f.me = e2e_new_user("VISITOR", "Pia");
	f.anonymous = e2e_client(NULL);
	f.uid = e2e_format("uid-%s", e2e_id());
	f.token = anonymous_token(f.uid, 0);
	client_set_token(f.anonymous, f.token);
	f.note = id_at(client_post(f.anonymous, NOTES, "{'title':'Seen','content':'A seal.'}"),
	               "id");
	client_post(f.anonymous, e2e_format(NOTES "/%s/publish", f.note), NULL);
	f.comment = id_at(client_post(f.anonymous, e2e_format("/api/v1/notes/%s/comments", f.note),
	                              "{'content':'Two.'}"),
	                  "id");
	f.anonymous_id = id_at(client_get(f.anonymous, "/api/v1/users/me"), "id");
	f.my_id = id_at(client_get(f.me, "/api/v1/users/me"), "id");
}

static const char *body_of(const char *uid, const char *token)
{
	return e2e_format("{'anonymous_firebase_uuid':'%s','anonymous_token':'%s'}", uid, token);
}

static const struct answer *promote(const char *uid, const char *token)
{
	return client_post(f.me, PROMOTE, "%s", body_of(uid, token));
}

static const char *query(const char *sql)
{
	const char *answer = server_query(e2e_server(), "%s", sql);

	return e2e_format("%s", answer ? answer : "nothing");
}

static const char *events_of(const char *id)
{
	return query(e2e_format("select string_agg(type, ', ' order by \"offset\") from live.events"
	                        " where channel = 'user:%s'"
	                        " and type not like 'note.%%'",
	                        id));
}

static void expect_nothing_moved(void)
{
	expect_status(client_get(f.anonymous, NOTES "/%s", f.note), 200);
	expect_problem(client_get(f.me, NOTES "/%s", f.note), "NOT_FOUND");
}

Test(anonymous_promotion, moves_notes_and_comments_and_archives_the_account, .init = setup)
{
	const char *note = e2e_format(NOTES "/%s", f.note), *tag, *updated_at;
	const struct answer *answer = client_get(f.anonymous, "%s", note);
	struct raw_conn *conn = raw_conn_websocket(server_port(e2e_server()), "/ws");

	raw_conn_send_frame(
		conn, FRAME_TEXT,
		str_of(e2e_format("{\"type\":\"authenticate\",\"data\":{\"token\":\"%s\"}}",
	                          f.token)));
	cr_assert(raw_conn_wait_for(conn, f.anonymous_id, TIMEOUT_MS), "%s",
	          buf_cstr(&conn->received));
	tag = e2e_format("%s", answer_header(answer, "ETag"));
	updated_at = e2e_format("%s", answer_at(answer, "updated_at"));
	answer = promote(f.uid, f.token);
	expect_status(answer, 200);
	expect_at(answer, "user.id", f.my_id);
	expect_at(answer, "is_anonymous", "false");
	expect_at(answer, "created", "false");
	expect_at(answer, "was_promoted", "true");
	expect_at(client_get(f.me, "/api/v1/auth/login"), "was_promoted", "true");

	/* A new owner changes neither the ETag nor updated_at. */
	answer = client_get(f.me, "%s", note);
	expect_at(answer, "content", "A seal.");
	expect_at(answer, "updated_at", updated_at);
	expect_at(client_get(f.me, "/api/v1/notes/%s", f.note), "author.display_name",
	          "Pia Tester");
	answer = client_get(f.me, "/api/v1/notes/%s/comments", f.note);
	expect_at(answer, "0.id", f.comment);
	expect_at(answer, "0.username", "Pia Tester");
	expect_at(answer, "0.user_id", f.my_id);
	expect_at(answer, "0.updated_at", answer_at(answer, "0.created_at"));
	client_set_header(f.me, "If-Match: %s", tag);
	expect_at(client_patch(f.me, note, "{'content':'A grey seal.'}"), "content",
	          "A grey seal.");

	cr_expect(raw_conn_close_code(conn, TIMEOUT_MS) > 0);
	raw_conn_free(conn);
	expect_problem(client_get(f.anonymous, "/api/v1/users/me"), "ACCOUNT_ARCHIVED");
	expect_problem(client_post(f.anonymous, NOTES, "{'content':'More.'}"), "ACCOUNT_ARCHIVED");
	cr_expect_str_eq(events_of(f.anonymous_id), "user.created, user.archived");
	cr_expect_str_eq(events_of(f.my_id), "user.updated, user.promoted");
}

/* The account is archived when the response arrives, not when a notification comes later. */
Test(anonymous_promotion, archives_the_account_immediately, .init = setup)
{
	int accepted = 0;

	for (int i = 0; i < 30; i++) {
		const char *uid = e2e_format("uid-%s", e2e_id()), *token = anonymous_token(uid, 0);

		client_set_token(f.anonymous, token);
		assert_status(client_get(f.anonymous, "/api/v1/users/me"), 200);
		assert_status(promote(uid, token), 200);
		accepted += client_get(f.anonymous, "/api/v1/users/me")->status == 200;
	}
	cr_expect_eq(accepted, 0, "%d times", accepted);
}

Test(anonymous_promotion, happens_once, .init = setup)
{
	const char *key = e2e_id();

	for (int i = 0; i < 2; i++) {
		client_set_header(f.me, "Idempotency-Key: %s", key);
		expect_at(promote(f.uid, f.token), "was_promoted", "true");
	}
	expect_problem(promote(f.uid, f.token), "INVALID_PROMOTION");
	/* Nor into another account. */
	expect_problem(
		client_post(e2e_new_user("VISITOR", "Eve"), PROMOTE, "%s", body_of(f.uid, f.token)),
		"INVALID_PROMOTION");
	expect_status(client_get(f.me, NOTES "/%s", f.note), 200);
}

/* All of these users hold the token of the anonymous account. */
Test(anonymous_promotion, happens_once_in_parallel, .init = setup)
{
	enum { CLIENTS = 8 };
	struct client *clients[CLIENTS];
	int moved = 0, has_it = 0;

	for (int i = 0; i < CLIENTS; i++)
		clients[i] = e2e_new_user("VISITOR", "Max");
	for (int i = 0; i < CLIENTS; i++)
		client_send(clients[i], "POST", PROMOTE, "%s", body_of(f.uid, f.token));
	for (int i = 0; i < CLIENTS; i++) {
		const struct answer *answer = client_receive(clients[i]);

		if (answer->status == 200)
			moved++;
		else
			expect_problem(answer, "INVALID_PROMOTION");
	}
	for (int i = 0; i < CLIENTS; i++)
		has_it += client_get(clients[i], NOTES "/%s", f.note)->status == 200;
	cr_expect_eq(moved, 1, "%d", moved);
	cr_expect_eq(has_it, 1, "%d", has_it);
}

Test(anonymous_promotion, needs_a_valid_second_token, .init = setup)
{
	const char *other = e2e_format("uid-%s", e2e_id());
	int signature = (int)(strrchr(f.token, '.') - f.token) + 1;
	const struct {
		const char *what, *uid, *token, *code;
	} rows[] = {
		{ "another uid", other, f.token, "INVALID_PROMOTION" },
		{ "token of another account", f.uid, anonymous_token(other, 0),
		  "INVALID_PROMOTION" },
		{ "expired", f.uid, anonymous_token(f.uid, -120), "INVALID_PROMOTION" },
		{ "forged", f.uid,
		  e2e_format("%.*sAAAA%s", signature, f.token, f.token + signature + 4),
		  "INVALID_PROMOTION" },
		{ "unsigned", f.uid, e2e_format("%.*s", signature, f.token), "INVALID_PROMOTION" },
		{ "not a token", f.uid, "x", "INVALID_PROMOTION" },
		{ "longest allowed", f.uid, e2e_format("%08192d", 7), "INVALID_PROMOTION" },
		{ "too long", f.uid, e2e_format("%08193d", 7), "VALIDATION_FAILED" },
		{ "empty", f.uid, "", "VALIDATION_FAILED" },
		{ "for another server", f.uid,
		  e2e_token(&(struct e2e_token){
			  .subject = f.uid, .anonymous = true, .audience = "other" }),
		  "INVALID_PROMOTION" },
		{ "of another issuer", f.uid,
		  e2e_token(&(struct e2e_token){
			  .subject = f.uid, .anonymous = true, .issuer = "https://other.example" }),
		  "INVALID_PROMOTION" },
		{ "of a regular account", f.uid, e2e_token(&(struct e2e_token){ .subject = f.uid }),
		  "INVALID_PROMOTION" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct answer *answer = promote(rows[i].uid, rows[i].token);

		cr_expect_str_eq(answer_at(answer, "code"), rows[i].code, "%s: %.*s", rows[i].what,
		                 STR_ARGS(answer->body));
		cr_expect(!answer_header(answer, "WWW-Authenticate"), "%s", rows[i].what);
	}
	expect_problem(client_post(f.me, PROMOTE, "{'anonymous_token':'%s'}", f.token),
	               "VALIDATION_FAILED");
	expect_problem(client_post(f.me, PROMOTE,
	                           "{'anonymous_firebase_uuid':'%s','anonymous_token':null}",
	                           f.uid),
	               "VALIDATION_FAILED");
	expect_problem(client_post(f.me, PROMOTE, "{'anonymous_firebase_uuid':'%s'}", f.uid),
	               "INVALID_PROMOTION");
	expect_problem(client_post(f.anonymous, PROMOTE, "%s", body_of(f.uid, f.token)),
	               "ANONYMOUS_ACCOUNT");
	expect_nothing_moved();
}

/* An old token claims that the account is anonymous when it is no longer. */
Test(anonymous_promotion, rejects_accounts_that_are_no_longer_anonymous, .init = setup)
{
	client_set_token(f.anonymous,
	                 e2e_token(&(struct e2e_token){ .subject = f.uid, .ttl = 900 }));
	expect_at(client_get(f.anonymous, "/api/v1/auth/login"), "is_anonymous", "false");
	expect_problem(promote(f.uid, f.token), "INVALID_PROMOTION");
	expect_nothing_moved();
	/* The account itself may send it. */
	expect_at(client_post(f.anonymous, PROMOTE, "%s", body_of(f.uid, f.token)), "was_promoted",
	          "true");
	expect_nothing_moved();
}

Test(anonymous_promotion, rejects_archived_accounts_and_those_with_a_role, .init = setup)
{
	query(e2e_format("update app.users set role = 'GUARD' where id = '%s'", f.anonymous_id));
	expect_problem(promote(f.uid, f.token), "INVALID_PROMOTION");
	query(e2e_format(
		"update app.users set role = 'VISITOR', archived_at = now() where id = '%s'",
		f.anonymous_id));
	expect_problem(promote(f.uid, f.token), "INVALID_PROMOTION");
	cr_expect_str_eq(
		query(e2e_format("select owner_id from app.notes where id = '%s'", f.note)),
		f.anonymous_id);
}

/* The account never signed in here: there is nothing to move and nothing to archive. */
Test(anonymous_promotion, accepts_unknown_accounts, .init = setup)
{
	const char *uid = e2e_format("uid-%s", e2e_id());

	expect_at(promote(uid, anonymous_token(uid, 0)), "was_promoted", "false");
	cr_expect_str_eq(
		query(e2e_format("select count(*) from app.users where subject = '%s'", uid)), "0");
}

Test(anonymous_promotion, fails_while_the_email_is_taken, .init = setup)
{
	const char *email = e2e_format("%s@test.example", e2e_id());

	query(e2e_format(
		"insert into app.users (email, first_name, last_name) values ('%s', 'A', 'B')",
		email));
	f.me = e2e_client(NULL);
	client_set_token(f.me,
	                 e2e_token(&(struct e2e_token){ .subject = e2e_id(), .email = email }));
	query(e2e_format("update app.users set issuer = 'x', subject = '%s' where email = '%s'",
	                 e2e_id(), email));
	expect_problem(promote(f.uid, f.token), "EMAIL_EXISTS");
	expect_nothing_moved();
	query(e2e_format("update app.users set email = null where email = '%s'", email));
	expect_at(promote(f.uid, f.token), "was_promoted", "true");
}

/* A request that was authorized before the account was archived writes nothing after that. */
Test(anonymous_promotion, prevents_later_writes_by_the_account, .init = setup)
{
	assert_status(promote(f.uid, f.token), 200);
	cr_expect_str_eq(
		query(e2e_format(
			"select (api.create_note('%s', '%s', '{\"content\":\"Late.\"}')).code",
			e2e_id(), f.anonymous_id)),
		"ACCOUNT_ARCHIVED");
	cr_expect_str_eq(query(e2e_format("select (api.create_note_comment('%s', '%s', '%s', false,"
	                                  " '{\"content\":\"Late.\"}')).code",
	                                  f.note, e2e_id(), f.anonymous_id)),
	                 "ACCOUNT_ARCHIVED");
	cr_expect_str_eq(query(e2e_format("select count(*) from app.notes where owner_id = '%s'",
	                                  f.anonymous_id)),
	                 "0");
}

/* Commenting locks the note, then the author. So does promoting; otherwise they would deadlock. */
Test(anonymous_promotion, waits_for_pending_comments, .init = setup)
{
	pid_t commenter = fork();
	int wait_status;

	if (commenter == 0) {
		server_query(e2e_server(),
		             "do $$ begin perform from app.notes where id = '%s' for share;"
		             " for i in 1 .. 800 loop"
		             "  exit when exists (select from pg_locks l where not l.granted"
		             " and pg_backend_pid() = any (pg_blocking_pids(l.pid)));"
		             "  perform pg_sleep(0.01);"
		             " end loop;"
		             " perform from app.users where id = '%s' for key share nowait;"
		             " end $$ /* comments on %s */",
		             f.note, f.anonymous_id, f.note);
		_exit(0);
	}
	for (long long until = now_ms() + TIMEOUT_MS; now_ms() < until; sleep_ms(5)) {
		if (query(e2e_format("select exists (select from pg_stat_activity"
		                     " where query like '%%comments on %s%%'"
		                     " and wait_event = 'PgSleep')",
		                     f.note))[0]
		    == 't')
			break;
	}
	expect_at(promote(f.uid, f.token), "was_promoted", "true");
	cr_expect_eq(waitpid(commenter, &wait_status, 0), commenter);
	cr_expect_eq(wait_status, 0);
}

/* The token is only verified, never logged or passed to the database. */
Test(anonymous_promotion, does_not_log_the_token, .init = setup)
{
	assert_status(promote(f.uid, f.token), 200);
	promote(f.uid, anonymous_token(f.uid, -120));
	cr_expect(!server_log_contains(e2e_server(), strrchr(f.token, '.')));
	cr_expect(server_log_contains(e2e_server(), "claim exp: check the clocks"));
}

/* After too many forged tokens, further ones are rejected before they are verified. */
Test(anonymous_promotion, limits_failed_attempts)
{
	struct server *server =
		server_dev((const char *const[]){ "RATE_LIMIT=on", "RATE_LIMIT_FAILURES=2", NULL });
	const char *token =
		e2e_token_of(server, &(struct e2e_token){ .subject = "uid", .anonymous = true });
	int signature = (int)(strrchr(token, '.') - token) + 1;

	f.me = e2e_client_of(server, "guard");
	assert_status(client_get(f.me, "/api/v1/users/me"), 200);
	for (int i = 0; i < 3; i++)
		expect_problem(promote("uid", e2e_format("%.*sA%dA%s", signature, token, i,
		                                         token + signature + 3)),
		               i < 2 ? "INVALID_PROMOTION" : "TOO_MANY_REQUESTS");
	expect_problem(promote("uid", token), "TOO_MANY_REQUESTS");
	expect_status(client_get(f.me, "/api/v1/users/me"), 200);
	cr_expect_eq(server_stop(server), 0);
	server_free(server);
}
