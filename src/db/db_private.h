/* db_private.h: the internal interface of the pool.
 *
 * pool_setup.c creates the pool. pool.c holds the lanes and their queues and decides what is sent
 * next. conn.c keeps one connection alive; pipeline_send.c writes statements into its pipeline and
 * pipeline_recv.c reads the results. variant.c generates the text of statements. connector.c opens
 * connections, for the pool and for listen.c; conninfo.c parses DATABASE_URL. sync.c and
 * migrate.c do not use the pool: they block, and are for commands. */

#ifndef DB_CONN_H
#define DB_CONN_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <libpq-fe.h>

#include "db.h"
#include "resolve.h"

enum {
	VARIANTS = 256, /* max prepared statements per connection */
	LANES = 2,
	TICK_MS = 50,     /* interval of the timeout check */
	GRACE_MS = 150,   /* extra time for PostgreSQL to report that it cancelled a write */
	OLD_HEAD_MS = 50, /* a connection whose first statement is this old gets no more */
	DOWN_MS = 1000,   /* how long a statement waits while its lane has no connection */
	DIAL_MS = 5000,   /* to open a connection, name lookups included */
	BACKOFF_LEAST_MS = 50,
	BACKOFF_MOST_MS = 500,
};

/* Writes a message of libpq as one line. */
enum { LINE_ROOM = 200 };
void one_line(char out[LINE_ROOM], const char *text);

static inline void ring_in(struct event *timer, int ms)
{
	const struct timeval time = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	event_add(timer, &time);
}

/* conninfo.c: DATABASE_URL, parsed. */

struct address_host {
	const char *name;    /* "": libpq's default; a directory; a host name; an IP address */
	const char *address; /* IP address; "": none is given */
	const char *port;
};

enum { HOSTS = 16 };

struct address {
	PQconninfoOption *options;
	struct address_host hosts[HOSTS];
	int count;
	char *lists[3]; /* the strings that the hosts point into */
};

struct address *address_new(const char *url); /* NULL: invalid */
void address_free(struct address *address);
/* Whether the name has to be looked up. */
bool address_is_name(const struct address_host *host);

/* Parameters for PQconnectStartParams: those of the URL, then ours. */
enum { WORDS = 64 };
struct words {
	const char *names[WORDS + 1];
	const char *values[WORDS + 1];
	int count;
};
void address_words(const struct address *address, struct words *words);
void words_add(struct words *words, const char *name, const char *value);

/* connector.c: opens one connection, or reports why it cannot. done() may be called before dial()
 * returns. */

struct dial {
	struct db *db;
	const char *options; /* of the session: "-c name=value …" */
	void (*done)(struct dial *dial, PGconn *pg, const char *why);
	PGconn *pg;
	struct event socket, deadline;
	struct lookup lookup;
	int next;  /* the host to look up */
	int added; /* number of addresses in these: */
	struct buf hosts, addresses, ports;
};

void dial_init(struct dial *dial, struct db *db, const char *options,
               void (*done)(struct dial *dial, PGconn *pg, const char *why));
void dial(struct dial *dial);
void dial_finish(struct dial *dial);
/* Milliseconds until the next attempt: doubles up to a maximum, with jitter. */
int dial_backoff(int *backoff_ms);

/* variant.c: a statement without the lines whose parameters are absent. */

struct variant {
	enum sql statement;
	uint64_t absent;
	int index;           /* into conn.prepared[]; -1: above the limit, used once */
	char name[16];       /* of the prepared statement */
	char *text;	     /* with $1, $2 … */
	int count;           /* of $n */
	bool straight;	     /* $1 is the statement's first parameter, and so on */
	unsigned char params[SQL_PARAMS]; /* the statement's parameter for each $n */
};

struct variants {
	struct variant *all[VARIANTS];
	int count;
	short buckets[2 * VARIANTS]; /* index into all[] + 1; 0: free */
};

struct variant *variant_find(struct variants *variants, enum sql statement, const char *const *params);
/* The values of $1, $2 …. Copied to `room` unless the parameters are in this order already. */
const char *const *variant_values(const struct variant *variant, const char *const *params,
                                  const char *room[SQL_PARAMS]);
void variant_let_go(struct variant *variant); /* frees one that is used once */
void variants_finish(struct variants *variants);

/* conn.c, pipeline_send.c and pipeline_recv.c: one connection. */

enum slot_kind {
	SLOT_RUN,     /* a statement whose result goes to its query */
	SLOT_AHEAD,   /* the write that runs before the next slot's */
	SLOT_PREPARE, /* the preparation of a statement */
	SLOT_TELL,    /* a session command: SET statement_timeout, DEALLOCATE */
};

/* A slot of the pipeline. libpq returns its results, then a NULL, then the result of its Sync. */
struct db_slot {
	struct db_query *query; /* NULL: the result is dropped */
	struct variant *variant;
	PGresult *kept; /* the result of a write, held until its Sync confirms the commit */
	bool refused;   /* `kept` is an error of the variant with this index: */
	int at_fault;
	enum slot_kind kind;
	bool sync; /* a Sync follows it */
	int allowance_ms;
};

struct prepared {
	enum { PREPARED_NOT, PREPARED_SENT, PREPARED_YES, PREPARED_STALE } state;
	bool looked_up; /* columns[] is filled */
	signed char columns[DB_COLUMNS]; /* -1: it has no such column */
};

struct conn {
	struct db *db;
	struct lane *lane;
	struct dial dial;
	PGconn *pg; /* NULL while there is no connection */
	struct event readable, writable, retry;
	int backoff_ms;
	long long up_us; /* when it was established */

	struct db_slot *slots; /* a ring buffer */
	int slot_count;        /* size of the ring */
	int first, count;
	int running;        /* how many of the slots are statements */
	bool open;          /* something was sent since the last Sync */
	bool writing;       /* libpq holds bytes that the socket did not accept */
	long long head_us;  /* since when the first slot has been the first */
	int timeout_ms;	    /* the session's statement_timeout */
	struct prepared prepared[VARIANTS];
};

void conn_init(struct conn *conn, struct db *db, struct lane *lane);
void conn_finish(struct conn *conn);
/* Closes the connection, requeues or fails the queries in flight, and reconnects.
 * `untouched`: the server itself reported that it ended the session before running them. */
void conn_lose(struct conn *conn, const char *why, bool untouched);

/* False: the connection failed and `query` was not sent. */
bool pipe_send(struct conn *conn, struct db_query *query);
/* Sends a Sync. The statements since the last Sync are one transaction. */
bool pipe_sync(struct conn *conn);
void pipe_flush(struct conn *conn);
/* Whether there is nothing to read, not even the end of the connection. */
bool pipe_is_quiet(const struct conn *conn);
void pipe_read(struct conn *conn);
/* Drops all slots without calling done(). */
void pipe_clear(struct conn *conn);

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
	struct db_queries line; /* in the order of db_run() */
	int waiting;
	long long down_us;      /* since when `up` has been 0 */
	int timeout_ms;         /* the longest timeout of its statements */
	char *options;		/* of its sessions */
};

struct db {
	struct loop *loop;
	struct resolver *resolver;
	struct address *address;
	struct lane lanes[LANES];
	struct variants variants;
	struct metric_series **durations; /* by statement */
	struct db_queries verdicts;       /* failed queries, delivered in a turn of their own */
	struct event soon, tick;
	struct deferred deferred;
	bool ticking;
	int line_most, pipeline;
	struct listen *listen;

	/* An outage is logged when it begins and when it is over. */
	bool out;
	char why[LINE_ROOM];
	long long told_us;
};

/* Why a query was retried. Each reason counts once. */
enum {
	AGAIN_NEIGHBOUR = 1, /* another statement of its Sync failed */
	AGAIN_LOST = 2,      /* its connection was lost */
	AGAIN_PASSING = 4,   /* a deadlock or a serialization failure */
	AGAIN_PLAN = 8,      /* its prepared statement was stale */
};

/* Requeues the query. False if it was already retried for this reason. */
bool pool_again(struct db_query *query, unsigned reason);
/* Completes the query without rows, on a later turn. */
void pool_verdict(struct db_query *query, enum db_status status);
/* Completes the query at once: done() may call back into the pool. */
void pool_answer(struct db_query *query, enum db_status status, const struct db_rows *rows);
void pool_wake(struct db *db); /* sends what can be sent at the end of the turn */
/* Callbacks of the pool's events. */
void pool_say_verdicts(evutil_socket_t fd, short what, void *db);
void pool_look(evutil_socket_t fd, short what, void *db);
void pool_send(struct deferred *deferred);

/* pool_setup.c */

void pool_changed(struct db *db, const char *why); /* a connection was established (NULL) or lost */

/* sync.c: for callers that block. On failure, false or NULL with a message in `fault`. */

PGconn *ask_open(const char *url, struct buf *fault);
bool ask_run(PGconn *pg, const char *what, const char *text, struct buf *fault);
/* Runs all of the text or nothing, inside a transaction that the text must not end. */
bool ask_run_whole(PGconn *pg, const struct sql_file *file, struct buf *fault);
void ask_explain(PGconn *pg, const PGresult *result, const char *what, const char *text, struct buf *fault);

/* listen.c */

struct listen *listen_new(struct db *db, const char *options);
void listen_free(struct listen *listen);
void listen_add(struct listen *listen, struct db_listener *listener);
bool listen_alive(const struct listen *listen);
void listen_tell(struct listen *listen, const char *channel, struct str text);

#endif
