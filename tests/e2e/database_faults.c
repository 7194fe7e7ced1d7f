/* When the database dies, stops or stays away, everybody is answered, and nothing
 * that was promised is lost. */

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "postgres.h"
#include "e2e.h"

#define PLACE "01900000-0000-7000-8000-000000000001" /* of the demo data */

TestSuite(database_faults, .timeout = 80);

/* ---- Many who ask, one after the other, without a pause ---- */

enum {
	CLIENTS = 8,
	IDS = 20000,
	ALLOWANCE_MS = 5000, /* of lists, and of writing a log */
	DOWN_MS = 1000,	     /* how long one waits for a database that is away */
	PATIENCE_MS = 250,
	SLACK_MS = 750,
	BACK_MS = 1500,
};

static struct {
	struct client *clients[CLIENTS];
	long long asked_ms[CLIENTS]; /* 0: it asks nothing */
	int turns[CLIENTS];
	char (*ids)[40]; /* of what was acknowledged */
	int id_count;
	int fine, refused, late, other, unanswered;
	long long slowest_ms;
	char odd[300]; /* an answer that should not be */
} f;

static void load_begin(const struct server *server, const char *token)
{
	for (int i = 0; i < CLIENTS; i++) {
		f.clients[i] = e2e_client_of(server, NULL);
		client_set_token(f.clients[i], token);
	}
	f.ids = calloc(IDS, sizeof(*f.ids));
}

static void send_next(int i)
{
	if (f.turns[i]++ % 2)
		client_send(f.clients[i], "GET", "/api/v1/logs?limit=3", NULL);
	else
		client_send(f.clients[i], "POST", "/api/v1/logs",
		            "{'type':'OTHER','title':'Under load','description':'x','location_id':'" PLACE "'}");
	f.asked_ms[i] = now_ms();
}

static void take_answer(int i)
{
	const struct answer *answer = client_receive_within(f.clients[i], 1000);
	long long took = now_ms() - f.asked_ms[i];

	f.asked_ms[i] = 0;
	if (took > f.slowest_ms)
		f.slowest_ms = took;
	if (!answer) {
		f.unanswered++;
		return;
	}
	switch (answer->status) {
	case 201:
		if (f.id_count < IDS)
			snprintf(f.ids[f.id_count++], sizeof(f.ids[0]), "%s", answer_at(answer, "id"));
		f.fine++;
		break;
	case 200:
		f.fine++;
		break;
	case 503:
		f.refused++;
		break;
	case 504:
		f.late++;
		break;
	default:
		f.other++;
		snprintf(f.odd, sizeof(f.odd), "%s: %.*s", answer->about, STR_ARGS(answer->body));
	}
}

/* Once around: whoever asks nothing asks (if he may), whoever was answered reads. */
static void load_turn(bool more)
{
	struct pollfd polled[CLIENTS];

	for (int i = 0; i < CLIENTS; i++) {
		if (more && !f.asked_ms[i])
			send_next(i);
		polled[i] = (struct pollfd){ .fd = f.asked_ms[i] ? client_fd(f.clients[i]) : -1,
			                     .events = POLLIN };
	}
	poll(polled, CLIENTS, 5);
	for (int i = 0; i < CLIENTS; i++) {
		if (f.asked_ms[i] && polled[i].revents)
			take_answer(i);
	}
}

static void load_for(int ms)
{
	for (long long until = now_ms() + ms; now_ms() < until;)
		load_turn(true);
}

static bool has_open_questions(void)
{
	for (int i = 0; i < CLIENTS; i++) {
		if (f.asked_ms[i])
			return true;
	}
	return false;
}

static void load_rest(void)
{
	for (long long until = now_ms() + 10000; has_open_questions() && now_ms() < until;)
		load_turn(false);
}

/* The last answers; and what everybody may expect whatever happens. */
static void load_end(void)
{
	load_rest();
	cr_expect(!has_open_questions(), "somebody still waits");
	cr_expect_eq(f.unanswered, 0, "%d connections ended without an answer", f.unanswered);
	cr_expect_eq(f.other, 0, "%d answers that should not be, the last: %s", f.other, f.odd);
	cr_expect(f.id_count > 0);
}

/* How many of the acknowledged are there, as the first value of a statement. */
static int count_kept(const char *(*ask)(const char *sql))
{
	int kept = 0;

	for (int i = 0; i < f.id_count; i += 50) {
		struct buf sql = { 0 };

		buf_text(&sql, "select count(*) from app.logs where id in (null");
		for (int j = i; j < i + 50 && j < f.id_count; j++)
			buf_print(&sql, ",'%s'", f.ids[j]);
		buf_text(&sql, ")");
		kept += atoi(ask(buf_cstr(&sql)));
		buf_finish(&sql);
	}
	free(f.ids);
	return kept;
}

static struct server *dev;

static const char *ask_dev(const char *sql)
{
	return server_query(dev, "%s", sql);
}

static const char *token_of(const struct server *server, const char *who)
{
	return e2e_format("%s", answer_at(client_post(e2e_client_of(server, NULL), "/dev/token", "{'who':'%s'}", who),
	                                   "token"));
}

/* ---- What may happen ---- */

Test(database_faults, of_a_database_that_is_killed_are_mended_by_dev_itself)
{
	long long back_ms = 0, fine_ms = 0;
	pid_t postmaster, pid;
	int fine;

	dev = server_dev(NULL);
	pid = server_pid(dev);
	load_begin(dev, token_of(dev, "guard"));
	load_for(400);
	cr_expect(f.refused == 0 && f.late == 0 && f.fine > 0);
	postmaster = server_postmaster(dev);
	kill(postmaster, SIGKILL);
	fine = f.fine;
	for (long long until = now_ms() + 20000; !fine_ms && now_ms() < until;) {
		load_turn(true);
		if (!back_ms && server_postmaster(dev) != postmaster && server_database_answers(dev)) {
			back_ms = now_ms();
			fine = f.fine;
		} else if (back_ms && f.fine > fine) {
			fine_ms = now_ms();
		}
	}
	cr_expect(fine_ms && fine_ms - back_ms < BACK_MS, "%lld ms after the database", fine_ms - back_ms);
	load_for(400);
	/* Where it is back soon enough nobody need have been refused; each was answered. */
	load_end();
	cr_expect_eq(count_kept(ask_dev), f.id_count);
	cr_expect(server_is_running(dev) && server_pid(dev) == pid);
	cr_expect_eq(server_stop(dev), 0);
	server_free(dev);
}

static struct postgres *postgres;

static const char *ask_postgres(const char *sql)
{
	return postgres_ask(postgres, "binnacle", sql);
}

/* A PostgreSQL that is nobody's child, `serve` beside it, and dev as its issuer. */
static struct server *begin_serve(void)
{
	const char *issuer, *url;
	struct server *serve;
	struct program_result said;

	postgres = postgres_new();
	postgres_create(postgres, "binnacle");
	url = e2e_format("DATABASE_URL=%s", postgres_url(postgres, "binnacle"));
	dev = server_dev(NULL);
	issuer = e2e_format("OIDC_ISSUERS=%s binnacle-dev", server_issuer(dev));
	program_run(&said, (const char *const[]){ url, NULL }, (const char *const[]){ "migrate", NULL });
	cr_assert_eq(said.status, 0, "%s", buf_cstr(&said.err));
	result_finish(&said);
	ask_postgres("insert into app.locations (id, name) values ('" PLACE "', 'Pier')");
	/* Who writes of any place, on duty or not. */
	ask_postgres("insert into app.users (role, first_name, last_name, email)"
	             " values ('SUPERVISOR', 'Marek', 'Dunn', 'marek.dunn@marina.example')");
	serve = server_serve((const char *const[]){ url, issuer, "HOST=127.0.0.1", "NEW_USER_ROLE=GUARD",
	                                            "RATE_LIMIT=off", NULL });
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

Test(database_faults, of_a_database_that_stays_away_are_told_and_forgotten_when_it_comes_back)
{
	struct server *serve = begin_serve();
	pid_t pid = server_pid(serve);
	long long back_ms;
	int fine, refused;

	load_begin(serve, token_of(dev, "supervisor"));
	load_for(400);
	postgres_kill(postgres);
	load_for(300);
	fine = f.fine;
	refused = f.refused;
	load_for(2 * DOWN_MS);
	cr_expect_eq(f.fine, fine, "something was answered without a database");
	cr_expect(f.refused >= refused + CLIENTS, "%d of them were told", f.refused - refused);
	cr_expect(f.slowest_ms <= DOWN_MS + PATIENCE_MS + SLACK_MS, "%lld ms", f.slowest_ms);
	expect_status(client_get(e2e_client_of(serve, NULL), "/health"), 200);
	expect_status(client_get(e2e_client_of(serve, NULL), "/ready"), 503);

	postgres_start(postgres);
	back_ms = now_ms();
	while (f.fine == fine && now_ms() < back_ms + 10000)
		load_turn(true);
	cr_expect(now_ms() - back_ms < BACK_MS, "%lld ms after the database", now_ms() - back_ms);
	load_for(400);
	load_end();
	cr_expect_eq(count_kept(ask_postgres), f.id_count);
	cr_expect(server_is_running(serve) && server_pid(serve) == pid);
	end_serve(serve);
}

Test(database_faults, of_backends_that_do_not_answer_cost_no_more_than_the_time_allowed)
{
	static const char *const kinds[] = { "%create_log%", "%log_item%" };
	struct server *serve = begin_serve();
	int fine;

	load_begin(serve, token_of(dev, "supervisor"));
	load_for(400);
	cr_expect(f.refused == 0 && f.late == 0);
	/* One of those that write, and one of those that read; while they do nothing,
	 * for whoever is stopped with a lock stops others, too. */
	load_rest();
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		const char *backend = ask_postgres(e2e_format(
			"select pid from pg_stat_activity where pid <> pg_backend_pid() and query like '%s'", kinds[i]));

		cr_assert(backend != NULL, "nobody does %s", kinds[i]);
		postgres_pause(postgres, atoi(backend));
	}
	load_for(2000);
	fine = f.fine;
	load_for(ALLOWANCE_MS);
	cr_expect(f.fine > fine + 100, "%d in %d ms: the other connections go on", f.fine - fine, ALLOWANCE_MS);
	cr_expect(f.slowest_ms <= ALLOWANCE_MS + PATIENCE_MS + SLACK_MS, "%lld ms", f.slowest_ms);
	postgres_resume(postgres);
	load_for(200);
	load_end();
	cr_expect(f.slowest_ms <= ALLOWANCE_MS + PATIENCE_MS + SLACK_MS, "%lld ms", f.slowest_ms);
	cr_expect(f.refused + f.late <= 2 * CLIENTS, "%d refused, %d late", f.refused, f.late);
	cr_expect_eq(count_kept(ask_postgres), f.id_count);
	expect_status(client_get(e2e_client_of(serve, NULL), "/ready"), 200);
	end_serve(serve);
}
