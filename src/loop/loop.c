/* loop.c: runs the event loop, and deferred work at the end of each turn.
 *
 * Deferred work may defer more; this repeats until none is left. Then the log is written and
 * the cached time of the turn is invalidated. */

#include <event2/event.h>
#include <stdlib.h>

#include "arena.h"
#include "clock.h"
#include "log.h"
#include "loop.h"

struct loop {
	struct event_base *base;
	struct event *log_timer;         /* runs while log lines wait for a slow reader */
	TAILQ_HEAD(, deferred) deferred; /* deferred.link */
	bool stopped;
};

static void on_log_timer(evutil_socket_t, short, void *)
{
	/* Nothing to do: waking the loop makes it flush the log. */
}

static void run_deferred(struct loop *loop)
{
	struct deferred *deferred;

	while ((deferred = TAILQ_FIRST(&loop->deferred))) {
		TAILQ_REMOVE(&loop->deferred, deferred, link);
		deferred->waiting = false;
		deferred->run(deferred);
	}
	if (!log_flush())
		event_add(loop->log_timer, &(struct timeval){ .tv_usec = 50 * 1000 });
}

struct loop *loop_new(void)
{
	struct loop *loop = xcalloc(1, sizeof(*loop));
	struct event_config *config = event_config_new();

	TAILQ_INIT(&loop->deferred);
	/* Merges all changes to a descriptor within a turn into one epoll_ctl(). */
	event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	loop->base = event_base_new_with_config(config);
	event_config_free(config);
	if (!loop->base) {
		free(loop);
		return NULL;
	}
	loop->log_timer = evtimer_new(loop->base, on_log_timer, loop);
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	run_deferred(loop);
	event_free(loop->log_timer);
	event_base_free(loop->base);
	free(loop);
}

struct event_base *loop_base(struct loop *loop)
{
	return loop->base;
}

void loop_turn(struct loop *loop)
{
	int wait = TAILQ_EMPTY(&loop->deferred) ? 0 : EVLOOP_NONBLOCK;

	event_base_loop(loop->base, EVLOOP_ONCE | wait);
	run_deferred(loop);
	clock_end_turn();
}

void loop_run(struct loop *loop)
{
	loop->stopped = false;
	while (!loop->stopped)
		loop_turn(loop);
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
	event_base_loopbreak(loop->base);
}

void loop_defer(struct loop *loop, struct deferred *deferred)
{
	if (deferred->waiting)
		return;
	deferred->waiting = true;
	TAILQ_INSERT_TAIL(&loop->deferred, deferred, link);
}

void loop_defer_cancel(struct loop *loop, struct deferred *deferred)
{
	if (!deferred->waiting)
		return;
	deferred->waiting = false;
	TAILQ_REMOVE(&loop->deferred, deferred, link);
}
