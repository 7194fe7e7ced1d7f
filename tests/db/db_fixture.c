/* db_fixture.c: a pool with a PostgreSQL of its own, and queries to it. */

#include <event2/event.h>

#include "clock.h"
#include "db_fixture.h"
#include "resolve.h"

struct fixture f;

long long now_ms(void)
{
	return clock_exact_us() / 1000;
}

void turn_for(int ms)
{
	long long end = now_ms() + ms;

	while (now_ms() < end)
		loop_turn(f.loop);
}

static void on_tick(evutil_socket_t, short, void *)
{
}

static void ignore_line(const char *)
{
}

void server_up(void)
{
	struct buf error = { 0 };

	f.postgres = postgres_new();
	snprintf(f.url, sizeof(f.url), "%s", postgres_url(f.postgres, "postgres"));
	cr_assert(db_migrate(f.url, ignore_line, &error), "%s", buf_cstr(&error));
	buf_finish(&error);
	f.config = (struct config){
		.database_url = f.url,
		.timezone = "Europe/Berlin",
		.db_connections = 4,
		.db_queue = 1024,
		.db_pipeline = 64,
	};
}

void pool_open(void)
{
	f.loop = loop_new();
	f.ticker = event_new(loop_base(f.loop), -1, EV_PERSIST, on_tick, NULL);
	event_add(f.ticker, &(struct timeval){ .tv_usec = 10000 });
	f.resolver = resolver_new(f.loop);
	f.db = db_new(f.loop, f.resolver, &f.config);
}

void pool_close(void)
{
	db_free(f.db);
	resolver_free(f.resolver);
	event_free(f.ticker);
	loop_free(f.loop);
	f.db = NULL;
}

void pool_up(void)
{
	server_up();
	pool_open();
	cr_assert(turn_until(db_ready(f.db) && db_listening(f.db)));
	turn_for(50); /* for the other connections of the lanes */
}

void pool_down(void)
{
	if (f.db)
		pool_close();
	postgres_free(f.postgres);
}

static void copy(char out[64], struct str value)
{
	snprintf(out, 64, "%.*s", STR_ARGS(value));
}

static void on_done(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct test_query *result = container_of(query, struct test_query, query);

	result->done_count++;
	result->status = status;
	result->rows = db_rows_count(rows);
	copy(result->body, db_rows_column(rows, DB_BODY));
	copy(result->etag, db_rows_column(rows, DB_ETAG));
	copy(result->code, db_rows_column(rows, DB_CODE));
	copy(result->detail, db_rows_column(rows, DB_DETAIL));
	copy(result->next, db_rows_column(rows, DB_NEXT));
	snprintf(result->sqlstate, sizeof(result->sqlstate), "%s", db_rows_sqlstate(rows));
	snprintf(result->constraint, sizeof(result->constraint), "%s", db_rows_constraint(rows));
	result->took_ms = now_ms() - result->started_ms;
	if (result->then)
		start_query_with(result->then, result->then->query.statement, result->then->params);
}

void start_query_with(struct test_query *result, enum sql sql,
                      const char *const params[MAX_QUERY_PARAMS])
{
	result->done_count = 0;
	memmove(result->params, params, sizeof(result->params));
	result->query = (struct db_query){ .statement = sql,
		                           .params = result->params,
		                           .done = on_done,
		                           .prelude = result->prelude };
	result->started_ms = now_ms();
	db_run(f.db, &result->query);
}

struct test_query *run_query_with(enum sql sql, const char *const params[MAX_QUERY_PARAMS])
{
	static struct test_query results[32]; /* so that the latest results can be compared */
	static unsigned next;
	struct test_query *result = &results[next++ % COUNT_OF(results)];

	*result = (struct test_query){ 0 };
	start_query_with(result, sql, params);
	cr_assert(turn_until(result->done_count), "no result");
	return result;
}

const char *sql(const char *text)
{
	return postgres_query(f.postgres, "postgres", text);
}
