/* db_private.h: the internal interface of the pool.
 *
 * pool_setup.c creates the pool. pool.c holds the lanes and their queues and decides what is sent
 * next. conn.c keeps one connection alive; pipeline_send.c writes statements into its pipeline and
 * pipeline_recv.c reads the results. variant.c generates the text of statements. connector.c opens
 * connections, for the pool and for listen.c; conninfo.c parses DATABASE_URL. sync.c and
 * migrate.c do not use the pool: they block, and are for commands. */

#ifndef DB_PRIVATE_H
#define DB_PRIVATE_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <libpq-fe.h>

#include "db.h"
#include "resolve.h"

enum {
	MAX_VARIANTS = 256, /* max prepared statements per connection */
	LANES = 2,
	TICK_MS = 50,     /* interval of the timeout check */
	GRACE_MS = 150,   /* extra time for PostgreSQL to report that it cancelled a write */
	MAX_HEAD_AGE_MS = 50, /* a connection whose first statement is this old gets no more */
	UNAVAILABLE_MS = 1000,   /* how long a statement waits while its lane has no connection */
	CONNECT_MS = 5000,   /* to open a connection, name lookups included */
	BACKOFF_MIN_MS = 50,
	BACKOFF_MAX_MS = 500,
};

/* Writes a message of libpq as one line. */
enum { ONE_LINE_SIZE = 200 };
void one_line(char out[ONE_LINE_SIZE], const char *text);

static inline void start_timer(struct event *timer, int ms)
{
	const struct timeval time = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	event_add(timer, &time);
}

/* conninfo.c: DATABASE_URL, parsed. */

struct conninfo_host {
	const char *name;    /* "": libpq's default; a directory; a host name; an IP address */
	const char *ip; /* IP address; "": none is given */
	const char *port;
};

enum { MAX_HOSTS = 16 };

struct conninfo {
	PQconninfoOption *options;
	struct conninfo_host hosts[MAX_HOSTS];
	int count;
	char *lists[3]; /* the strings that the hosts point into */
};

struct conninfo *conninfo_new(const char *url); /* NULL: invalid */
void conninfo_free(struct conninfo *conninfo);
/* Whether the name has to be looked up. */
bool conninfo_needs_lookup(const struct conninfo_host *host);

/* Parameters for PQconnectStartParams: those of the URL, then ours. */
enum { MAX_CONN_PARAMS = 64 };
struct conn_params {
	const char *names[MAX_CONN_PARAMS + 1];
	const char *values[MAX_CONN_PARAMS + 1];
	int count;
};
void conninfo_to_params(const struct conninfo *conninfo, struct conn_params *params);
void conn_params_add(struct conn_params *params, const char *name, const char *value);

/* connector.c: opens one connection, or reports why it cannot. done() may be called before connector_start()
 * returns. */

struct connector {
	struct db *db;
	const char *options; /* of the session: "-c name=value …" */
	void (*done)(struct connector *connector, PGconn *pg, const char *why);
	PGconn *pg;
	struct event socket, deadline;
	struct lookup lookup;
	int next;  /* the host to look up */
	int added; /* number of addresses in these: */
	struct buf hosts, addresses, ports;
};

void connector_init(struct connector *connector, struct db *db, const char *options,
               void (*done)(struct connector *connector, PGconn *pg, const char *why));
void connector_start(struct connector *connector);
void connector_finish(struct connector *connector);
/* Milliseconds until the next attempt: doubles up to a maximum, with jitter. */
int connector_backoff(int *backoff_ms);

/* variant.c: a statement without the lines whose parameters are absent. */

struct variant {
	enum sql statement;
	uint64_t absent;
	int index;           /* into conn.prepared[]; -1: above the limit, used once */
	char name[16];       /* of the prepared statement */
	char *text;	     /* with $1, $2 … */
	int count;           /* of $n */
	bool in_order;	     /* $1 is the statement's first parameter, and so on */
	unsigned char params[SQL_PARAMS]; /* the statement's parameter for each $n */
};

struct variants {
	struct variant *all[MAX_VARIANTS];
	int count;
	short buckets[2 * MAX_VARIANTS]; /* index into all[] + 1; 0: free */
};

struct variant *variant_find(struct variants *variants, enum sql statement, const char *const *params);
/* The values of $1, $2 …. Copied to `buffer` unless the parameters are in this order already. */
const char *const *variant_values(const struct variant *variant, const char *const *params,
                                  const char *buffer[SQL_PARAMS]);
void variant_release(struct variant *variant); /* frees one that is used once */
void variants_finish(struct variants *variants);

/* conn.c, pipeline_send.c and pipeline_recv.c: one connection. */

enum slot_kind {
	SLOT_RUN,     /* a statement whose result goes to its query */
	SLOT_PRELUDE,   /* the write that runs before the next slot's */
	SLOT_PREPARE, /* the preparation of a statement */
	SLOT_COMMAND,    /* a session command: SET statement_timeout, DEALLOCATE */
};

/* A slot of the pipeline. libpq returns its results, then a NULL, then the result of its Sync. */
struct db_slot {
	struct db_query *query; /* NULL: the result is dropped */
	struct variant *variant;
	PGresult *kept; /* the result of a write, held until its Sync confirms the commit */
	bool failed;   /* `kept` is an error of the variant with this index: */
	int failed_index;
	enum slot_kind kind;
	bool sync; /* a Sync follows it */
	int timeout_ms;
};

struct prepared {
	enum { PREPARED_NONE, PREPARED_SENT, PREPARED_READY, PREPARED_STALE } state;
	bool looked_up; /* columns[] is filled */
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
	int running;        /* how many of the slots are statements */
	bool needs_sync;          /* something was sent since the last Sync */
	bool writing;       /* libpq holds bytes that the socket did not accept */
	long long head_us;  /* since when the first slot has been the first */
	int timeout_ms;	    /* the session's statement_timeout */
	struct prepared prepared[MAX_VARIANTS];
};

void conn_init(struct conn *conn, struct db *db, struct lane *lane);
void conn_finish(struct conn *conn);
/* Closes the connection, requeues or fails the queries in flight, and reconnects.
 * `not_executed`: the server itself reported that it ended the session before running them. */
void conn_lose(struct conn *conn, const char *why, bool not_executed);

/* False: the connection failed and `query` was not sent. */
bool pipeline_send(struct conn *conn, struct db_query *query);
/* Sends a Sync. The statements since the last Sync are one transaction. */
bool pipeline_sync(struct conn *conn);
void pipeline_flush(struct conn *conn);
/* Whether there is nothing to read, not even the end of the connection. */
bool pipeline_has_no_input(const struct conn *conn);
void pipeline_recv(struct conn *conn);
/* Drops all slots without calling done(). */
void pipeline_clear(struct conn *conn);

/* rows.c */

struct db_rows {
	const PGresult *result;	     /* NULL: none */
	const signed char *columns;  /* of the variant; NULL: look up by name */
};

void rows_columns(const PGresult *result, signed char columns[DB_COLUMNS]);

/* pool.c */

TAILQ_HEAD(db_queries, db_query); /* db_query.link */

struct lane {
	enum sql_lane kind;
	struct conn *conns;
	int count;
	int up;			/* connections that can carry statements */
	struct db_queries queue; /* in the order of db_run() */
	int waiting;
	long long down_us;      /* since when `up` has been 0 */
	int timeout_ms;         /* the longest timeout of its statements */
	char *options;		/* of its sessions */
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
	RETRY_ABORTED = 1, /* another statement of its Sync failed */
	RETRY_LOST = 2,      /* its connection was lost */
	RETRY_CONFLICT = 4,   /* a deadlock or a serialization failure */
	RETRY_STALE = 8,      /* its prepared statement was stale */
};

/* Requeues the query. False if it was already retried for this reason. */
bool pool_retry(struct db_query *query, unsigned reason);
/* Completes the query without rows, on a later turn. */
void pool_fail(struct db_query *query, enum db_status status);
/* Completes the query at once: done() may call back into the pool. */
void pool_complete(struct db_query *query, enum db_status status, const struct db_rows *rows);
void pool_wake(struct db *db); /* sends what can be sent at the end of the turn */
/* Callbacks of the pool's events. */
void pool_deliver_failures(evutil_socket_t fd, short what, void *db);
void pool_check_timeouts(evutil_socket_t fd, short what, void *db);
void pool_send(struct deferred *deferred);

/* pool_setup.c */

void pool_conn_changed(struct db *db, const char *why); /* a connection was established (NULL) or lost */

/* sync.c: for callers that block. On failure, false or NULL with a message in `error`. */

PGconn *sync_open(const char *url, struct buf *error);
bool sync_run(PGconn *pg, const char *what, const char *text, struct buf *error);
/* Runs all of the text or nothing, inside a transaction that the text must not end. */
bool sync_run_file(PGconn *pg, const struct sql_file *file, struct buf *error);
void sync_explain(PGconn *pg, const PGresult *result, const char *what, const char *text, struct buf *error);

/* listen.c */

struct listen *listen_new(struct db *db, const char *options);
void listen_free(struct listen *listen);
void listen_add(struct listen *listen, struct db_listener *listener);
bool listen_alive(const struct listen *listen);
void listen_notify(struct listen *listen, const char *channel, struct str text);

#endif
