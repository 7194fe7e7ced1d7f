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

	call->request->db_us += clock_us() - query->asked_us;
	if (status == DB_OK)
		answer(call, rows);
	else if (!once_recalls(call, status, rows))
		call_refuse_db(call, status, rows);
	request_release(call->request);
}

void call_query(struct call *call, enum sql sql, db_done_fn *done)
{
	call->query = (struct db_query){
		.statement = sql,
		.params = call->values,
		.done = done,
		.ahead = call->ahead,
	};
	request_hold(call->request);
	db_run(call->api->db, &call->query);
}

/* A cancelled request must still be answered, because that ends it; the response is not sent. */
static void on_gone(struct request *request)
{
	struct call *call = request->asker;

	call->gone = true;
	if (bearer_can_be_forgotten(&call->bearer)) {
		bearer_forget(&call->bearer);
	} else if (call->query.waiting && sql_statements[call->query.statement].lane == SQL_READ) {
		db_forget(&call->query);
	} else {
		return;
	}
	call_refuse(call, PROBLEM_INTERNAL, NULL);
	request_release(request);
}

/* An operation may have a second statement: DELETE ?hard=true. */
static const struct plan *choose(const struct call *call)
{
	const struct endpoint *endpoint = call->endpoint;
	const char *wish = endpoint->when_at >= 0 ? call->given[endpoint->when_at] : NULL;

	return wish && strcmp(wish, "true") == 0 ? &endpoint->otherwise : &endpoint->plan;
}

static void run(struct call *call)
{
	bind_values(call);
	once_prepare(call);
	call_query(call, call->plan->sql, on_rows);
}

static void enter(struct call *call)
{
	if (!asked_check(call))
		return;
	call->plan = choose(call);
	if (call->plan == &call->endpoint->otherwise
	    && call->caller.role < call->endpoint->operation->otherwise_role) {
		call_refuse_role(call, call->endpoint->operation->otherwise_role);
		return;
	}
	if (call->proof.at)
		proof_pass(call, run);
	else
		run(call);
}

void endpoint_run(struct request *request)
{
	struct call *call = arena_alloc(&request->arena, sizeof(*call));

	call->request = request;
	call->endpoint = request->route->row;
	call->api = call->endpoint->api;
	request->gone = on_gone;
	request->asker = call;
	gate_pass(call, enter);
}
