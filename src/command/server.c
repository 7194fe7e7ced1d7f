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

#include "access.h"
#include "auth.h"
#include "config.h"
#include "db.h"
#include "documents.h"
#include "fetch.h"
#include "http.h"
#include "live.h"
#include "log.h"
#include "loop.h"
#include "pages.h"
#include "private_postgres.h"
#include "resolve.h"
#include "resources.h"
#include "rest.h"
#include "server.h"

static void on_disconnected(void *arg)
{
	struct server *server = arg;

	loop_stop(server->loop);
}

static void on_drained(void *arg)
{
	struct server *server = arg;

	live_disconnect_all(server->live, on_disconnected, server);
}

static void on_drain_timeout(evutil_socket_t, short, void *arg)
{
	struct server *server = arg;

	log_warn("server.drain_timeout", kv_number("seconds", server->config->drain_seconds));
	loop_stop(server->loop);
}

static void on_signal(void *arg)
{
	struct server *server = arg;

	if (server->stopping) {
		log_warn("server.forced_stop");
		loop_stop(server->loop);
		return;
	}
	server->stopping = true;
	log_info("server.stopping");
	event_add(server->drain_timer,
	          &(struct timeval){ .tv_sec = server->config->drain_seconds });
	rest_drain(server->rest);
	live_drain(server->live);
	http_drain(server->http, on_drained, server);
}

bool server_is_ready(const struct server *server)
{
	return db_ready(server->db) && db_listening(server->db) && auth_has_keys(server->auth);
}

static void on_events(void *context, struct str events)
{
	struct server *server = context;

	live_publish(server->live, events);
}

static void on_row_changed(void *context, struct str id)
{
	struct server *server = context;

	live_recheck_user(server->live, id);
}

static void append_connections(void *context, size_t skip, size_t limit, struct buf *members)
{
	struct server *server = context;

	live_append_connections(server->live, skip, limit, members);
}

static struct rest *make_rest(struct server *server)
{
	const struct rest_hooks hooks = { server, on_events, on_row_changed, append_connections };

	return rest_new(server->loop, server->config, server->db, server->auth, server->access,
	                resources, &hooks);
}

static struct pages *make_pages(struct server *server)
{
	struct pages_sources sources = {
		.config = server->config,
		.auth = server->auth,
		.events = all_events,
		.demo = server->demo,
	};

	server->documents = documents_new(server->config);
	sources.asyncapi = documents_asyncapi(server->documents);
	for (enum version v = 0; v < VERSIONS; v++)
		sources.openapi[v] = documents_openapi(server->documents, v);
	return pages_new(&sources);
}

static void add_routes(struct server *server, const struct route *routes, size_t count)
{
	size_t used = server->route_count;

	server->route_count += count;
	server->routes = xrealloc(server->routes, server->route_count * sizeof(*server->routes));
	if (count)
		memcpy(&server->routes[used], routes, count * sizeof(*routes));
}

static struct http *make_http(struct server *server)
{
	const struct route *routes;
	size_t count;

	routes = rest_routes(server->rest, &count);
	add_routes(server, routes, count);
	routes = pages_routes(server->pages, &count);
	add_routes(server, routes, count);
	if (domain_is_enabled(server->config, LIVE)) {
		routes = live_routes(server->live, &count);
		add_routes(server, routes, count);
	}
	for (routes = server->extra_routes; routes && routes->method != METHOD_NONE; routes++)
		add_routes(server, routes, 1);
	return http_new(server->loop, server->config, server->routes, server->route_count);
}

static void run(struct server *server)
{
	server->drain_timer = evtimer_new(loop_base(server->loop), on_drain_timeout, server);
	server->terminate = loop_on_signal(server->loop, SIGTERM, on_signal, server);
	server->interrupt = loop_on_signal(server->loop, SIGINT, on_signal, server);
	server->hangup = loop_on_signal(server->loop, SIGHUP, on_signal, server);
	if (server->postgres)
		private_postgres_watch(server->postgres, server->loop);
	if (server->on_listening)
		server->on_listening(server);

	log_info("server.started", kv_text("version", BINNACLE_VERSION),
	         kv_number("port", http_port(server->http)));
	loop_run(server->loop);
	log_info("server.stopped");

	if (server->postgres)
		private_postgres_unwatch(server->postgres);
	loop_signal_free(server->hangup);
	loop_signal_free(server->interrupt);
	loop_signal_free(server->terminate);
	event_free(server->drain_timer);
}

int server_run(struct server *server)
{
	int status = EXIT_FAILURE;

	/* Lower modules first; http is last, because it listens. */
	if ((server->loop = loop_new()) && (server->resolver = resolver_new(server->loop))
	    && (server->fetcher = fetcher_new(server->loop, server->resolver))
	    && (server->db = db_new(server->loop, server->resolver, server->config))
	    && (server->auth = auth_new(server->loop, server->fetcher, server->config))
	    && (server->access = access_new(server->db, server->auth, server->config))
	    && (server->live = live_new(server->loop, server->config, server->db, server->access))
	    && (server->rest = make_rest(server)) && (server->pages = make_pages(server))
	    && (server->http = make_http(server))) {
		run(server);
		status = EXIT_SUCCESS;
	}

	/* In reverse order. Each accepts NULL. */
	http_free(server->http);
	pages_free(server->pages);
	documents_free(server->documents);
	rest_free(server->rest);
	live_free(server->live);
	access_free(server->access);
	auth_free(server->auth);
	db_free(server->db);
	fetcher_free(server->fetcher);
	resolver_free(server->resolver);
	loop_free(server->loop);
	free(server->routes);
	log_close();
	return status;
}
