/* fake_ws.h: replaces the public interface of the realtime connections (ws.h) in unit tests.
 *
 * Calls are recorded as text, one per line. Link it in front of the real library. */

#ifndef FAKE_WS_H
#define FAKE_WS_H

#include "ws.h"

#define FAKE_NODE "01900000-0000-7000-8000-0000000000aa"

struct fake_ws_channel {
	const char *name;
	long long offset; /* -1: not known yet */
};

struct ws {
	/* publish duty 7 duty.started {"id":1} revokes=no
	 * seen duty 7
	 * done duty
	 * reset duty
	 * recheck ID (or *)
	 * reply error=0 …
	 * receive SESSION COMMANDS */
	struct buf calls;
	const struct fake_ws_channel *channels; /* in use */
	size_t channel_count;
	bool has_channels; /* ws_has_channels() */
	bool has_session;  /* ws_session_receive() */
	size_t connections, subscriptions;
	void (*on_backfill_done)(const char *channel); /* called by ws_backfill_done(), or NULL */
};

extern struct ws fake_ws;

void fake_ws_open(void);
void fake_ws_close(void);

/* The calls since the last call of this; valid until the next one. */
const char *fake_ws_calls(void);

#endif
