/* sync.c: blocking connections, for commands before the loop runs.
 *
 * Every failure is reported as one sentence. */

#include <stdlib.h>

#include "arena.h"
#include "conninfo.h"
#include "db.h"
#include "one_line.h"
#include "rows.h"
#include "statement.h"
#include "sync.h"
#include "variant.h"

/* The line of the text at which PostgreSQL found the error; 0: unknown. */
static int error_line(const PGresult *result, const char *text)
{
	const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
	int line = 1;

	if (!position)
		return 0;
	/* The position counts characters, not bytes. */
	for (long left = atol(position); *text && left > 1; text++) {
		line += *text == '\n';
		left -= (*text & 0xc0) != 0x80;
	}
	return line;
}

void sync_explain(PGconn *pg, const PGresult *result, const char *what, const char *text,
                  struct buf *error)
{
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	int line = error_line(result, text);
	char summary[ONE_LINE_SIZE];

	one_line(summary, message ?: PQerrorMessage(pg));
	buf_text(error, what);
	if (line)
		buf_print(error, ", line %d", line);
	buf_print(error, ": %s", summary);
	if (detail)
		buf_print(error, " (%s)", detail);
}

bool sync_run(PGconn *pg, const char *what, const char *text, struct buf *error)
{
	PGresult *result = PQexec(pg, text);
	ExecStatusType status = PQresultStatus(result);
	bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK
	          || status == PGRES_EMPTY_QUERY;

	if (!ok)
		sync_explain(pg, result, what, text, error);
	PQclear(result);
	return ok;
}

static void ignore_notice(void *, const char *)
{
}

PGconn *sync_open(const char *url, struct buf *error)
{
	struct conninfo *conninfo = conninfo_new(url);
	struct conn_params params;
	PGconn *pg;

	if (!conninfo) {
		buf_text(error, "DATABASE_URL is not a valid PostgreSQL connection string");
		return NULL;
	}
	conninfo_to_params(conninfo, &params);
	conn_params_add(&params, "connect_timeout", "10");
	for (const PQconninfoOption *o = conninfo->options; o->keyword; o++)
		if (o->val
		    && (strcmp(o->keyword, "options") == 0 || strncmp(o->keyword, "host", 4) == 0
		        || strcmp(o->keyword, "port") == 0))
			conn_params_add(&params, o->keyword, o->val);
	pg = PQconnectdbParams(params.names, params.values, 0);
	conninfo_free(conninfo);
	if (PQstatus(pg) != CONNECTION_OK) {
		char summary[ONE_LINE_SIZE];

		one_line(summary, PQerrorMessage(pg));
		buf_print(error, "cannot connect to the database: %s", summary);
		PQfinish(pg);
		return NULL;
	}
	PQsetNoticeProcessor(pg, ignore_notice, NULL);
	if (!sync_run(pg, "settings", "set lock_timeout = '60s'; set timezone = 'UTC'", error)) {
		PQfinish(pg);
		return NULL;
	}
	return pg;
}

bool sync_run_file(PGconn *pg, const struct sql_file *file, struct buf *error)
{
	if (!sync_run(pg, file->name, file->text, error))
		return false;
	if (PQtransactionStatus(pg) == PQTRANS_INTRANS)
		return true;
	buf_print(error, "%s: must not end the transaction it runs in", file->name);
	return false;
}

bool db_run_file(const char *url, const struct sql_file *file, struct buf *error)
{
	PGconn *pg = sync_open(url, error);
	bool ok = pg && sync_run(pg, file->name, "begin", error) && sync_run_file(pg, file, error)
	          && sync_run(pg, file->name, "commit", error);

	PQfinish(pg);
	return ok;
}

/* ---- One statement ---- */

static PGresult *execute(PGconn *pg, enum sql statement, const char *const *params)
{
	struct variants variants = { 0 };
	struct variant *variant = variant_find(&variants, statement, params);
	const char *buffer[SQL_PARAMS];
	PGresult *result = PQexecParams(pg, variant->text, variant->count, NULL,
	                                variant_values(variant, params, buffer), NULL, NULL, 0);

	variants_finish(&variants);
	return result;
}

/* Configures the session for the statement; PostgreSQL enforces its timeout. */
static bool prepare(PGconn *pg, const struct sql_statement *statement, struct buf *error)
{
	char *text = xprint("set statement_timeout = %d; set default_transaction_read_only = %s; "
	                    "set role %s",
	                    statement->timeout_ms, statement->lane == SQL_READ ? "on" : "off",
	                    statement->by_owner ? "none" : DB_SERVING_ROLE);
	bool ok = sync_run(pg, "settings", text, error);

	free(text);
	return ok;
}

struct db_rows *db_query_sync(const char *url, enum sql statement, const char *const *params,
                              struct buf *error)
{
	PGconn *pg = sync_open(url, error);
	struct db_rows *rows = NULL;
	PGresult *result;

	if (!pg || !prepare(pg, &sql_statements[statement], error)) {
		PQfinish(pg);
		return NULL;
	}
	result = execute(pg, statement, params);
	if (PQresultStatus(result) == PGRES_TUPLES_OK
	    || PQresultErrorField(result, PG_DIAG_SQLSTATE)) {
		rows = xcalloc(1, sizeof(*rows));
		rows->result = result;
	} else {
		sync_explain(pg, result,
		             "the connection was lost; the statement may or may not have run", "",
		             error);
		PQclear(result);
	}
	PQfinish(pg);
	return rows;
}

void db_rows_free(struct db_rows *rows)
{
	if (!rows)
		return;
	PQclear((PGresult *)rows->result);
	free(rows);
}
