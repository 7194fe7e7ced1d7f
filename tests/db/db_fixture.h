/* db_fixture.h: a pool with a PostgreSQL of its own, and queries to it. */

#ifndef TEST_DB_POOL_H
#define TEST_DB_POOL_H

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
	struct event *pulse; /* ends a turn even if nothing happens */
	char url[256];
};

extern struct fixture f;

void pool_up(void); /* the server, its tables, and a pool that is ready */
void pool_down(void);
void pool_open(void); /* only the pool, from f.config; does not wait until it is ready */
void pool_close(void);
void server_up(void); /* only the server, with its tables */

/* Runs loop turns until the condition is true; false after 15 seconds. */
#define turn_until(condition)                                   \
	turned(({                                               \
		long long end_ = now_ms() + 15000;              \
		while (!(condition) && now_ms() < end_)         \
			loop_turn(f.loop);                      \
		(condition);                                    \
	}))
static inline bool turned(bool so) /* Criterion needs an identifier before the parenthesis */
{
	return so;
}

void turn_for(int ms);
long long now_ms(void);

enum { ASK_PARAMS = 9 };

struct asked {
	struct db_query query;
	const struct db_ahead *ahead; /* may be set before ask() */
	const char *params[ASK_PARAMS];
	int answers; /* must become 1 */
	enum db_status status;
	int rows;
	char body[64], etag[64], code[64], detail[64], next[64];
	char sqlstate[8], constraint[64];
	long long asked_ms, took_ms;
	struct asked *then; /* run from within done() */
};

#define ask(asked, sql, ...) ask_with(asked, sql, (const char *[ASK_PARAMS]){ __VA_ARGS__ })
void ask_with(struct asked *asked, enum sql sql, const char *const params[ASK_PARAMS]);
/* Runs a query and waits for its result. */
#define answer(sql, ...) answer_with(sql, (const char *[ASK_PARAMS]){ __VA_ARGS__ })
struct asked *answer_with(enum sql sql, const char *const params[ASK_PARAMS]);

/* Runs SQL on a separate connection. */
const char *sql(const char *text);

#endif
