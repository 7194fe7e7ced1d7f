/* loop.h: the event loop of the process.
 *
 * A turn waits for events, runs their callbacks, runs deferred work (such as sending
 * batched output and freeing released objects), and writes the log. */

#ifndef LOOP_H
#define LOOP_H

#include <sys/queue.h>

#include "str.h"

struct event_base;

struct loop;

struct loop *loop_new(void);
void loop_free(struct loop *loop); /* runs deferred work first */
struct event_base *loop_base(struct loop *loop);

/* Runs turns until loop_stop(). */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* Runs one turn, which blocks until the first event: for tests. */
void loop_turn(struct loop *loop);

/* Work deferred to the end of the current turn, embedded in the caller's struct.
 * Zero-initialize and set run(). Deferring it again before it has run has no effect.
 * run() may defer more work, which runs in the same turn. */
struct deferred {
	void (*run)(struct deferred *deferred);
	bool waiting;
	TAILQ_ENTRY(deferred) link;
};

void loop_defer(struct loop *loop, struct deferred *deferred);
void loop_defer_cancel(struct loop *loop, struct deferred *deferred);

/* Runs a callback in a loop turn when the process receives the signal. */
struct loop_signal;
struct loop_signal *loop_on_signal(struct loop *loop, int number, void (*callback)(void *arg),
                                   void *arg);
void loop_signal_free(struct loop_signal *signal);

#endif
