/* server.c: starts all modules, runs the loop, and shuts down.
 *
 * Normal sequence:
 *
 * - the modules are created, lower ones first; the server starts to listen last;
 * - the loop runs;
 * - on SIGTERM (or SIGINT, SIGHUP) /ready fails, no new requests are accepted, and pending ones
 *   are completed; then the subscribers are disconnected; when the last one has gone, the loop
 *   stops;
 * - the modules are destroyed in reverse order.
 *
 * Failures:
 *
 * - a module cannot be created: those below it are destroyed and the exit code is 1;
 * - requests are still pending after DRAIN_SECONDS, or a second signal arrives: the loop stops at
 *   once. */

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "api.h"
#include "auth.h"
#include "config.h"
#include "db.h"
#include "fetch.h"
#include "server.h"
#include "http.h"
#include "log.h"
#include "loop.h"
#include "private_postgres.h"
#include "resolve.h"
#include "resources.h"

static void on_dismissed(void *arg)
{
	struct house *house = arg;

	loop_stop(house->loop);
}

static void on_drained(void *arg)
{
	struct house *house = arg;

	api_disconnect_all(house->api, on_dismissed, house);
}

static void on_late(evutil_socket_t, short, void *arg)
{
	struct house *house = arg;

	log_warn("closing.late", kv_number("seconds", house->config->drain_seconds));
	loop_stop(house->loop);
}

static void on_end(void *arg)
{
	struct house *house = arg;

	if (house->closing) {
		log_warn("closing.at_once");
		loop_stop(house->loop);
		return;
	}
	house->closing = true;
	log_info("closing");
	event_add(house->late, &(struct timeval){ .tv_sec = house->config->drain_seconds });
	api_drain(house->api);
	http_drain(house->http, on_drained, house);
}

bool house_is_ready(const struct house *house)
{
	return db_ready(house->db) && auth_has_keys(house->auth);
}

static struct api *make_api(struct house *house)
{
	struct buf faults = { 0 };
	struct api *api = api_new(house->loop, house->config, house->db, house->auth, resources,
	                          house->extra, &faults);

	if (!api)
		fprintf(stderr, "binnacle: the resource tables are invalid:\n%s",
		        buf_cstr(&faults));
	buf_finish(&faults);
	return api;
}

static struct http *make_http(struct house *house)
{
	size_t count;
	const struct route *routes = api_routes(house->api, &count);

	return http_new(house->loop, house->config, routes, count, house->api);
}

static void run(struct house *house)
{
	house->late = evtimer_new(loop_base(house->loop), on_late, house);
	house->terminate = loop_on_signal(house->loop, SIGTERM, on_end, house);
	house->interrupt = loop_on_signal(house->loop, SIGINT, on_end, house);
	house->hangup = loop_on_signal(house->loop, SIGHUP, on_end, house);
	if (house->own)
		private_watch(house->own, house->loop);
	if (house->opened)
		house->opened(house);

	log_info("open", kv_text("version", BINNACLE_VERSION), kv_number("port", http_port(house->http)));
	loop_run(house->loop);
	log_info("closed");

	if (house->own)
		private_unwatch(house->own);
	loop_signal_free(house->hangup);
	loop_signal_free(house->interrupt);
	loop_signal_free(house->terminate);
	event_free(house->late);
}

int house_run(struct house *house)
{
	int status = EXIT_FAILURE;

	/* Lower modules first; http is last, because it listens. */
	if ((house->loop = loop_new())
	    && (house->resolver = resolver_new(house->loop))
	    && (house->fetcher = fetcher_new(house->loop, house->resolver))
	    && (house->db = db_new(house->loop, house->resolver, house->config))
	    && (house->auth = auth_new(house->loop, house->fetcher, house->config))
	    && (house->api = make_api(house))
	    && (house->http = make_http(house))) {
		run(house);
		status = EXIT_SUCCESS;
	}

	/* In reverse order. Each accepts NULL. */
	http_free(house->http);
	api_free(house->api);
	auth_free(house->auth);
	db_free(house->db);
	fetcher_free(house->fetcher);
	resolver_free(house->resolver);
	loop_free(house->loop);
	log_close();
	return status;
}
