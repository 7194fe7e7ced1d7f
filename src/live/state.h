/* state.h: what the files of this module share. */

#ifndef LIVE_STATE_H
#define LIVE_STATE_H

#include "access.h"
#include "live.h"
#include "ws.h"

struct live {
	struct loop *loop;
	const struct config *config;
	struct db *db;
	struct access *access;
	struct ws *ws;
	struct backfill *backfill;
	struct offset_poll *offset_poll;
	struct recheck *recheck;
	struct publisher *publisher;
	struct emulation *emulation;
	struct route *routes; /* each has this struct as its row */
	size_t route_count;
	bool draining;
};

static inline struct live *live_of(const struct request *request)
{
	return (struct live *)request->route->row;
}

#endif
