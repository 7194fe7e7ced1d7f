/* sync.c: blocking connections, for commands before the loop runs.
 *
 * Every failure is reported as one sentence. */

#include <stdlib.h>

#include "arena.h"
#include "db_private.h"

/* The line of the text at which PostgreSQL found the error; 0: unknown. */
static int line_of(const PGresult *result, const char *text)
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

void ask_explain(PGconn *pg, const PGresult *result, const char *what, const char *text, struct buf *fault)
{
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	int line = line_of(result, text);
	char says[LINE_ROOM];

	one_line(says, message ?: PQerrorMessage(pg));
	buf_text(fault, what);
	if (line)
		buf_print(fault, ", line %d", line);
	buf_print(fault, ": %s", says);
	if (detail)
		buf_print(fault, " (%s)", detail);
}

bool ask_run(PGconn *pg, const char *what, const char *text, struct buf *fault)
{
	PGresult *result = PQexec(pg, text);
	ExecStatusType status = PQresultStatus(result);
	bool well = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK
		    || status == PGRES_EMPTY_QUERY;

	if (!well)
		ask_explain(pg, result, what, text, fault);
	PQclear(result);
	return well;
}

static void be_silent(void *, const char *)
{
}

PGconn *ask_open(const char *url, struct buf *fault)
{
	struct address *address = address_new(url);
	struct words words;
	PGconn *pg;

	if (!address) {
		buf_text(fault, "DATABASE_URL is not a valid PostgreSQL connection string");
		return NULL;
	}
	address_words(address, &words);
	words_add(&words, "connect_timeout", "10");
	for (const PQconninfoOption *o = address->options; o->keyword; o++)
		if (o->val
		    && (strcmp(o->keyword, "options") == 0
			|| strncmp(o->keyword, "host", 4) == 0
			|| strcmp(o->keyword, "port") == 0))
			words_add(&words, o->keyword, o->val);
	pg = PQconnectdbParams(words.names, words.values, 0);
	address_free(address);
	if (PQstatus(pg) != CONNECTION_OK) {
		char says[LINE_ROOM];

		one_line(says, PQerrorMessage(pg));
		buf_print(fault, "cannot connect to the database: %s", says);
		PQfinish(pg);
		return NULL;
	}
	PQsetNoticeProcessor(pg, be_silent, NULL);
	if (!ask_run(pg, "settings", "set lock_timeout = '60s'; set timezone = 'UTC'", fault)) {
		PQfinish(pg);
		return NULL;
	}
	return pg;
}

bool ask_run_whole(PGconn *pg, const struct sql_file *file, struct buf *fault)
{
	if (!ask_run(pg, file->name, file->text, fault))
		return false;
	if (PQtransactionStatus(pg) == PQTRANS_INTRANS)
		return true;
	buf_print(fault, "%s: must not end the transaction it runs in", file->name);
	return false;
}

bool db_run_file(const char *url, const struct sql_file *file, struct buf *fault)
{
	PGconn *pg = ask_open(url, fault);
	bool well = pg && ask_run(pg, file->name, "begin", fault) && ask_run_whole(pg, file, fault)
		    && ask_run(pg, file->name, "commit", fault);

	PQfinish(pg);
	return well;
}

/* ---- One statement ---- */

static PGresult *ask(PGconn *pg, enum sql statement, const char *const *params)
{
	struct variants variants = { 0 };
	struct variant *variant = variant_find(&variants, statement, params);
	const char *room[SQL_PARAMS];
	PGresult *result = PQexecParams(pg, variant->text, variant->count, NULL,
					variant_values(variant, params, room), NULL, NULL, 0);

	variants_finish(&variants);
	return result;
}

/* Configures the session for the statement; PostgreSQL enforces its timeout. */
static bool prepare(PGconn *pg, const struct sql_statement *statement, struct buf *fault)
{
	char *text = xprint("set statement_timeout = %d; set default_transaction_read_only = %s", statement->allowance_ms,
			    statement->lane == SQL_READ ? "on" : "off");
	bool well = ask_run(pg, "settings", text, fault);

	free(text);
	return well;
}

struct db_rows *db_ask(const char *url, enum sql statement, const char *const *params, struct buf *fault)
{
	PGconn *pg = ask_open(url, fault);
	struct db_rows *rows = NULL;
	PGresult *result;

	if (!pg || !prepare(pg, &sql_statements[statement], fault)) {
		PQfinish(pg);
		return NULL;
	}
	result = ask(pg, statement, params);
	if (PQresultStatus(result) == PGRES_TUPLES_OK || PQresultErrorField(result, PG_DIAG_SQLSTATE)) {
		rows = xcalloc(1, sizeof(*rows));
		rows->result = result;
	} else {
		ask_explain(pg, result,
		            "the connection was lost; the statement may or may not have run", "",
		            fault);
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
