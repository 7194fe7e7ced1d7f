/* db.h: runs named statements over a few pipelined connections.
 *
 * A query is embedded in its owner's struct. The pool queues it, sends it together with the
 * other statements of the loop turn, and calls done() exactly once, on a later turn. Rows are
 * valid until done() returns. An owner that goes away first calls db_cancel(): the statement
 * may still run, but its result is dropped. */

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
	DB_QUEUE_FULL,      /* the queue was full */
	DB_TIMEOUT,         /* no result in time; a write was not sent, or was rolled back */
	DB_UNAVAILABLE,     /* no connection could carry it; it has not run */
	DB_OUTCOME_UNKNOWN, /* a write was sent and the connection lost; it may have committed */
	DB_SQL_ERROR,       /* PostgreSQL reported an error: see db_rows_sqlstate() */
};

typedef void db_done_fn(struct db_query *query, enum db_status status, const struct db_rows *rows);

/* A write that runs before another one, in the same transaction. */
struct db_prelude {
	enum sql statement;
	const char *const *params; /* valid until the other query's done() */
};

struct db_query {
	enum sql statement;
	/* In the order of the statement's parameters. A NULL entry is SQL null; it leaves out the
	 * lines that carry it as an optional parameter. Valid until done(). The array itself may
	 * only be NULL if the statement has no parameters. */
	const char *const *params;
	db_done_fn *done;
	/* NULL: none. If PostgreSQL rejects it, this query does not run and gets its error. */
	const struct db_prelude *prelude;

	/* Internal to the pool; zero-initialize. */
	TAILQ_ENTRY(db_query) link;
	struct db *db;
	struct db_slot *slot; /* its slot in a pipeline; NULL while it is queued */
	long long queued_us;
	unsigned retried;       /* the reasons it was retried for; each counts once */
	enum db_status failure; /* a failure that is still to be delivered; else DB_OK */
	bool waiting;           /* between db_run() and done() */
};

/* The role of all sessions that serve. It may change records, but neither the trail nor the schema.
 * `migrate` creates it, and grants it to the user of DATABASE_URL. */
#define DB_SERVING_ROLE "binnacle_server"

[[nodiscard]] struct db *db_new(struct loop *loop, struct resolver *resolver,
                                const struct config *config);
void db_free(struct db *db);

void db_run(struct db *db, struct db_query *query);
void db_cancel(struct db_query *query);

/* Sets the parameter of that name among the `values` of a statement; nothing if it has none. */
void db_bind(enum sql statement, const char **values, const char *name, const char *value);

/* The columns of the common result shape. A statement returns some of them. */
enum db_column {
	DB_STATUS,
	DB_CODE,
	DB_DETAIL,
	DB_ETAG,
	DB_LOCATION,
	DB_NEXT,
	DB_BODY,
	DB_EVENTS,
	DB_TOTAL,       /* of a list, if requested */
	DB_INVALIDATES, /* ID of a row that has changed and may be cached */
	DB_COLUMNS,
};

int db_rows_count(const struct db_rows *rows);
/* From the first row. `at` is NULL if the column is null or missing. */
struct str db_rows_column(const struct db_rows *rows, enum db_column column);
/* From any row, by column name; for statements with their own result shape. */
struct str db_rows_value(const struct db_rows *rows, int row, const char *name);

/* After DB_SQL_ERROR; "" if PostgreSQL did not report it. */
const char *db_rows_sqlstate(const struct db_rows *rows);
const char *db_rows_constraint(const struct db_rows *rows);
const char *db_rows_message(const struct db_rows *rows);
const char *db_rows_detail(const struct db_rows *rows);

/* Receives NOTIFY on `channel` from any process, over a dedicated connection. Notifications
 * are lost while it is down: on_lost() is called when it goes down, and db_listening() tells
 * whether it has been responsive within the last five seconds. */
struct db_listener {
	const char *channel;
	void (*on_notify)(struct db_listener *listener, const char *payload);
	void (*on_lost)(struct db_listener *listener);
	TAILQ_ENTRY(db_listener) link;
};

void db_listen(struct db *db, struct db_listener *listener); /* until db_free() */
bool db_listening(const struct db *db);

/* Sends a NOTIFY to all processes, this one included, at the end of the turn, batched with the
 * turn's other notifications. Best effort: it is lost while the listening connection is down.
 * At most 7999 bytes. */
void db_notify(struct db *db, const char *channel, struct str text);

/* Whether all connections are up. */
bool db_ready(const struct db *db);

/* For commands, before the loop runs; these block. */

/* Migrates the database to this version; report() gets a line for each step. */
[[nodiscard]] bool db_migrate(const char *url, void (*report)(const char *line), struct buf *error);
/* Runs the text of a file unchanged, in one transaction. */
[[nodiscard]] bool db_run_file(const char *url, const struct sql_file *file, struct buf *error);
enum db_version_status {
	DB_VERSION_CURRENT,
	DB_VERSION_DIFFERENT,    /* db_migrate() can bring it to this version */
	DB_VERSION_INCOMPATIBLE, /* it has other migrations than this program */
	DB_UNREACHABLE,
};
/* Compares the version of the database with this one; explains a difference in `error`. */
enum db_version_status db_check_version(const char *url, struct buf *error);
/* Runs one statement. Free the result with db_rows_free(). An error from PostgreSQL is a result
 * too, with a SQLSTATE. NULL with a message in `error` if there is no result. `params` as in
 * struct db_query. */
[[nodiscard]] struct db_rows *db_query_sync(const char *url, enum sql statement,
                                            const char *const *params, struct buf *error);
void db_rows_free(struct db_rows *rows);

#endif
