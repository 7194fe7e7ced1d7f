/* events.h: the events of events.def (private to the module). */

#ifndef EVENTS_H
#define EVENTS_H

#include "schema.h"

struct event_row {
	const char *type;     /* "*": broadcast, with any type */
	const char *channels; /* patterns, separated by spaces */
	const char *data;     /* member names, separated by spaces; ?: nullable; "*": any */
	const char *summary;
};

extern const struct event_row event_rows[]; /* ends with a row without a type */

bool event_is_broadcast(const struct event_row *event); /* is it a broadcast? */
const char *event_name(const struct event_row *event); /* its name in AsyncAPI */

/* Writes the JSON Schema of its data. */
void event_schema(struct buf *out, const struct event_row *event, const struct resource *const *resources);

#endif
