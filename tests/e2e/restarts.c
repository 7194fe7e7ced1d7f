/* The program ends politely when asked, and comes back whole when it was not. */

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "e2e.h"
#include "raw_conn.h"

#define PLACE "01900000-0000-7000-8000-000000000001" /* of the demo data */

TestSuite(restarts, .timeout = 80);

enum { MANY = 6 };

/* Nobody reads a log while this process lives. */
static pid_t hold_logs(const struct server *server)
{
	pid_t child = fork();

	if (child == 0) {
		server_query(server, "begin; lock table app.logs in access exclusive mode; select pg_sleep(20)");
		_exit(0);
	}
	for (long long until = now_ms() + 5000; now_ms() < until; sleep_ms(5)) {
		const char *held = server_query(server, "select count(*) from pg_locks where granted"
		                                      " and relation = 'app.logs'::regclass"
		                                      " and mode = 'AccessExclusiveLock'");

		if (held && strcmp(held, "1") == 0)
			return child;
	}
	give_up("the table cannot be locked");
}

Test(restarts, answer_first_what_was_asked_before)
{
	struct server *server = server_dev(NULL);
	struct client *clients[MANY], *idle = e2e_client_of(server, "guard");
	pid_t holder;

	for (int i = 0; i < MANY; i++) {
		clients[i] = e2e_client_of(server, "guard");
		expect_status(client_get(clients[i], "/api/v1/users/me"), 200);
	}
	holder = hold_logs(server);
	for (int i = 0; i < MANY; i++) {
		if (i % 2)
			client_send(clients[i], "GET", "/api/v1/logs?limit=1", NULL);
		else
			client_send(clients[i], "POST", "/api/v1/logs",
			            "{'type':'OTHER','title':'Last','description':'x','location_id':'" PLACE "'}");
	}
	sleep_ms(200);
	server_terminate(server);
	sleep_ms(200);
	cr_expect(server_is_running(server), "it did not wait");
	cr_expect(client_try(server_port(server)) == NULL, "it still takes new connections");
	kill(holder, SIGKILL);
	server_query(server, "select pg_terminate_backend(pid) from pg_stat_activity where query like 'begin; lock%%'"
	                   " and pid <> pg_backend_pid()");
	for (int i = 0; i < MANY; i++) {
		const struct answer *answer = client_receive(clients[i]);

		expect_status(answer, i % 2 ? 200 : 201);
		expect_header(answer, "Connection", "close");
	}
	cr_expect_eq(server_wait(server), 0);
	cr_expect(client_receive_within(idle, 0) == NULL);
	server_free(server);
}

Test(restarts, after_a_sudden_end_find_everything_there)
{
	struct server *server = server_dev(NULL);
	struct client *guard = e2e_client_of(server, "guard");
	const char *ids[MANY], *token = e2e_format("%s", answer_at(client_post(guard, "/dev/token", "{'who':'guard'}"),
	                                                            "token"));

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < MANY; i++)
			ids[i] = e2e_log(guard, PLACE, e2e_format("%d", i));
		server_kill(server);
		cr_expect(server_postmaster(server) == 0, "its PostgreSQL has outlived it");
		client_disconnect(guard);
		server_start(server);
		cr_assert(server_wait_ready(server, 20000));
		/* The key was kept, too: the token is as good as before. */
		client_set_token(guard, token);
		for (int i = 0; i < MANY; i++)
			expect_at(client_get(guard, "/api/v1/logs/%s", ids[i]), "title", e2e_format("%d", i));
	}
	cr_expect_eq(server_stop(server), 0);
	server_free(server);
}

Test(restarts, do_not_come_from_clients_that_leave)
{
	struct server *server = server_dev(NULL);
	struct client *clients[MANY], *stays = e2e_client_of(server, "guard");
	pid_t holder = hold_logs(server), pid = server_pid(server);
	const char *token = e2e_format("%s", answer_at(client_post(stays, "/dev/token", "{'who':'guard'}"), "token"));
	const char *id = e2e_id();

	for (int i = 0; i < MANY; i++) {
		clients[i] = e2e_client_of(server, NULL);
		client_set_token(clients[i], token);
		if (i % 2)
			client_send(clients[i], "GET", "/api/v1/logs?limit=1", NULL);
		else
			client_send(clients[i], "POST", "/api/v1/logs",
			            "{'id':'%s','type':'OTHER','title':'Gone','description':'x','location_id':'" PLACE
			            "'}",
			            id);
	}
	sleep_ms(200);
	for (int i = 0; i < MANY; i++)
		client_disconnect(clients[i]);
	sleep_ms(50);
	kill(holder, SIGKILL);
	server_query(server, "select pg_terminate_backend(pid) from pg_stat_activity where query like 'begin; lock%%'"
	                   " and pid <> pg_backend_pid()");
	expect_status(client_get(stays, "/api/v1/logs?limit=1"), 200);
	/* What was sent is done, once, though nobody waits for the answer. */
	for (long long until = now_ms() + 5000; now_ms() < until; sleep_ms(5)) {
		if (client_get(stays, "/api/v1/logs/%s", id)->status == 200)
			break;
	}
	expect_status(client_get(stays, "/api/v1/logs/%s", id), 200);
	cr_expect(server_is_running(server) && server_pid(server) == pid);
	cr_expect_eq(server_stop(server), 0);
	server_free(server);
}

Test(restarts, do_not_wait_for_an_issuer_that_is_away)
{
	struct server *issuer = server_dev(NULL), *server;
	struct client *client;
	const char *token = e2e_format("%s", answer_at(client_post(e2e_client_of(issuer, NULL), "/dev/token",
	                                                            "{'who':'guard'}"),
	                                                "token"));
	const char *const settings[] = { e2e_format("OIDC_ISSUERS=%s binnacle-dev", server_issuer(issuer)),
		                         e2e_format("DATA=%s/own", server_directory(issuer)),
		                         "HOST=127.0.0.1", "NEW_USER_ROLE=GUARD",
		                         "JWKS_INTERVAL_SECONDS=1", NULL };
	long long back_ms;
	int status = 0;

	cr_assert_eq(server_stop(issuer), 0);
	sandbox_copy(server_data(issuer), e2e_format("%s/own", server_directory(issuer)));
	server = server_serve(settings);
	for (long long until = now_ms() + 30000; now_ms() < until && status != 200; sleep_ms(10)) {
		client = client_try(server_port(server));
		status = client ? client_try_get(client, "/health")->status : 0;
		client_free(client);
	}
	cr_assert_eq(status, 200, "it did not start");
	client = e2e_client_of(server, NULL);
	client_set_token(client, token);
	expect_status(client_get(client, "/ready"), 503);
	expect_problem(client_get(client, "/api/v1/users/me"), "KEYS_UNAVAILABLE");
	cr_expect(answer_header(client_get(client, "/api/v1/users/me"), "Retry-After") != NULL);

	server_start(issuer);
	cr_assert(server_wait_ready(issuer, 20000));
	back_ms = now_ms();
	do {
		sleep_ms(20);
		status = client_get(client, "/api/v1/users/me")->status;
	} while (status != 200 && now_ms() < back_ms + 15000);
	cr_expect_eq(status, 200, "%d after %lld ms", status, now_ms() - back_ms);
	expect_status(client_get(client, "/ready"), 200);
	expect_status(client_get(client, "/api/v1/locations"), 200);

	/* And when it goes away again, who is known stays known. */
	cr_expect_eq(server_stop(issuer), 0);
	expect_status(client_get(client, "/api/v1/users/me"), 200);
	cr_expect_eq(server_stop(server), 0);
	server_free(server);
	server_free(issuer);
}

Test(restarts, are_not_needed_to_put_somebody_out_of_every_process)
{
	struct server *dev = server_dev(NULL), *serve;
	const char *token, *id;
	struct client *here = e2e_client_of(dev, "guard"), *there;
	long long began;
	int status;

	token = e2e_format("%s", answer_at(client_post(here, "/dev/token", "{'who':'guard'}"), "token"));
	id = e2e_format("%s", answer_at(client_get(here, "/api/v1/users/me"), "id"));
	serve = server_second(dev, NULL);
	there = e2e_client_of(serve, NULL);
	client_set_token(there, token);
	expect_status(client_get(there, "/api/v1/logs?limit=1"), 200);
	server_query(dev, "update app.users set archived_at = now() where id = '%s'", id);
	began = now_ms();
	do
		status = client_get(there, "/api/v1/logs?limit=1")->status;
	while (status != 403 && now_ms() < began + 5000);
	cr_expect(now_ms() - began < 250, "%lld ms", now_ms() - began);
	expect_problem(client_get(here, "/api/v1/logs?limit=1"), "ACCOUNT_ARCHIVED");
	cr_expect_eq(server_stop(serve), 0);
	cr_expect_eq(server_stop(dev), 0);
	server_free(serve);
	server_free(dev);
}

/* While this process lives nobody connects to the database any more, and no process listens; then this
 * person is archived. */
static pid_t archive_unheard(const struct server *server, const char *id)
{
	pid_t child = fork();

	if (child == 0) {
		server_query(server,
		           "do $$ begin"
		           " update pg_database set datallowconn = false where datname = current_database(); commit;"
		           " perform pg_terminate_backend(pid) from pg_stat_activity"
		           " where query like 'select 1%%' and pid <> pg_backend_pid();"
		           " perform pg_sleep(0.5);"
		           " update app.users set archived_at = now() where id = '%s'; commit;"
		           " perform pg_sleep(60); end $$",
		           id);
		_exit(0);
	}
	return child;
}

Test(restarts, are_not_needed_to_send_away_a_listener_where_nothing_is_told)
{
	struct server *dev = server_dev(NULL), *serve;
	struct client *guard = e2e_client_of(dev, "guard");
	const char *token = e2e_format("%s", answer_at(client_post(guard, "/dev/token", "{'who':'guard'}"), "token"));
	const char *id = e2e_format("%s", answer_at(client_get(guard, "/api/v1/users/me"), "id"));
	struct raw_conn *wire;
	pid_t child;

	serve = server_serve((const char *const[]){ e2e_format("DATABASE_URL=%s", server_url(dev)),
	                                            e2e_format("OIDC_ISSUERS=%s binnacle-dev", server_issuer(dev)),
	                                            "HOST=127.0.0.1", "WS_SWEEP_SECONDS=1", NULL });
	cr_assert(server_wait_ready(serve, 20000));
	wire = raw_conn_new(server_port(serve));
	raw_conn_send(wire, str_of(e2e_format("GET /api/v1/events?channels=org HTTP/1.1\r\nHost: localhost\r\n"
	                                  "Authorization: Bearer %s\r\n\r\n",
	                                  token)));
	cr_assert(raw_conn_wait_for(wire, "retry: 3000\n\n", 10000), "%s", buf_cstr(&wire->heard));
	child = archive_unheard(dev, id);
	cr_expect(raw_conn_wait_end(wire, 20000));
	kill(child, SIGKILL);
	raw_conn_free(wire);
	server_free(serve);
	server_free(dev);
}
