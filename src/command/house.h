/* house.h: the rooms, wired to one server. */

#ifndef HOUSE_H
#define HOUSE_H

#include "str.h"

struct config;
struct private;
struct route;

struct house {
	const struct config *config;
	struct private *own;	   /* the PostgreSQL to watch over; NULL: somebody else does */
	const struct route *extra; /* further routes; NULL: none */
	/* The street door is open and the loop about to turn; may be NULL. */
	void (*opened)(struct house *house);

	/* The rooms, from the ground up. */
	struct loop *loop;
	struct resolver *resolver;
	struct fetcher *fetcher;
	struct db *db;
	struct auth *auth;
	struct api *api;
	struct http *http;

	/* How it ends. */
	struct loop_signal *terminate, *interrupt, *hangup;
	struct event *late;
	bool closing;
};

/* Serves until it is told to stop; gives what the process should end with. */
int house_run(struct house *house);

/* The database answers, and the issuer's keys are here. */
bool house_is_ready(const struct house *house);

#endif
