/* fake_db.h: replaces the database module (db.h) in unit tests.
 *
 * Statements are recorded, not run: the test checks their parameters and completes them with a
 * status and rows. Link it in front of the real library. */

#ifndef FAKE_DB_H
#define FAKE_DB_H

#include "db.h"

enum { FAKE_CELLS = 10, FAKE_QUERIES = 32, FAKE_LISTENERS = 8 };

struct fake_cell {
	const char *name;  /* of the column */
	const char *value; /* NULL: null */
};

/* Rows, or the fields of an error. Every row has the columns of the first one. */
struct db_rows {
	const struct fake_cell (*cells)[FAKE_CELLS]; /* a row ends with a NULL name */
	int count;
	const char *sqlstate, *constraint, *message, *detail;
};

#define FAKE_ROW_LIST(...)                                                                         \
	(const struct fake_cell[][FAKE_CELLS])                                                     \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}

/* ROWS({ { "id", "7" }, { "role", "GUARD" } }, { … }) */
#define ROWS(...)                                                                                  \
	(&(const struct db_rows){ .cells = FAKE_ROW_LIST(__VA_ARGS__),                             \
	                          .count = (int)COUNT_OF(((FAKE_ROW_LIST(__VA_ARGS__)))) })
#define NO_ROWS (&(const struct db_rows){ 0 })
/* SQL_ERROR(.sqlstate = "23505", .constraint = "logs_pkey") */
#define SQL_ERROR(...) (&(const struct db_rows){ __VA_ARGS__ })

struct db {
	bool listening;
	int run_count, cancel_count;            /* since fake_db_open() */
	struct db_query *waiting[FAKE_QUERIES]; /* oldest first */
	int waiting_count;
	struct db_listener *listeners[FAKE_LISTENERS];
	int listener_count;
	struct buf notified; /* "channel payload\n" for each db_notify() */
};

extern struct db fake_db;

void fake_db_open(void);  /* empty, and listening */
void fake_db_close(void); /* fails the test if a statement is still waiting */

/* The oldest waiting statement, which must be this one. */
struct db_query *fake_db_expect(enum sql statement);
/* The value of a parameter; NULL: null. */
const char *fake_db_param(const struct db_query *query, const char *name);

/* Calls done(); the rows are freed afterwards, so that a later use is an error. `rows` may be NULL
 * after a failure. */
void fake_db_complete(struct db_query *query, enum db_status status, const struct db_rows *rows);

/* Calls on_notify() of all listeners of the channel. */
void fake_db_receive(const char *channel, const char *payload);
/* The listening connection is lost; fake_db.listening = true brings it back. */
void fake_db_lose(void);

#endif
