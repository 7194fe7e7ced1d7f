/* rows.c: gives access to the rows of a result. */

#include "log.h"
#include "rows.h"

static const char *const names[DB_COLUMNS] = {
	[DB_STATUS] = "status",     [DB_CODE] = "code",
	[DB_DETAIL] = "detail",     [DB_ETAG] = "etag",
	[DB_LOCATION] = "location", [DB_NEXT] = "next",
	[DB_BODY] = "body",         [DB_EVENTS] = "events",
	[DB_TOTAL] = "total",       [DB_INVALIDATES] = "invalidates",
};

void rows_columns(const PGresult *result, signed char columns[DB_COLUMNS])
{
	for (int i = 0; i < DB_COLUMNS; i++) {
		int at = PQfnumber(result, names[i]);

		columns[i] = at <= INT8_MAX ? (signed char)at : -1;
	}
}

static struct str value(const struct db_rows *rows, int row, int column)
{
	if (column < 0 || row < 0 || row >= PQntuples(rows->result)
	    || PQgetisnull(rows->result, row, column))
		return (struct str){ 0 };
	return (struct str){
		PQgetvalue(rows->result, row, column),
		(size_t)PQgetlength(rows->result, row, column),
	};
}

int db_rows_count(const struct db_rows *rows)
{
	return rows->result ? PQntuples(rows->result) : 0;
}

struct str db_rows_column(const struct db_rows *rows, enum db_column column)
{
	if (!rows->result)
		return (struct str){ 0 };
	return value(rows, 0,
	             rows->columns ? rows->columns[column]
	                           : PQfnumber(rows->result, names[column]));
}

struct str db_rows_value(const struct db_rows *rows, int row, const char *name)
{
	int column;

	if (!rows->result)
		return (struct str){ 0 };
	column = PQfnumber(rows->result, name);
	/* A misspelt name, or the result of another statement. The value is silently empty. */
	if (column < 0 && PQresultStatus(rows->result) == PGRES_TUPLES_OK)
		log_error("db.unknown_column", kv_text("column", name));
	return value(rows, row, column);
}

static const char *error_field(const struct db_rows *rows, int field)
{
	const char *text = rows->result ? PQresultErrorField(rows->result, field) : NULL;

	return text ?: "";
}

const char *db_rows_sqlstate(const struct db_rows *rows)
{
	return error_field(rows, PG_DIAG_SQLSTATE);
}

const char *db_rows_constraint(const struct db_rows *rows)
{
	return error_field(rows, PG_DIAG_CONSTRAINT_NAME);
}

const char *db_rows_message(const struct db_rows *rows)
{
	return error_field(rows, PG_DIAG_MESSAGE_PRIMARY);
}

const char *db_rows_detail(const struct db_rows *rows)
{
	return error_field(rows, PG_DIAG_MESSAGE_DETAIL);
}
