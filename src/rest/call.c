/* call.c: runs the statement of a call and answers if it fails. */

#include "call.h"
#include "reject.h"
#include "state.h"

void call_query(struct call *call, enum sql sql, db_done_fn *done)
{
	call->query = (struct db_query){
		.statement = sql,
		.params = call->values,
		.done = done,
		.prelude = call->prelude,
	};
	request_hold(call->request);
	db_run(call->rest->db, &call->query);
}

void call_reject_db(struct call *call, enum db_status status, const struct db_rows *rows)
{
	/* A retry with the same key is safe even if the outcome is unknown. */
	if (status == DB_OUTCOME_UNKNOWN && call->idempotency_key)
		request_problem(call->request,
		                &(struct problem_reply){
					.problem = &problem_rows[PROBLEM_OUTCOME_UNKNOWN],
					.retry_after = 1,
				});
	else
		reject_db(call->request, call->query.statement, status, rows);
}

const char *call_actor(const struct call *call)
{
	const struct caller *caller = &call->authorization.caller;

	return *caller->id ? caller->id : caller->key_id;
}
