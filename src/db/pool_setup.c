/* pool_setup.c: creates and destroys the pool; session settings. */

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "clock.h"
#include "config.h"
#include "conn.h"
#include "conninfo.h"
#include "listen.h"
#include "log.h"
#include "metrics.h"
#include "pool.h"
#include "statement.h"
#include "variant.h"

static void add_option(struct buf *options, const char *name, const char *value)
{
	buf_print(options, " -c %s=", name);
	for (; *value; value++) {
		if (*value == ' ' || *value == '\\')
			buf_char(options, '\\');
		buf_char(options, *value);
	}
}

/* The settings of every session. */
static char *session_options(const struct config *config, const struct lane *lane)
{
	struct buf options = { 0 };
	char *text;

	buf_text(&options, "-c TimeZone=UTC -c DateStyle=ISO -c jit=off"
	                   /* Pages come from memory or an SSD: prefer an index on location
	                    * or user to filtering the newest rows. */
	                   " -c random_page_cost=1.1"
	                   " -c lock_timeout=2000"
	                   " -c idle_in_transaction_session_timeout=10000"
	                   " -c role=" DB_SERVING_ROLE
	                   /* Ends a statement soon after we closed its connection. */
	                   " -c client_connection_check_interval=1000");
	add_option(&options, "binnacle.timezone", config->timezone);
	if (lane)
		buf_print(&options, " -c statement_timeout=%d", lane->timeout_ms);
	if (lane && lane->kind == SQL_READ)
		buf_text(&options, " -c default_transaction_read_only=on");
	text = xstrdup(buf_cstr(&options));
	buf_finish(&options);
	return text;
}

static void lane_init(struct lane *lane, enum sql_lane kind, const struct config *config)
{
	int count = (int)config->db_connections;

	lane->kind = kind;
	lane->count = kind == SQL_READ ? (count + 1) / 2 : count / 2;
	lane->conns = xcalloc((size_t)lane->count, sizeof(*lane->conns));
	lane->down_us = clock_us();
	lane->timeout_ms = 1000;
	TAILQ_INIT(&lane->queue);
	for (const struct sql_statement *row = sql_statements; row->name; row++)
		if (row->lane == kind && row->timeout_ms > lane->timeout_ms)
			lane->timeout_ms = row->timeout_ms;
	lane->options = session_options(config, lane);
}

static struct metric_series **duration_series(void)
{
	struct metric_series **durations;
	size_t count = 0;
	char labels[128];

	while (sql_statements[count].name)
		count++;
	durations = xcalloc(count + 1, sizeof(struct metric_series *));
	for (size_t i = 0; i < count; i++) {
		snprintf(labels, sizeof(labels), "db_query_summary=\"%s\"", sql_statements[i].name);
		durations[i] = metrics_series(METRIC_DB_DURATION, labels);
	}
	return durations;
}

struct db *db_new(struct loop *loop, struct resolver *resolver, const struct config *config)
{
	struct db *db = xcalloc(1, sizeof(*db));
	struct event_base *base = loop_base(loop);
	char *options;

	db->loop = loop;
	db->resolver = resolver;
	db->queue_max = (int)config->db_queue;
	db->pipeline = (int)config->db_pipeline;
	db->outage = true;
	db->deferred.run = pool_send;
	TAILQ_INIT(&db->failures);
	evtimer_assign(&db->failure_timer, base, pool_deliver_failures, db);
	evtimer_assign(&db->tick, base, pool_check_timeouts, db);

	db->conninfo = config->database_url ? conninfo_new(config->database_url) : NULL;
	if (!db->conninfo) {
		log_error("db.no_address",
		          kv_text("why", "DATABASE_URL is not a valid connection string"));
		db_free(db);
		return NULL;
	}
	db->durations = duration_series();
	for (int i = 0; i < LANES; i++)
		lane_init(&db->lanes[i], (enum sql_lane)i, config);
	for (int i = 0; i < LANES; i++)
		for (int k = 0; k < db->lanes[i].count; k++)
			conn_init(&db->lanes[i].conns[k], db, &db->lanes[i]);
	options = session_options(config, NULL);
	db->listen = listen_new(db, options);
	free(options);
	return db;
}

void db_free(struct db *db)
{
	if (!db)
		return;
	event_del(&db->failure_timer);
	event_del(&db->tick);
	loop_defer_cancel(db->loop, &db->deferred);
	listen_free(db->listen);
	for (int i = 0; i < LANES; i++) {
		for (int k = 0; k < db->lanes[i].count; k++)
			conn_finish(&db->lanes[i].conns[k]);
		free(db->lanes[i].conns);
		free(db->lanes[i].options);
	}
	variants_finish(&db->variants);
	conninfo_free(db->conninfo);
	free(db->durations);
	free(db);
}
