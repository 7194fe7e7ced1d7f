/* loop.h: the one loop. Everything that happens, happens in one of its turns.
 *
 * A turn: wait, call what is ready, then do what was left for later (send what
 * was gathered, let go of what is no longer held), then write the log. */

#ifndef LOOP_H
#define LOOP_H

#include <sys/queue.h>

#include "str.h"

struct event_base;

struct loop;

struct loop *loop_new(void);
void loop_free(struct loop *loop); /* what was left for later is done first */
struct event_base *loop_base(struct loop *loop);

/* Turns until loop_stop(). */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* One turn, which waits no longer than until something happens: for tests. */
void loop_turn(struct loop *loop);

/* Work for the end of this turn. All zero is a fresh one; asking again before
 * it was done changes nothing. It may ask for more, which is done in the same
 * breath. */
struct later {
	void (*run)(struct later *later);
	bool waiting;
	TAILQ_ENTRY(later) link;
};

void loop_later(struct loop *loop, struct later *later);
void loop_later_forget(struct loop *loop, struct later *later);

/* Calls back in a turn of the loop when the process gets this signal. */
struct loop_signal;
struct loop_signal *loop_on_signal(struct loop *loop, int number, void (*call)(void *arg), void *arg);
void loop_signal_free(struct loop_signal *signal);

#endif
