/* The last SUPER_ADMIN stays, whoever wants him gone, however many at once; and whoever is
 * put out or given another role is so at once, on every server of the database. */

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "e2e.h"

TestSuite(super_admins, .timeout = 80);

static struct {
	struct server *dev, *other; /* two processes, one database */
} f;

static void begin(void)
{
	f.dev = server_dev(NULL);
	f.other = server_second(f.dev, "RATE_LIMIT=off");
}

/* (Criterion does not count what cr_expect() finds here.) */
static void end(void)
{
	server_stop_cleanly(f.other);
	server_stop_cleanly(f.dev);
}

struct person {
	const char *id, *token;
};

static struct person person(const char *role)
{
	const char *subject = e2e_format("story|%s", e2e_id()), *id = e2e_id();

	server_query(f.dev, "insert into app.users (id, issuer, subject, first_name, last_name, role)"
	                  " values ('%s', '%s', '%s', 'Some', 'Body', '%s')",
	           id, server_issuer(f.dev), subject, role);
	return (struct person){ id, e2e_token_of(f.dev, &(struct e2e_token){ .subject = subject }) };
}

static struct client *client_of(struct server *server, const struct person *person)
{
	struct client *client = e2e_client_of(server, NULL);

	client_set_token(client, person->token);
	return client;
}

static const char *path_to(const struct person *person, const char *act)
{
	return e2e_format("/api/v1/users/%s/%s", person->id, act);
}

static const char *count_chiefs(void)
{
	return server_query(f.dev, "select count(*) from app.users where role = 'SUPER_ADMIN' and archived_at is null");
}

/* ---- At once, everywhere ---- */

enum { AT_ONCE_MS = 1000 };

/* How long until he is answered so; -1: not in time. */
static long long ms_until(struct client *client, const char *path, int status)
{
	long long began = now_ms();

	while (now_ms() < began + AT_ONCE_MS) {
		if (client_get(client, "%s", path)->status == status)
			return now_ms() - began;
	}
	return -1;
}

Test(super_admins, put_people_out_of_every_server_at_once, .init = begin, .fini = end)
{
	struct client *chief = e2e_client_of(f.dev, "super_admin");
	struct client *here, *there;
	long long most = 0;

	for (int i = 0; i < 20; i++) {
		struct person guard = person("GUARD");
		long long ms;

		here = client_of(f.dev, &guard);
		there = client_of(f.other, &guard);
		expect_status(client_get(here, "/api/v1/logs?limit=1"), 200);
		expect_status(client_get(there, "/api/v1/logs?limit=1"), 200);

		/* Where it was done, the very next request is refused. */
		assert_status(client_post(chief, path_to(&guard, "archive"), NULL), 200);
		expect_problem(client_get(here, "/api/v1/logs?limit=1"), "ACCOUNT_ARCHIVED");
		ms = ms_until(there, "/api/v1/logs?limit=1", 403);
		cr_expect(ms >= 0, "he is still in");
		most = ms > most ? ms : most;
		expect_problem(client_get(there, "/api/v1/users/me"), "ACCOUNT_ARCHIVED");

		assert_status(client_post(chief, path_to(&guard, "unarchive"), NULL), 200);
		expect_status(client_get(here, "/api/v1/logs?limit=1"), 200);
		cr_expect(ms_until(there, "/api/v1/logs?limit=1", 200) >= 0, "he is not in again");
	}
	fprintf(stderr, "put out elsewhere after %lld ms at the most\n", most);
}

Test(super_admins, give_roles_that_count_on_every_server_at_once, .init = begin, .fini = end)
{
	static const struct {
		const char *role;
		int logs, users, keys;
	} steps[] = { { "SUPERVISOR", 200, 200, 403 }, { "ADMIN", 200, 200, 200 }, { "VISITOR", 403, 403, 403 },
		      { "GUARD", 200, 403, 403 } };
	struct person guard = person("GUARD"), super_admin = person("SUPER_ADMIN");
	struct client *chief = client_of(f.other, &super_admin);
	struct client *here = client_of(f.other, &guard), *there = client_of(f.dev, &guard);
	long long most = 0;

	for (size_t i = 0; i < 5 * COUNT_OF(steps); i++) {
		const char *role = steps[i % COUNT_OF(steps)].role;
		const struct {
			const char *path;
			int status;
		} asked[] = { { "/api/v1/logs?limit=1", steps[i % COUNT_OF(steps)].logs },
			      { "/api/v1/users?limit=1", steps[i % COUNT_OF(steps)].users },
			      { "/api/v1/api-keys", steps[i % COUNT_OF(steps)].keys } };

		client_get(there, "/api/v1/users/me");
		assert_status(client_patch(chief, path_to(&guard, "role"), "{'role':'%s'}", role), 200);
		for (size_t j = 0; j < COUNT_OF(asked); j++) {
			long long ms;

			expect_status(client_get(here, "%s", asked[j].path), asked[j].status);
			ms = ms_until(there, asked[j].path, asked[j].status);
			cr_expect(ms >= 0, "%s: %s", role, asked[j].path);
			most = ms > most ? ms : most;
		}
	}
	fprintf(stderr, "a new role counts elsewhere after %lld ms at the most\n", most);
}

/* ---- The last one ---- */

enum { MANY = 50 };

/* Nobody changes anybody until some time after this comes back. */
static pid_t hold_people(void)
{
	pid_t child = fork();

	if (child == 0) {
		server_query(f.dev, "begin; lock table app.users in share mode; select pg_sleep(0.7)");
		_exit(0);
	}
	for (long long until = now_ms() + 5000; now_ms() < until; sleep_ms(5)) {
		if (strcmp(server_query(f.dev, "select count(*) from pg_locks where granted and mode = 'ShareLock'"
		                             " and relation = 'app.users'::regclass"),
		           "1") == 0)
			return child;
	}
	give_up("the table cannot be locked");
}

/* Half of them by the first, who wants the second gone, and half the other way round; by
 * two servers, in two ways. They begin while nobody can finish, so that all see both. */
static void depose_each_other(const struct person chiefs[2])
{
	struct client *clients[MANY];
	pid_t holder;

	for (int i = 0; i < MANY; i++) {
		clients[i] = client_of(i % 4 < 2 ? f.dev : f.other, &chiefs[i % 2]);
		expect_status(client_get(clients[i], "/api/v1/users/me"), 200);
	}
	holder = hold_people();
	for (int i = 0; i < MANY; i++) {
		const struct person *victim = &chiefs[1 - i % 2];

		if (i % 8 < 4)
			client_send(clients[i], "PATCH", path_to(victim, "role"), "{'role':'GUARD'}");
		else
			client_send(clients[i], "POST", path_to(victim, "archive"), NULL);
	}
	for (int i = 0; i < MANY; i++) {
		const struct answer *answer = client_receive(clients[i]);

		if (answer->status == 409)
			expect_problem(answer, "LAST_SUPER_ADMIN");
		else
			cr_expect(answer->status == 200 || answer->status == 403, "%.*s", STR_ARGS(answer->body));
	}
	waitpid(holder, NULL, 0);
	for (int i = 0; i < MANY; i++)
		client_disconnect(clients[i]);
}

Test(super_admins, who_depose_each_other_leave_one, .init = begin, .fini = end)
{
	const struct person chiefs[2] = { person("SUPER_ADMIN"), person("SUPER_ADMIN") };

	server_query(f.dev, "update app.users set role = 'GUARD' where email = 'ines.falk@marina.example'");
	depose_each_other(chiefs);
	cr_expect_str_eq(count_chiefs(), "1");
	/* They waited for each other in an order; none had to be sent back. */
	cr_expect_str_eq(server_query(f.dev, "select deadlocks from pg_stat_database where datname = 'binnacle'"), "0");
}

Test(super_admins, who_is_the_last_is_told_so, .init = begin, .fini = end)
{
	const struct person chiefs[2] = { person("SUPER_ADMIN"), person("SUPER_ADMIN") };
	struct client *first = client_of(f.dev, &chiefs[0]), *second = client_of(f.dev, &chiefs[1]);

	server_query(f.dev, "update app.users set archived_at = now() where email = 'ines.falk@marina.example'");
	assert_status(client_patch(first, path_to(&chiefs[1], "role"), "{'role':'ADMIN'}"), 200);
	expect_problem(client_patch(second, path_to(&chiefs[0], "role"), "{'role':'ADMIN'}"), "FORBIDDEN");
	/* One who was deposed a moment ago, as a server that has not heard of it would have him. */
	cr_expect_str_eq(server_query(f.dev, "select code from api.update_role('%s', '%s', 'SUPER_ADMIN', null,"
	                                   " '{\"role\": \"ADMIN\"}')",
	                            chiefs[0].id, chiefs[1].id),
	                 "LAST_SUPER_ADMIN");
	cr_expect_str_eq(server_query(f.dev, "select code from api.archive_user('%s', null, 'SUPER_ADMIN', null)",
	                            chiefs[0].id),
	                 "LAST_SUPER_ADMIN");
	cr_expect_str_eq(count_chiefs(), "1");
	expect_status(client_patch(first, path_to(&chiefs[1], "role"), "{'role':'SUPER_ADMIN'}"), 200);
	expect_status(client_post(second, path_to(&chiefs[0], "archive"), NULL), 200);
	cr_expect_str_eq(count_chiefs(), "1");
}

/* What direct SQL is answered: "done", or the constraint that stands against it. */
static const char *tried(const char *sql)
{
	return e2e_format("%s", server_query(f.dev,
	                                    "create function pg_temp.tried(sql text) returns text language plpgsql as $$"
	                                    " declare name text; begin execute sql; return 'done';"
	                                    " exception when others then"
	                                    " get stacked diagnostics name = constraint_name; return name; end $$;"
	                                    " select pg_temp.tried($sql$%s$sql$)",
	                                    sql));
}

Test(super_admins, stay_whatever_direct_sql_wants, .init = begin, .fini = end)
{
	const char *last = "users_last_super_admin", *ines = "where email = 'ines.falk@marina.example'";

	cr_expect_str_eq(tried(e2e_format("update app.users set role = 'ADMIN' %s", ines)), last);
	cr_expect_str_eq(tried(e2e_format("update app.users set archived_at = now() %s", ines)), last);
	cr_expect_str_eq(tried(e2e_format("delete from app.users %s", ines)), last);
	cr_expect_str_eq(tried("update app.users set role = 'GUARD'"), last);
	cr_expect_str_eq(tried(e2e_format("update app.users set city = 'Bern' %s", ines)), "done");
	/* Another takes the place in the same statement. */
	cr_expect_str_eq(tried("update app.users set role = case role when 'SUPER_ADMIN' then 'ADMIN' else"
	                       " 'SUPER_ADMIN' end::app.role where role >= 'ADMIN'"),
	                 "done");
	cr_expect_str_eq(count_chiefs(), "3");
	cr_expect_str_eq(tried("update app.users set archived_at = now() where role = 'SUPER_ADMIN'"), last);
	cr_expect_str_eq(tried("delete from app.users where role = 'SUPER_ADMIN'"), last);
	cr_expect_str_eq(count_chiefs(), "3");
}

/* Two of them go at the same time, by two hands that know nothing of each other. */
Test(super_admins, who_go_at_the_same_time_by_direct_sql_leave_one, .init = begin, .fini = end)
{
	static const char *const levels[] = { "read committed", "repeatable read" };
	const struct person other = person("SUPER_ADMIN");

	for (size_t i = 0; i < 6; i++) {
		pid_t hands[2];

		for (int hand = 0; hand < 2; hand++) {
			hands[hand] = fork();
			if (hands[hand] == 0) {
				server_query(f.dev,
				           "begin isolation level %s; select count(*) from app.users;"
				           " select pg_sleep(0.1);"
				           " do $$ begin update app.users set role = 'ADMIN' where role = 'SUPER_ADMIN'"
				           " and (id = '%s') = %s; exception when others then null; end $$;"
				           " select pg_sleep(0.1); commit",
				           levels[i % 2], other.id, hand ? "true" : "false");
				_exit(0);
			}
		}
		for (int hand = 0; hand < 2; hand++)
			waitpid(hands[hand], NULL, 0);
		cr_expect_str_neq(count_chiefs(), "0", "%s", levels[i % 2]);
		server_query(f.dev, "update app.users set role = 'SUPER_ADMIN' where id = '%s'"
		                  " or email = 'ines.falk@marina.example'",
		           other.id);
	}
}
