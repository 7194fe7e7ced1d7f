/* shift_fixture.h: requests and expectations shared by the tests of shifts. Strings are valid
 * until the test ends. */

#ifndef SHIFT_FIXTURE_H
#define SHIFT_FIXTURE_H

#include "e2e.h"

const char *id_of(const struct answer *answer);

/* Creates a guard, who cannot sign in, and returns the user's ID. */
const char *new_guard(const char *first_name, const char *last_name);
/* Creates a location with this capacity and returns its ID. */
const char *new_location(int capacity);

const char *shift_path(const char *id, const char *action);
/* The body of a shift from 08:00 to 16:00 on a day of 2050, such as "03-01". */
const char *shift_body(const char *day, const char *location, const char *people);
const char *user_json(const char *id); /* {'user_id': …} */
const struct answer *assign(struct client *client, const char *shift, const char *user);
const struct answer *unassign(struct client *client, const char *shift, const char *user);

/* The last names of the assigned users in the order of the response: "Ash, Birch". */
const char *assigned_names(const char *shift);
/* The types of a channel's events about shifts and patterns, such as "shift.created,
 * shift.updated". */
const char *event_types(const char *channel, const char *id);

#endif
