/* race_fixture.h: clients that send conflicting requests in parallel, and resources that they race
 * for. Strings are valid until the test ends. */

#ifndef RACE_FIXTURE_H
#define RACE_FIXTURE_H

#include "e2e.h"

enum { CLIENTS = 50 };

extern struct race {
	struct client *super_admin, *clients[CLIENTS]; /* all of them SUPER_ADMIN */
} race;

void set_up_race(void);

/* The ID of what was created. */
const char *id_of(const struct answer *answer);
const char *own_id(struct client *client);
const char *query(const char *sql);

/* Receives a response. Whether the request succeeded; otherwise it was rejected with this problem. */
bool has_succeeded(struct client *client, const char *code);

/* Each creates a resource and returns its ID. */
const char *some_log(void);
const char *some_tour(void);
const char *some_stop(void); /* with the ID of its tour */
const char *some_vehicle(void);
const char *some_radio(void);
const char *some_item(void);
const char *some_visitor(void);
const char *some_person(void);
const char *some_archived_person(void);
const char *some_message(void);
const char *some_notification(void);
const char *some_equipped_session(void); /* that has equipment out */
const char *some_note(void);
const char *some_public_note(void);

#endif
