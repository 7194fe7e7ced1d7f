/* statement.h: what an embedded statement looks like.
 *
 * sql/embed.py makes sql.h (enum sql, one name per statement) and sql.c (the
 * rows) from the files under sql/. In a line, a parameter stands as \001 and a
 * letter: 'A' is the first of the statement's parameters. A line that carries
 * optional parameters is left out while any of them is absent (NULL). */

#ifndef STATEMENT_H
#define STATEMENT_H

#include <stdint.h>

enum sql_lane { SQL_READ, SQL_WRITE };

enum { SQL_PARAMS = 40 };

struct sql_line {
	const char *text;
	uint64_t optional; /* bit i: parameter i must be present, or the line is left out */
};

struct sql_statement {
	const char *name;
	enum sql_lane lane;
	int allowance_ms;
	const struct sql_line *lines; /* ends with a NULL text */
	const char *const *params;    /* names, without ':' and '?'; ends with NULL */
	int param_count;
	uint64_t optional; /* bit i: parameter i may be absent */
};

/* Indexed by enum sql; a row without a name ends it, so that who is linked with
 * other statements than it was compiled with still knows how many there are. */
extern const struct sql_statement sql_statements[];

/* A file that is replayed or run as it is: migrations, functions, demo data. */
struct sql_file {
	const char *name;     /* "0001_users" */
	const char *text;
	const char *checksum; /* sha256 of the text, in hex */
};

extern const struct sql_file sql_migrations[]; /* in order; each array ends with a NULL name */
extern const struct sql_file sql_functions[];
extern const struct sql_file sql_demo[];

#endif
