/* connector.c: opens one connection to PostgreSQL without blocking.
 *
 * Normal sequence:
 *
 * - the host names are looked up, one after another;
 * - libpq gets the addresses and is polled whenever its socket is ready;
 * - done() gets the connection.
 *
 * Failures: done() gets a message instead if no name can be resolved, the server rejects the
 * connection, or CONNECT_MS have passed. libpq's connect_timeout does not apply: it only covers
 * its blocking calls. */

#include <event2/event.h>
#include <stdlib.h>

#include "arena.h"
#include "conninfo.h"
#include "connector.h"
#include "log.h"
#include "one_line.h"
#include "pool.h"
#include "timer.h"

enum {
	CONNECT_MS = 5000, /* to open a connection, name lookups included */
	BACKOFF_MIN_MS = 50,
};

static void on_notice(void *arg, const char *message)
{
	char line[ONE_LINE_SIZE];

	one_line(line, message);
	log_debug("db.notice", kv_text("text", line));
}

static void cleanup(struct connector *connector)
{
	event_del(&connector->deadline);
	event_del(&connector->socket);
	resolve_cancel(&connector->lookup);
	buf_finish(&connector->hosts);
	buf_finish(&connector->addresses);
	buf_finish(&connector->ports);
}

static void fail(struct connector *connector, const char *why)
{
	char *reason = xstrdup(why);
	PGconn *pg = connector->pg;

	cleanup(connector); /* before the socket is closed */
	connector->pg = NULL;
	PQfinish(pg);
	connector->done(connector, NULL, reason);
	free(reason);
}

static void on_deadline(evutil_socket_t, short, void *arg)
{
	fail(arg, "timeout: no response from the server");
}

static void on_socket(evutil_socket_t, short, void *arg);

/* libpq may use another socket after each poll. */
static void wait_for(struct connector *connector, short what)
{
	event_assign(&connector->socket, loop_base(connector->db->loop), PQsocket(connector->pg),
	             what, on_socket, connector);
	event_add(&connector->socket, NULL);
}

static void on_socket(evutil_socket_t, short, void *arg)
{
	struct connector *connector = arg;
	PGconn *pg = connector->pg;

	switch (PQconnectPoll(pg)) {
	case PGRES_POLLING_READING:
		wait_for(connector, EV_READ);
		break;
	case PGRES_POLLING_WRITING:
		wait_for(connector, EV_WRITE);
		break;
	case PGRES_POLLING_OK:
		cleanup(connector);
		connector->pg = NULL;
		connector->done(connector, pg, NULL);
		break;
	default:
		fail(connector, PQerrorMessage(pg));
	}
}

static void start(struct connector *connector)
{
	struct conn_params params;
	struct buf options = { 0 };

	conninfo_to_params(connector->db->conninfo, &params);
	conn_params_add(&params, "host", buf_cstr(&connector->hosts));
	conn_params_add(&params, "hostaddr", buf_cstr(&connector->addresses));
	conn_params_add(&params, "port", buf_cstr(&connector->ports));

	/* The options of the URL come first, so that ours take precedence. */
	for (const PQconninfoOption *o = connector->db->conninfo->options; o->keyword; o++)
		if (o->val && strcmp(o->keyword, "options") == 0)
			buf_print(&options, "%s ", o->val);
	buf_text(&options, connector->options);
	conn_params_add(&params, "options", buf_cstr(&options));

	connector->pg = PQconnectStartParams(params.names, params.values, 0);
	buf_finish(&options);
	if (PQstatus(connector->pg) == CONNECTION_BAD) {
		fail(connector, PQerrorMessage(connector->pg));
		return;
	}
	PQsetNoticeProcessor(connector->pg, on_notice, NULL);
	wait_for(connector, EV_WRITE);
}

static void add_host(struct connector *connector, const struct conninfo_host *host, const char *ip)
{
	const char *comma = connector->added++ ? "," : "";

	buf_print(&connector->hosts, "%s%s", comma, host->name);
	buf_print(&connector->addresses, "%s%s", comma, ip);
	buf_print(&connector->ports, "%s%s", comma, host->port);
}

static void look_up(struct connector *connector);

static void on_addresses(struct lookup *lookup, const char *error)
{
	struct connector *connector = container_of(lookup, struct connector, lookup);
	const struct conninfo_host *host = &connector->db->conninfo->hosts[connector->next++];

	for (int i = 0; i < lookup->count; i++)
		add_host(connector, host, lookup->addresses[i]);

	/* A host that cannot be resolved is skipped; an error only if no host is left. */
	if (lookup->count == 0 && connector->next == connector->db->conninfo->count
	    && connector->added == 0) {
		char *why = xprint("%s: %s", host->name, error);

		fail(connector, why);
		free(why);
		return;
	}
	look_up(connector);
}

static void look_up(struct connector *connector)
{
	const struct conninfo *conninfo = connector->db->conninfo;

	for (; connector->next < conninfo->count; connector->next++) {
		const struct conninfo_host *host = &conninfo->hosts[connector->next];

		if (conninfo_needs_lookup(host)) {
			resolve(connector->db->resolver, &connector->lookup, host->name,
			        on_addresses);
			return;
		}
		add_host(connector, host, host->ip);
	}
	start(connector);
}

void connector_init(struct connector *connector, struct db *db, const char *options,
                    connector_done_fn *done)
{
	*connector = (struct connector){ .db = db, .options = options, .done = done };
	evtimer_assign(&connector->deadline, loop_base(db->loop), on_deadline, connector);
	event_assign(&connector->socket, loop_base(db->loop), -1, 0, on_socket, connector);
}

void connector_start(struct connector *connector)
{
	connector->next = 0;
	connector->added = 0;
	start_timer(&connector->deadline, CONNECT_MS);
	look_up(connector);
}

void connector_finish(struct connector *connector)
{
	PGconn *pg = connector->pg;

	cleanup(connector);
	connector->pg = NULL;
	PQfinish(pg);
}

int connector_backoff(int *backoff_ms)
{
	int now = *backoff_ms ?: BACKOFF_MIN_MS;

	*backoff_ms = now * 2 < BACKOFF_MAX_MS ? now * 2 : BACKOFF_MAX_MS;
	return now / 2 + (int)arc4random_uniform((uint32_t)now / 2 + 1);
}
