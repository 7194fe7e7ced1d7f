/* uv_bridge.c: runs libuv's loop inside ours; the only file that calls uv_ functions.
 *
 * Debian's libwebsockets supports libuv's loop but not libevent's, and libuv's loop is made to be
 * embedded:
 *
 * - its backend descriptor is one event of our loop: when it becomes readable, libuv's loop runs
 *   once without blocking;
 * - its next timeout is one timer of ours;
 * - it passes new interests to the kernel only while it runs, so any caller that changes something
 *   from outside calls pump_soon(), which runs it at the end of our turn.
 *
 * A callback may leave work for the next iteration (libwebsockets always does): then the loop runs
 * again at once, up to AT_ONCE times before control returns to our loop. */

#include <event2/event.h>
#include <stdlib.h>
#include <uv.h>

#include "arena.h"
#include "log.h"
#include "uv_bridge.h"

enum { AT_ONCE = 8 };

struct pump {
	struct loop *loop;
	uv_loop_t uv;
	struct event *ready, *timer;
	uint64_t due; /* when the timer fires, in libuv's time; 0: not set */
	struct deferred deferred;
	bool turning;
};

static void ring_in(struct pump *pump, int ms)
{
	uint64_t due = ms < 0 ? 0 : uv_now(&pump->uv) + (uint64_t)ms;

	if (due == pump->due)
		return;
	pump->due = due;
	if (due)
		event_add(pump->timer, &(struct timeval){ ms / 1000, ms % 1000 * 1000 });
	else
		evtimer_del(pump->timer);
}

void pump_turn(struct pump *pump)
{
	int ms = 0;

	pump->turning = true;
	for (int i = 0; i < AT_ONCE && ms == 0; i++) {
		uv_run(&pump->uv, UV_RUN_NOWAIT);
		ms = uv_loop_alive(&pump->uv) ? uv_backend_timeout(&pump->uv) : -1;
	}
	pump->turning = false;
	ring_in(pump, ms);
}

static void on_ready(evutil_socket_t, short, void *arg)
{
	pump_turn(arg);
}

static void on_ring(evutil_socket_t, short, void *arg)
{
	struct pump *pump = arg;

	pump->due = 0;
	pump_turn(pump);
}

static void on_deferred(struct deferred *deferred)
{
	pump_turn(container_of(deferred, struct pump, deferred));
}

void pump_soon(struct pump *pump)
{
	if (!pump->turning)
		loop_defer(pump->loop, &pump->deferred);
}

void *pump_inner(struct pump *pump)
{
	return &pump->uv;
}

struct pump *pump_new(struct loop *loop)
{
	struct pump *pump = xcalloc(1, sizeof(*pump));
	int fault = uv_loop_init(&pump->uv);

	if (fault) {
		log_error("ws.uv_loop_not_started", kv_text("why", uv_strerror(fault)));
		free(pump);
		return NULL;
	}
	pump->loop = loop;
	pump->deferred.run = on_deferred;
	pump->ready = event_new(loop_base(loop), uv_backend_fd(&pump->uv), EV_READ | EV_PERSIST, on_ready, pump);
	pump->timer = evtimer_new(loop_base(loop), on_ring, pump);
	event_add(pump->ready, NULL);
	return pump;
}

void pump_free(struct pump *pump)
{
	if (!pump)
		return;
	loop_defer_cancel(pump->loop, &pump->deferred);
	event_free(pump->ready);
	event_free(pump->timer);
	if (uv_loop_close(&pump->uv) != 0)
		log_error("ws.uv_loop_not_closed");
	free(pump);
}
