/* events.h: what is told, as events.def has it (private to the room). */

#ifndef API_EVENTS_H
#define API_EVENTS_H

#include "schema.h"

struct event_row {
	const char *type;     /* "*": any, as people say it */
	const char *channels; /* patterns, with blanks between */
	const char *data;     /* names of its members, likewise, with a ? where null; "*": any */
	const char *says;
};

extern const struct event_row event_rows[]; /* ends with one without a type */

bool event_is_free(const struct event_row *event); /* is it what people say? */
const char *event_name(const struct event_row *event); /* as it is called in a document */

/* What its data are, as JSON Schema under its name. */
void event_schema(struct buf *out, const struct event_row *event, const struct resource *const *resources);

#endif
