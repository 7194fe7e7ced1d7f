/* timeouts.c: enforces all timeouts of connections with one timer.
 *
 * A connection that enters a state goes to the end of that state's list. In states with a fixed
 * timeout, expired connections are therefore at the head of the list. States with a minimum rate (a
 * body, a reply waiting for its reader) have a deadline: each byte extends it by its share of a
 * second, but never beyond the grace period from now, so that a burst does not excuse a later
 * pause.
 *
 * On a timeout, a started request is answered with 408. Idle connections and clients that do not
 * read their reply are closed silently. */

#include "http_private.h"
#include "clock.h"
#include "config.h"
#include "metrics.h"

enum {
	SWEEP_MS = 250,
	LINGER_US = 2 * 1000 * 1000,
	FRESH_US = 1000 * 1000, /* while draining: time for the first request */
};

static const struct timeval again = { 0, SWEEP_MS * 1000 };

static void too_slow(struct wire *wire, const char *detail)
{
	metrics_count(METRIC_HTTP_SLOW, 1);
	if (detail)
		intake_refuse(wire, PROBLEM_REQUEST_TIMEOUT, detail);
	else
		wire_lost(wire);
}

/* Whether anything was received besides the empty line that some clients send after a body. */
static bool has_begun(const struct wire *wire)
{
	return wire->pending.length > 4 || wire->pending.at[0] != '\r';
}

static void late_head(struct wire *wire)
{
	too_slow(wire, has_begun(wire) ? "The request head did not arrive in time." : NULL);
}

static void sweep_fixed(struct http *http, enum place place, long long allowed_us,
			void (*end)(struct wire *wire))
{
	struct wire *wire;

	while ((wire = TAILQ_FIRST(&http->places[place]))
	       && wire->since_us + allowed_us <= clock_us())
		end(wire);
}

/* `passed`: bytes since the last check. */
static bool is_late(struct wire *wire, size_t passed)
{
	long long now = clock_us(), most = now + GRACE_US;

	wire->until_us += (long long)passed * 1000000 / wire->http->config->body_rate;
	if (wire->until_us > most)
		wire->until_us = most;
	return wire->until_us <= now;
}

static void sweep_bodies(struct http *http)
{
	struct wire *wire, *next;

	for (wire = TAILQ_FIRST(&http->places[PLACE_BODY]); wire; wire = next) {
		size_t length = wire->inside->body.length, passed = length - wire->seen;

		next = TAILQ_NEXT(wire, link);
		wire->seen = length;
		if (is_late(wire, passed))
			too_slow(wire, "The request body did not arrive in time.");
	}
}

static void sweep_readers(struct http *http)
{
	struct wire *wire, *next;

	for (wire = TAILQ_FIRST(&http->places[PLACE_WRITING]); wire; wire = next) {
		size_t unsent = server_unsent(wire), passed = wire->seen - unsent;

		next = TAILQ_NEXT(wire, link);
		wire->seen = unsent;
		if (is_late(wire, passed))
			too_slow(wire, NULL);
	}
}

static void close_idle(struct http *http)
{
	struct wire *wire, *next;

	for (wire = TAILQ_FIRST(&http->places[PLACE_IDLE]); wire; wire = next) {
		next = TAILQ_NEXT(wire, link);
		if (!wire->hungry && (wire->served || wire->since_us + FRESH_US <= clock_us()))
			wire_lost(wire);
	}
}

static void on_sweep(evutil_socket_t, short, void *arg)
{
	struct http *http = arg;
	const struct config *config = http->config;

	sweep_fixed(http, PLACE_HEAD, config->head_seconds * 1000000, late_head);
	sweep_fixed(http, PLACE_IDLE, config->idle_seconds * 1000000, wire_lost);
	sweep_fixed(http, PLACE_LINGER, LINGER_US, wire_lost);
	sweep_bodies(http);
	sweep_readers(http);
	if (http->draining) {
		/* The listener was polled in this turn before this timer, so all connections
		 * waiting in its backlog have been accepted. */
		server_unlisten(http->server);
		close_idle(http);
		http_perhaps_drained(http);
	} else {
		server_listen_again(http->server);
	}
	evtimer_add(http->sweep, &again);
}

void sweep_start(struct http *http)
{
	http->sweep = evtimer_new(loop_base(http->loop), on_sweep, http);
	evtimer_add(http->sweep, &again);
}

void sweep_stop(struct http *http)
{
	if (http->sweep)
		event_free(http->sweep);
	http->sweep = NULL;
}

void sweep_soon(struct http *http)
{
	evtimer_add(http->sweep, &(struct timeval){ 0 });
}
