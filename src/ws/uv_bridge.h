/* uv_bridge.h: libuv's loop as one descriptor and one timer of ours (private to ws). */

#ifndef WS_PUMP_H
#define WS_PUMP_H

#include "loop.h"

struct pump;

struct pump *pump_new(struct loop *loop); /* NULL: out of descriptors */
/* The caller has closed all handles and run the loop until they are gone. */
void pump_free(struct pump *pump);

void *pump_inner(struct pump *pump); /* the uv_loop_t that libwebsockets takes */
/* After a change from outside: runs the loop before our own waits for events. */
void pump_soon(struct pump *pump);
void pump_turn(struct pump *pump); /* now; never from inside one of its callbacks */

#endif
