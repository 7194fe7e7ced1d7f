/* maintenance.c: deletes expired rows, archives inactive guests, and seals the trail.
 *
 * Every few minutes, with jitter so that processes do not run together, one statement runs after the
 * other. Each changes a limited number of rows. If there are more, the next run starts a second
 * later. A failed statement is retried with the next run. */

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#include "access.h"
#include "arena.h"
#include "config.h"
#include "db.h"
#include "log.h"
#include "maintenance.h"
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

/* Each returns `more`: whether there is more to do. */
static const struct {
	enum sql statement;
	const char *param; /* its only parameter besides :context, or NULL */
	long long (*value)(const struct config *config);
} tasks[] = {
	{ SQL_IDEMPOTENCY_EXPIRE },       { SQL_EVENTS_EXPIRE, "hours", events_hours },
	{ SQL_BROADCAST_GATEWAY_EXPIRE }, { SQL_USERS_EXPIRE_GUESTS, "days", guest_days },
	{ SQL_AUDIT_SEAL_DAILY },
};

struct maintenance {
	struct db *db;
	const struct config *config;
	struct event *timer;
	struct db_query query;
	struct arena arena;
	const char *context; /* what the trail records of the changes */
	char value[24];      /* of the task's own parameter */
	const char *values[SQL_PARAMS];
	size_t task;
	bool more;
};

bool maintenance_check_statements(void)
{
	for (size_t i = 0; i < COUNT_OF(tasks); i++) {
		const struct sql_statement *statement = &sql_statements[tasks[i].statement];

		for (int k = 0; k < statement->param_count; k++) {
			if (strcmp(statement->params[k], "context") != 0
			    && (!tasks[i].param
			        || strcmp(statement->params[k], tasks[i].param) != 0))
				return false;
		}
	}
	return true;
}

static void schedule(struct maintenance *maintenance)
{
	long seconds =
		maintenance->more ? REPEAT_S : INTERVAL_S + (long)arc4random_uniform(JITTER_S);

	maintenance->task = 0;
	maintenance->more = false;
	event_add(maintenance->timer, &(struct timeval){ .tv_sec = seconds });
}

static void on_done(struct db_query *query, enum db_status status, const struct db_rows *rows);

static void run_task(struct maintenance *maintenance)
{
	enum sql statement = tasks[maintenance->task].statement;
	const char *param = tasks[maintenance->task].param;

	if (param) {
		snprintf(maintenance->value, sizeof(maintenance->value), "%lld",
		         tasks[maintenance->task].value(maintenance->config));
		db_bind(statement, maintenance->values, param, maintenance->value);
	}
	db_bind(statement, maintenance->values, "context", maintenance->context);
	maintenance->query = (struct db_query){
		.statement = statement,
		.params = maintenance->values,
		.done = on_done,
	};
	db_run(maintenance->db, &maintenance->query);
}

static void on_done(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct maintenance *maintenance = container_of(query, struct maintenance, query);

	if (status == DB_OK)
		maintenance->more |= str_is(db_rows_value(rows, 0, "more"), "t");
	else if (status == DB_SQL_ERROR)
		log_error("maintenance.failed",
		          kv_text("statement", sql_statements[query->statement].name),
		          kv_text("why", db_rows_message(rows)));
	if (++maintenance->task < COUNT_OF(tasks))
		run_task(maintenance);
	else
		schedule(maintenance);
}

static void on_timer(evutil_socket_t, short, void *arg)
{
	run_task(arg);
}

struct maintenance *maintenance_new(struct loop *loop, struct db *db, const struct config *config)
{
	struct maintenance *maintenance = xcalloc(1, sizeof(*maintenance));

	maintenance->db = db;
	maintenance->config = config;
	maintenance->context = access_context(&maintenance->arena, NULL, NULL, NULL);
	maintenance->timer = evtimer_new(loop_base(loop), on_timer, maintenance);
	schedule(maintenance);
	return maintenance;
}

void maintenance_free(struct maintenance *maintenance)
{
	if (!maintenance)
		return;
	db_cancel(&maintenance->query);
	event_free(maintenance->timer);
	arena_finish(&maintenance->arena);
	free(maintenance);
}
