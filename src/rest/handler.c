/* handler.c: serves an operation from its row in the table.
 *
 * Normal sequence of a call:
 *
 * - authorize.c authenticates and authorizes the caller;
 * - the request is validated against the fields; a second token is verified;
 * - the statement is queued with its parameters;
 * - the JSON of the returned row is sent unchanged (response.c).
 *
 * Failures:
 *
 * - the request is invalid: it is answered with all errors, without querying the database;
 * - the queue is full, the statement times out or fails, or the database is unavailable: reject.c
 *   chooses the response;
 * - the client disconnects: a read is cancelled; a write continues, and its response is dropped. */

#include "call.h"
#include "clock.h"
#include "handler.h"
#include "idempotency.h"
#include "log.h"
#include "mounted.h"
#include "query.h"
#include "reject.h"
#include "request_check.h"
#include "response.h"
#include "state.h"

static void on_rows(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct call *call = container_of(query, struct call, query);

	call->db_us += clock_us() - query->queued_us;
	request_log(call->request, kv_ms("db_ms", call->db_us));
	if (status == DB_OK)
		response_send(call, rows);
	else if (!idempotency_replay(call, status, rows))
		call_reject_db(call, status, rows);
	request_release(call->request);
}

/* A cancelled request must still be answered, because that ends it; the response is not sent. */
static void on_disconnect(struct request *request)
{
	struct call *call = request->owner;
	bool cancelled = authorize_disconnected(&call->authorization)
	                 || second_token_cancel(&call->second_token);

	if (!cancelled && call->query.waiting
	    && sql_statements[call->query.statement].lane == SQL_READ) {
		db_cancel(&call->query);
		cancelled = true;
	}
	if (!cancelled)
		return;
	reject(request, PROBLEM_INTERNAL, NULL);
	request_release(request);
}

/* An operation may have an alternative statement: DELETE ?hard=true. */
static const struct plan *choose_plan(const struct call *call)
{
	const struct endpoint *endpoint = call->endpoint;
	bool use_alternative =
		endpoint->alt_when_at >= 0
		&& query_has(call, endpoint->alt_when_at, endpoint->operation->alt_value ?: "true");

	return use_alternative ? &endpoint->alt_plan : &endpoint->plan;
}

static void run(struct call *call)
{
	bind_values(call);
	idempotency_prepare(call);
	call_query(call, call->plan->sql, on_rows);
}

static void on_second_token(struct second_token *token)
{
	run(container_of(token, struct call, second_token));
}

static void check_second_token(struct call *call)
{
	struct caller *caller = &call->authorization.caller;

	/* The caller's claims are valid for this loop turn only. */
	if (caller->email)
		caller->email = arena_copy(&call->request->arena, str_of(caller->email));
	call->second_token.access = call->rest->access;
	call->second_token.request = call->request;
	call->second_token.on_accepted = on_second_token;
	second_token_check(&call->second_token);
}

static void on_authorized(struct authorization *authorization)
{
	struct call *call = container_of(authorization, struct call, authorization);
	enum role role = authorization->caller.role, alt_role = call->endpoint->operation->alt_role;

	if (!request_check(call))
		return;
	call->plan = choose_plan(call);
	if (call->plan == &call->endpoint->alt_plan && role < alt_role)
		reject_role(call->request, alt_role, role);
	else if (call->second_token.text.at)
		check_second_token(call);
	else
		run(call);
}

void handler_run(struct request *request)
{
	const struct mounted *mounted = request->route->row;
	struct call *call = arena_alloc(&request->arena, sizeof(*call));

	call->request = request;
	call->endpoint = mounted->endpoint;
	call->version = mounted->version;
	call->rest = call->endpoint->rest;
	call->authorization.access = call->rest->access;
	call->authorization.request = request;
	call->authorization.resource = call->endpoint->resource;
	call->authorization.operation = call->endpoint->operation;
	call->authorization.on_authorized = on_authorized;
	request->on_disconnect = on_disconnect;
	request->owner = call;
	authorize(&call->authorization);
}
