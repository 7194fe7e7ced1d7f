/* live.c: wires the files of this module together and defines its routes. */

#include <stdlib.h>

#include "backfill.h"
#include "emulation.h"
#include "handshake.h"
#include "offset_poll.h"
#include "publisher.h"
#include "recheck.h"
#include "sse.h"
#include "state.h"
#include "subscribe.h"

static const struct route routes[] = {
#define LIVE_ROUTE(method, pattern, name, summary, description, status, media_type, problems,      \
                   takes_token, query, headers, body, run)                                         \
	{ method, pattern, run },
#include "table/live_routes.def"
#undef LIVE_ROUTE
};

static bool is_recheck(const struct ws_query *query)
{
	return query->kind == WS_RECHECK_USER || query->kind == WS_RECHECK_CHANNEL;
}

static void on_query(void *context, struct ws_query *query)
{
	struct live *live = context;

	if (is_recheck(query))
		recheck_add(live->recheck, query);
	else
		subscribe_query(live, query);
}

static void on_cancel(void *, struct ws_query *query)
{
	if (is_recheck(query))
		recheck_cancel(query);
	else
		subscribe_cancel(query);
}

static void on_backfill(void *context, const char *name, long long after)
{
	struct live *live = context;

	backfill_add(live->backfill, name, after);
}

static void add_route(struct live *live, const struct route *route, const char *pattern)
{
	struct route *added = &live->routes[live->route_count++];

	*added = *route;
	added->pattern = pattern;
	added->row = live;
	added->event_stream = route->run == sse_open;
}

/* Adds the routes of the table, and repeats those below the mount of the first API version for each
 * other version. */
static void make_routes(struct live *live)
{
	const char *mount = version_rows[V1].mount;

	live->routes = xcalloc(COUNT_OF(routes) * VERSIONS, sizeof(*live->routes));
	for (size_t i = 0; i < COUNT_OF(routes); i++)
		add_route(live, &routes[i], routes[i].pattern);
	for (enum version v = V1 + 1; v < VERSIONS; v++) {
		for (size_t i = 0; i < COUNT_OF(routes); i++) {
			if (str_begins(str_of(routes[i].pattern), mount))
				add_route(live, &routes[i],
				          xprint("%s%s", version_rows[v].mount,
				                 routes[i].pattern + strlen(mount)));
		}
	}
}

static void free_routes(struct live *live)
{
	for (size_t i = COUNT_OF(routes); i < live->route_count; i++)
		free((char *)live->routes[i].pattern);
	free(live->routes);
}

struct live *live_new(struct loop *loop, const struct config *config, struct db *db,
                      struct access *access)
{
	struct live *live = xcalloc(1, sizeof(*live));
	const struct ws_handlers handlers = { live, on_query, on_cancel, on_backfill };

	live->loop = loop;
	live->config = config;
	live->db = db;
	live->access = access;
	live->ws = ws_new(loop, config, &handlers);
	if (!live->ws) {
		free(live);
		return NULL;
	}
	live->backfill = backfill_new(live);
	live->offset_poll = offset_poll_new(live);
	live->recheck = recheck_new(live);
	live->publisher = publisher_new(live);
	live->emulation = emulation_new(live);
	make_routes(live);
	return live;
}

void live_free(struct live *live)
{
	if (!live)
		return;
	ws_free(live->ws);
	publisher_free(live->publisher);
	backfill_free(live->backfill);
	offset_poll_free(live->offset_poll);
	recheck_free(live->recheck);
	free(live->emulation);
	free_routes(live);
	free(live);
}

const struct route *live_routes(const struct live *live, size_t *count)
{
	*count = live->route_count;
	return live->routes;
}

void live_publish(struct live *live, struct str events)
{
	publisher_publish(live->publisher, events);
}

void live_recheck_user(struct live *live, struct str user_id)
{
	char id[UUID_SIZE];

	if (user_id.length >= sizeof(id))
		return;
	memcpy(id, user_id.at, user_id.length);
	id[user_id.length] = '\0';
	ws_recheck(live->ws, id);
}

void live_drain(struct live *live)
{
	live->draining = true;
}

void live_disconnect_all(struct live *live, void (*done)(void *arg), void *arg)
{
	ws_drain(live->ws, done, arg);
}
