/* restarts.c: tests graceful shutdown, recovery after a crash, and working through lost clients,
 * issuers and notifications without a restart. */

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "e2e.h"
#include "raw_conn.h"

#define LOCATION "01900000-0000-7000-8000-000000000001" /* of the demo data */

TestSuite(restarts, .timeout = 80);

enum { CLIENTS = 6 };

/* Locks app.logs until the returned child process is killed. */
static pid_t lock_logs(const struct server *server)
{
	pid_t child = fork();

	if (child == 0) {
		server_query(
			server,
			"begin; lock table app.logs in access exclusive mode; select pg_sleep(20)");
		_exit(0);
	}
	for (long long until = now_ms() + 5000; now_ms() < until; sleep_ms(5)) {
		const char *locks =
			server_query(server, "select count(*) from pg_locks"
		                             " where granted and relation = 'app.logs'::regclass"
		                             " and mode = 'AccessExclusiveLock'");

		if (locks && strcmp(locks, "1") == 0)
			return child;
	}
	fatal("cannot lock app.logs");
}

Test(restarts, wait_for_pending_requests)
{
	struct server *server = server_dev(NULL);
	struct client *clients[CLIENTS], *idle = e2e_client_of(server, "guard");
	pid_t holder;

	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = e2e_client_of(server, "guard");
		expect_status(client_get(clients[i], "/api/v1/users/me"), 200);
	}
	holder = lock_logs(server);
	for (int i = 0; i < CLIENTS; i++) {
		if (i % 2)
			client_send(clients[i], "GET", "/api/v1/logs?limit=1", NULL);
		else
			client_send(clients[i], "POST", "/api/v1/logs",
			            "{'type':'OTHER','title':'Last','description':'x',"
			            "'location_id':'" LOCATION "'}");
	}
	sleep_ms(200);
	server_terminate(server);
	sleep_ms(200);
	cr_expect(server_is_running(server), "it did not wait for pending requests");
	cr_expect(client_try_connect(server_port(server)) == NULL, "it still accepts connections");
	kill(holder, SIGKILL);
	server_query(server, "select pg_terminate_backend(pid) from pg_stat_activity"
	                     " where query like 'begin; lock%%'"
	                     " and pid <> pg_backend_pid()");
	for (int i = 0; i < CLIENTS; i++) {
		const struct answer *answer = client_receive(clients[i]);

		expect_status(answer, i % 2 ? 200 : 201);
		expect_header(answer, "Connection", "close");
	}
	cr_expect_eq(server_wait(server), 0);
	cr_expect(client_receive_within(idle, 0) == NULL);
	server_free(server);
}

Test(restarts, after_a_crash_find_all_data)
{
	struct server *server = server_dev(NULL);
	struct client *guard = e2e_client_of(server, "guard");
	const char *ids[CLIENTS],
		*token = e2e_format(
			"%s",
			answer_at(client_post(guard, "/dev/token", "{'who':'guard'}"), "token"));

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < CLIENTS; i++)
			ids[i] = e2e_new_log(guard, LOCATION, e2e_format("%d", i));
		server_kill(server);
		cr_expect(server_postmaster(server) == 0, "PostgreSQL is still running");
		client_disconnect(guard);
		server_start(server);
		cr_assert(server_wait_ready(server, 20000));
		/* The signing key is kept as well, so the token stays valid. */
		client_set_token(guard, token);
		for (int i = 0; i < CLIENTS; i++)
			expect_at(client_get(guard, "/api/v1/logs/%s", ids[i]), "title",
			          e2e_format("%d", i));
	}
	cr_expect_eq(server_stop(server), 0);
	server_free(server);
}

Test(restarts, are_not_caused_by_disconnecting_clients)
{
	struct server *server = server_dev(NULL);
	struct client *clients[CLIENTS], *other = e2e_client_of(server, "guard");
	pid_t holder = lock_logs(server), pid = server_pid(server);
	const char *token = e2e_format(
		"%s", answer_at(client_post(other, "/dev/token", "{'who':'guard'}"), "token"));
	const char *id = e2e_id();

	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = e2e_client_of(server, NULL);
		client_set_token(clients[i], token);
		if (i % 2)
			client_send(clients[i], "GET", "/api/v1/logs?limit=1", NULL);
		else
			client_send(clients[i], "POST", "/api/v1/logs",
			            "{'id':'%s','type':'OTHER','title':'Gone','description':'x',"
			            "'location_id':'" LOCATION "'}",
			            id);
	}
	sleep_ms(200);
	for (int i = 0; i < CLIENTS; i++)
		client_disconnect(clients[i]);
	sleep_ms(50);
	kill(holder, SIGKILL);
	server_query(server, "select pg_terminate_backend(pid) from pg_stat_activity"
	                     " where query like 'begin; lock%%'"
	                     " and pid <> pg_backend_pid()");
	expect_status(client_get(other, "/api/v1/logs?limit=1"), 200);
	/* A request that was sent is executed once, although its client has disconnected. */
	for (long long until = now_ms() + 5000; now_ms() < until; sleep_ms(5)) {
		if (client_get(other, "/api/v1/logs/%s", id)->status == 200)
			break;
	}
	expect_status(client_get(other, "/api/v1/logs/%s", id), 200);
	cr_expect(server_is_running(server) && server_pid(server) == pid);
	cr_expect_eq(server_stop(server), 0);
	server_free(server);
}

Test(restarts, do_not_wait_for_an_unreachable_issuer)
{
	struct server *issuer = server_dev(NULL), *server;
	struct client *client;
	const char *token = e2e_format("%s", answer_at(client_post(e2e_client_of(issuer, NULL),
	                                                           "/dev/token", "{'who':'guard'}"),
	                                               "token"));
	const char *const settings[] = { e2e_format("OIDC_ISSUERS=%s binnacle-dev",
		                                    server_issuer(issuer)),
		                         e2e_format("DATA=%s/own", server_directory(issuer)),
		                         "HOST=127.0.0.1",
		                         "NEW_USER_ROLE=GUARD",
		                         "JWKS_INTERVAL_SECONDS=1",
		                         NULL };
	long long restarted_ms;
	int status = 0;

	cr_assert_eq(server_stop(issuer), 0);
	sandbox_copy(server_data(issuer), e2e_format("%s/own", server_directory(issuer)));
	server = server_serve(settings);
	for (long long until = now_ms() + 30000; now_ms() < until && status != 200; sleep_ms(10)) {
		client = client_try_connect(server_port(server));
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
	restarted_ms = now_ms();
	do {
		sleep_ms(20);
		status = client_get(client, "/api/v1/users/me")->status;
	} while (status != 200 && now_ms() < restarted_ms + 15000);
	cr_expect_eq(status, 200, "%d after %lld ms", status, now_ms() - restarted_ms);
	expect_status(client_get(client, "/ready"), 200);
	expect_status(client_get(client, "/api/v1/locations"), 200);

	/* When the issuer stops again, its keys stay in use. */
	cr_expect_eq(server_stop(issuer), 0);
	expect_status(client_get(client, "/api/v1/users/me"), 200);
	cr_expect_eq(server_stop(server), 0);
	server_free(server);
	server_free(issuer);
}

Test(restarts, are_not_needed_to_archive_a_user_in_every_process)
{
	struct server *dev = server_dev(NULL), *serve;
	const char *token, *id;
	struct client *here = e2e_client_of(dev, "guard"), *there;
	long long start;
	int status;

	token = e2e_format("%s",
	                   answer_at(client_post(here, "/dev/token", "{'who':'guard'}"), "token"));
	id = e2e_format("%s", answer_at(client_get(here, "/api/v1/users/me"), "id"));
	serve = server_second(dev, NULL);
	there = e2e_client_of(serve, NULL);
	client_set_token(there, token);
	expect_status(client_get(there, "/api/v1/logs?limit=1"), 200);
	server_query(dev, "update app.users set archived_at = now() where id = '%s'", id);
	start = now_ms();
	do
		status = client_get(there, "/api/v1/logs?limit=1")->status;
	while (status != 403 && now_ms() < start + 5000);
	cr_expect(now_ms() - start < 250, "%lld ms", now_ms() - start);
	expect_problem(client_get(here, "/api/v1/logs?limit=1"), "ACCOUNT_ARCHIVED");
	cr_expect_eq(server_stop(serve), 0);
	cr_expect_eq(server_stop(dev), 0);
	server_free(serve);
	server_free(dev);
}

/* Ends all LISTEN connections and blocks new ones to the database while the child process lives,
 * then archives the user: no server process is notified. */
static pid_t archive_without_notification(const struct server *server, const char *id)
{
	pid_t child = fork();

	if (child == 0) {
		server_query(server,
		             "do $$ begin"
		             " update pg_database set datallowconn = false"
		             " where datname = current_database(); commit;"
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

Test(restarts, are_not_needed_to_disconnect_a_user_archived_without_notification)
{
	struct server *dev = server_dev(NULL), *serve;
	struct client *guard = e2e_client_of(dev, "guard");
	const char *token = e2e_format(
		"%s", answer_at(client_post(guard, "/dev/token", "{'who':'guard'}"), "token"));
	const char *id = e2e_format("%s", answer_at(client_get(guard, "/api/v1/users/me"), "id"));
	struct raw_conn *conn;
	pid_t child;

	serve = server_serve((const char *const[]){
		e2e_format("DATABASE_URL=%s", server_url(dev)),
		e2e_format("OIDC_ISSUERS=%s binnacle-dev", server_issuer(dev)), "HOST=127.0.0.1",
		"WS_SWEEP_SECONDS=1", NULL });
	cr_assert(server_wait_ready(serve, 20000));
	conn = raw_conn_new(server_port(serve));
	raw_conn_send(
		conn,
		str_of(e2e_format("GET /api/v1/events?channels=org HTTP/1.1\r\nHost: localhost\r\n"
	                          "Authorization: Bearer %s\r\n\r\n",
	                          token)));
	cr_assert(raw_conn_wait_for(conn, "retry: 3000\n\n", 10000), "%s",
	          buf_cstr(&conn->received));
	child = archive_without_notification(dev, id);
	cr_expect(raw_conn_wait_end(conn, 20000));
	kill(child, SIGKILL);
	raw_conn_free(conn);
	server_free(serve);
	server_free(dev);
}
