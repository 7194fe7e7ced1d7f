/* uv_bridge.c: runs libuv's loop inside ours; the only file that calls uv_ functions.
 *
 * Debian's libwebsockets supports libuv's loop but not libevent's, and libuv's loop is made to be
 * embedded:
 *
 * - its backend descriptor is one event of our loop: when it becomes readable, libuv's loop runs
 *   once without blocking;
 * - its next timeout is one timer of ours;
 * - it passes new interests to the kernel only while it runs, so any caller that changes something
 *   from outside calls uv_bridge_run_soon(), which runs it at the end of our turn.
 *
 * A callback may leave work for the next iteration (libwebsockets always does): then the loop runs
 * again at once, up to MAX_ITERATIONS times before control returns to our loop. */

#include <event2/event.h>
#include <stdlib.h>
#include <uv.h>

#include "arena.h"
#include "log.h"
#include "uv_bridge.h"

enum { MAX_ITERATIONS = 8 };

struct uv_bridge {
	struct loop *loop;
	uv_loop_t uv;
	struct event *ready, *timer;
	uint64_t due; /* when the timer fires, in libuv's time; 0: not set */
	struct deferred deferred;
	bool running;
};

static void set_timer(struct uv_bridge *bridge, int ms)
{
	uint64_t due = ms < 0 ? 0 : uv_now(&bridge->uv) + (uint64_t)ms;

	if (due == bridge->due)
		return;
	bridge->due = due;
	if (due)
		event_add(bridge->timer, &(struct timeval){ ms / 1000, ms % 1000 * 1000 });
	else
		evtimer_del(bridge->timer);
}

void uv_bridge_run(struct uv_bridge *bridge)
{
	int ms = 0;

	bridge->running = true;
	for (int i = 0; i < MAX_ITERATIONS && ms == 0; i++) {
		uv_run(&bridge->uv, UV_RUN_NOWAIT);
		ms = uv_loop_alive(&bridge->uv) ? uv_backend_timeout(&bridge->uv) : -1;
	}
	bridge->running = false;
	set_timer(bridge, ms);
}

static void on_ready(evutil_socket_t, short, void *arg)
{
	uv_bridge_run(arg);
}

static void on_timer(evutil_socket_t, short, void *arg)
{
	struct uv_bridge *bridge = arg;

	bridge->due = 0;
	uv_bridge_run(bridge);
}

static void on_deferred(struct deferred *deferred)
{
	uv_bridge_run(container_of(deferred, struct uv_bridge, deferred));
}

void uv_bridge_run_soon(struct uv_bridge *bridge)
{
	if (!bridge->running)
		loop_defer(bridge->loop, &bridge->deferred);
}

void *uv_bridge_loop(struct uv_bridge *bridge)
{
	return &bridge->uv;
}

struct uv_bridge *uv_bridge_new(struct loop *loop)
{
	struct uv_bridge *bridge = xcalloc(1, sizeof(*bridge));
	int error = uv_loop_init(&bridge->uv);

	if (error) {
		log_error("ws.uv_loop_not_started", kv_text("why", uv_strerror(error)));
		free(bridge);
		return NULL;
	}
	bridge->loop = loop;
	bridge->deferred.run = on_deferred;
	bridge->ready = event_new(loop_base(loop), uv_backend_fd(&bridge->uv), EV_READ | EV_PERSIST,
	                          on_ready, bridge);
	bridge->timer = evtimer_new(loop_base(loop), on_timer, bridge);
	event_add(bridge->ready, NULL);
	return bridge;
}

void uv_bridge_free(struct uv_bridge *bridge)
{
	if (!bridge)
		return;
	loop_defer_cancel(bridge->loop, &bridge->deferred);
	event_free(bridge->ready);
	event_free(bridge->timer);
	if (uv_loop_close(&bridge->uv) != 0)
		log_error("ws.uv_loop_not_closed");
	free(bridge);
}
