/* event.h: reads events and delivers them to this process's subscribers. */

#ifndef LIVE_EVENT_H
#define LIVE_EVENT_H

#include "json.h"
#include "ws.h"

struct live;

/* Reads an event from an object with type, data, at, offset and optionally channel. The data is
 * written into `data`. False: it is not an event. */
[[nodiscard]] bool event_read(const struct json *object, struct buf *data, struct ws_event *event);

/* Delivers an event to this process's subscribers only. */
void event_deliver(struct live *live, struct ws_event *event);

#endif
