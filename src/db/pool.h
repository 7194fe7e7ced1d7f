/* pool.h: the lanes of the pool, their queues, and what happens to queries.
 *
 * pool_setup.c creates the pool. pool.c decides what is sent next, pipeline_send.c and
 * pipeline_recv.c exchange it with the server, and conn.c keeps each connection alive.
 *
 * pool.c, conn.c and pipeline_recv.c call each other. The pool reads and loses connections when it
 * finds that one is closed or does not respond; results complete queries of the pool; a lost
 * connection returns its queries to the queue. */

#ifndef DB_POOL_H
#define DB_POOL_H

#include <event2/event_struct.h>

#include "db.h"
#include "one_line.h"
#include "variant.h"

struct conn;
struct conninfo;
struct listen;

enum {
	LANES = 2,
	GRACE_MS = 150, /* extra time for PostgreSQL to report that it cancelled a write */
};

TAILQ_HEAD(db_queries, db_query); /* db_query.link */

struct lane {
	enum sql_lane kind;
	struct conn *conns;
	int count;
	int up;                  /* connections that can carry statements */
	struct db_queries queue; /* in the order of db_run() */
	int waiting;
	long long down_us; /* when `up` became 0 */
	int timeout_ms;    /* the longest timeout of its statements */
	char *options;     /* of its sessions */
};

struct db {
	struct loop *loop;
	struct resolver *resolver;
	struct conninfo *conninfo;
	struct lane lanes[LANES];
	struct variants variants;
	struct metric_series **durations; /* by statement */
	struct db_queries failures;       /* failed queries, delivered in a turn of their own */
	struct event failure_timer, tick;
	struct deferred deferred;
	bool ticking;
	int queue_max, pipeline;
	struct listen *listen;

	/* An outage is logged when it begins and when it is over. */
	bool outage;
	char why[ONE_LINE_SIZE];
	long long logged_us;
};

/* Why a query was retried. Each reason counts once. */
enum {
	RETRY_ABORTED = 1,  /* another statement of its Sync failed */
	RETRY_LOST = 2,     /* its connection was lost */
	RETRY_CONFLICT = 4, /* a deadlock or a serialization failure */
	RETRY_STALE = 8,    /* its prepared statement was stale */
};

/* Requeues the query. False if it was already retried for this reason. */
bool pool_retry(struct db_query *query, unsigned reason);
/* Completes the query without rows, on a later turn. */
void pool_fail(struct db_query *query, enum db_status status);
/* Completes the query at once: done() may call back into the pool. */
void pool_complete(struct db_query *query, enum db_status status, const struct db_rows *rows);
void pool_wake(struct db *db); /* sends what can be sent at the end of the turn */
/* A connection was established (NULL) or lost. */
void pool_conn_changed(struct db *db, const char *why);

/* Callbacks of the pool's events. */
void pool_deliver_failures(evutil_socket_t fd, short what, void *arg);
void pool_check_timeouts(evutil_socket_t fd, short what, void *arg);
void pool_send(struct deferred *deferred);

#endif
