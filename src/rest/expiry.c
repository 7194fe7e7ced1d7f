/* expiry.c: deletes expired rows, and archives inactive guests, in batches.
 *
 * Every few minutes, with jitter so that processes do not run together, each statement deletes a
 * limited number of rows, one statement after the other. If more rows have expired, the next run
 * starts a second later. A failed statement is retried with the next run. */

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "config.h"
#include "db.h"
#include "expiry.h"
#include "log.h"
#include "statement.h"

enum { INTERVAL_S = 300, JITTER_S = 60, REPEAT_S = 1 };

static long long events_hours(const struct config *config)
{
	return config->events_hours;
}

static long long guest_days(const struct config *config)
{
	return config->guest_days;
}

/* Each returns `more`: whether more rows have expired. */
static const struct {
	enum sql statement;
	const char *param; /* its only parameter, or NULL */
	long long (*value)(const struct config *config);
} tasks[] = {
	{ SQL_IDEMPOTENCY_EXPIRE },
	{ SQL_EVENTS_EXPIRE, "hours", events_hours },
	{ SQL_BROADCAST_GATEWAY_EXPIRE },
	{ SQL_USERS_EXPIRE_GUESTS, "days", guest_days },
};

struct expiry {
	struct db *db;
	const struct config *config;
	struct event *timer;
	struct db_query query;
	char value[24];
	const char *values[1];
	size_t task;
	bool more;
};

bool expiry_check_statements(void)
{
	for (size_t i = 0; i < COUNT_OF(tasks); i++) {
		const struct sql_statement *statement = &sql_statements[tasks[i].statement];

		if (statement->param_count != (tasks[i].param != NULL)
		    || (tasks[i].param && strcmp(statement->params[0], tasks[i].param) != 0))
			return false;
	}
	return true;
}

static void schedule(struct expiry *expiry)
{
	long seconds = expiry->more ? REPEAT_S : INTERVAL_S + (long)arc4random_uniform(JITTER_S);

	expiry->task = 0;
	expiry->more = false;
	event_add(expiry->timer, &(struct timeval){ .tv_sec = seconds });
}

static void on_done(struct db_query *query, enum db_status status, const struct db_rows *rows);

static void run_task(struct expiry *expiry)
{
	if (tasks[expiry->task].param)
		snprintf(expiry->value, sizeof(expiry->value), "%lld",
		         tasks[expiry->task].value(expiry->config));
	expiry->query = (struct db_query){
		.statement = tasks[expiry->task].statement,
		.params = expiry->values,
		.done = on_done,
	};
	db_run(expiry->db, &expiry->query);
}

static void on_done(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct expiry *expiry = container_of(query, struct expiry, query);

	if (status == DB_OK)
		expiry->more |= str_is(db_rows_value(rows, 0, "more"), "t");
	else if (status == DB_SQL_ERROR)
		log_error("expiry.failed",
		          kv_text("statement", sql_statements[query->statement].name),
		          kv_text("why", db_rows_message(rows)));
	if (++expiry->task < COUNT_OF(tasks))
		run_task(expiry);
	else
		schedule(expiry);
}

static void on_timer(evutil_socket_t, short, void *arg)
{
	run_task(arg);
}

struct expiry *expiry_new(struct loop *loop, struct db *db, const struct config *config)
{
	struct expiry *expiry = xcalloc(1, sizeof(*expiry));

	expiry->db = db;
	expiry->config = config;
	expiry->values[0] = expiry->value;
	expiry->timer = evtimer_new(loop_base(loop), on_timer, expiry);
	schedule(expiry);
	return expiry;
}

void expiry_free(struct expiry *expiry)
{
	if (!expiry)
		return;
	db_cancel(&expiry->query);
	event_free(expiry->timer);
	free(expiry);
}
