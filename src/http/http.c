/* http.c: creates, drains and frees the HTTP server. */

#include <stdlib.h>

#include "http_private.h"
#include "config.h"
#include "log.h"

void http_hunger(struct http *http, struct wire *wire)
{
	wire->hungry = true;
	TAILQ_INSERT_TAIL(&http->hungry, wire, hungry_link);
	/* With a timer: event_active() would run it in this turn, before the other connections. */
	if (!evtimer_pending(http->more, NULL))
		evtimer_add(http->more, &(struct timeval){ 0 });
}

/* Resumes each connection once. One that becomes hungry again waits for the next turn. */
static void on_more(evutil_socket_t, short, void *arg)
{
	struct http *http = arg;
	struct wire *last = TAILQ_LAST(&http->hungry, wires), *wire = NULL;

	while (wire != last && (wire = TAILQ_FIRST(&http->hungry))) {
		TAILQ_REMOVE(&http->hungry, wire, hungry_link);
		wire->hungry = false;
		wire_feed(wire);
	}
}

static void on_drained(evutil_socket_t, short, void *arg)
{
	struct http *http = arg;
	void (*done)(void *arg) = http->drained;

	http->drained = NULL;
	if (done)
		done(http->drained_arg);
}

void http_perhaps_drained(struct http *http)
{
	if (http->draining && !http->open && !http->under_way && !server_listens(http->server))
		event_active(http->drained_event, EV_TIMEOUT, 0);
}

void http_drain(struct http *http, void (*done)(void *arg), void *arg)
{
	http->draining = true;
	http->drained = done;
	http->drained_arg = arg;
	log_info("http.draining", kv_number("connections", http->open));
	sweep_soon(http);
}

int http_port(const struct http *http)
{
	return server_port(http->server);
}

bool http_fit(const struct config *config, struct buf *faults)
{
	bool ok = server_fit(config, faults);

	ok = hops_fit(config, faults) && ok;
	return cors_fit(config, faults) && ok;
}

struct http *http_new(struct loop *loop, const struct config *config,
		      const struct route *routes, size_t count, void *context)
{
	struct http *http = xcalloc(1, sizeof(*http));

	http->loop = loop;
	http->config = config;
	http->context = context;
	for (int i = 0; i < PLACES; i++)
		TAILQ_INIT(&http->places[i]);
	TAILQ_INIT(&http->hungry);
	http->more = evtimer_new(loop_base(loop), on_more, http);
	http->drained_event = evtimer_new(loop_base(loop), on_drained, http);
	http->account = account_new(routes, count);
	http->hops = hops_new(config);
	http->cors = cors_new(config);
	http->router = router_new(routes, count);
	http->limits = limits_new(config);
	if (http->router && http->limits)
		http->server = server_new(http, config->host, (int)config->port);
	if (!http->server) {
		http_free(http);
		return NULL;
	}
	sweep_start(http);
	log_info("http.listening", kv_text("host", config->host),
		 kv_number("port", server_port(http->server)));
	return http;
}

void http_free(struct http *http)
{
	struct inside *inside;
	struct wire *wire;

	if (!http)
		return;
	for (int i = 0; i < PLACES; i++) {
		while ((wire = TAILQ_FIRST(&http->places[i])))
			wire_lost(wire);
	}
	/* Requests still held are replied to later; the replies are discarded. */
	while ((inside = LIST_FIRST(&http->requests))) {
		LIST_REMOVE(inside, link);
		inside->http = NULL;
	}
	request_forget_spares();
	sweep_stop(http);
	server_free(http->server);
	event_free(http->more);
	event_free(http->drained_event);
	router_free(http->router);
	account_free(http->account);
	hops_free(http->hops);
	cors_free(http->cors);
	limits_free(http->limits);
	buf_finish(&http->out);
	buf_finish(&http->problem);
	free(http);
}
