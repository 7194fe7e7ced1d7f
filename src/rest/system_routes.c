/* system_routes.c: routes that do not belong to a resource: health and metrics. None of them
 * requires a user. */

#include "auth.h"
#include "config.h"
#include "db.h"
#include "metrics.h"
#include "reject.h"
#include "state.h"
#include "system_routes.h"

static const struct rest *rest_of(const struct request *request)
{
	return request->route->row;
}

static void reply_json(struct request *request, int status, struct str body)
{
	request_reply(request, &(struct reply){
				       .status = status,
				       .type = "application/json; charset=utf-8",
				       .body = body,
				       .total = NO_TOTAL,
			       });
}

/* The process is alive. Load balancers request this often and may compare the whole body. */
static void health(struct request *request)
{
	reply_json(request, 200, STR("{\"status\":\"healthy\"}"));
}

static void healthz(struct request *request)
{
	reply_json(request, 200, STR("{\"status\":\"ok\"}"));
}

struct readiness {
	struct request *request;
	struct db_query query;
};

static void on_ready(struct db_query *query, enum db_status status, const struct db_rows *)
{
	struct readiness *readiness = container_of(query, struct readiness, query);

	if (status == DB_OK)
		reply_json(readiness->request, 200,
		           STR("{\"status\":\"ready\",\"database\":\"connected\"}"));
	else
		reply_json(readiness->request, 503,
		           STR("{\"status\":\"not ready\",\"reason\":\"database unavailable\"}"));
	request_release(readiness->request);
}

static void on_ready_disconnect(struct request *request)
{
	struct readiness *readiness = request->owner;

	db_cancel(&readiness->query);
	reply_json(request, 503, STR(""));
	request_release(request);
}

static void ready(struct request *request)
{
	const struct rest *rest = rest_of(request);
	struct readiness *readiness;

	if (rest->draining) {
		reply_json(request, 503,
		           STR("{\"status\":\"not ready\",\"reason\":\"shutting down\"}"));
		return;
	}
	if (!auth_has_keys(rest->auth)) {
		reply_json(request, 503,
		           STR("{\"status\":\"not ready\",\"reason\":\"no issuer keys yet\"}"));
		return;
	}
	readiness = arena_alloc(&request->arena, sizeof(*readiness));
	readiness->request = request;
	readiness->query = (struct db_query){ .statement = SQL_READY_CHECK, .done = on_ready };
	request->owner = readiness;
	request->on_disconnect = on_ready_disconnect;
	request_hold(request);
	db_run(rest->db, &readiness->query);
}

/* Metrics can be read from loopback, or with METRICS_TOKEN. Requests that a proxy on this machine
 * forwards do not count as loopback. */
static bool may_read_metrics(const struct request *request)
{
	const char *token = rest_of(request)->config->metrics_token;
	struct str header = request->headers[HEADER_AUTHORIZATION], scheme;

	if (request->loopback)
		return true;
	return token && str_cut(&header, ' ', &scheme) && str_is_nocase(scheme, "Bearer")
	       && str_equal_secret(str_trim(header), str_of(token));
}

static void metrics(struct request *request)
{
	struct buf out = { 0 };

	if (!may_read_metrics(request)) {
		reject(request, PROBLEM_FORBIDDEN,
		       "Metrics require METRICS_TOKEN, except from loopback.");
		return;
	}
	metrics_print(&out);
	request_reply(request, &(struct reply){
				       .status = 200,
				       .type = "text/plain; version=0.0.4; charset=utf-8",
				       .body = buf_as_str(&out),
				       .total = NO_TOTAL,
			       });
	buf_finish(&out);
}

const struct route system_routes[] = {
#define SYSTEM_ROUTE(pattern, name, summary, description, media_type, shape, problems, has_503,    \
                     limit, handler)                                                               \
	{ GET, pattern, handler, NULL, limit },
#define PAGE_ROUTE(...)
#include "table/public_routes.def"
#undef SYSTEM_ROUTE
#undef PAGE_ROUTE
	{ METHOD_NONE },
};
