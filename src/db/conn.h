/* conn.h: what the files of this room show each other.
 *
 * open.c puts the pool up; pool.c holds the lanes and their lines and decides
 * who sends next; conn.c keeps one connection alive; send.c puts statements into
 * its pipeline, pipe.c reads the answers; variant.c makes their text; dial.c makes
 * connections, for the pool and for listen.c; address.c knows where to. Beside the
 * pool, ask.c and migrate.c ask and wait, for commands. */

#ifndef DB_CONN_H
#define DB_CONN_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <libpq-fe.h>

#include "db.h"
#include "resolve.h"

enum {
	VARIANTS = 256,		/* prepared statements of a connection, at most */
	LANES = 2,
	TICK_MS = 50,		/* how often allowances are looked at */
	GRACE_MS = 150,		/* for the answer to a write that PostgreSQL itself is ending */
	OLD_HEAD_MS = 50,	/* behind a statement as old as this nothing new is queued */
	DOWN_MS = 1000,		/* how long a statement waits while its lane is down */
	DIAL_MS = 5000,		/* for a connection to be made, names included */
	BACKOFF_LEAST_MS = 50,
	BACKOFF_MOST_MS = 500,
};

/* What libpq says, on one line. */
enum { LINE_ROOM = 200 };
void one_line(char out[LINE_ROOM], const char *text);

static inline void ring_in(struct event *timer, int ms)
{
	const struct timeval time = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	event_add(timer, &time);
}

/* address.c: where PostgreSQL is. */

struct address_host {
	const char *name;    /* "" is libpq's own way; a directory; a name; a number */
	const char *address; /* numeric: nobody need be asked */
	const char *port;
};

enum { HOSTS = 16 };

struct address {
	PQconninfoOption *options;
	struct address_host hosts[HOSTS];
	int count;
	char *lists[3]; /* what the hosts point into */
};

struct address *address_new(const char *url); /* NULL: it is none */
void address_free(struct address *address);
/* Does the name have to be looked up? */
bool address_is_name(const struct address_host *host);

/* For PQconnectStartParams: the address' own words, then ours. */
enum { WORDS = 64 };
struct words {
	const char *names[WORDS + 1];
	const char *values[WORDS + 1];
	int count;
};
void address_words(const struct address *address, struct words *words);
void words_add(struct words *words, const char *name, const char *value);

/* dial.c: makes one connection, or says why not. done() may come before dial() returns. */

struct dial {
	struct db *db;
	const char *options; /* of the session, "-c name=value …" */
	void (*done)(struct dial *dial, PGconn *pg, const char *why);
	PGconn *pg;
	struct event socket, deadline;
	struct lookup lookup;
	int next;  /* host to look up */
	int added; /* addresses in these: */
	struct buf hosts, addresses, ports;
};

void dial_init(struct dial *dial, struct db *db, const char *options,
               void (*done)(struct dial *dial, PGconn *pg, const char *why));
void dial(struct dial *dial);
void dial_finish(struct dial *dial);
/* Milliseconds until the next attempt: doubles, and is never quite the same for two. */
int dial_backoff(int *backoff_ms);

/* variant.c: a statement without the lines whose parameters are absent. */

struct variant {
	enum sql statement;
	uint64_t absent;
	int index;	     /* its place in struct prepared[]; -1: one of too many, used once */
	char name[16];	     /* on the server */
	char *text;	     /* with $1, $2 … */
	int count;	     /* of those */
	bool straight;	     /* $1 is the statement's first parameter, and so on */
	unsigned char params[SQL_PARAMS]; /* which one each is */
};

struct variants {
	struct variant *all[VARIANTS];
	int count;
	short buckets[2 * VARIANTS]; /* place in all[] + 1; 0: free */
};

struct variant *variant_find(struct variants *variants, enum sql statement, const char *const *params);
/* The values for $1, $2 …; `room` is used when they do not stand as they are needed. */
const char *const *variant_values(const struct variant *variant, const char *const *params,
                                  const char *room[SQL_PARAMS]);
void variant_let_go(struct variant *variant); /* frees one that is used once */
void variants_finish(struct variants *variants);

/* conn.c, send.c and pipe.c: one connection. */

enum slot_kind {
	SLOT_RUN,     /* a statement, answered to its query */
	SLOT_AHEAD,   /* what goes ahead of the next */
	SLOT_PREPARE, /* its preparation */
	SLOT_TELL,    /* a word to the session: its time-out, a DEALLOCATE */
};

/* A place in the pipeline. Its results come, then an end, then that of its Sync. */
struct db_slot {
	struct db_query *query; /* NULL: nobody waits for this */
	struct variant *variant;
	PGresult *kept; /* a write's answer: it counts when its Sync has said so */
	bool refused;	/* `kept` is a refusal, of the variant with this index: */
	int at_fault;
	enum slot_kind kind;
	bool sync;	/* a Sync stands behind it */
	int allowance_ms;
};

struct prepared {
	enum { PREPARED_NOT, PREPARED_SENT, PREPARED_YES, PREPARED_STALE } state;
	bool looked_up; /* columns[] is filled */
	signed char columns[DB_COLUMNS]; /* -1: it has none of this name */
};

struct conn {
	struct db *db;
	struct lane *lane;
	struct dial dial;
	PGconn *pg; /* NULL while there is no connection */
	struct event readable, writable, retry;
	int backoff_ms;
	long long up_us; /* since when */

	struct db_slot *slots; /* a ring */
	int slot_count;	       /* its size */
	int first, count;
	int running;	    /* statements among them */
	bool open;	    /* a Sync is owed */
	bool writing;	    /* libpq has bytes the socket did not take */
	long long head_us;  /* since when the first is the first */
	int timeout_ms;	    /* the session's statement_timeout */
	struct prepared prepared[VARIANTS];
};

void conn_init(struct conn *conn, struct db *db, struct lane *lane);
void conn_finish(struct conn *conn);
/* What is in flight is given back or answered; the connection is made anew.
 * `untouched`: the server said itself that it ended before doing any of it. */
void conn_lose(struct conn *conn, const char *why, bool untouched);

/* False: the connection is not fit for it, and `query` was not sent. */
bool pipe_send(struct conn *conn, struct db_query *query);
/* Ends the segment: what was sent since the last Sync stands and falls together. */
bool pipe_sync(struct conn *conn);
void pipe_flush(struct conn *conn);
/* Nothing has come that is not read, not even the end. */
bool pipe_is_quiet(const struct conn *conn);
void pipe_read(struct conn *conn);
/* Drops the places without answering anybody. */
void pipe_clear(struct conn *conn);

/* rows.c */

struct db_rows {
	const PGresult *result;	     /* NULL: none */
	const signed char *columns;  /* of the variant; NULL: look by name */
};

void rows_columns(const PGresult *result, signed char columns[DB_COLUMNS]);

/* pool.c */

TAILQ_HEAD(db_queries, db_query); /* db_query.link */

struct lane {
	enum sql_lane kind;
	struct conn *conns;
	int count;
	int up;			/* connections that can carry statements */
	struct db_queries line; /* in the order in which they were asked */
	int waiting;
	long long down_us;	/* since when `up` is 0 */
	int timeout_ms;		/* the longest allowance of its statements */
	char *options;		/* of its sessions */
};

struct db {
	struct loop *loop;
	struct resolver *resolver;
	struct address *address;
	struct lane lanes[LANES];
	struct variants variants;
	struct metric_series **durations; /* by statement */
	struct db_queries verdicts;	  /* answers without rows, given in a turn of their own */
	struct event soon, tick;
	struct later later;
	bool ticking;
	int line_most, pipeline;
	struct listen *listen;

	/* Each outage is told once, and once it is over. */
	bool out;
	char why[LINE_ROOM];
	long long told_us;
};

/* Why a query was run again; each reason once. */
enum {
	AGAIN_NEIGHBOUR = 1, /* another one of its Sync failed */
	AGAIN_LOST = 2,	     /* its connection went */
	AGAIN_PASSING = 4,   /* a deadlock, or a conflict of serializable transactions */
	AGAIN_PLAN = 8,	     /* the prepared statement did not fit any more */
};

/* Back to its place in line; false when it had this chance already. */
bool pool_again(struct db_query *query, unsigned reason);
/* An answer without rows, on a later turn. */
void pool_verdict(struct db_query *query, enum db_status status);
/* An answer, now; only where nothing of the pool is in the middle of things. */
void pool_answer(struct db_query *query, enum db_status status, const struct db_rows *rows);
void pool_wake(struct db *db); /* something may be sent at the end of the turn */
/* What the pool's own events call. */
void pool_say_verdicts(evutil_socket_t fd, short what, void *db);
void pool_look(evutil_socket_t fd, short what, void *db);
void pool_send(struct later *later);

/* open.c */

void pool_changed(struct db *db, const char *why); /* a connection came (NULL) or went */

/* ask.c: for who waits. False, or NULL, with the fault told. */

PGconn *ask_open(const char *url, struct buf *fault);
bool ask_run(PGconn *pg, const char *what, const char *text, struct buf *fault);
/* All of the text, or nothing of it; in a transaction, which it must not end. */
bool ask_run_whole(PGconn *pg, const struct sql_file *file, struct buf *fault);
void ask_explain(PGconn *pg, const PGresult *result, const char *what, const char *text, struct buf *fault);

/* listen.c */

struct listen *listen_new(struct db *db, const char *options);
void listen_free(struct listen *listen);
void listen_add(struct listen *listen, struct db_listener *listener);
bool listen_alive(const struct listen *listen);
void listen_tell(struct listen *listen, const char *channel, struct str text);

#endif
