/* uv_bridge.h: libuv's loop as one descriptor and one timer of ours (private to ws). */

#ifndef WS_UV_BRIDGE_H
#define WS_UV_BRIDGE_H

#include "loop.h"

struct uv_bridge;

struct uv_bridge *uv_bridge_new(struct loop *loop); /* NULL: out of descriptors */
/* The caller must have closed all handles and run the loop until their callbacks have returned. */
void uv_bridge_free(struct uv_bridge *bridge);

void *uv_bridge_loop(struct uv_bridge *bridge); /* the uv_loop_t that libwebsockets takes */
/* After a change from outside: runs the loop before our own waits for events. */
void uv_bridge_run_soon(struct uv_bridge *bridge);
void uv_bridge_run(struct uv_bridge *bridge); /* now; never from inside one of its callbacks */

#endif
