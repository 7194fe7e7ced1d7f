/* timeouts.c: tests that a query completes within its timeout, whatever PostgreSQL does. */

#include <libpq-fe.h>
#include <stdlib.h>

#include "metrics.h"
#include "db_fixture.h"

TestSuite(deadlines, .init = pool_up, .fini = pool_down, .timeout = 60);

enum { SLACK_MS = 250 };

Test(deadlines, end_a_read)
{
	struct asked *asked = answer(SQL_NAP, "5");

	cr_expect(eq(int, asked->status, DB_LATE));
	cr_expect(ge(llong, asked->took_ms, 300));
	cr_expect(le(llong, asked->took_ms, 300 + SLACK_MS));
	cr_expect(eq(llong, metrics_value(METRIC_DB_TIMEOUTS), 1));
}

Test(deadlines, end_a_write_which_is_undone)
{
	struct asked *asked = answer(SQL_THING_ADD_SLOWLY, "10", "ten", "1");

	cr_expect(eq(int, asked->status, DB_LATE), "PostgreSQL must report the timeout");
	cr_expect(le(llong, asked->took_ms, 300 + SLACK_MS));
	turn_for(1000);
	cr_expect(eq(str, (char *)sql("select count(*) from things where id = 10"), "0"));
	cr_expect(eq(int, answer(SQL_THING_ADD, "11", "eleven")->status, DB_OK));
}

Test(deadlines, end_a_write_that_waits_for_a_lock)
{
	struct asked locked = { 0 };
	PGconn *other = PQconnectdb(f.url);

	PQclear(PQexec(other, "begin; update things set name = name where id = 1"));
	ask(&locked, SQL_THING_LOCK, "1");
	cr_assert(turn_until(locked.answers));
	cr_expect(eq(int, locked.status, DB_LATE));
	cr_expect(le(llong, locked.took_ms, 600 + SLACK_MS));
	PQfinish(other);
}

/* Time in the queue counts: PostgreSQL gets the rest as its statement_timeout. */
Test(deadlines, count_the_time_in_line)
{
	struct asked dozing[2] = { 0 }, late = { 0 };

	for (int i = 0; i < 2; i++)
		ask(&dozing[i], SQL_DOZE_WRITE, "0.35");
	turn_for(
		100); /* both connections have an old first statement: queued */
	ask(&late, SQL_THING_LOCK, "1");
	cr_assert(turn_until(late.answers && dozing[0].answers && dozing[1].answers));
	cr_expect(eq(int, late.status, DB_OK));

	for (int i = 0; i < 2; i++)
		ask(&dozing[i], SQL_DOZE_WRITE, "1");
	turn_for(100);
	ask(&late, SQL_THING_LOCK, "1");
	cr_assert(turn_until(late.answers));
	cr_expect(eq(int, late.status, DB_LATE), "it must time out in the queue");
	cr_expect(le(llong, late.took_ms, 600 + SLACK_MS));
	cr_assert(turn_until(dozing[0].answers && dozing[1].answers));
}

Test(deadlines, keep_the_young_from_queueing_behind_the_old)
{
	struct asked doze = { 0 };

	ask(&doze, SQL_DOZE, "1.5");
	turn_for(100);
	for (int i = 0; i < 20; i++) {
		struct asked busy[3] = { 0 }, *quick;

		/* The other connection has more statements, but must be chosen. */
		for (size_t k = 0; k < COUNT_OF(busy); k++)
			ask(&busy[k], SQL_DOZE, "0.005");
		loop_turn(f.loop);
		quick = answer(SQL_ANSWER, "x");

		cr_expect(eq(int, quick->status, DB_OK));
		cr_expect(lt(llong, quick->took_ms, 200));
		for (size_t k = 0; k < COUNT_OF(busy); k++)
			cr_assert(turn_until(busy[k].answers));
	}
	cr_expect(eq(int, doze.answers, 0));
	cr_assert(turn_until(doze.answers));
	cr_expect(eq(int, doze.status, DB_OK));
}

Test(deadlines, hold_while_a_backend_is_stopped)
{
	struct asked reads[20] = { 0 };
	int backend = atoi(answer(SQL_BACKEND)->body);

	postgres_pause(f.postgres, backend);
	for (int i = 0; i < 20; i++)
		ask(&reads[i], SQL_NAP, "0");
	for (int i = 0; i < 20; i++) {
		cr_assert(turn_until(reads[i].answers));
		cr_expect(le(llong, reads[i].took_ms, 300 + SLACK_MS));
	}

	/* After twice the timeout the connection is closed, and the other one is used. */
	cr_assert(turn_until(metrics_value(METRIC_DB_LOST) == 1));
	for (int i = 0; i < 20; i++)
		cr_expect(eq(int, answer(SQL_ANSWER, "x")->status, DB_OK));
	cr_expect(turn_until(metrics_value(METRIC_DB_CONNECTIONS) == 4),
	          "the connection must be replaced");
}

Test(deadlines, make_a_write_unknown_when_its_backend_is_stopped)
{
	struct asked writes[8] = { 0 };
	int backend = atoi(answer(SQL_BACKEND_WRITE)->body);
	int unknown = 0;

	postgres_pause(f.postgres, backend);
	for (int i = 0; i < 8; i++)
		ask(&writes[i], SQL_THING_ADD_SLOWLY,
		    (const char *[]){ "20", "21", "22", "23", "24", "25", "26", "27" }[i], "x",
		    "0");
	for (int i = 0; i < 8; i++) {
		cr_assert(turn_until(writes[i].answers));
		cr_expect(le(llong, writes[i].took_ms, 300 + SLACK_MS));
		cr_expect(writes[i].status == DB_OK || writes[i].status == DB_UNKNOWN);
		unknown += writes[i].status == DB_UNKNOWN;
	}
	cr_expect(gt(int, unknown, 0));
	cr_expect(lt(int, unknown, 8), "the other connection must run some");
}

Test(deadlines, hold_while_all_backends_are_stopped)
{
	struct asked reads[4] = { 0 }, writes[4] = { 0 };

	for (int i = 0; i < 2; i++) {
		ask(&reads[i], SQL_DOZE, "0.2");
		turn_for(70);
	}
	for (int i = 0; i < 2; i++)
		ask(&writes[i], SQL_DOZE_WRITE, "0.2");
	cr_assert(turn_until(reads[0].answers && reads[1].answers && writes[0].answers
			     && writes[1].answers));
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
		ask(&reads[i], SQL_NAP, "0");
		ask(&writes[i], SQL_THING_ADD_SLOWLY, "30", "x", "0");
	}
	for (int i = 0; i < 4; i++) {
		cr_assert(turn_until(reads[i].answers && writes[i].answers));
		cr_expect(le(llong, reads[i].took_ms, 300 + SLACK_MS));
		cr_expect(le(llong, writes[i].took_ms, 300 + SLACK_MS));
	}
	postgres_resume(f.postgres);
	cr_expect(turn_until(db_ready(f.db)));
}

Test(deadlines, and_bounds_turn_away_what_is_too_much)
{
	enum { MOST = 400 };
	static struct asked asked[MOST];
	int busy = 0, well = 0;

	pool_close();
	f.config.db_queue = 50;
	f.config.db_pipeline = 8;
	pool_open();
	cr_assert(turn_until(db_ready(f.db)));
	turn_for(50);
	for (int i = 0; i < MOST; i++)
		ask(&asked[i], SQL_ANSWER, "x");
	for (int i = 0; i < MOST; i++)
		cr_expect(eq(int, asked[i].answers, 0), "db_run() must not call done()");
	for (int i = 0; i < MOST; i++) {
		cr_assert(turn_until(asked[i].answers));
		busy += asked[i].status == DB_BUSY;
		well += asked[i].status == DB_OK;
	}
	cr_expect(eq(int, well, 50 + 2 * 8), "the queue and the pipelines must be filled");
	cr_expect(eq(int, busy, MOST - well));
	cr_expect(eq(llong, metrics_value(METRIC_DB_QUEUE_FULL), busy));
}

Test(deadlines, do_not_matter_to_who_has_left)
{
	struct asked in_line = { 0 }, in_flight = { 0 }, neighbour = { 0 }, turned_away = { 0 };

	ask(&in_line, SQL_ANSWER, "x");
	db_forget(&in_line.query);

	ask(&in_flight, SQL_DOZE, "0.2");
	ask(&neighbour, SQL_ANSWER, "y");
	turn_for(50);
	db_forget(&in_flight.query);
	cr_assert(turn_until(neighbour.answers));
	cr_expect(eq(str, neighbour.body, "y"));

	ask(&turned_away, SQL_NAP, "5");
	turn_for(20);
	db_forget(&turned_away.query);
	db_forget(&turned_away.query);
	turn_for(700);
	cr_expect(eq(int, in_line.answers, 0));
	cr_expect(eq(int, in_flight.answers, 0));
	cr_expect(eq(int, turned_away.answers, 0));
	cr_expect(eq(int, answer(SQL_ANSWER, "z")->status, DB_OK));
}

Test(deadlines, a_forgotten_write_happens_all_the_same)
{
	struct asked write = { 0 };

	ask(&write, SQL_THING_ADD, "40", "forty");
	loop_turn(f.loop);
	db_forget(&write.query);
	turn_for(300);
	cr_expect(eq(int, write.answers, 0));
	cr_expect(eq(str, (char *)sql("select name from things where id = 40"), "forty"));
}

Test(deadlines, do_not_keep_a_pool_from_being_freed)
{
	static struct asked asked[300];

	for (int i = 0; i < 100; i++) {
		ask(&asked[i], SQL_DOZE, "1");
		ask(&asked[100 + i], SQL_DOZE_WRITE, "1");
		ask(&asked[200 + i], SQL_ANSWER, "x");
		if (i == 50)
			turn_for(100);
	}
	pool_close();
	for (int i = 0; i < 300; i++)
		cr_expect(le(int, asked[i].answers, 1));
}
