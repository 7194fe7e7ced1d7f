/* bind.c: sets parameters of a statement by name. */

#include <string.h>

#include "db.h"
#include "statement.h"

void db_bind(enum sql statement, const char **values, const char *name, const char *value)
{
	const struct sql_statement *row = &sql_statements[statement];

	for (int i = 0; i < row->param_count; i++) {
		if (strcmp(row->params[i], name) == 0)
			values[i] = value;
	}
}
