/* middleware.c: runs the middleware that every request passes, in order.
 *
 * A request enters the rows of the table from the first to the last, until one of them replies. It
 * leaves them in reverse order, and each row can add headers to the reply. Only this table defines
 * the order. After the last row, the request is passed to its route. */

#include "access_log.h"
#include "cors.h"
#include "http_problems.h"
#include "limit.h"
#include "middleware.h"
#include "request.h"
#include "router.h"
#include "security_headers.h"
#include "server.h"
#include "uuid.h"

/* Whether an ID sent by the client is safe in any log. */
static bool is_id(struct str id)
{
	if (id.length < 8 || id.length > 128)
		return false;
	for (size_t i = 0; i < id.length; i++) {
		char c = id.at[i];
		bool plain =
			(c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (!plain && c != '.' && c != '_' && c != ':' && c != '-')
			return false;
	}
	return true;
}

static bool id_enter(struct request *request)
{
	struct str given = request->headers[HEADER_X_REQUEST_ID];

	if (given.at && is_id(given)) {
		memcpy(request->id, given.at, given.length);
		request->id[given.length] = '\0';
	} else {
		uuid_make(request->id);
	}
	return true;
}

static void id_leave(struct request *request, const struct reply *, struct buf *head)
{
	buf_str(head, STR("X-Request-Id: "));
	buf_text(head, request->id);
	buf_str(head, STR("\r\n"));
}

/* Early, so that the other rows have the route. */
static bool route_enter(struct request *request)
{
	struct route_match match = router_find(request->priv->http->router, request->method,
	                                       request->path, request->params);

	request->route = match.route;
	request->priv->methods = match.methods;
	return true;
}

static void route_leave(struct request *request, const struct reply *, struct buf *head)
{
	if (request->route && request->route->add_headers)
		request->route->add_headers(request, head);
}

static const struct middleware {
	const char *name;
	bool (*enter)(struct request *request); /* false: it has replied */
	void (*leave)(struct request *request, const struct reply *reply, struct buf *head);
	bool always; /* also entered by requests the request reader rejects */
} middleware[] = {
	/* The ID comes first, so that every log line has one; then the access log and metrics, then
	 * the route. Preflights are answered before rate limits and authentication. Rate limits
	 * come before the route, so that they limit everything that follows. */
	/* clang-format off */
	{ "id",               id_enter,         id_leave,         .always = true },
	{ "access_log",       access_log_enter, access_log_leave, .always = true },
	{ "route",            route_enter,      route_leave },
	{ "cors",             cors_enter,       cors_leave },
	{ "limit",            limit_enter,      limit_leave },
	{ "security_headers", NULL,             security_headers_leave },
	/* clang-format on */
};

void middleware_enter_rejected(struct request *request)
{
	request->priv->entered = true;
	for (size_t i = 0; i < COUNT_OF(middleware); i++) {
		if (middleware[i].always)
			middleware[i].enter(request);
	}
}

void middleware_leave(struct request *request, const struct reply *reply, struct buf *head)
{
	for (size_t i = COUNT_OF(middleware); i-- > 0;) {
		if (middleware[i].leave)
			middleware[i].leave(request, reply, head);
	}
}

static void reject_method(struct request *request, unsigned methods)
{
	const char *allow = router_allow(methods, &request->arena);
	const struct problem_reply reply = {
		.problem = &http_problems[HTTP_METHOD_NOT_ALLOWED],
		.detail = arena_print(&request->arena, "This path supports %s.", allow),
		.allow = allow,
	};

	request_problem(request, &reply);
}

static void reply_options(struct request *request, unsigned methods)
{
	const struct reply reply = {
		.status = 204,
		.total = NO_TOTAL,
		.allow = methods ? router_allow(methods, &request->arena) : NULL,
	};

	request_reply(request, &reply);
}

static void to_route(struct request *request)
{
	static const struct problem_reply not_found = {
		.problem = &http_problems[HTTP_ROUTE_NOT_FOUND],
	};
	unsigned methods = request->priv->methods;

	if (request->route)
		request->route->run(request);
	else if (request->method == OPTIONS && (methods || str_is(request->path, "*")))
		reply_options(request, methods);
	else if (methods)
		reject_method(request, methods);
	else
		request_problem(request, &not_found);
}

void middleware_run(struct request *request)
{
	request->priv->entered = true;
	for (size_t i = 0; i < COUNT_OF(middleware); i++) {
		if (middleware[i].enter && !middleware[i].enter(request))
			return;
	}
	to_route(request);
}
