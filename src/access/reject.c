/* error.c: answers a call with a problem; maps errors of the database to problems. */

#include "call.h"
#include "log.h"

static const struct {
	const char *name;
	enum problem problem;
	const char *member;
} constraints[] = {
#define CONSTRAINT(name, problem, member) { name, PROBLEM_##problem, member },
#include "table/constraints.def"
#undef CONSTRAINT
};

void error_reply(struct call *call, enum problem problem, const char *detail)
{
	request_problem(call->request, &(struct problem_reply){
		.problem = problem,
		.detail = detail,
		.retry_after = problem == PROBLEM_BUSY || problem == PROBLEM_DATABASE_DOWN
		               || problem == PROBLEM_KEYS_UNAVAILABLE || problem == PROBLEM_IDEMPOTENCY_IN_PROGRESS
		               || (problem == PROBLEM_OUTCOME_UNKNOWN && call->idempotency_key),
		.authenticate = problem_rows[problem].status == 401 ? "Bearer" : NULL,
	});
}

static void internal_error(struct call *call, const struct db_rows *rows)
{
	log_error("statement.failed", kv_text("statement", sql_statements[call->query.statement].name),
	          kv_text("sqlstate", db_rows_sqlstate(rows)), kv_text("why", db_rows_message(rows)),
	          kv_text("constraint", db_rows_constraint(rows)),
	          kv_text("request_id", call->request->id));
	error_reply(call, PROBLEM_INTERNAL, NULL);
}

/* A rule that had to roll back raises SQLSTATE HTnnn, with the code as MESSAGE and the text as
 * DETAIL. */
static bool raised_error(struct call *call, const struct db_rows *rows)
{
	enum problem problem = problem_find(str_of(db_rows_message(rows)));

	if (!str_begins(str_of(db_rows_sqlstate(rows)), "HT") || problem == PROBLEMS)
		return false;
	error_reply(call, problem, *db_rows_detail(rows) ? db_rows_detail(rows) : NULL);
	return true;
}

static bool constraint_error(struct call *call, const struct db_rows *rows)
{
	for (size_t i = 0; i < COUNT_OF(constraints); i++) {
		if (strcmp(constraints[i].name, db_rows_constraint(rows)) != 0)
			continue;
		error_reply(call, constraints[i].problem,
		            *constraints[i].member
		                    ? arena_print(&call->request->arena, "Caused by `%s`.",
		                                  constraints[i].member)
		                    : NULL);
		return true;
	}
	return false;
}

void error_reply_db(struct call *call, enum db_status status, const struct db_rows *rows)
{
	switch (status) {
	case DB_QUEUE_FULL:
		error_reply(call, PROBLEM_BUSY, NULL);
		break;
	case DB_TIMEOUT:
		error_reply(call, PROBLEM_DATABASE_TIMEOUT, NULL);
		break;
	case DB_UNAVAILABLE:
		error_reply(call, PROBLEM_DATABASE_DOWN, NULL);
		break;
	case DB_OUTCOME_UNKNOWN:
		error_reply(call, PROBLEM_OUTCOME_UNKNOWN, NULL);
		break;
	case DB_OK:
	case DB_SQL_ERROR:
		if (!raised_error(call, rows) && !constraint_error(call, rows))
			internal_error(call, rows);
		break;
	}
}

void error_reply_role(struct call *call, enum role needed)
{
	error_reply(call, PROBLEM_FORBIDDEN,
	            arena_print(&call->request->arena, "Requires the role %s%s; yours is %s.",
	                        role_name(needed), needed < SUPER_ADMIN ? " or higher" : "",
	                        role_name(call->caller.role)));
}

void error_reply_row(struct call *call, const struct db_rows *rows)
{
	struct str code = db_rows_column(rows, DB_CODE), detail = db_rows_column(rows, DB_DETAIL);
	enum problem problem = problem_find(code);

	if (problem == PROBLEMS) {
		log_error("statement.unknown_code", kv_str("code", code), kv_text("request_id", call->request->id));
		problem = PROBLEM_INTERNAL;
	}
	error_reply(call, problem, detail.at ? arena_copy(&call->request->arena, detail) : NULL);
}
