/* http.c: creates, drains and frees the HTTP server. */

#include <event2/event.h>
#include <stdlib.h>

#include "access_log.h"
#include "compressor.h"
#include "config.h"
#include "conn.h"
#include "cors.h"
#include "forwarded.h"
#include "limit.h"
#include "listener.h"
#include "log.h"
#include "request.h"
#include "router.h"
#include "server.h"
#include "timeouts.h"

/* Resumes each connection once. One that is added again waits for the next turn. */
static void on_resume(evutil_socket_t, short, void *arg)
{
	struct http *http = arg;
	struct http_conn *last = TAILQ_LAST(&http->resuming, http_conns), *conn = NULL;

	while (conn != last && (conn = TAILQ_FIRST(&http->resuming))) {
		TAILQ_REMOVE(&http->resuming, conn, resuming_link);
		conn->resuming = false;
		http_conn_resume(conn);
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

void http_drain(struct http *http, void (*done)(void *arg), void *arg)
{
	http->draining = true;
	http->drained = done;
	http->drained_arg = arg;
	log_info("http.draining", kv_number("connections", http->conn_count));
	timeouts_run_soon(http);
}

int http_port(const struct http *http)
{
	return listener_port(http->listener);
}

bool http_check_config(const struct config *config, struct buf *errors)
{
	bool ok = listener_check_config(config, errors);

	ok = forwarded_check_config(config, errors) && ok;
	return cors_check_config(config, errors) && ok;
}

struct http *http_new(struct loop *loop, const struct config *config, const struct route *routes,
                      size_t count)
{
	struct http *http = xcalloc(1, sizeof(*http));

	http->loop = loop;
	http->config = config;
	for (int i = 0; i < CONN_STATES; i++)
		TAILQ_INIT(&http->conns[i]);
	TAILQ_INIT(&http->resuming);
	http->resume_timer = evtimer_new(loop_base(loop), on_resume, http);
	http->drained_event = evtimer_new(loop_base(loop), on_drained, http);
	http->access_log = access_log_new(routes, count);
	http->forwarded = forwarded_new(config);
	http->cors = cors_new(config);
	http->router = router_new(routes, count);
	http->limits = limits_new(config);
	if (strcmp(config->compression, "on") == 0)
		http->compressor = compressor_new(loop);
	if (http->router && http->limits)
		http->listener = listener_new(http, config->host, (int)config->port);
	if (!http->listener) {
		http_free(http);
		return NULL;
	}
	http->accepting = true;
	timeouts_start(http);
	log_info("http.listening", kv_text("host", config->host),
	         kv_number("port", listener_port(http->listener)));
	return http;
}

void http_free(struct http *http)
{
	struct request_private *priv;
	struct http_conn *conn;

	if (!http)
		return;
	for (int i = 0; i < CONN_STATES; i++) {
		while ((conn = TAILQ_FIRST(&http->conns[i])))
			http_conn_abort(conn);
	}
	/* Requests still held are replied to later; the replies are discarded. */
	while ((priv = LIST_FIRST(&http->requests))) {
		LIST_REMOVE(priv, link);
		priv->http = NULL;
	}
	request_free_spares();
	timeouts_stop(http);
	listener_free(http->listener);
	event_free(http->resume_timer);
	event_free(http->drained_event);
	router_free(http->router);
	access_log_free(http->access_log);
	forwarded_free(http->forwarded);
	cors_free(http->cors);
	limits_free(http->limits);
	compressor_free(http->compressor);
	buf_finish(&http->out);
	buf_finish(&http->problem);
	free(http);
}
