/* A turn waits for events, runs callbacks and deferred work, and writes the log. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "loop.h"

static struct {
	struct loop *loop;
	int order[16];
	int count;
} f;

struct work {
	struct deferred deferred; /* first member */
	int name;
	struct deferred *more; /* deferred when this one runs */
};

static void done(struct deferred *deferred)
{
	struct work *work = (struct work *)deferred;

	cr_assert(f.count < 16);
	f.order[f.count++] = work->name;
	if (work->more)
		loop_defer(f.loop, work->more);
}

static void set_up(void)
{
	f.loop = loop_new();
	cr_assert(f.loop != NULL);
}

static void tear_down(void)
{
	loop_free(f.loop);
}

TestSuite(loop, .init = set_up, .fini = tear_down, .timeout = 20);

Test(loop, deferred_work_runs_in_order_at_the_end_of_the_turn)
{
	struct work work[3];

	for (int i = 0; i < 3; i++) {
		work[i] = (struct work){ { .run = done }, i };
		loop_defer(f.loop, &work[i].deferred);
		cr_expect(work[i].deferred.waiting);
	}
	cr_expect(eq(int, f.count, 0), "must not run at once");
	loop_turn(f.loop);
	cr_assert(eq(int, f.count, 3));
	for (int i = 0; i < 3; i++) {
		cr_expect(eq(int, f.order[i], i));
		cr_expect_not(work[i].deferred.waiting);
	}
}

Test(loop, work_deferred_twice_runs_once)
{
	struct work work = { { .run = done }, 7 };

	loop_defer(f.loop, &work.deferred);
	loop_defer(f.loop, &work.deferred);
	loop_turn(f.loop);
	cr_expect(eq(int, f.count, 1));
	loop_defer(f.loop, &work.deferred);
	loop_turn(f.loop);
	cr_expect(eq(int, f.count, 2), "must run again when deferred again");
}

Test(loop, work_deferred_by_deferred_work_runs_in_the_same_turn)
{
	struct work second = { { .run = done }, 2 },
		    first = { { .run = done }, 1, &second.deferred };

	loop_defer(f.loop, &first.deferred);
	loop_turn(f.loop);
	cr_assert(eq(int, f.count, 2));
	cr_expect(eq(int, f.order[1], 2));
}

Test(loop, cancelled_work_does_not_run)
{
	struct work one = { { .run = done }, 1 }, other = { { .run = done }, 2 };

	loop_defer(f.loop, &one.deferred);
	loop_defer(f.loop, &other.deferred);
	loop_defer_cancel(f.loop, &one.deferred);
	loop_defer_cancel(f.loop, &one.deferred);
	loop_turn(f.loop);
	cr_assert(eq(int, f.count, 1));
	cr_expect(eq(int, f.order[0], 2));
	loop_defer_cancel(f.loop, &other.deferred);
}

static void cancels(struct deferred *deferred)
{
	struct work *work = (struct work *)deferred;

	f.count++;
	loop_defer_cancel(f.loop, work->more);
}

Test(loop, deferred_work_may_cancel_other_work)
{
	struct work other = { { .run = done }, 2 },
		    one = { { .run = cancels }, 1, &other.deferred };

	loop_defer(f.loop, &one.deferred);
	loop_defer(f.loop, &other.deferred);
	loop_turn(f.loop);
	cr_expect(eq(int, f.count, 1));
}

static void frees_itself(struct deferred *deferred)
{
	f.count++;
	free(deferred);
}

Test(loop, deferred_work_may_free_itself)
{
	for (int i = 0; i < 3; i++) {
		struct work *work = calloc(1, sizeof(*work));

		work->deferred.run = frees_itself;
		loop_defer(f.loop, &work->deferred);
	}
	loop_turn(f.loop);
	cr_expect(eq(int, f.count, 3));
}

Test(loop, freeing_the_loop_runs_deferred_work)
{
	struct work work = { { .run = done }, 7 };

	loop_defer(f.loop, &work.deferred);
	loop_free(f.loop);
	cr_expect(eq(int, f.count, 1));
	f.loop = NULL;
	loop_free(NULL);
}

static void stop(struct deferred *deferred)
{
	f.count++;
	loop_stop(f.loop);
}

Test(loop, runs_until_stopped_and_can_run_again)
{
	struct deferred work = { .run = stop };

	for (int i = 1; i <= 2; i++) {
		loop_defer(f.loop, &work);
		loop_run(f.loop);
		cr_expect(eq(int, f.count, i));
	}
}

static void on_tick(evutil_socket_t, short, void *arg)
{
	++*(int *)arg;
}

static struct event *timer(int *ticks)
{
	struct event *event = evtimer_new(loop_base(f.loop), on_tick, ticks);

	evtimer_add(event, &(struct timeval){ .tv_usec = 20 * 1000 });
	return event;
}

Test(loop, a_turn_waits_for_an_event)
{
	int ticks = 0;
	struct event *event = timer(&ticks);
	long long began = clock_exact_us();

	loop_turn(f.loop);
	cr_expect(eq(int, ticks, 1));
	cr_expect(clock_exact_us() - began >= 15 * 1000);
	event_free(event);
}

Test(loop, a_turn_does_not_wait_while_work_is_deferred)
{
	int ticks = 0;
	struct event *event = timer(&ticks);
	struct work work = { { .run = done }, 7 };

	loop_defer(f.loop, &work.deferred);
	loop_turn(f.loop);
	cr_expect(eq(int, ticks, 0));
	cr_expect(eq(int, f.count, 1));
	event_free(event);
}

Test(loop, each_turn_updates_the_clock)
{
	int ticks = 0;
	struct event *event = timer(&ticks);
	long long before = clock_us();

	cr_expect(eq(llong, clock_us(), before));
	loop_turn(f.loop);
	cr_expect(clock_us() >= before + 15 * 1000);
	event_free(event);
}

static void on_signal(void *arg)
{
	++*(int *)arg;
}

Test(loop, a_signal_runs_its_callback_in_a_turn)
{
	int received = 0;
	struct loop_signal *usr1 = loop_on_signal(f.loop, SIGUSR1, on_signal, &received);

	raise(SIGUSR1);
	cr_expect(eq(int, received, 0), "must not run in the signal handler");
	loop_turn(f.loop);
	cr_expect(eq(int, received, 1));
	loop_signal_free(usr1);
	loop_signal_free(NULL);
}

Test(loop, the_log_is_written_once_per_turn)
{
	int ends[2];
	char text[4096];
	struct work work = { { .run = done }, 7 };

	cr_assert(pipe(ends) == 0);
	log_open(ends[1], LOG_INFO);
	log_info("one");
	log_info("two");
	loop_defer(f.loop, &work.deferred);
	loop_turn(f.loop);
	cr_expect(read(ends[0], text, sizeof(text)) > 100);
	log_close();
}

/* Nothing else wakes the loop to write the rest. */
Test(loop, keeps_turning_while_log_lines_are_buffered)
{
	int ends[2], ticks = 0;
	char text[8192];
	struct event *late;
	struct work work = { { .run = done }, 7 };

	cr_assert(pipe(ends) == 0);
	log_open(ends[1], LOG_INFO);
	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 20; i++)
		log_info("line", kv_str("text", (struct str){ text, sizeof(text) }));
	loop_defer(f.loop, &work.deferred);
	loop_turn(f.loop);
	cr_assert_not(log_flush(), "the lines must exceed the capacity of the pipe");
	late = evtimer_new(loop_base(f.loop), on_tick, &ticks);
	evtimer_add(late, &(struct timeval){ .tv_sec = 10 });
	while (!log_flush()) {
		cr_assert(read(ends[0], text, sizeof(text)) > 0);
		loop_turn(f.loop);
	}
	cr_expect(eq(int, ticks, 0));
	event_free(late);
	log_close();
}
