/* event.c: names of events in the API documents. */

#include "schema.h"

bool event_is_broadcast(const struct event *event)
{
	return strcmp(event->type, "*") == 0;
}

const char *event_name(const struct event *event)
{
	return event_is_broadcast(event) ? "broadcast" : event->type;
}
