/* pipeline.h: the pipeline of a connection. pipeline_send.c writes statements into it, and
 * pipeline_recv.c reads the results.
 *
 * See pool.h for the call cycle that pipeline_recv.c is part of. */

#ifndef DB_PIPELINE_H
#define DB_PIPELINE_H

#include <libpq-fe.h>
#include <stdbool.h>

struct conn;
struct db_query;
struct variant;

enum slot_kind {
	SLOT_RUN,     /* a statement whose result goes to its query */
	SLOT_PRELUDE, /* the prelude of the next slot's statement */
	SLOT_PREPARE, /* the preparation of a statement */
	SLOT_COMMAND, /* a session command: SET statement_timeout, DEALLOCATE */
};

/* A slot of the pipeline. libpq returns its results, then a NULL, then the result of its Sync. */
struct db_slot {
	struct db_query *query; /* NULL: the result is dropped */
	struct variant *variant;
	PGresult *kept; /* the result of a write, held until its Sync confirms the commit */
	bool failed;    /* `kept` is an error of the variant with this index: */
	int failed_index;
	enum slot_kind kind;
	bool sync; /* a Sync follows it */
	int timeout_ms;
};

/* ---- pipeline_send.c ---- */

/* False: the connection failed and `query` was not sent. */
bool pipeline_send(struct conn *conn, struct db_query *query);
/* Sends a Sync. The statements since the last Sync are one transaction. */
bool pipeline_sync(struct conn *conn);

/* ---- pipeline_recv.c ---- */

void pipeline_flush(struct conn *conn);
/* Whether there is nothing to read, not even the end of the connection. */
bool pipeline_has_no_input(const struct conn *conn);
void pipeline_recv(struct conn *conn);
/* Drops all slots without calling done(). */
void pipeline_clear(struct conn *conn);

#endif
