/* tidy.c: what is kept for a time only goes when its time is over.
 *
 * Every few minutes, a little more or less so that many processes do not come
 * together, one statement takes away what is old, so many rows at a time. When it
 * fails there is a next time. */

#include <event2/event.h>
#include <stdlib.h>

#include "arena.h"
#include "call.h"
#include "log.h"

enum { EVERY_S = 300, JITTER_S = 60 };

struct tidy {
	struct db *db;
	struct event *timer;
	struct db_query query;
};

static void ring_later(struct tidy *tidy)
{
	event_add(tidy->timer, &(struct timeval){ .tv_sec = EVERY_S + arc4random_uniform(JITTER_S) });
}

static void on_tidied(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct tidy *tidy = container_of(query, struct tidy, query);

	if (status == DB_REFUSED)
		log_error("tidy.refused", kv_text("why", db_rows_message(rows)));
	ring_later(tidy);
}

static void on_ring(evutil_socket_t, short, void *arg)
{
	struct tidy *tidy = arg;

	tidy->query = (struct db_query){ .statement = SQL_ONCE_SWEEP, .done = on_tidied };
	db_run(tidy->db, &tidy->query);
}

struct tidy *tidy_new(struct loop *loop, struct db *db)
{
	struct tidy *tidy = xcalloc(1, sizeof(*tidy));

	tidy->db = db;
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
