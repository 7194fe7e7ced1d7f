/* access_log.c: the access log: a log line and a metric for each reply.
 *
 * The metric series of a route, method and status is looked up once and cached, so that counting
 * builds no text. */

#include <stdlib.h>

#include "access_log.h"
#include "clock.h"
#include "log.h"
#include "metrics.h"
#include "reply.h"
#include "request.h"
#include "server.h"

enum {
	CLIENT_GONE = 499,    /* the client disconnected before the reply */
	MAX_USER_AGENT = 256, /* of User-Agent, in the log */
};

typedef struct metric_series *statuses[STATUS_SLOTS];

struct access_log {
	const struct route *routes;
	size_t count;
	/* By route (the last row is for requests without one), method and scheme; allocated on
	 * first use. */
	statuses *cached[][METHODS][2];
};

struct access_log *access_log_new(const struct route *routes, size_t count)
{
	struct access_log *access_log =
		xcalloc(1, sizeof(*access_log) + (count + 1) * sizeof(access_log->cached[0]));

	access_log->routes = routes;
	access_log->count = count;
	return access_log;
}

void access_log_free(struct access_log *access_log)
{
	if (!access_log)
		return;
	for (size_t i = 0; i <= access_log->count; i++) {
		for (int method = 0; method < METHODS; method++) {
			free(access_log->cached[i][method][false]);
			free(access_log->cached[i][method][true]);
		}
	}
	free(access_log);
}

static struct metric_series *series(const struct request *request, int status)
{
	struct access_log *access_log = request->priv->http->access_log;
	size_t row =
		request->route ? (size_t)(request->route - access_log->routes) : access_log->count;
	statuses **cached = &access_log->cached[row][request->method][request->secure];
	struct metric_series **slot;
	char *labels;

	if (!*cached)
		*cached = xcalloc(1, sizeof(**cached));
	slot = &(**cached)[reply_status_index(status)];
	if (!*slot) {
		labels = xprint("http_request_method=\"%s\",http_route=\"%s\","
		                "http_response_status_code=\"%d\",url_scheme=\"%s\"",
		                method_name(request->method),
		                request->route ? request->route->pattern : "", status,
		                request->secure ? "https" : "http");
		*slot = metrics_series(METRIC_HTTP_DURATION, labels);
		free(labels);
	}
	return *slot;
}

bool access_log_enter(struct request *request)
{
	metrics_set(METRIC_HTTP_ACTIVE, ++request->priv->http->active_requests);
	return true;
}

_Static_assert(REQUEST_LOG_FIELDS == 4, "access_log_leave() logs as many");

static struct kv extra_field(const struct request *request, int i)
{
	return i < request->log_field_count ? request->log_fields[i]
	                                    : (struct kv){ .kind = KV_SKIP };
}

void access_log_leave(struct request *request, const struct reply *reply, struct buf *)
{
	struct http *http = request->priv->http;
	bool disconnected = request->priv->disconnected;
	int status = disconnected ? CLIENT_GONE : reply->status;
	long long duration = clock_exact_us() - request->started_us;
	struct str agent = request->headers[HEADER_USER_AGENT];

	if (agent.length > MAX_USER_AGENT)
		agent.length = MAX_USER_AGENT;
	metrics_set(METRIC_HTTP_ACTIVE, --http->active_requests);
	metrics_observe(series(request, status), duration);
	log_info("request", kv_text("http.request.method", method_name(request->method)),
	         kv_text("http.route", request->route ? request->route->pattern : NULL),
	         kv_number("http.response.status_code", status), kv_ms("duration_ms", duration),
	         kv_number("bytes",
	                   disconnected || !reply->type ? 0 : (long long)reply->body.length),
	         kv_str("client.address", request->client), kv_str("user_agent.original", agent),
	         kv_text("request_id", request->id), extra_field(request, 0),
	         extra_field(request, 1), extra_field(request, 2), extra_field(request, 3),
	         kv_text("error.type", disconnected ? "CLIENT_GONE" : reply->code),
	         kv_text("why", request->why));
}
