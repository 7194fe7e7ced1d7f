/* outages.c: tests that every query completes with the right status while PostgreSQL fails and
 * recovers. */

#include <libpq-fe.h>
#include <stdlib.h>

#include "metrics.h"
#include "db_fixture.h"

TestSuite(lost, .init = pool_up, .fini = pool_down, .timeout = 90);

enum { MANY = 30 };

static void end_backends(const char *of)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "select count(pg_terminate_backend(pid)) from pg_stat_activity"
		 " where application_name = 'binnacle' and %s",
		 of);
	sql(text);
}

Test(lost, reads_are_asked_again_elsewhere)
{
	struct asked reads[MANY] = { 0 };

	for (int i = 0; i < MANY; i++)
		ask(&reads[i], SQL_DOZE, i == 0 ? "0.3" : "0");
	turn_for(100);
	end_backends("state = 'active'");
	for (int i = 0; i < MANY; i++) {
		cr_assert(turn_until(reads[i].answers));
		cr_expect(eq(int, reads[i].status, DB_OK));
		cr_expect(eq(int, reads[i].answers, 1));
	}
	cr_expect(eq(llong, metrics_value(METRIC_DB_LOST), 1));
}

Test(lost, reads_are_not_asked_for_ever)
{
	struct asked read = { 0 };

	ask(&read, SQL_DOZE, "1");
	for (int i = 0; i < 20 && !read.answers; i++) {
		turn_for(100);
		end_backends("state = 'active'");
	}
	cr_assert(turn_until(read.answers));
	cr_expect(eq(int, read.status, DB_DOWN));
}

Test(lost, writes_that_an_orderly_end_left_undone_are_done_elsewhere)
{
	struct asked doze = { 0 }, writes[MANY] = { 0 };
	char id[MANY][8];

	ask(&doze, SQL_DOZE_WRITE, "0.3");
	loop_turn(f.loop);
	for (int i = 0; i < MANY; i++) {
		snprintf(id[i], sizeof(id[i]), "%d", 100 + i);
		ask(&writes[i], SQL_THING_ADD, id[i], "x");
	}
	turn_for(40);
	end_backends("state = 'active'");
	for (int i = 0; i < MANY; i++) {
		cr_assert(turn_until(writes[i].answers));
		cr_expect(eq(int, writes[i].status, DB_OK));
	}
	cr_assert(turn_until(doze.answers));
	cr_expect(eq(int, doze.status, DB_OK));
	cr_expect(eq(str, (char *)sql("select count(*) from things where id >= 100"), "30"));
}

Test(lost, a_write_that_ends_its_own_session_is_not_tried_for_ever)
{
	struct asked *asked = answer(SQL_END_SELF);

	cr_expect(eq(int, asked->status, DB_DOWN));
	cr_expect(turn_until(metrics_value(METRIC_DB_CONNECTIONS) == 4));
}

Test(lost, a_write_in_flight_is_unknown_when_the_server_is_killed)
{
	struct asked write = { 0 }, read = { 0 };

	ask(&write, SQL_DOZE_WRITE, "0.5");
	ask(&read, SQL_DOZE, "0.5");
	turn_for(100);
	postgres_kill(f.postgres);
	postgres_start(f.postgres);
	cr_assert(turn_until(write.answers && read.answers));
	cr_expect(eq(int, write.status, DB_UNKNOWN));
	cr_expect(eq(int, read.status, DB_OK), "the read must be retried");
}

Test(lost, idle_connections_are_made_again)
{
	long long began;

	end_backends("true");
	cr_assert(turn_until(metrics_value(METRIC_DB_LOST) >= 4), "all losses must be noticed");
	began = now_ms();
	cr_expect(turn_until(metrics_value(METRIC_DB_CONNECTIONS) == 4 && db_listening(f.db)));
	cr_expect(lt(llong, now_ms() - began, 1000));
	cr_expect(eq(int, answer(SQL_ANSWER, "x")->status, DB_OK));
}

Test(lost, nobody_waits_long_for_a_database_that_is_away)
{
	struct asked *asked;

	postgres_stop(f.postgres);
	asked = answer(SQL_ANSWER, "x");
	cr_expect(eq(int, asked->status, DB_DOWN));
	cr_expect(le(llong, asked->took_ms, 1300));
	asked = answer(SQL_THING_ADD, "50", "x");
	cr_expect(eq(int, asked->status, DB_DOWN));
	cr_expect(le(llong, asked->took_ms, 1300));
	cr_expect(not(db_ready(f.db)));
	cr_expect(eq(llong, metrics_value(METRIC_DB_CONNECTIONS), 0));
}

Test(lost, a_short_absence_is_not_noticed)
{
	struct asked read = { 0 }, write = { 0 };

	postgres_stop(f.postgres);
	ask(&read, SQL_ANSWER, "x");
	ask(&write, SQL_THING_ADD, "50", "fifty");
	turn_for(100);
	postgres_start(f.postgres);
	cr_assert(turn_until(read.answers && write.answers));
	cr_expect(eq(int, read.status, DB_OK));
	cr_expect(eq(int, write.status, DB_OK));
}

/* ---- Under load ---- */

enum { HANDS = 48 };

static struct hand {
	struct asked asked;
	char id[16];
	bool writes;
} hands[HANDS];

static int next_id = 1000, verdicts[6];
static bool stop;
static long long slowest_ms;
static char written[100000]; /* by ID: 1 + the status of the insert */

static void swing(struct hand *hand)
{
	if (hand->writes) {
		snprintf(hand->id, sizeof(hand->id), "%d", next_id++);
		ask(&hand->asked, SQL_THING_ADD, hand->id, "x");
	} else {
		ask(&hand->asked, SQL_ANSWER, "x");
	}
}

static void look_at_hands(void)
{
	for (int i = 0; i < HANDS; i++) {
		struct hand *hand = &hands[i];

		if (!hand->asked.answers)
			continue;
		cr_assert(eq(int, hand->asked.answers, 1));
		if (hand->asked.took_ms > slowest_ms)
			slowest_ms = hand->asked.took_ms;
		verdicts[hand->asked.status]++;
		if (hand->writes)
			written[atoi(hand->id)] = (char)(1 + hand->asked.status);
		hand->asked.answers = 0;
		if (!stop && next_id < (int)sizeof(written) - HANDS)
			swing(hand);
	}
}

static void work_for(int ms)
{
	long long end = now_ms() + ms;

	while (now_ms() < end) {
		loop_turn(f.loop);
		look_at_hands();
	}
}

/* Checks every status: the row exists after DB_OK, and does not after any other but DB_UNKNOWN. */
static void check_books(void)
{
	static bool there[sizeof(written)];
	PGconn *pg = PQconnectdb(f.url);
	PGresult *rows = PQexec(pg, "select id from things where id >= 1000");

	for (int i = 0; i < PQntuples(rows); i++)
		there[atoi(PQgetvalue(rows, i, 0))] = true;
	PQclear(rows);
	PQfinish(pg);
	for (int id = 1000; id < next_id; id++) {
		int told = written[id] - 1;

		cr_assert(ge(int, told, 0), "write %d has not completed", id);
		if (told != DB_UNKNOWN)
			cr_expect(eq(int, there[id], told == DB_OK), "write %d, status %d", id,
			          told);
	}
}

static void work_through(void (*accident)(void))
{
	long long back;

	for (int i = 0; i < HANDS; i++) {
		hands[i].writes = i % 3 == 0;
		swing(&hands[i]);
	}
	work_for(300);
	accident();
	work_for(2500); /* no query may take longer than its timeout */
	postgres_start(f.postgres);
	back = now_ms();
	while (metrics_value(METRIC_DB_CONNECTIONS) < 4 && now_ms() - back < 5000)
		work_for(10);
	cr_expect(lt(llong, now_ms() - back, 1000), "all connections must be back within a second");
	work_for(300);
	stop = true;
	work_for(2500);
	cr_expect(le(llong, slowest_ms, 2000 + 250));
	cr_expect(gt(int, verdicts[DB_OK], 1000));
	cr_expect(gt(int, verdicts[DB_DOWN], 0));
	cr_expect(eq(int, verdicts[DB_REFUSED], 0));
	cr_log_info("ok %d, timeout %d, unavailable %d, unknown %d; slowest %lld ms",
	            verdicts[DB_OK], verdicts[DB_LATE], verdicts[DB_DOWN], verdicts[DB_UNKNOWN],
	            slowest_ms);
	for (int i = 0; i < HANDS; i++)
		cr_expect(not(hands[i].asked.query.waiting));
	check_books();
}

static void killed(void)
{
	postgres_kill(f.postgres);
}

static void stopped(void)
{
	postgres_stop(f.postgres);
}

Test(lost, all_are_answered_when_the_server_is_killed_under_load)
{
	work_through(killed);
}

Test(lost, all_are_answered_when_the_server_is_stopped_under_load)
{
	work_through(stopped);
	/* An orderly shutdown reports what has run; but it may happen between a result and its
	 * Sync, once per write connection. */
	cr_expect(le(int, verdicts[DB_UNKNOWN], (int)f.config.db_connections / 2));
}
