/* timer.h: starts timers in milliseconds. */

#ifndef DB_TIMER_H
#define DB_TIMER_H

#include <event2/event.h>

static inline void start_timer(struct event *timer, int ms)
{
	const struct timeval time = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	event_add(timer, &time);
}

#endif
