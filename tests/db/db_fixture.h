/* db_fixture.h: a pool with a PostgreSQL of its own, and queries to it. */

#ifndef DB_FIXTURE_H
#define DB_FIXTURE_H

#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "config.h"
#include "db.h"
#include "postgres.h"

struct fixture {
	struct postgres *postgres;
	struct loop *loop;
	struct resolver *resolver;
	struct db *db;
	struct config config;
	struct event *ticker; /* ends a turn even if nothing happens */
	char url[256];
};

extern struct fixture f;

void pool_up(void); /* the server, its tables, and a pool that is ready */
void pool_down(void);
void pool_open(void); /* only the pool, from f.config; does not wait until it is ready */
void pool_close(void);
void server_up(void); /* only the server, with its tables */

/* Runs loop turns until the condition is true; false after 15 seconds. */
#define turn_until(condition)                                                                      \
	is_true(({                                                                                 \
		long long end_ = now_ms() + 15000;                                                 \
		while (!(condition) && now_ms() < end_)                                            \
			loop_turn(f.loop);                                                         \
		(condition);                                                                       \
	}))
static inline bool is_true(bool value) /* Criterion needs an identifier before the parenthesis */
{
	return value;
}

void turn_for(int ms);
long long now_ms(void);

enum { MAX_QUERY_PARAMS = 9 };

struct test_query {
	struct db_query query;
	const struct db_prelude *prelude; /* may be set before start_query() */
	const char *params[MAX_QUERY_PARAMS];
	int done_count; /* must become 1 */
	enum db_status status;
	int rows;
	char body[64], etag[64], code[64], detail[64], next[64];
	char sqlstate[8], constraint[64];
	long long started_ms, took_ms;
	struct test_query *then; /* run from within done() */
};

#define start_query(result, sql, ...)                                                              \
	start_query_with(result, sql, (const char *[MAX_QUERY_PARAMS]){ __VA_ARGS__ })
void start_query_with(struct test_query *result, enum sql sql,
                      const char *const params[MAX_QUERY_PARAMS]);
/* Runs a query and waits for its result. */
#define run_query(sql, ...) run_query_with(sql, (const char *[MAX_QUERY_PARAMS]){ __VA_ARGS__ })
struct test_query *run_query_with(enum sql sql, const char *const params[MAX_QUERY_PARAMS]);

/* Runs SQL on a separate connection. */
const char *sql(const char *text);

#endif
