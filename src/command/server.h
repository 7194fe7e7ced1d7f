/* server.h: all modules, wired to a server. */

#ifndef HOUSE_H
#define HOUSE_H

#include "str.h"

struct config;
struct private;
struct route;

struct house {
	const struct config *config;
	struct private *own;       /* the private PostgreSQL to supervise; NULL: none */
	const struct route *extra; /* additional routes; NULL: none */
	/* The server is listening and the loop is about to run; may be NULL. */
	void (*opened)(struct house *house);

	/* The modules, lower ones first. */
	struct loop *loop;
	struct resolver *resolver;
	struct fetcher *fetcher;
	struct db *db;
	struct auth *auth;
	struct api *api;
	struct http *http;

	/* Shutdown. */
	struct loop_signal *terminate, *interrupt, *hangup;
	struct event *late;
	bool closing;
};

/* Serves until a signal stops it; returns the exit code of the process. */
int house_run(struct house *house);

/* Whether the database is connected and the issuers' keys have arrived. */
bool house_is_ready(const struct house *house);

#endif
