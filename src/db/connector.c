/* connector.c: opens one connection to PostgreSQL without blocking.
 *
 * Normal sequence:
 *
 * - the host names are looked up, one after another;
 * - libpq gets the addresses and is polled whenever its socket is ready;
 * - done() gets the connection.
 *
 * Failures: done() gets a message instead if no name can be resolved, the server rejects the
 * connection, or DIAL_MS have passed. libpq's connect_timeout does not apply: it only covers
 * its blocking calls. */

#include <stdlib.h>

#include "arena.h"
#include "db_private.h"
#include "log.h"

static void on_notice(void *arg, const char *message)
{
	char line[LINE_ROOM];

	one_line(line, message);
	log_debug("db.notice", kv_text("text", line));
}

static void stop(struct dial *dial)
{
	event_del(&dial->deadline);
	event_del(&dial->socket);
	resolve_cancel(&dial->lookup);
	buf_finish(&dial->hosts);
	buf_finish(&dial->addresses);
	buf_finish(&dial->ports);
}

static void fail(struct dial *dial, const char *why)
{
	char *says = xstrdup(why);
	PGconn *pg = dial->pg;

	stop(dial); /* before the socket is closed */
	dial->pg = NULL;
	PQfinish(pg);
	dial->done(dial, NULL, says);
	free(says);
}

static void on_deadline(evutil_socket_t, short, void *arg)
{
	fail(arg, "timeout: no response from the server");
}

static void on_socket(evutil_socket_t, short, void *arg);

/* libpq may use another socket after each poll. */
static void wait_for(struct dial *dial, short what)
{
	event_assign(&dial->socket, loop_base(dial->db->loop), PQsocket(dial->pg), what,
		     on_socket, dial);
	event_add(&dial->socket, NULL);
}

static void on_socket(evutil_socket_t, short, void *arg)
{
	struct dial *dial = arg;
	PGconn *pg = dial->pg;

	switch (PQconnectPoll(pg)) {
	case PGRES_POLLING_READING:
		wait_for(dial, EV_READ);
		break;
	case PGRES_POLLING_WRITING:
		wait_for(dial, EV_WRITE);
		break;
	case PGRES_POLLING_OK:
		stop(dial);
		dial->pg = NULL;
		dial->done(dial, pg, NULL);
		break;
	default:
		fail(dial, PQerrorMessage(pg));
	}
}

static void start(struct dial *dial)
{
	struct words words;
	struct buf options = { 0 };

	address_words(dial->db->address, &words);
	words_add(&words, "host", buf_cstr(&dial->hosts));
	words_add(&words, "hostaddr", buf_cstr(&dial->addresses));
	words_add(&words, "port", buf_cstr(&dial->ports));

	/* The options of the URL come first, so that ours take precedence. */
	for (const PQconninfoOption *o = dial->db->address->options; o->keyword; o++)
		if (o->val && strcmp(o->keyword, "options") == 0)
			buf_print(&options, "%s ", o->val);
	buf_text(&options, dial->options);
	words_add(&words, "options", buf_cstr(&options));

	dial->pg = PQconnectStartParams(words.names, words.values, 0);
	buf_finish(&options);
	if (PQstatus(dial->pg) == CONNECTION_BAD) {
		fail(dial, PQerrorMessage(dial->pg));
		return;
	}
	PQsetNoticeProcessor(dial->pg, on_notice, NULL);
	wait_for(dial, EV_WRITE);
}

static void add_host(struct dial *dial, const struct address_host *host, const char *address)
{
	const char *comma = dial->added++ ? "," : "";

	buf_print(&dial->hosts, "%s%s", comma, host->name);
	buf_print(&dial->addresses, "%s%s", comma, address);
	buf_print(&dial->ports, "%s%s", comma, host->port);
}

static void look_up(struct dial *dial);

static void on_addresses(struct lookup *lookup, const char *error)
{
	struct dial *dial = container_of(lookup, struct dial, lookup);
	const struct address_host *host = &dial->db->address->hosts[dial->next++];

	for (int i = 0; i < lookup->count; i++)
		add_host(dial, host, lookup->addresses[i]);

	/* A host that cannot be resolved is skipped; an error only if no host is left. */
	if (lookup->count == 0 && dial->next == dial->db->address->count && dial->added == 0) {
		char *why = xprint("%s: %s", host->name, error);

		fail(dial, why);
		free(why);
		return;
	}
	look_up(dial);
}

static void look_up(struct dial *dial)
{
	const struct address *address = dial->db->address;

	for (; dial->next < address->count; dial->next++) {
		const struct address_host *host = &address->hosts[dial->next];

		if (address_is_name(host)) {
			resolve(dial->db->resolver, &dial->lookup, host->name, on_addresses);
			return;
		}
		add_host(dial, host, host->address);
	}
	start(dial);
}

void dial_init(struct dial *dial, struct db *db, const char *options,
	       void (*done)(struct dial *dial, PGconn *pg, const char *why))
{
	*dial = (struct dial){ .db = db, .options = options, .done = done };
	evtimer_assign(&dial->deadline, loop_base(db->loop), on_deadline, dial);
	event_assign(&dial->socket, loop_base(db->loop), -1, 0, on_socket, dial);
}

void dial(struct dial *dial)
{
	dial->next = 0;
	dial->added = 0;
	ring_in(&dial->deadline, DIAL_MS);
	look_up(dial);
}

void dial_finish(struct dial *dial)
{
	PGconn *pg = dial->pg;

	stop(dial);
	dial->pg = NULL;
	PQfinish(pg);
}

int dial_backoff(int *backoff_ms)
{
	int now = *backoff_ms ?: BACKOFF_LEAST_MS;

	*backoff_ms = now * 2 < BACKOFF_MOST_MS ? now * 2 : BACKOFF_MOST_MS;
	return now / 2 + (int)arc4random_uniform((uint32_t)now / 2 + 1);
}
