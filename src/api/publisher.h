/* publisher.h: publishes events to subscribers (private to the module). */

#ifndef STREAM_H
#define STREAM_H

#include "call.h"
#include "channels.h"
#include "ws.h"

/* publisher.c: publishes committed events to this process' subscribers and to the other processes. */
struct stream;

struct stream *stream_new(struct api *api); /* NULL: ws could not be started */
void stream_free(struct stream *stream);
struct ws *stream_ws(const struct stream *stream);
/* Publishes the events that a statement returned, live.emit()'s array. */
void stream_take(struct stream *stream, struct str events);
/* Publishes an event to this process' subscribers only. */
void stream_tell(struct stream *stream, struct ws_event *event);
/* A user's row has changed: re-authorizes their subscriptions. */
void stream_doubt(struct stream *stream, struct str user_id);

/* backfill.c: fetches events that this process has missed and delivers them. */
struct holes;

struct holes *holes_new(struct api *api);
void holes_free(struct holes *holes);
void holes_open(struct holes *holes, const char *channel, long long behind);
void holes_retry(struct holes *holes); /* retries those whose query failed */

/* offset_poll.c: polls the offsets of the channels with subscribers. */
struct tops;

struct tops *tops_new(struct api *api);
void tops_free(struct tops *tops);
void tops_ask(struct tops *tops); /* no effect while the last poll is pending */

/* recheck.c: re-authorizes users and subscriptions: WS_AGAIN and WS_STILL. */
struct verdicts;

struct verdicts *verdicts_new(struct api *api);
void verdicts_free(struct verdicts *verdicts);
void verdicts_ask(struct verdicts *verdicts, struct ws_ask *ask);
void verdicts_forget(struct ws_ask *ask);

/* subscribe.c: all other queries of ws. */
void hearing_ask(struct api *api, struct ws_ask *ask);
void hearing_forget(struct ws_ask *ask);

/* Reads an event from an object with type, data, at, offset and optionally channel. The data is
 * written into `data`. False: it is not an event. */
bool event_read(const struct json *object, struct buf *data, struct ws_event *event);

/* emulation.c: commands of clients that send them in separate requests. Its listener stays
 * registered until db_free(); free() it once no more notifications can arrive. */
struct emulation;

struct emulation *emulation_new(struct api *api);
void emulation_run(struct request *request);

/* handshake.c: the routes of WebSockets and streams. */
extern const struct route socket_routes[];

/* connections.c: appends members with this process' connections, `limit` of them from `skip` on. */
void guests_write(struct call *call, struct buf *members);

#endif
