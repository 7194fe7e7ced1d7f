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
	struct later later; /* first member */
	int name;
	struct later *more; /* deferred when this one runs */
};

static void done(struct later *later)
{
	struct work *work = (struct work *)later;

	cr_assert(f.count < 16);
	f.order[f.count++] = work->name;
	if (work->more)
		loop_later(f.loop, work->more);
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

Test(loop, work_is_done_at_the_end_of_the_turn_in_its_order)
{
	struct work work[3];

	for (int i = 0; i < 3; i++) {
		work[i] = (struct work){ { .run = done }, i };
		loop_later(f.loop, &work[i].later);
		cr_expect(work[i].later.waiting);
	}
	cr_expect(eq(int, f.count, 0), "must not run at once");
	loop_turn(f.loop);
	cr_assert(eq(int, f.count, 3));
	for (int i = 0; i < 3; i++) {
		cr_expect(eq(int, f.order[i], i));
		cr_expect_not(work[i].later.waiting);
	}
}

Test(loop, work_asked_for_twice_is_done_once)
{
	struct work work = { { .run = done }, 7 };

	loop_later(f.loop, &work.later);
	loop_later(f.loop, &work.later);
	loop_turn(f.loop);
	cr_expect(eq(int, f.count, 1));
	loop_later(f.loop, &work.later);
	loop_turn(f.loop);
	cr_expect(eq(int, f.count, 2), "must run again when deferred again");
}

Test(loop, work_may_ask_for_more_which_is_done_in_the_same_breath)
{
	struct work second = { { .run = done }, 2 }, first = { { .run = done }, 1, &second.later };

	loop_later(f.loop, &first.later);
	loop_turn(f.loop);
	cr_assert(eq(int, f.count, 2));
	cr_expect(eq(int, f.order[1], 2));
}

Test(loop, work_that_is_forgotten_is_not_done)
{
	struct work one = { { .run = done }, 1 }, other = { { .run = done }, 2 };

	loop_later(f.loop, &one.later);
	loop_later(f.loop, &other.later);
	loop_later_forget(f.loop, &one.later);
	loop_later_forget(f.loop, &one.later);
	loop_turn(f.loop);
	cr_assert(eq(int, f.count, 1));
	cr_expect(eq(int, f.order[0], 2));
	loop_later_forget(f.loop, &other.later);
}

static void forgets(struct later *later)
{
	struct work *work = (struct work *)later;

	f.count++;
	loop_later_forget(f.loop, work->more);
}

Test(loop, work_may_forget_its_neighbour)
{
	struct work other = { { .run = done }, 2 }, one = { { .run = forgets }, 1, &other.later };

	loop_later(f.loop, &one.later);
	loop_later(f.loop, &other.later);
	loop_turn(f.loop);
	cr_expect(eq(int, f.count, 1));
}

static void frees_itself(struct later *later)
{
	f.count++;
	free(later);
}

Test(loop, work_may_free_itself)
{
	for (int i = 0; i < 3; i++) {
		struct work *work = calloc(1, sizeof(*work));

		work->later.run = frees_itself;
		loop_later(f.loop, &work->later);
	}
	loop_turn(f.loop);
	cr_expect(eq(int, f.count, 3));
}

Test(loop, what_was_left_is_done_before_the_loop_goes)
{
	struct work work = { { .run = done }, 7 };

	loop_later(f.loop, &work.later);
	loop_free(f.loop);
	cr_expect(eq(int, f.count, 1));
	f.loop = NULL;
	loop_free(NULL);
}

static void stop(struct later *later)
{
	f.count++;
	loop_stop(f.loop);
}

Test(loop, runs_until_it_is_stopped_and_can_run_again)
{
	struct later work = { .run = stop };

	for (int i = 1; i <= 2; i++) {
		loop_later(f.loop, &work);
		loop_run(f.loop);
		cr_expect(eq(int, f.count, i));
	}
}

static void on_ring(evutil_socket_t, short, void *arg)
{
	++*(int *)arg;
}

static struct event *timer(int *rings)
{
	struct event *event = evtimer_new(loop_base(f.loop), on_ring, rings);

	evtimer_add(event, &(struct timeval){ .tv_usec = 20 * 1000 });
	return event;
}

Test(loop, a_turn_waits_until_something_happens)
{
	int rings = 0;
	struct event *event = timer(&rings);
	long long began = clock_exact_us();

	loop_turn(f.loop);
	cr_expect(eq(int, rings, 1));
	cr_expect(clock_exact_us() - began >= 15 * 1000);
	event_free(event);
}

Test(loop, a_turn_does_not_wait_while_work_was_left)
{
	int rings = 0;
	struct event *event = timer(&rings);
	struct work work = { { .run = done }, 7 };

	loop_later(f.loop, &work.later);
	loop_turn(f.loop);
	cr_expect(eq(int, rings, 0));
	cr_expect(eq(int, f.count, 1));
	event_free(event);
}

Test(loop, each_turn_has_a_time_of_its_own)
{
	int rings = 0;
	struct event *event = timer(&rings);
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

Test(loop, a_signal_is_an_event_like_others)
{
	int told = 0;
	struct loop_signal *usr1 = loop_on_signal(f.loop, SIGUSR1, on_signal, &told);

	raise(SIGUSR1);
	cr_expect(eq(int, told, 0), "must not run in the signal handler");
	loop_turn(f.loop);
	cr_expect(eq(int, told, 1));
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
	loop_later(f.loop, &work.later);
	loop_turn(f.loop);
	cr_expect(read(ends[0], text, sizeof(text)) > 100);
	log_close();
}

/* Nothing else wakes the loop to write the rest. */
Test(loop, turns_again_while_log_lines_wait_for_their_reader)
{
	int ends[2], rings = 0;
	char text[8192];
	struct event *late;
	struct work work = { { .run = done }, 7 };

	cr_assert(pipe(ends) == 0);
	log_open(ends[1], LOG_INFO);
	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 20; i++)
		log_info("line", kv_str("text", (struct str){ text, sizeof(text) }));
	loop_later(f.loop, &work.later);
	loop_turn(f.loop);
	cr_assert_not(log_flush(), "the lines must exceed the capacity of the pipe");
	late = evtimer_new(loop_base(f.loop), on_ring, &rings);
	evtimer_add(late, &(struct timeval){ .tv_sec = 10 });
	while (!log_flush()) {
		cr_assert(read(ends[0], text, sizeof(text)) > 0);
		loop_turn(f.loop);
	}
	cr_expect(eq(int, rings, 0));
	event_free(late);
	log_close();
}
