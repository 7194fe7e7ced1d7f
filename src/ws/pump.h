/* pump.h: libuv's loop as one descriptor and one timer of ours (private to the room). */

#ifndef WS_PUMP_H
#define WS_PUMP_H

#include "loop.h"

struct pump;

struct pump *pump_new(struct loop *loop); /* NULL: no descriptors */
/* Whoever has handles on it has closed them, and turned it until they were gone. */
void pump_free(struct pump *pump);

void *pump_inner(struct pump *pump); /* what libwebsockets takes for its loop */
/* Something was asked of it from outside: it is turned before our loop sleeps. */
void pump_soon(struct pump *pump);
void pump_turn(struct pump *pump); /* at once; never from inside one of its callbacks */

#endif
