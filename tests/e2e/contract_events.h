/* contract_events.h: is what was told as /asyncapi.json promises it? */

#ifndef CONTRACT_EVENTS_H
#define CONTRACT_EVENTS_H

/* Holds every kind of event that there has been against it. */
void expect_events_as_promised(void);

#endif
