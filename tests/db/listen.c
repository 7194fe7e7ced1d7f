/* listen.c: tests that notifications are received, and that a loss is reported. */

#include <stdlib.h>

#include "db_fixture.h"

static struct receiver {
	struct db_listener listener;
	int received, lost;
	char payload[64];
} logs, users;

static void on_notify(struct db_listener *listener, const char *payload)
{
	struct receiver *receiver = container_of(listener, struct receiver, listener);

	receiver->received++;
	snprintf(receiver->payload, sizeof(receiver->payload), "%s", payload);
}

static void on_lost(struct db_listener *listener)
{
	container_of(listener, struct receiver, listener)->lost++;
}

static void setup(void)
{
	pool_up();
	logs.listener = (struct db_listener){ "logs", on_notify, on_lost };
	users.listener = (struct db_listener){ "Users; \"x\"", on_notify, on_lost };
	db_listen(f.db, &logs.listener);
	db_listen(f.db, &users.listener);
	cr_assert(not(db_listening(f.db)), "LISTEN must not be confirmed yet");
	cr_assert(turn_until(db_listening(f.db)));
}

TestSuite(listen, .init = setup, .fini = pool_down, .timeout = 60);

Test(listen, receives_only_its_channel)
{
	sql("notify logs, '7'");
	cr_assert(turn_until(logs.received));
	cr_expect(eq(str, logs.payload, "7"));
	cr_expect(eq(int, users.received, 0));

	cr_expect(eq(int, run_query(SQL_NOTIFY, "Users; \"x\"", "from us")->status, DB_OK));
	cr_assert(turn_until(users.received));
	cr_expect(eq(str, users.payload, "from us"));
}

static int listener_backend(void)
{
	const char *pid = sql("select pid from pg_stat_activity where application_name = 'binnacle'"
	                      " and query like 'select 1%'");

	cr_assert(pid != NULL);
	return atoi(pid);
}

Test(listen, reports_a_loss_and_reconnects)
{
	char text[64];

	snprintf(text, sizeof(text), "select pg_terminate_backend(%d)", listener_backend());
	sql(text);
	cr_assert(turn_until(logs.lost));
	cr_expect(eq(int, users.lost, 1));
	cr_expect(not(db_listening(f.db)));
	cr_assert(turn_until(db_listening(f.db)));
	sql("notify logs, 'again'");
	cr_assert(turn_until(logs.received));
	cr_expect(eq(int, logs.lost, 1));
}

Test(listen, detects_a_hanging_server)
{
	long long began = now_ms();

	postgres_pause(f.postgres, listener_backend());
	cr_assert(turn_until(!db_listening(f.db)));
	cr_expect(le(llong, now_ms() - began, 5100));
	cr_assert(turn_until(logs.lost));
	cr_assert(turn_until(db_listening(f.db)));
}

Test(listen, stays_up_without_notifications)
{
	for (int i = 0; i < 65; i++) {
		turn_for(100);
		cr_assert(db_listening(f.db));
	}
	cr_expect(eq(int, logs.lost, 0));
}
