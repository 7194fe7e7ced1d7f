/* expiry.c: deletes expired rows in batches.
 *
 * Every few minutes, with jitter so that processes do not run together, each statement deletes a
 * limited number of rows, one statement after the other. If more rows have expired, the next run
 * follows soon. A failed statement is retried with the next run. */

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "call.h"
#include "config.h"
#include "log.h"

enum { EVERY_S = 300, JITTER_S = 60, SOON_S = 1 };

/* Each returns whether there is `more`. */
static const struct {
	enum sql statement;
	const char *param; /* its only parameter, or NULL */
} chores[] = {
	{ SQL_ONCE_SWEEP },
	{ SQL_LIVE_SWEEP, "hours" },
};

struct tidy {
	struct db *db;
	struct event *timer;
	struct db_query query;
	char hours[24];
	const char *values[1];
	size_t chore;
	bool more;
};

bool tidy_fits(void)
{
	for (size_t i = 0; i < COUNT_OF(chores); i++) {
		const struct sql_statement *statement = &sql_statements[chores[i].statement];

		if (statement->param_count != (chores[i].param != NULL)
		    || (chores[i].param && strcmp(statement->params[0], chores[i].param) != 0))
			return false;
	}
	return true;
}

static void ring_later(struct tidy *tidy)
{
	long seconds = tidy->more ? SOON_S : EVERY_S + (long)arc4random_uniform(JITTER_S);

	tidy->chore = 0;
	tidy->more = false;
	event_add(tidy->timer, &(struct timeval){ .tv_sec = seconds });
}

static void on_tidied(struct db_query *query, enum db_status status, const struct db_rows *rows);

static void begin(struct tidy *tidy)
{
	tidy->query = (struct db_query){
		.statement = chores[tidy->chore].statement,
		.params = tidy->values,
		.done = on_tidied,
	};
	db_run(tidy->db, &tidy->query);
}

static void on_tidied(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct tidy *tidy = container_of(query, struct tidy, query);

	if (status == DB_OK)
		tidy->more |= str_is(db_rows_value(rows, 0, "more"), "t");
	else if (status == DB_REFUSED)
		log_error("tidy.refused", kv_text("statement", sql_statements[query->statement].name),
		          kv_text("why", db_rows_message(rows)));
	if (++tidy->chore < COUNT_OF(chores))
		begin(tidy);
	else
		ring_later(tidy);
}

static void on_ring(evutil_socket_t, short, void *arg)
{
	begin(arg);
}

struct tidy *tidy_new(struct loop *loop, struct db *db, const struct config *config)
{
	struct tidy *tidy = xcalloc(1, sizeof(*tidy));

	tidy->db = db;
	snprintf(tidy->hours, sizeof(tidy->hours), "%lld", config->events_hours);
	tidy->values[0] = tidy->hours;
	tidy->timer = evtimer_new(loop_base(loop), on_ring, tidy);
	ring_later(tidy);
	return tidy;
}

void tidy_free(struct tidy *tidy)
{
	if (!tidy)
		return;
	db_forget(&tidy->query);
	event_free(tidy->timer);
	free(tidy);
}
