/* events.h: writes the schemas of events. */

#ifndef EVENTS_H
#define EVENTS_H

#include "schema.h"

/* Writes the JSON Schema of the event's data, and an example of it. */
void event_schema(struct buf *out, const struct event *event);
void event_example(struct buf *out, const struct event *event);

#endif
