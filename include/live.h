/* live.h: delivers committed events to subscribers. */

#ifndef LIVE_H
#define LIVE_H

#include "http.h"

struct access;
struct config;
struct db;
struct loop;

struct live;

/* NULL if the WebSocket server cannot be started; the log says why. */
[[nodiscard]] struct live *live_new(struct loop *loop, const struct config *config, struct db *db,
                                    struct access *access);
/* Call it after the last loop turn and before db_free(), when no more notifications can arrive. */
void live_free(struct live *live);

/* The routes of WebSockets and streams. */
const struct route *live_routes(const struct live *live, size_t *count);

/* Publishes the events that a statement returned, live.emit()'s array. */
void live_publish(struct live *live, struct str events);

/* A user's row has changed: their subscriptions are re-authorized. */
void live_recheck_user(struct live *live, struct str user_id);

/* Appends JSON members that describe this process and list its connections: at most `limit`, after
 * the first `skip`. */
void live_append_connections(const struct live *live, size_t skip, size_t limit,
                             struct buf *members);

/* From now on new connections get 503. */
void live_drain(struct live *live);
/* Disconnects all subscribers; call it after all requests have been answered. done() is called
 * when the last connection is closed. */
void live_disconnect_all(struct live *live, void (*done)(void *arg), void *arg);

#endif
