/* contract_streams.h: is what was told as /asyncapi.json promises it? */

#ifndef CONTRACT_STREAMS_H
#define CONTRACT_STREAMS_H

/* Holds every kind of event that there has been against it. */
void expect_events_as_promised(void);

#endif
