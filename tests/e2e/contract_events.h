/* contract_events.h: compares published events with /asyncapi.json. */

#ifndef CONTRACT_EVENTS_H
#define CONTRACT_EVENTS_H

/* Checks the data and the channels of every event type in the database. */
void expect_events_match_contract(void);

#endif
