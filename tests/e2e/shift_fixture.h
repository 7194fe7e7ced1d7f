/* shift_fixture.h: what the stories of shifts have in common. Texts last until the test ends. */

#ifndef PLANNER_H
#define PLANNER_H

#include "e2e.h"

const char *id_of(const struct answer *answer);

/* A new guard's id; nobody signs in as him. */
const char *person(const char *first_name, const char *last_name);
/* A new place's, with room for so many. */
const char *place_for(int capacity);

const char *shift_path(const char *id, const char *act);
/* From eight to four, on a day of 2050: "03-01". */
const char *shift_body(const char *day, const char *place, const char *people);
const char *who(const char *id); /* {'user_id': …} */
const struct answer *assign(struct client *client, const char *shift, const char *user);
const struct answer *release(struct client *client, const char *shift, const char *user);

/* "Ash, Birch": who is to do it, as the shift shows it. */
const char *people_of(const char *shift);
/* "shift.created, shift.updated": what a channel heard of shifts and patterns. */
const char *told(const char *channel, const char *id);

#endif
