/* stream.h: what happens, told to those who listen (private to the room). */

#ifndef STREAM_H
#define STREAM_H

#include "call.h"
#include "channels.h"
#include "ws.h"

/* stream.c: committed events → this process' listeners, and the other processes. */
struct stream;

struct stream *stream_new(struct api *api); /* NULL: nobody can listen */
void stream_free(struct stream *stream);
struct ws *stream_ws(const struct stream *stream);
/* What a statement emitted, as it returned it: live.emit()'s array. */
void stream_take(struct stream *stream, struct str events);
/* What happened, for this process' listeners alone. */
void stream_tell(struct stream *stream, struct ws_event *event);
/* This person's row has changed. */
void stream_doubt(struct stream *stream, struct str user_id);

/* holes.c: events that are missing here, asked for and told. */
struct holes;

struct holes *holes_new(struct api *api);
void holes_free(struct holes *holes);
void holes_open(struct holes *holes, const char *channel, long long behind);
void holes_retry(struct holes *holes); /* those that could not be asked for */

/* tops.c: how far the channels have come that somebody hears here. */
struct tops;

struct tops *tops_new(struct api *api);
void tops_free(struct tops *tops);
void tops_ask(struct tops *tops); /* unless the last question waits for its answer */

/* verdicts.c: whether those who hear may still hear: WS_AGAIN and WS_STILL. */
struct verdicts;

struct verdicts *verdicts_new(struct api *api);
void verdicts_free(struct verdicts *verdicts);
void verdicts_ask(struct verdicts *verdicts, struct ws_ask *ask);
void verdicts_forget(struct ws_ask *ask);

/* hearing.c: what else those who listen ask: who somebody is, what he may hear and has missed. */
void hearing_ask(struct api *api, struct ws_ask *ask);
void hearing_forget(struct ws_ask *ask);

/* An event out of an object with type, data, at and offset, and perhaps its channel; its data
 * are written into `data`. False: it is none. */
bool event_read(const struct json *object, struct buf *data, struct ws_event *event);

/* emulation.c: commands of clients that cannot speak for themselves; its listener lasts as long as the
 * database, and may be freed behind it. */
struct emulation;

struct emulation *emulation_new(struct api *api);
void emulation_run(struct request *request);

/* sockets.c: how one begins to listen. */
extern const struct route socket_routes[];

/* guests.c: members of an object: who listens to this process, from `skip` on, `limit` of them. */
void guests_write(struct call *call, struct buf *members);

#endif
