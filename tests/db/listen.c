/* listen.c: tests that notifications are received, and that a loss is reported. */

#include <stdlib.h>

#include "db_fixture.h"

static struct ear {
	struct db_listener listener;
	int heard, lost;
	char payload[64];
} logs, users;

static void on_heard(struct db_listener *listener, const char *payload)
{
	struct ear *ear = container_of(listener, struct ear, listener);

	ear->heard++;
	snprintf(ear->payload, sizeof(ear->payload), "%s", payload);
}

static void on_lost(struct db_listener *listener)
{
	container_of(listener, struct ear, listener)->lost++;
}

static void up(void)
{
	pool_up();
	logs.listener = (struct db_listener){ "logs", on_heard, on_lost };
	users.listener = (struct db_listener){ "Users; \"x\"", on_heard, on_lost };
	db_listen(f.db, &logs.listener);
	db_listen(f.db, &users.listener);
	cr_assert(not(db_listening(f.db)), "LISTEN must not be confirmed yet");
	cr_assert(turn_until(db_listening(f.db)));
}

TestSuite(listen, .init = up, .fini = pool_down, .timeout = 60);

Test(listen, hears_its_channel_and_no_other)
{
	sql("notify logs, '7'");
	cr_assert(turn_until(logs.heard));
	cr_expect(eq(str, logs.payload, "7"));
	cr_expect(eq(int, users.heard, 0));

	cr_expect(eq(int, answer(SQL_NOTIFY, "Users; \"x\"", "from us")->status, DB_OK));
	cr_assert(turn_until(users.heard));
	cr_expect(eq(str, users.payload, "from us"));
}

static int ear_backend(void)
{
	const char *pid =
		sql("select pid from pg_stat_activity where application_name = 'binnacle'"
		    " and query like 'select 1%'");

	cr_assert(pid != NULL);
	return atoi(pid);
}

Test(listen, tells_when_it_was_lost_and_comes_back)
{
	char text[64];

	snprintf(text, sizeof(text), "select pg_terminate_backend(%d)", ear_backend());
	sql(text);
	cr_assert(turn_until(logs.lost));
	cr_expect(eq(int, users.lost, 1));
	cr_expect(not(db_listening(f.db)));
	cr_assert(turn_until(db_listening(f.db)));
	sql("notify logs, 'again'");
	cr_assert(turn_until(logs.heard));
	cr_expect(eq(int, logs.lost, 1));
}

Test(listen, notices_that_the_server_has_stopped_without_a_word)
{
	long long began = now_ms();

	postgres_pause(f.postgres, ear_backend());
	cr_assert(turn_until(!db_listening(f.db)));
	cr_expect(le(llong, now_ms() - began, 5100));
	cr_assert(turn_until(logs.lost));
	cr_assert(turn_until(db_listening(f.db)));
}

Test(listen, lives_through_a_quiet_time)
{
	for (int i = 0; i < 65; i++) {
		turn_for(100);
		cr_assert(db_listening(f.db));
	}
	cr_expect(eq(int, logs.lost, 0));
}
