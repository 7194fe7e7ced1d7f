/* outages.c: tests that every query completes with the right status while PostgreSQL fails and
 * recovers. */

#include <libpq-fe.h>
#include <stdlib.h>

#include "metrics.h"
#include "db_fixture.h"

TestSuite(outages, .init = pool_up, .fini = pool_down, .timeout = 90);

enum { QUERIES = 30 };

static void terminate_backends(const char *condition)
{
	char text[256];

	snprintf(text, sizeof(text),
	         "select count(pg_terminate_backend(pid)) from pg_stat_activity"
	         " where application_name = 'binnacle' and %s",
	         condition);
	sql(text);
}

Test(outages, reads_are_retried_on_another_connection)
{
	struct test_query reads[QUERIES] = { 0 };

	for (int i = 0; i < QUERIES; i++)
		start_query(&reads[i], SQL_DOZE, i == 0 ? "0.3" : "0");
	turn_for(100);
	terminate_backends("state = 'active'");
	for (int i = 0; i < QUERIES; i++) {
		cr_assert(turn_until(reads[i].done_count));
		cr_expect(eq(int, reads[i].status, DB_OK));
		cr_expect(eq(int, reads[i].done_count, 1));
	}
	cr_expect(eq(llong, metrics_value(METRIC_DB_LOST), 1));
}

Test(outages, reads_are_retried_once)
{
	struct test_query read = { 0 };

	start_query(&read, SQL_DOZE, "1");
	for (int i = 0; i < 20 && !read.done_count; i++) {
		turn_for(100);
		terminate_backends("state = 'active'");
	}
	cr_assert(turn_until(read.done_count));
	cr_expect(eq(int, read.status, DB_UNAVAILABLE));
}

Test(outages, writes_not_executed_are_retried)
{
	struct test_query sleeping = { 0 }, writes[QUERIES] = { 0 };
	char id[QUERIES][8];

	start_query(&sleeping, SQL_DOZE_WRITE, "0.3");
	loop_turn(f.loop);
	for (int i = 0; i < QUERIES; i++) {
		snprintf(id[i], sizeof(id[i]), "%d", 100 + i);
		start_query(&writes[i], SQL_THING_ADD, id[i], "x");
	}
	turn_for(40);
	terminate_backends("state = 'active'");
	for (int i = 0; i < QUERIES; i++) {
		cr_assert(turn_until(writes[i].done_count));
		cr_expect(eq(int, writes[i].status, DB_OK));
	}
	cr_assert(turn_until(sleeping.done_count));
	cr_expect(eq(int, sleeping.status, DB_OK));
	cr_expect(eq(str, (char *)sql("select count(*) from things where id >= 100"), "30"));
}

Test(outages, write_that_ends_its_session_is_not_repeated)
{
	struct test_query *result = run_query(SQL_END_SELF);

	cr_expect(eq(int, result->status, DB_UNAVAILABLE));
	cr_expect(turn_until(metrics_value(METRIC_DB_CONNECTIONS) == 4));
}

Test(outages, write_in_flight_has_an_unknown_outcome_after_a_crash)
{
	struct test_query write = { 0 }, read = { 0 };

	start_query(&write, SQL_DOZE_WRITE, "0.5");
	start_query(&read, SQL_DOZE, "0.5");
	turn_for(100);
	postgres_kill(f.postgres);
	postgres_start(f.postgres);
	cr_assert(turn_until(write.done_count && read.done_count));
	cr_expect(eq(int, write.status, DB_OUTCOME_UNKNOWN));
	cr_expect(eq(int, read.status, DB_OK), "the read must be retried");
}

Test(outages, idle_connections_are_reopened)
{
	long long began;

	terminate_backends("true");
	cr_assert(turn_until(metrics_value(METRIC_DB_LOST) >= 4), "all losses must be noticed");
	began = now_ms();
	cr_expect(turn_until(metrics_value(METRIC_DB_CONNECTIONS) == 4 && db_listening(f.db)));
	cr_expect(lt(llong, now_ms() - began, 1000));
	cr_expect(eq(int, run_query(SQL_ANSWER, "x")->status, DB_OK));
}

Test(outages, queries_fail_fast_without_a_database)
{
	struct test_query *result;

	postgres_stop(f.postgres);
	result = run_query(SQL_ANSWER, "x");
	cr_expect(eq(int, result->status, DB_UNAVAILABLE));
	cr_expect(le(llong, result->took_ms, 1300));
	result = run_query(SQL_THING_ADD, "50", "x");
	cr_expect(eq(int, result->status, DB_UNAVAILABLE));
	cr_expect(le(llong, result->took_ms, 1300));
	cr_expect(not(db_ready(f.db)));
	cr_expect(eq(llong, metrics_value(METRIC_DB_CONNECTIONS), 0));
}

Test(outages, queries_survive_a_short_restart)
{
	struct test_query read = { 0 }, write = { 0 };

	postgres_stop(f.postgres);
	start_query(&read, SQL_ANSWER, "x");
	start_query(&write, SQL_THING_ADD, "50", "fifty");
	turn_for(100);
	postgres_start(f.postgres);
	cr_assert(turn_until(read.done_count && write.done_count));
	cr_expect(eq(int, read.status, DB_OK));
	cr_expect(eq(int, write.status, DB_OK));
}

/* ---- Under load ---- */

enum { WORKERS = 48 };

static struct worker {
	struct test_query result;
	char id[16];
	bool writes;
} workers[WORKERS];

static int next_id = 1000, statuses[6];
static bool stop;
static long long slowest_ms;
static char written[100000]; /* by ID: 1 + the status of the insert */

static void start_work(struct worker *worker)
{
	if (worker->writes) {
		snprintf(worker->id, sizeof(worker->id), "%d", next_id++);
		start_query(&worker->result, SQL_THING_ADD, worker->id, "x");
	} else {
		start_query(&worker->result, SQL_ANSWER, "x");
	}
}

static void collect_results(void)
{
	for (int i = 0; i < WORKERS; i++) {
		struct worker *worker = &workers[i];

		if (!worker->result.done_count)
			continue;
		cr_assert(eq(int, worker->result.done_count, 1));
		if (worker->result.took_ms > slowest_ms)
			slowest_ms = worker->result.took_ms;
		statuses[worker->result.status]++;
		if (worker->writes)
			written[atoi(worker->id)] = (char)(1 + worker->result.status);
		worker->result.done_count = 0;
		if (!stop && next_id < (int)sizeof(written) - WORKERS)
			start_work(worker);
	}
}

static void run_for(int ms)
{
	long long end = now_ms() + ms;

	while (now_ms() < end) {
		loop_turn(f.loop);
		collect_results();
	}
}

/* Checks every status: the row exists after DB_OK, and does not after any other but
 * DB_OUTCOME_UNKNOWN. */
static void check_rows(void)
{
	static bool exists[sizeof(written)];
	PGconn *pg = PQconnectdb(f.url);
	PGresult *rows = PQexec(pg, "select id from things where id >= 1000");

	for (int i = 0; i < PQntuples(rows); i++)
		exists[atoi(PQgetvalue(rows, i, 0))] = true;
	PQclear(rows);
	PQfinish(pg);
	for (int id = 1000; id < next_id; id++) {
		int status = written[id] - 1;

		cr_assert(ge(int, status, 0), "write %d has not completed", id);
		if (status != DB_OUTCOME_UNKNOWN)
			cr_expect(eq(int, exists[id], status == DB_OK), "write %d, status %d", id,
			          status);
	}
}

static void run_through(void (*failure)(void))
{
	long long back;

	for (int i = 0; i < WORKERS; i++) {
		workers[i].writes = i % 3 == 0;
		start_work(&workers[i]);
	}
	run_for(300);
	failure();
	run_for(2500); /* no query may take longer than its timeout */
	postgres_start(f.postgres);
	back = now_ms();
	while (metrics_value(METRIC_DB_CONNECTIONS) < 4 && now_ms() - back < 5000)
		run_for(10);
	cr_expect(lt(llong, now_ms() - back, 1000), "all connections must be back within a second");
	run_for(300);
	stop = true;
	run_for(2500);
	cr_expect(le(llong, slowest_ms, 2000 + 250));
	cr_expect(gt(int, statuses[DB_OK], 1000));
	cr_expect(gt(int, statuses[DB_UNAVAILABLE], 0));
	cr_expect(eq(int, statuses[DB_SQL_ERROR], 0));
	cr_log_info("ok %d, timeout %d, unavailable %d, unknown %d; slowest %lld ms",
	            statuses[DB_OK], statuses[DB_TIMEOUT], statuses[DB_UNAVAILABLE],
	            statuses[DB_OUTCOME_UNKNOWN], slowest_ms);
	for (int i = 0; i < WORKERS; i++)
		cr_expect(not(workers[i].result.query.waiting));
	check_rows();
}

static void kill_server(void)
{
	postgres_kill(f.postgres);
}

static void stop_server(void)
{
	postgres_stop(f.postgres);
}

Test(outages, all_complete_when_the_server_is_killed_under_load)
{
	run_through(kill_server);
}

Test(outages, all_complete_when_the_server_is_stopped_under_load)
{
	run_through(stop_server);
	/* An orderly shutdown reports what has run; but it may happen between a result and its
	 * Sync, once per write connection. */
	cr_expect(le(int, statuses[DB_OUTCOME_UNKNOWN], (int)f.config.db_connections / 2));
}
