/* server.h: all modules, wired into a server. */

#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>
#include <stddef.h>

struct config;
struct pages_demo;
struct private_postgres;
struct route;

struct server {
	const struct config *config;
	struct private_postgres *postgres; /* the private PostgreSQL to supervise; NULL: none */
	const struct route *extra_routes;  /* additional routes; NULL: none */
	const struct pages_demo *demo;     /* only in `dev`; otherwise NULL */
	/* The server is listening and the loop is about to run; may be NULL. */
	void (*on_listening)(struct server *server);

	/* The modules, lower ones first. */
	struct loop *loop;
	struct resolver *resolver;
	struct fetcher *fetcher;
	struct db *db;
	struct auth *auth;
	struct access *access;
	struct live *live;
	struct rest *rest;
	struct documents *documents;
	struct pages *pages;
	struct http *http;

	struct route *routes; /* of all modules; http uses them */
	size_t route_count;

	/* Shutdown. */
	struct loop_signal *terminate, *interrupt, *hangup;
	struct event *drain_timer;
	bool stopping;
};

/* Serves until a signal stops it; returns the exit code of the process. */
int server_run(struct server *server);

/* Whether all connections to the database are up and the issuers' keys have arrived. After that,
 * nothing more is logged about the startup. */
bool server_is_ready(const struct server *server);

#endif
