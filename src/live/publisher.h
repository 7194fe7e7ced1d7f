/* publisher.h: publishes events to subscribers (private to the module). */

#ifndef PUBLISHER_H
#define PUBLISHER_H

#include "call.h"
#include "channels.h"
#include "ws.h"

/* publisher.c: publishes committed events to this process' subscribers and to the other processes. */
struct publisher;

struct publisher *publisher_new(struct api *api); /* NULL: ws could not be started */
void publisher_free(struct publisher *publisher);
struct ws *publisher_ws(const struct publisher *publisher);
/* Publishes the events that a statement returned, live.emit()'s array. */
void publisher_publish(struct publisher *publisher, struct str events);
/* Publishes an event to this process' subscribers only. */
void publisher_deliver(struct publisher *publisher, struct ws_event *event);
/* A user's row has changed: re-authorizes their subscriptions. */
void publisher_recheck_user(struct publisher *publisher, struct str user_id);

/* backfill.c: fetches events that this process has missed and delivers them. */
struct backfill;

struct backfill *backfill_new(struct api *api);
void backfill_free(struct backfill *backfill);
void backfill_add(struct backfill *backfill, const char *channel, long long after);
void backfill_retry(struct backfill *backfill); /* retries those whose query failed */

/* offset_poll.c: polls the offsets of the channels with subscribers. */
struct offset_poll;

struct offset_poll *offset_poll_new(struct api *api);
void offset_poll_free(struct offset_poll *offset_poll);
void offset_poll_run(struct offset_poll *offset_poll); /* no effect while the last poll is pending */

/* recheck.c: re-authorizes users and subscriptions: WS_RECHECK_USER and WS_RECHECK_CHANNEL. */
struct recheck;

struct recheck *recheck_new(struct api *api);
void recheck_free(struct recheck *recheck);
void recheck_add(struct recheck *recheck, struct ws_query *query);
void recheck_cancel(struct ws_query *query);

/* subscribe.c: all other queries of ws. */
void subscribe_query(struct api *api, struct ws_query *query);
void subscribe_cancel(struct ws_query *query);

/* Reads an event from an object with type, data, at, offset and optionally channel. The data is
 * written into `data`. False: it is not an event. */
bool event_read(const struct json *object, struct buf *data, struct ws_event *event);

/* emulation.c: commands of clients that send them in separate requests. Its listener stays
 * registered until db_free(); free() it once no more notifications can arrive. */
struct emulation;

struct emulation *emulation_new(struct api *api);
void emulation_run(struct request *request);

/* handshake.c: the routes of WebSockets and streams. */
extern const struct route live_routes[];

/* connections.c: appends members with this process' connections, `limit` of them from `skip` on. */
void connections_write(struct call *call, struct buf *members);

#endif
