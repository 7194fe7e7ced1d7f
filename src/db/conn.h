/* conn.h: a connection of the pool.
 *
 * See pool.h for the call cycle that conn.c is part of. */

#ifndef DB_CONN_H
#define DB_CONN_H

#include "connector.h"
#include "db.h"
#include "variant.h"

struct db_slot;
struct lane;

struct prepared {
	enum { PREPARED_NONE, PREPARED_SENT, PREPARED_READY, PREPARED_STALE } state;
	bool looked_up;                  /* columns[] is filled */
	signed char columns[DB_COLUMNS]; /* -1: it has no such column */
};

struct conn {
	struct db *db;
	struct lane *lane;
	struct connector connector;
	PGconn *pg; /* NULL while there is no connection */
	struct event readable, writable, retry;
	int backoff_ms;
	long long up_us; /* when it was established */

	struct db_slot *slots; /* a ring buffer */
	int slot_count;        /* size of the ring */
	int first, count;
	int running;       /* how many of the slots are statements */
	bool needs_sync;   /* something was sent since the last Sync */
	bool writing;      /* libpq holds bytes that the socket did not accept */
	long long head_us; /* when the first slot became the first */
	int timeout_ms;    /* the session's statement_timeout */
	struct prepared prepared[MAX_VARIANTS];
};

void conn_init(struct conn *conn, struct db *db, struct lane *lane);
void conn_finish(struct conn *conn);
/* Closes the connection, requeues or fails the queries in flight, and reconnects.
 * `not_executed`: the server itself reported that it ended the session before running them. */
void conn_lose(struct conn *conn, const char *why, bool not_executed);

#endif
