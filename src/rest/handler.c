/* endpoint.c: serves an operation from its row in the table.
 *
 * Normal sequence of a call:
 *
 * - authorize.c authenticates and authorizes the caller;
 * - the request is validated against the fields; a second token is verified;
 * - the statement is queued with its parameters;
 * - the row is returned and sent unchanged.
 *
 * Failures:
 *
 * - the request is invalid: it is answered with all errors, without querying the database;
 * - the queue is full, the statement times out or fails, or the database is unavailable: error.c
 *   chooses the response;
 * - the client disconnects: a read is cancelled; a write continues, and its response is dropped. */

#include "call.h"
#include "clock.h"

static void on_rows(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct call *call = container_of(query, struct call, query);

	call->request->db_us += clock_us() - query->queued_us;
	if (status == DB_OK)
		response_send(call, rows);
	else if (!idempotency_replay(call, status, rows))
		error_reply_db(call, status, rows);
	request_release(call->request);
}

void call_query(struct call *call, enum sql sql, db_done_fn *done)
{
	call->query = (struct db_query){
		.statement = sql,
		.params = call->values,
		.done = done,
		.prelude = call->prelude,
	};
	request_hold(call->request);
	db_run(call->api->db, &call->query);
}

/* A cancelled request must still be answered, because that ends it; the response is not sent. */
static void on_disconnect(struct request *request)
{
	struct call *call = request->owner;

	call->disconnected = true;
	if (authenticate_can_cancel(&call->authentication)) {
		authenticate_cancel(&call->authentication);
	} else if (call->query.waiting && sql_statements[call->query.statement].lane == SQL_READ) {
		db_cancel(&call->query);
	} else {
		return;
	}
	error_reply(call, PROBLEM_INTERNAL, NULL);
	request_release(request);
}

/* An operation may have a second statement: DELETE ?hard=true. */
static const struct plan *choose_plan(const struct call *call)
{
	const struct endpoint *endpoint = call->endpoint;
	const char *alt = endpoint->alt_when_at >= 0 ? call->query_values[endpoint->alt_when_at] : NULL;

	return alt && strcmp(alt, "true") == 0 ? &endpoint->alt_plan : &endpoint->plan;
}

static void run(struct call *call)
{
	bind_values(call);
	idempotency_prepare(call);
	call_query(call, call->plan->sql, on_rows);
}

static void on_authorized(struct call *call)
{
	if (!request_check(call))
		return;
	call->plan = choose_plan(call);
	if (call->plan == &call->endpoint->alt_plan
	    && call->caller.role < call->endpoint->operation->alt_role) {
		error_reply_role(call, call->endpoint->operation->alt_role);
		return;
	}
	if (call->second_token.at)
		second_token_check(call, run);
	else
		run(call);
}

void endpoint_run(struct request *request)
{
	struct call *call = arena_alloc(&request->arena, sizeof(*call));

	call->request = request;
	call->endpoint = request->route->row;
	call->api = call->endpoint->api;
	request->on_disconnect = on_disconnect;
	request->owner = call;
	authorize_call(call, on_authorized);
}
