/* rows.h: the rows of a result. */

#ifndef DB_ROWS_H
#define DB_ROWS_H

#include <libpq-fe.h>

#include "db.h"

struct db_rows {
	const PGresult *result;     /* NULL: none */
	const signed char *columns; /* of the variant; NULL: look up by name */
};

void rows_columns(const PGresult *result, signed char columns[DB_COLUMNS]);

#endif
