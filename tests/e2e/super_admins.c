/* super_admins.c: tests that the last SUPER_ADMIN cannot be removed, also by concurrent
 * requests, and that archiving a user and changing a role take effect immediately on every
 * server of a database. */

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "e2e.h"

TestSuite(super_admins, .timeout = 80);

static struct {
	struct server *dev, *other; /* two processes, one database */
} f;

static void open_servers(void)
{
	f.dev = server_dev(NULL);
	f.other = server_second(f.dev, "RATE_LIMIT=off");
}

/* Ends the test on failure, because Criterion ignores a cr_expect() in .fini. */
static void close_servers(void)
{
	server_stop_cleanly(f.other);
	server_stop_cleanly(f.dev);
}

struct person {
	const char *id, *token;
};

static struct person person(const char *role)
{
	const char *subject = e2e_format("e2e|%s", e2e_id()), *id = e2e_id();

	server_query(f.dev,
	             "insert into app.users (id, issuer, subject, first_name, last_name, role)"
	             " values ('%s', '%s', '%s', 'Some', 'Body', '%s')",
	             id, server_issuer(f.dev), subject, role);
	return (struct person){ id,
		                e2e_token_of(f.dev, &(struct e2e_token){ .subject = subject }) };
}

static struct client *client_of(struct server *server, const struct person *person)
{
	struct client *client = e2e_client_of(server, NULL);

	client_set_token(client, person->token);
	return client;
}

static const char *path_to(const struct person *person, const char *action)
{
	return e2e_format("/api/v1/users/%s/%s", person->id, action);
}

static const char *count_super_admins(void)
{
	return server_query(
		f.dev,
		"select count(*) from app.users where role = 'SUPER_ADMIN' and archived_at is"
		" null");
}

/* ---- Changes take effect on every server ---- */

enum { MAX_DELAY_MS = 1000 };

/* The time until a request gets this status; -1: not within MAX_DELAY_MS. */
static long long ms_until(struct client *client, const char *path, int status)
{
	long long began = now_ms();

	while (now_ms() < began + MAX_DELAY_MS) {
		if (client_get(client, "%s", path)->status == status)
			return now_ms() - began;
	}
	return -1;
}

Test(super_admins, archived_users_are_rejected_by_every_server, .init = open_servers,
     .fini = close_servers)
{
	struct client *super_admin = e2e_client_of(f.dev, "super_admin");
	struct client *here, *there;
	long long max_ms = 0;

	for (int i = 0; i < 20; i++) {
		struct person guard = person("GUARD");
		long long ms;

		here = client_of(f.dev, &guard);
		there = client_of(f.other, &guard);
		expect_status(client_get(here, "/api/v1/logs?limit=1"), 200);
		expect_status(client_get(there, "/api/v1/logs?limit=1"), 200);

		/* On the server that archived the user, the next request is rejected. */
		assert_status(client_post(super_admin, path_to(&guard, "archive"), NULL), 200);
		expect_problem(client_get(here, "/api/v1/logs?limit=1"), "ACCOUNT_ARCHIVED");
		ms = ms_until(there, "/api/v1/logs?limit=1", 403);
		cr_expect(ms >= 0, "an archived user is still accepted");
		max_ms = ms > max_ms ? ms : max_ms;
		expect_problem(client_get(there, "/api/v1/users/me"), "ACCOUNT_ARCHIVED");

		assert_status(client_post(super_admin, path_to(&guard, "unarchive"), NULL), 200);
		expect_status(client_get(here, "/api/v1/logs?limit=1"), 200);
		cr_expect(ms_until(there, "/api/v1/logs?limit=1", 200) >= 0,
		          "an unarchived user is still rejected");
	}
	fprintf(stderr, "archived on the other server after at most %lld ms\n", max_ms);
}

Test(super_admins, role_changes_take_effect_on_every_server, .init = open_servers,
     .fini = close_servers)
{
	static const struct {
		const char *role;
		int logs, users, keys;
	} steps[] = { { "SUPERVISOR", 200, 200, 403 },
		      { "ADMIN", 200, 200, 200 },
		      { "VISITOR", 403, 403, 403 },
		      { "GUARD", 200, 403, 403 } };
	struct person guard = person("GUARD"), other = person("SUPER_ADMIN");
	struct client *super_admin = client_of(f.other, &other);
	struct client *here = client_of(f.other, &guard), *there = client_of(f.dev, &guard);
	long long max_ms = 0;

	for (size_t i = 0; i < 5 * COUNT_OF(steps); i++) {
		const char *role = steps[i % COUNT_OF(steps)].role;
		const struct {
			const char *path;
			int status;
		} requests[] = { { "/api/v1/logs?limit=1", steps[i % COUNT_OF(steps)].logs },
			         { "/api/v1/users?limit=1", steps[i % COUNT_OF(steps)].users },
			         { "/api/v1/api-keys", steps[i % COUNT_OF(steps)].keys } };

		client_get(there, "/api/v1/users/me");
		assert_status(
			client_patch(super_admin, path_to(&guard, "role"), "{'role':'%s'}", role),
			200);
		for (size_t j = 0; j < COUNT_OF(requests); j++) {
			long long ms;

			expect_status(client_get(here, "%s", requests[j].path), requests[j].status);
			ms = ms_until(there, requests[j].path, requests[j].status);
			cr_expect(ms >= 0, "%s: %s", role, requests[j].path);
			max_ms = ms > max_ms ? ms : max_ms;
		}
	}
	fprintf(stderr, "new role on the other server after at most %lld ms\n", max_ms);
}

/* ---- The last SUPER_ADMIN ---- */

enum { MANY = 50 };

/* Locks the table of users for 0.7 s in another process. */
static pid_t lock_users(void)
{
	pid_t child = fork();

	if (child == 0) {
		server_query(f.dev,
		             "begin; lock table app.users in share mode; select pg_sleep(0.7)");
		_exit(0);
	}
	for (long long until = now_ms() + 5000; now_ms() < until; sleep_ms(5)) {
		if (strcmp(server_query(f.dev,
		                        "select count(*) from pg_locks where granted and mode ="
		                        " 'ShareLock'"
		                        " and relation = 'app.users'::regclass"),
		           "1")
		    == 0)
			return child;
	}
	fatal("cannot lock the table");
}

/* Two super administrators remove each other, each with half of the requests, on two servers and
 * by two operations. The table is locked meanwhile, so that all requests start with both in
 * their role. */
static void remove_each_other(const struct person admins[2])
{
	struct client *clients[MANY];
	pid_t holder;

	for (int i = 0; i < MANY; i++) {
		clients[i] = client_of(i % 4 < 2 ? f.dev : f.other, &admins[i % 2]);
		expect_status(client_get(clients[i], "/api/v1/users/me"), 200);
	}
	holder = lock_users();
	for (int i = 0; i < MANY; i++) {
		const struct person *target = &admins[1 - i % 2];

		if (i % 8 < 4)
			client_send(clients[i], "PATCH", path_to(target, "role"),
			            "{'role':'GUARD'}");
		else
			client_send(clients[i], "POST", path_to(target, "archive"), NULL);
	}
	for (int i = 0; i < MANY; i++) {
		const struct answer *answer = client_receive(clients[i]);

		if (answer->status == 409)
			expect_problem(answer, "LAST_SUPER_ADMIN");
		else
			cr_expect(answer->status == 200 || answer->status == 403, "%.*s",
			          STR_ARGS(answer->body));
	}
	waitpid(holder, NULL, 0);
	for (int i = 0; i < MANY; i++)
		client_disconnect(clients[i]);
}

Test(super_admins, concurrent_mutual_removal_leaves_one, .init = open_servers,
     .fini = close_servers)
{
	const struct person admins[2] = { person("SUPER_ADMIN"), person("SUPER_ADMIN") };

	server_query(
		f.dev,
		"update app.users set role = 'GUARD' where email = 'ines.falk@marina.example'");
	remove_each_other(admins);
	cr_expect_str_eq(count_super_admins(), "1");
	/* Locks were taken in the same order, without deadlocks. */
	cr_expect_str_eq(
		server_query(f.dev,
	                     "select deadlocks from pg_stat_database where datname = 'binnacle'"),
		"0");
}

/* A third SUPER_ADMIN remains, so that only the check of the caller prevents that both lose. */
Test(super_admins, concurrent_mutual_removal_has_one_winner, .init = open_servers,
     .fini = close_servers)
{
	const struct person admins[2] = { person("SUPER_ADMIN"), person("SUPER_ADMIN") };

	remove_each_other(admins);
	cr_expect_str_eq(server_query(f.dev,
	                              "select count(*) from app.users where role = 'SUPER_ADMIN'"
	                              " and archived_at is null and id in ('%s', '%s')",
	                              admins[0].id, admins[1].id),
	                 "1");
}

/* An invitation may never be accepted. */
Test(super_admins, the_last_one_has_signed_in, .init = open_servers, .fini = close_servers)
{
	const struct person last = person("SUPER_ADMIN"), other = person("SUPER_ADMIN");

	server_query(f.dev,
	             "update app.users set subject = null, issuer = null where id = '%s'"
	             " or email = 'ines.falk@marina.example'",
	             other.id);
	cr_expect_str_eq(count_super_admins(), "3");
	cr_expect_str_eq(
		server_query(f.dev,
	                     "select code from api.archive_user('%s', null, 'SUPER_ADMIN', null)",
	                     last.id),
		"LAST_SUPER_ADMIN");
	cr_expect_str_eq(
		server_query(f.dev,
	                     "select code from api.update_role('%s', null, 'SUPER_ADMIN', null,"
	                     " '{\"role\": \"ADMIN\"}')",
	                     last.id),
		"LAST_SUPER_ADMIN");
}

Test(super_admins, the_last_one_cannot_be_removed, .init = open_servers, .fini = close_servers)
{
	const struct person admins[2] = { person("SUPER_ADMIN"), person("SUPER_ADMIN") };
	struct client *first = client_of(f.dev, &admins[0]), *second = client_of(f.dev, &admins[1]);

	server_query(f.dev, "update app.users set archived_at = now() where email ="
	                    " 'ines.falk@marina.example'");
	assert_status(client_patch(first, path_to(&admins[1], "role"), "{'role':'ADMIN'}"), 200);
	expect_problem(client_patch(second, path_to(&admins[0], "role"), "{'role':'ADMIN'}"),
	               "FORBIDDEN");
	/* Called as by a server whose cache still has the caller's old role. */
	cr_expect_str_eq(
		server_query(f.dev,
	                     "select code from api.update_role('%s', '%s', 'SUPER_ADMIN', null,"
	                     " '{\"role\": \"ADMIN\"}')",
	                     admins[0].id, admins[1].id),
		"FORBIDDEN");
	cr_expect_str_eq(
		server_query(f.dev,
	                     "select code from api.update_role('%s', null, 'SUPER_ADMIN', null,"
	                     " '{\"role\": \"ADMIN\"}')",
	                     admins[0].id),
		"LAST_SUPER_ADMIN");
	cr_expect_str_eq(
		server_query(f.dev,
	                     "select code from api.archive_user('%s', null, 'SUPER_ADMIN', null)",
	                     admins[0].id),
		"LAST_SUPER_ADMIN");
	cr_expect_str_eq(count_super_admins(), "1");
	expect_status(client_patch(first, path_to(&admins[1], "role"), "{'role':'SUPER_ADMIN'}"),
	              200);
	expect_status(client_post(second, path_to(&admins[0], "archive"), NULL), 200);
	cr_expect_str_eq(count_super_admins(), "1");
}

/* Runs SQL directly; returns "done", or the name of the violated constraint. */
static const char *try_sql(const char *sql)
{
	return e2e_format(
		"%s",
		server_query(f.dev,
	                     "create function pg_temp.tried(sql text) returns text language plpgsql"
	                     " as $$"
	                     " declare name text; begin execute sql; return 'done';"
	                     " exception when others then"
	                     " get stacked diagnostics name = constraint_name; return name; end $$;"
	                     " select pg_temp.tried($sql$%s$sql$)",
	                     sql));
}

Test(super_admins, the_last_one_cannot_be_removed_by_sql, .init = open_servers,
     .fini = close_servers)
{
	const char *last = "users_last_super_admin",
		   *ines = "where email = 'ines.falk@marina.example'";

	cr_expect_str_eq(try_sql(e2e_format("update app.users set role = 'ADMIN' %s", ines)), last);
	cr_expect_str_eq(try_sql(e2e_format("update app.users set archived_at = now() %s", ines)),
	                 last);
	cr_expect_str_eq(try_sql(e2e_format("delete from app.users %s", ines)), last);
	cr_expect_str_eq(try_sql("update app.users set role = 'GUARD'"), last);
	cr_expect_str_eq(try_sql(e2e_format("update app.users set city = 'Bern' %s", ines)),
	                 "done");
	/* The same statement may promote another. */
	cr_expect_str_eq(
		try_sql("update app.users set role = case role when 'SUPER_ADMIN' then 'ADMIN' else"
	                " 'SUPER_ADMIN' end::app.role where role >= 'ADMIN'"),
		"done");
	cr_expect_str_eq(count_super_admins(), "3");
	cr_expect_str_eq(
		try_sql("update app.users set archived_at = now() where role = 'SUPER_ADMIN'"),
		last);
	cr_expect_str_eq(try_sql("delete from app.users where role = 'SUPER_ADMIN'"), last);
	cr_expect_str_eq(count_super_admins(), "3");
}

/* Two transactions each remove one of two. */
Test(super_admins, concurrent_removal_by_sql_leaves_one, .init = open_servers,
     .fini = close_servers)
{
	static const char *const levels[] = { "read committed", "repeatable read" };
	const struct person other = person("SUPER_ADMIN");

	for (size_t i = 0; i < 6; i++) {
		pid_t children[2];

		for (int child = 0; child < 2; child++) {
			children[child] = fork();
			if (children[child] == 0) {
				server_query(
					f.dev,
					"begin isolation level %s; select count(*) from app.users;"
					" select pg_sleep(0.1);"
					" do $$ begin update app.users set role = 'ADMIN'"
					" where role = 'SUPER_ADMIN'"
					" and (id = '%s') = %s; exception when others then"
					" null; end $$;"
					" select pg_sleep(0.1); commit",
					levels[i % 2], other.id, child ? "true" : "false");
				_exit(0);
			}
		}
		for (int child = 0; child < 2; child++)
			waitpid(children[child], NULL, 0);
		cr_expect_str_neq(count_super_admins(), "0", "%s", levels[i % 2]);
		server_query(f.dev,
		             "update app.users set role = 'SUPER_ADMIN' where id = '%s'"
		             " or email = 'ines.falk@marina.example'",
		             other.id);
	}
}
