/* db.h: named statements on a few pipelined connections.
 *
 * A query is a member of its asker's own struct. The pool puts it in line,
 * sends it with its neighbours at the end of the turn, and calls done() exactly
 * once, on a later turn. Rows are lent until done() returns. An asker that goes
 * away first says db_forget(): the statement may still run, its answer is dropped. */

#ifndef DB_H
#define DB_H

#include "loop.h"
#include "sql.h"

struct config;
struct resolver;

struct db;
struct db_rows;
struct db_query;

enum db_status {
	DB_OK,
	DB_BUSY,    /* the line was full */
	DB_LATE,    /* no answer within its allowance; a write was not sent, or was undone */
	DB_DOWN,    /* no connection could carry it: nothing has happened */
	DB_UNKNOWN, /* a write was sent and its connection lost: nobody knows */
	DB_REFUSED, /* PostgreSQL said no: db_rows_sqlstate() and its kin */
};

typedef void db_done_fn(struct db_query *query, enum db_status status, const struct db_rows *rows);

/* A write that goes ahead of another, in the same transaction. */
struct db_ahead {
	enum sql statement;
	const char *const *params; /* lent until the other's done() */
};

struct db_query {
	enum sql statement;
	/* In the order of the statement's parameters; NULL is null, and leaves out the
	 * lines of an optional one. Lent until done(). Never NULL itself, unless the
	 * statement has none. */
	const char *const *params;
	db_done_fn *done;
	/* NULL: none. When PostgreSQL refuses it, this query is refused in its words, and has
	 * not been run. */
	const struct db_ahead *ahead;

	/* The pool's own from here on; zero at the start. */
	TAILQ_ENTRY(db_query) link;
	struct db *db;
	struct db_slot *slot; /* its place in a pipeline, NULL while it waits in line */
	long long asked_us;
	unsigned again;		/* why it was run again: each reason counts once */
	enum db_status verdict; /* an answer without rows that is on its way; else DB_OK */
	bool waiting;		/* between db_run() and done() */
};

struct db *db_new(struct loop *loop, struct resolver *resolver, const struct config *config);
void db_free(struct db *db);

void db_run(struct db *db, struct db_query *query);
void db_forget(struct db_query *query);

/* The columns that every statement draws from: one shape of result, of which each has some. */
enum db_column {
	DB_STATUS,
	DB_CODE,
	DB_DETAIL,
	DB_ETAG,
	DB_LOCATION,
	DB_NEXT,
	DB_BODY,
	DB_EVENTS,
	DB_TOTAL,   /* of a list, when it was asked for */
	DB_FORGETS, /* the id of a row that may be remembered, and has changed */
	DB_COLUMNS,
};

int db_rows_count(const struct db_rows *rows);
/* Of the first row; at is NULL when the column is null or the statement has none of it. */
struct str db_rows_column(const struct db_rows *rows, enum db_column column);
/* Of any row, by the column's own name: for statements with a shape of their own. */
struct str db_rows_value(const struct db_rows *rows, int row, const char *name);

/* After DB_REFUSED; "" where PostgreSQL said nothing. */
const char *db_rows_sqlstate(const struct db_rows *rows);
const char *db_rows_constraint(const struct db_rows *rows);
const char *db_rows_message(const struct db_rows *rows);
const char *db_rows_detail(const struct db_rows *rows);

/* NOTIFY on `channel` from any process. The connection that listens is its own;
 * while it is down notices are lost, so db_listening() says whether it has been
 * seen alive within the last five seconds, and lost() is called when it went. */
struct db_listener {
	const char *channel;
	void (*heard)(struct db_listener *listener, const char *payload);
	void (*lost)(struct db_listener *listener);
	TAILQ_ENTRY(db_listener) link;
};

void db_listen(struct db *db, struct db_listener *listener); /* lasts as long as the db */
bool db_listening(const struct db *db);

/* NOTIFY, to all processes, this one too: at the end of the turn, with others that are told in
 * it. Whoever must not miss anything does not rely on it: while the connection that listens is
 * down it is lost. At most 7999 bytes. */
void db_tell(struct db *db, const char *channel, struct str text);

/* At least one connection of each lane can carry statements. */
bool db_ready(const struct db *db);

/* For commands, before the loop turns; these wait. */

/* Brings the database to this version; each step is told to say(). */
bool db_migrate(const char *url, void (*say)(const char *line), struct buf *fault);
/* Runs a file's text as it is, in one transaction. */
bool db_run_file(const char *url, const struct sql_file *file, struct buf *fault);
enum db_version { DB_CURRENT, DB_OTHER, DB_OUT_OF_REACH };
/* At which version is the database? A fault, where it is not this one. */
enum db_version db_look(const char *url, struct buf *fault);
/* One statement and its answer, for db_rows_free(); a refusal is an answer, with its
 * SQLSTATE. NULL with a fault when there is none. `params` as in struct db_query. */
struct db_rows *db_ask(const char *url, enum sql statement, const char *const *params, struct buf *fault);
void db_rows_free(struct db_rows *rows);

#endif
