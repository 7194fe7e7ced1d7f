/* When the database is killed, stalls or is unavailable, every request gets a response and no
 * acknowledged write is lost. */

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "postgres.h"
#include "e2e.h"

#define LOCATION "01900000-0000-7000-8000-000000000001" /* of the demo data */

TestSuite(database_faults, .timeout = 80);

/* ---- Load: each client sends its next request as soon as it has a response ---- */

enum {
	CLIENTS = 8,
	MAX_IDS = 20000,
	TIMEOUT_MS = 5000, /* of the statements for lists and for creating a log */
	DOWN_MS = 1000,    /* how long a statement waits for an unavailable database */
	GRACE_MS = 250,    /* at least that of the database pool */
	SLACK_MS = 750,    /* for a busy machine */
	RECOVERY_MS = 1500,
};

static struct {
	struct client *clients[CLIENTS];
	long long sent_ms[CLIENTS]; /* 0: no open request */
	int request_counts[CLIENTS];
	char (*ids)[40]; /* of the logs whose creation was acknowledged */
	int id_count;
	int succeeded, unavailable, timed_out, unexpected, unanswered;
	long long slowest_ms;
	char last_unexpected[300];
} f;

static void load_begin(const struct server *server, const char *token)
{
	for (int i = 0; i < CLIENTS; i++) {
		f.clients[i] = e2e_client_of(server, NULL);
		client_set_token(f.clients[i], token);
	}
	f.ids = calloc(MAX_IDS, sizeof(*f.ids));
}

static void send_next(int i)
{
	if (f.request_counts[i]++ % 2)
		client_send(f.clients[i], "GET", "/api/v1/logs?limit=3", NULL);
	else
		client_send(f.clients[i], "POST", "/api/v1/logs",
		            "{'type':'OTHER','title':'Under load','description':'x',"
		            "'location_id':'" LOCATION "'}");
	f.sent_ms[i] = now_ms();
}

static void receive_response(int i)
{
	const struct answer *answer = client_receive_within(f.clients[i], 1000);
	long long duration_ms = now_ms() - f.sent_ms[i];

	f.sent_ms[i] = 0;
	if (duration_ms > f.slowest_ms)
		f.slowest_ms = duration_ms;
	if (!answer) {
		f.unanswered++;
		return;
	}
	switch (answer->status) {
	case 201:
		if (f.id_count < MAX_IDS)
			snprintf(f.ids[f.id_count++], sizeof(f.ids[0]), "%s",
			         answer_at(answer, "id"));
		f.succeeded++;
		break;
	case 200:
		f.succeeded++;
		break;
	case 503:
		f.unavailable++;
		break;
	case 504:
		f.timed_out++;
		break;
	default:
		f.unexpected++;
		snprintf(f.last_unexpected, sizeof(f.last_unexpected), "%s: %.*s", answer->about,
		         STR_ARGS(answer->body));
	}
}

/* Clients without an open request send one (if `send`), and those with a response read it. */
static void load_turn(bool send)
{
	struct pollfd polled[CLIENTS];

	for (int i = 0; i < CLIENTS; i++) {
		if (send && !f.sent_ms[i])
			send_next(i);
		polled[i] = (struct pollfd){ .fd = f.sent_ms[i] ? client_fd(f.clients[i]) : -1,
			                     .events = POLLIN };
	}
	poll(polled, CLIENTS, 5);
	for (int i = 0; i < CLIENTS; i++) {
		if (f.sent_ms[i] && polled[i].revents)
			receive_response(i);
	}
}

static void load_for(int ms)
{
	for (long long until = now_ms() + ms; now_ms() < until;)
		load_turn(true);
}

static bool has_open_requests(void)
{
	for (int i = 0; i < CLIENTS; i++) {
		if (f.sent_ms[i])
			return true;
	}
	return false;
}

/* Receives the responses to the open requests. */
static void load_pause(void)
{
	for (long long until = now_ms() + 10000; has_open_requests() && now_ms() < until;)
		load_turn(false);
}

/* Receives the last responses, and checks what must hold in every test. */
static void load_end(void)
{
	load_pause();
	cr_expect(!has_open_requests(), "a request has no response");
	cr_expect_eq(f.unanswered, 0, "%d connections ended without a response", f.unanswered);
	cr_expect_eq(f.unexpected, 0, "%d unexpected responses, the last: %s", f.unexpected,
	             f.last_unexpected);
	cr_expect(f.id_count > 0);
}

/* How many of the acknowledged logs are in the database. */
static int count_stored(const char *(*query)(const char *sql))
{
	int stored = 0;

	for (int i = 0; i < f.id_count; i += 50) {
		struct buf sql = { 0 };

		buf_text(&sql, "select count(*) from app.logs where id in (null");
		for (int j = i; j < i + 50 && j < f.id_count; j++)
			buf_print(&sql, ",'%s'", f.ids[j]);
		buf_text(&sql, ")");
		stored += atoi(query(buf_cstr(&sql)));
		buf_finish(&sql);
	}
	free(f.ids);
	return stored;
}

static struct server *dev;

static const char *query_dev(const char *sql)
{
	return server_query(dev, "%s", sql);
}

static const char *new_token(const struct server *server, const char *role)
{
	return e2e_format("%s", answer_at(client_post(e2e_client_of(server, NULL), "/dev/token",
	                                              "{'who':'%s'}", role),
	                                  "token"));
}

/* ---- Faults ---- */

Test(database_faults, dev_restarts_a_killed_database)
{
	long long restarted_ms = 0, recovered_ms = 0;
	pid_t postmaster, pid;
	int succeeded;

	dev = server_dev(NULL);
	pid = server_pid(dev);
	load_begin(dev, new_token(dev, "guard"));
	load_for(400);
	cr_expect(f.unavailable == 0 && f.timed_out == 0 && f.succeeded > 0);
	postmaster = server_postmaster(dev);
	kill(postmaster, SIGKILL);
	succeeded = f.succeeded;
	for (long long until = now_ms() + 20000; !recovered_ms && now_ms() < until;) {
		load_turn(true);
		if (!restarted_ms && server_postmaster(dev) != postmaster
		    && server_database_answers(dev)) {
			restarted_ms = now_ms();
			succeeded = f.succeeded;
		} else if (restarted_ms && f.succeeded > succeeded) {
			recovered_ms = now_ms();
		}
	}
	cr_expect(recovered_ms && recovered_ms - restarted_ms < RECOVERY_MS,
	          "requests succeeded %lld ms after the database", recovered_ms - restarted_ms);
	load_for(400);
	/* There need not be any 503: the database may restart fast enough. */
	load_end();
	cr_expect_eq(count_stored(query_dev), f.id_count);
	cr_expect(server_is_running(dev) && server_pid(dev) == pid);
	cr_expect_eq(server_stop(dev), 0);
	server_free(dev);
}

static struct postgres *postgres;

static const char *query_postgres(const char *sql)
{
	return postgres_query(postgres, "binnacle", sql);
}

/* `serve` on a PostgreSQL that no server manages, with dev as its issuer. */
static struct server *begin_serve(void)
{
	const char *issuer, *url;
	struct server *serve;
	struct program_result result;

	postgres = postgres_new();
	postgres_create(postgres, "binnacle");
	url = e2e_format("DATABASE_URL=%s", postgres_url(postgres, "binnacle"));
	dev = server_dev(NULL);
	issuer = e2e_format("OIDC_ISSUERS=%s binnacle-dev", server_issuer(dev));
	program_run(&result, (const char *const[]){ url, NULL },
	            (const char *const[]){ "migrate", NULL });
	cr_assert_eq(result.status, 0, "%s", buf_cstr(&result.err));
	result_finish(&result);
	query_postgres("insert into app.locations (id, name) values ('" LOCATION "', 'Pier')");
	/* A supervisor can write logs for any location without being on duty. */
	query_postgres("insert into app.users (role, first_name, last_name, email)"
	               " values ('SUPERVISOR', 'Marek', 'Dunn', 'marek.dunn@marina.example')");
	serve = server_serve((const char *const[]){
		url, issuer, "HOST=127.0.0.1", "NEW_USER_ROLE=GUARD", "RATE_LIMIT=off", NULL });
	cr_assert(server_wait_ready(serve, 10000));
	return serve;
}

static void end_serve(struct server *serve)
{
	cr_expect_eq(server_stop(serve), 0);
	server_free(serve);
	server_free(dev);
	postgres_free(postgres);
}

Test(database_faults, an_unavailable_database_is_reported_until_it_returns)
{
	struct server *serve = begin_serve();
	pid_t pid = server_pid(serve);
	long long restarted_ms;
	int succeeded, unavailable;

	load_begin(serve, new_token(dev, "supervisor"));
	load_for(400);
	postgres_kill(postgres);
	load_for(300);
	succeeded = f.succeeded;
	unavailable = f.unavailable;
	load_for(2 * DOWN_MS);
	cr_expect_eq(f.succeeded, succeeded, "a request succeeded without a database");
	cr_expect(f.unavailable >= unavailable + CLIENTS, "only %d requests got 503",
	          f.unavailable - unavailable);
	cr_expect(f.slowest_ms <= DOWN_MS + GRACE_MS + SLACK_MS, "a response took %lld ms",
	          f.slowest_ms);
	expect_status(client_get(e2e_client_of(serve, NULL), "/health"), 200);
	expect_status(client_get(e2e_client_of(serve, NULL), "/ready"), 503);

	postgres_start(postgres);
	restarted_ms = now_ms();
	while (f.succeeded == succeeded && now_ms() < restarted_ms + 10000)
		load_turn(true);
	cr_expect(now_ms() - restarted_ms < RECOVERY_MS,
	          "requests succeeded %lld ms after the database", now_ms() - restarted_ms);
	load_for(400);
	load_end();
	cr_expect_eq(count_stored(query_postgres), f.id_count);
	cr_expect(server_is_running(serve) && server_pid(serve) == pid);
	end_serve(serve);
}

Test(database_faults, stalled_backends_cost_no_more_than_the_timeout)
{
	static const char *const patterns[] = { "%create_log%", "%log_item%" };
	struct server *serve = begin_serve();
	int succeeded;

	load_begin(serve, new_token(dev, "supervisor"));
	load_for(400);
	cr_expect(f.unavailable == 0 && f.timed_out == 0);
	/* One backend that writes and one that reads. They are idle, because a backend that is
	 * paused with a lock would block others. */
	load_pause();
	for (size_t i = 0; i < COUNT_OF(patterns); i++) {
		const char *backend = query_postgres(e2e_format(
			"select pid from pg_stat_activity where pid <> pg_backend_pid() and query"
			" like '%s'",
			patterns[i]));

		cr_assert(backend != NULL, "no backend has run a statement like %s", patterns[i]);
		postgres_pause(postgres, atoi(backend));
	}
	load_for(2000);
	succeeded = f.succeeded;
	load_for(TIMEOUT_MS);
	cr_expect(f.succeeded > succeeded + 100,
	          "only %d requests succeeded over the other connections in %d ms",
	          f.succeeded - succeeded, TIMEOUT_MS);
	cr_expect(f.slowest_ms <= TIMEOUT_MS + GRACE_MS + SLACK_MS, "a response took %lld ms",
	          f.slowest_ms);
	postgres_resume(postgres);
	load_for(200);
	load_end();
	cr_expect(f.slowest_ms <= TIMEOUT_MS + GRACE_MS + SLACK_MS, "a response took %lld ms",
	          f.slowest_ms);
	cr_expect(f.unavailable + f.timed_out <= 2 * CLIENTS, "%d requests got 503 and %d 504",
	          f.unavailable, f.timed_out);
	cr_expect_eq(count_stored(query_postgres), f.id_count);
	expect_status(client_get(e2e_client_of(serve, NULL), "/ready"), 200);
	end_serve(serve);
}
