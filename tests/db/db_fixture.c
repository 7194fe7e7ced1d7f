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

static void on_pulse(evutil_socket_t, short, void *)
{
}

static void be_silent(const char *)
{
}

void server_up(void)
{
	struct buf fault = { 0 };

	f.postgres = postgres_new();
	snprintf(f.url, sizeof(f.url), "%s", postgres_url(f.postgres, "postgres"));
	cr_assert(db_migrate(f.url, be_silent, &fault), "%s", buf_cstr(&fault));
	buf_finish(&fault);
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
	f.pulse = event_new(loop_base(f.loop), -1, EV_PERSIST, on_pulse, NULL);
	event_add(f.pulse, &(struct timeval){ .tv_usec = 10000 });
	f.resolver = resolver_new(f.loop);
	f.db = db_new(f.loop, f.resolver, &f.config);
}

void pool_close(void)
{
	db_free(f.db);
	resolver_free(f.resolver);
	event_free(f.pulse);
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

static void on_answer(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct asked *asked = container_of(query, struct asked, query);

	asked->answers++;
	asked->status = status;
	asked->rows = db_rows_count(rows);
	copy(asked->body, db_rows_column(rows, DB_BODY));
	copy(asked->etag, db_rows_column(rows, DB_ETAG));
	copy(asked->code, db_rows_column(rows, DB_CODE));
	copy(asked->detail, db_rows_column(rows, DB_DETAIL));
	copy(asked->next, db_rows_column(rows, DB_NEXT));
	snprintf(asked->sqlstate, sizeof(asked->sqlstate), "%s", db_rows_sqlstate(rows));
	snprintf(asked->constraint, sizeof(asked->constraint), "%s", db_rows_constraint(rows));
	asked->took_ms = now_ms() - asked->asked_ms;
	if (asked->then)
		ask_with(asked->then, asked->then->query.statement, asked->then->params);
}

void ask_with(struct asked *asked, enum sql sql, const char *const params[ASK_PARAMS])
{
	asked->answers = 0;
	memmove(asked->params, params, sizeof(asked->params));
	asked->query = (struct db_query){ .statement = sql,
					  .params = asked->params,
					  .done = on_answer,
					  .ahead = asked->ahead };
	asked->asked_ms = now_ms();
	db_run(f.db, &asked->query);
}

struct asked *answer_with(enum sql sql, const char *const params[ASK_PARAMS])
{
	static struct asked answers[32]; /* so that the latest results can be compared */
	static unsigned next;
	struct asked *asked = &answers[next++ % COUNT_OF(answers)];

	*asked = (struct asked){ 0 };
	ask_with(asked, sql, params);
	cr_assert(turn_until(asked->answers), "no result");
	return asked;
}

const char *sql(const char *text)
{
	return postgres_ask(f.postgres, "postgres", text);
}
