/* statement.h: the format of embedded statements.
 *
 * sql/embed.py generates sql.h (enum sql, one name per statement) and sql.c (the rows) from
 * the files under sql/. In the text of a line, a parameter is \001 and a letter: 'A' is the
 * first parameter of the statement. A line that carries optional parameters is left out if any
 * of them is absent (NULL). */

#ifndef STATEMENT_H
#define STATEMENT_H

#include <stdbool.h>
#include <stdint.h>

enum sql_lane { SQL_READ, SQL_WRITE };

enum { SQL_PARAMS = 40 };

struct sql_line {
	const char *text;
	uint64_t optional; /* bit i: the line is left out if parameter i is absent */
};

struct sql_statement {
	const char *name;
	enum sql_lane lane;
	int timeout_ms;
	const struct sql_line *lines; /* terminated by a NULL text */
	const char *const *params;    /* names, without ':' and '?'; NULL-terminated */
	int param_count;
	uint64_t optional;           /* bit i: parameter i may be absent */
	const char *const *problems; /* codes it can return; NULL-terminated */
	bool by_owner;               /* runs as the user of DATABASE_URL; for commands only */
};

/* Indexed by enum sql. Terminated by a row without a name, so that code linked with other
 * statements than it was compiled with can still count them. */
extern const struct sql_statement sql_statements[];

/* A file that is run as a whole: a migration, a function, demo data. */
struct sql_file {
	const char *name; /* "0001_users" */
	const char *text;
	const char *checksum; /* sha256 of the text, in hex */
};

/* In order; each array is terminated by a NULL name. */
extern const struct sql_file sql_migrations[];
extern const struct sql_file sql_functions[];
extern const struct sql_file sql_demo[];

#endif
