/* access_log.c: the access log: a log line and a metric for each reply.
 *
 * The metric series of a route, method and status is looked up once and cached, so that counting
 * builds no text. */

#include <stdlib.h>

#include "http_private.h"
#include "clock.h"
#include "log.h"
#include "metrics.h"

enum {
	CLIENT_GONE = 499, /* the client disconnected before the reply */
	AGENT_MOST = 256,  /* of User-Agent, in the log */
};

typedef struct metric_series *statuses[REPLY_SLOTS];

struct account {
	const struct route *routes;
	size_t count;
	/* By route (the last row is for requests without one), method and scheme; allocated on
	 * first use. */
	statuses *seen[][METHODS][2];
};

struct account *account_new(const struct route *routes, size_t count)
{
	struct account *account =
		xcalloc(1, sizeof(*account) + (count + 1) * sizeof(account->seen[0]));

	account->routes = routes;
	account->count = count;
	return account;
}

void account_free(struct account *account)
{
	if (!account)
		return;
	for (size_t i = 0; i <= account->count; i++) {
		for (int method = 0; method < METHODS; method++) {
			free(account->seen[i][method][false]);
			free(account->seen[i][method][true]);
		}
	}
	free(account);
}

static struct metric_series *series(const struct request *request, int status)
{
	struct account *account = request->inside->http->account;
	size_t row = request->route ? (size_t)(request->route - account->routes) : account->count;
	statuses **seen = &account->seen[row][request->method][request->secure];
	struct metric_series **place;
	char *labels;

	if (!*seen)
		*seen = xcalloc(1, sizeof(**seen));
	place = &(**seen)[reply_slot(status)];
	if (!*place) {
		labels = xprint("http_request_method=\"%s\",http_route=\"%s\","
		                "http_response_status_code=\"%d\",url_scheme=\"%s\"",
		                method_name(request->method),
		                request->route ? request->route->pattern : "", status,
		                request->secure ? "https" : "http");
		*place = metrics_series(METRIC_HTTP_DURATION, labels);
		free(labels);
	}
	return *place;
}

bool account_enter(struct request *request)
{
	metrics_set(METRIC_HTTP_ACTIVE, ++request->inside->http->under_way);
	return true;
}

void account_leave(struct request *request, const struct reply *reply, struct buf *)
{
	struct http *http = request->inside->http;
	bool gone = request->inside->gone;
	int status = gone ? CLIENT_GONE : reply->status;
	long long duration = clock_exact_us() - request->began_us;
	struct str agent = request->headers[HEADER_USER_AGENT];
	struct kv db = { .kind = KV_SKIP };

	if (agent.length > AGENT_MOST)
		agent.length = AGENT_MOST;
	metrics_set(METRIC_HTTP_ACTIVE, --http->under_way);
	metrics_observe(series(request, status), duration);
	if (request->db_us)
		db = kv_ms("db_ms", request->db_us);
	log_info("request", kv_text("http.request.method", method_name(request->method)),
	         kv_text("http.route", request->route ? request->route->pattern : NULL),
	         kv_number("http.response.status_code", status), kv_ms("duration_ms", duration), db,
	         kv_number("bytes", gone || !reply->type ? 0 : (long long)reply->body.length),
	         kv_str("client.address", request->client),
	         kv_str("user_agent.original", agent),
	         kv_text("request_id", request->id), kv_text("enduser.id", request->user_id),
	         kv_text("api_key.id", request->key_id),
	         kv_text("error.type", gone ? "CLIENT_GONE" : reply->code),
	         kv_text("why", request->why));
}
