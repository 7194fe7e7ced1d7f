/* connector.h: opens one connection, for the pool or for listen.c, or reports why it cannot. */

#ifndef DB_CONNECTOR_H
#define DB_CONNECTOR_H

#include <event2/event_struct.h>
#include <libpq-fe.h>

#include "resolve.h"

struct connector;
struct db;

enum { BACKOFF_MAX_MS = 500 };

/* May be called before connector_start() returns. */
typedef void connector_done_fn(struct connector *connector, PGconn *pg, const char *why);

struct connector {
	struct db *db;
	const char *options; /* of the session: "-c name=value …" */
	connector_done_fn *done;
	PGconn *pg;
	struct event socket, deadline;
	struct lookup lookup;
	int next;  /* the host to look up */
	int added; /* number of addresses in the lists below */
	struct buf hosts, addresses, ports;
};

void connector_init(struct connector *connector, struct db *db, const char *options,
                    connector_done_fn *done);
void connector_start(struct connector *connector);
void connector_finish(struct connector *connector);
/* Milliseconds until the next attempt: doubles up to BACKOFF_MAX_MS, with jitter. */
int connector_backoff(int *backoff_ms);

#endif
