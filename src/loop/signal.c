/* signal.c: handles signals as events of the loop. */

#include <event2/event.h>
#include <stdlib.h>

#include "arena.h"
#include "loop.h"

struct loop_signal {
	struct event *event;
	void (*callback)(void *arg);
	void *arg;
};

static void on_signal(evutil_socket_t, short, void *arg)
{
	struct loop_signal *signal = arg;

	signal->callback(signal->arg);
}

struct loop_signal *loop_on_signal(struct loop *loop, int number, void (*callback)(void *arg),
                                   void *arg)
{
	struct loop_signal *signal = xcalloc(1, sizeof(*signal));

	signal->callback = callback;
	signal->arg = arg;
	signal->event = evsignal_new(loop_base(loop), number, on_signal, signal);
	event_add(signal->event, NULL);
	return signal;
}

void loop_signal_free(struct loop_signal *signal)
{
	if (!signal)
		return;
	event_free(signal->event);
	free(signal);
}
