/* timeouts.c: tests that a query completes within its timeout, whatever PostgreSQL does. */

#include <libpq-fe.h>
#include <stdlib.h>

#include "metrics.h"
#include "db_fixture.h"

TestSuite(timeouts, .init = pool_up, .fini = pool_down, .timeout = 60);

enum { SLACK_MS = 250 };

Test(timeouts, end_a_read)
{
	struct test_query *result = run_query(SQL_NAP, "5");

	cr_expect(eq(int, result->status, DB_TIMEOUT));
	cr_expect(ge(llong, result->took_ms, 300));
	cr_expect(le(llong, result->took_ms, 300 + SLACK_MS));
	cr_expect(eq(llong, metrics_value(METRIC_DB_TIMEOUTS), 1));
}

Test(timeouts, end_a_write_and_roll_it_back)
{
	struct test_query *result = run_query(SQL_THING_ADD_SLOWLY, "10", "ten", "1");

	cr_expect(eq(int, result->status, DB_TIMEOUT), "PostgreSQL must report the timeout");
	cr_expect(le(llong, result->took_ms, 300 + SLACK_MS));
	turn_for(1000);
	cr_expect(eq(str, (char *)sql("select count(*) from things where id = 10"), "0"));
	cr_expect(eq(int, run_query(SQL_THING_ADD, "11", "eleven")->status, DB_OK));
}

Test(timeouts, end_a_write_that_waits_for_a_lock)
{
	struct test_query locked = { 0 };
	PGconn *other = PQconnectdb(f.url);

	PQclear(PQexec(other, "begin; update things set name = name where id = 1"));
	start_query(&locked, SQL_THING_LOCK, "1");
	cr_assert(turn_until(locked.done_count));
	cr_expect(eq(int, locked.status, DB_TIMEOUT));
	cr_expect(le(llong, locked.took_ms, 600 + SLACK_MS));
	PQfinish(other);
}

/* Time in the queue counts: PostgreSQL gets the rest as its statement_timeout. */
Test(timeouts, include_time_in_the_queue)
{
	struct test_query sleeping[2] = { 0 }, late = { 0 };

	for (int i = 0; i < 2; i++)
		start_query(&sleeping[i], SQL_DOZE_WRITE, "0.35");
	turn_for(100); /* both connections have an old first statement: queued */
	start_query(&late, SQL_THING_LOCK, "1");
	cr_assert(turn_until(late.done_count && sleeping[0].done_count && sleeping[1].done_count));
	cr_expect(eq(int, late.status, DB_OK));

	for (int i = 0; i < 2; i++)
		start_query(&sleeping[i], SQL_DOZE_WRITE, "1");
	turn_for(100);
	start_query(&late, SQL_THING_LOCK, "1");
	cr_assert(turn_until(late.done_count));
	cr_expect(eq(int, late.status, DB_TIMEOUT), "it must time out in the queue");
	cr_expect(le(llong, late.took_ms, 600 + SLACK_MS));
	cr_assert(turn_until(sleeping[0].done_count && sleeping[1].done_count));
}

Test(timeouts, are_not_exceeded_behind_a_slow_statement)
{
	struct test_query sleeping = { 0 };

	start_query(&sleeping, SQL_DOZE, "1.5");
	turn_for(100);
	for (int i = 0; i < 20; i++) {
		struct test_query full[3] = { 0 }, *quick;

		/* The other connection has more statements, but must be chosen. */
		for (size_t k = 0; k < COUNT_OF(full); k++)
			start_query(&full[k], SQL_DOZE, "0.005");
		loop_turn(f.loop);
		quick = run_query(SQL_ANSWER, "x");

		cr_expect(eq(int, quick->status, DB_OK));
		cr_expect(lt(llong, quick->took_ms, 200));
		for (size_t k = 0; k < COUNT_OF(full); k++)
			cr_assert(turn_until(full[k].done_count));
	}
	cr_expect(eq(int, sleeping.done_count, 0));
	cr_assert(turn_until(sleeping.done_count));
	cr_expect(eq(int, sleeping.status, DB_OK));
}

Test(timeouts, hold_while_one_backend_hangs)
{
	struct test_query reads[20] = { 0 };
	int backend = atoi(run_query(SQL_BACKEND)->body);

	postgres_pause(f.postgres, backend);
	for (int i = 0; i < 20; i++)
		start_query(&reads[i], SQL_NAP, "0");
	for (int i = 0; i < 20; i++) {
		cr_assert(turn_until(reads[i].done_count));
		cr_expect(le(llong, reads[i].took_ms, 300 + SLACK_MS));
	}

	/* After twice the timeout the connection is closed, and the other one is used. */
	cr_assert(turn_until(metrics_value(METRIC_DB_LOST) == 1));
	for (int i = 0; i < 20; i++)
		cr_expect(eq(int, run_query(SQL_ANSWER, "x")->status, DB_OK));
	cr_expect(turn_until(metrics_value(METRIC_DB_CONNECTIONS) == 4),
	          "the connection must be replaced");
}

Test(timeouts, give_a_write_an_unknown_outcome_if_its_backend_hangs)
{
	struct test_query writes[8] = { 0 };
	int backend = atoi(run_query(SQL_BACKEND_WRITE)->body);
	int unknown = 0;

	postgres_pause(f.postgres, backend);
	for (int i = 0; i < 8; i++)
		start_query(&writes[i], SQL_THING_ADD_SLOWLY,
		            (const char *[]){ "20", "21", "22", "23", "24", "25", "26", "27" }[i],
		            "x", "0");
	for (int i = 0; i < 8; i++) {
		cr_assert(turn_until(writes[i].done_count));
		cr_expect(le(llong, writes[i].took_ms, 300 + SLACK_MS));
		cr_expect(writes[i].status == DB_OK || writes[i].status == DB_OUTCOME_UNKNOWN);
		unknown += writes[i].status == DB_OUTCOME_UNKNOWN;
	}
	cr_expect(gt(int, unknown, 0));
	cr_expect(lt(int, unknown, 8), "the other connection must run some");
}

Test(timeouts, hold_while_all_backends_hang)
{
	struct test_query reads[4] = { 0 }, writes[4] = { 0 };

	for (int i = 0; i < 2; i++) {
		start_query(&reads[i], SQL_DOZE, "0.2");
		turn_for(70);
	}
	for (int i = 0; i < 2; i++)
		start_query(&writes[i], SQL_DOZE_WRITE, "0.2");
	cr_assert(turn_until(reads[0].done_count && reads[1].done_count && writes[0].done_count
	                     && writes[1].done_count));
	sql("select pg_sleep(0)");
	for (int i = 0; i < 4; i++) {
		char text[128];

		snprintf(text, sizeof(text),
		         "select pid from pg_stat_activity where application_name = 'binnacle'"
		         " order by pid offset %d limit 1",
		         i);
		postgres_pause(f.postgres, atoi(sql(text)));
	}
	for (int i = 0; i < 4; i++) {
		start_query(&reads[i], SQL_NAP, "0");
		start_query(&writes[i], SQL_THING_ADD_SLOWLY, "30", "x", "0");
	}
	for (int i = 0; i < 4; i++) {
		cr_assert(turn_until(reads[i].done_count && writes[i].done_count));
		cr_expect(le(llong, reads[i].took_ms, 300 + SLACK_MS));
		cr_expect(le(llong, writes[i].took_ms, 300 + SLACK_MS));
	}
	postgres_resume(f.postgres);
	cr_expect(turn_until(db_ready(f.db)));
}

Test(timeouts, full_queue_rejects_queries)
{
	enum { TOTAL = 400 };
	static struct test_query result[TOTAL];
	int full = 0, ok = 0;

	pool_close();
	f.config.db_queue = 50;
	f.config.db_pipeline = 8;
	pool_open();
	cr_assert(turn_until(db_ready(f.db)));
	turn_for(50);
	for (int i = 0; i < TOTAL; i++)
		start_query(&result[i], SQL_ANSWER, "x");
	for (int i = 0; i < TOTAL; i++)
		cr_expect(eq(int, result[i].done_count, 0), "db_run() must not call done()");
	for (int i = 0; i < TOTAL; i++) {
		cr_assert(turn_until(result[i].done_count));
		full += result[i].status == DB_QUEUE_FULL;
		ok += result[i].status == DB_OK;
	}
	cr_expect(eq(int, ok, 50 + 2 * 8), "the queue and the pipelines must be filled");
	cr_expect(eq(int, full, TOTAL - ok));
	cr_expect(eq(llong, metrics_value(METRIC_DB_QUEUE_FULL), full));
}

Test(timeouts, cancelled_queries_do_not_complete)
{
	struct test_query queued = { 0 }, in_flight = { 0 }, other = { 0 }, cancelled = { 0 };

	start_query(&queued, SQL_ANSWER, "x");
	db_cancel(&queued.query);

	start_query(&in_flight, SQL_DOZE, "0.2");
	start_query(&other, SQL_ANSWER, "y");
	turn_for(50);
	db_cancel(&in_flight.query);
	cr_assert(turn_until(other.done_count));
	cr_expect(eq(str, other.body, "y"));

	start_query(&cancelled, SQL_NAP, "5");
	turn_for(20);
	db_cancel(&cancelled.query);
	db_cancel(&cancelled.query);
	turn_for(700);
	cr_expect(eq(int, queued.done_count, 0));
	cr_expect(eq(int, in_flight.done_count, 0));
	cr_expect(eq(int, cancelled.done_count, 0));
	cr_expect(eq(int, run_query(SQL_ANSWER, "z")->status, DB_OK));
}

Test(timeouts, cancelled_write_still_runs)
{
	struct test_query write = { 0 };

	start_query(&write, SQL_THING_ADD, "40", "forty");
	loop_turn(f.loop);
	db_cancel(&write.query);
	turn_for(300);
	cr_expect(eq(int, write.done_count, 0));
	cr_expect(eq(str, (char *)sql("select name from things where id = 40"), "forty"));
}

Test(timeouts, pool_can_be_freed_with_queries_in_flight)
{
	static struct test_query result[300];

	for (int i = 0; i < 100; i++) {
		start_query(&result[i], SQL_DOZE, "1");
		start_query(&result[100 + i], SQL_DOZE_WRITE, "1");
		start_query(&result[200 + i], SQL_ANSWER, "x");
		if (i == 50)
			turn_for(100);
	}
	pool_close();
	for (int i = 0; i < 300; i++)
		cr_expect(le(int, result[i].done_count, 1));
}
