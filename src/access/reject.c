/* reject.c: maps errors of tokens and of the database to problems, and sends the error response. */

#include "log.h"
#include "reject.h"
#include "statement.h"

static const struct {
	const char *name;
	enum problem problem;
	const char *member;
} constraints[] = {
#define CONSTRAINT(name, problem, member) { name, PROBLEM_##problem, member },
#include "table/constraints.def"
#undef CONSTRAINT
};

/* The problem for each result of the token check. */
static const enum problem token_problems[AUTH_RESULTS] = {
#define TOKEN_ERROR(name, problem, ...) [AUTH_##name] = PROBLEM_##problem,
#include "table/token_errors.def"
#undef TOKEN_ERROR
};

/* A retry of a write whose outcome is unknown may execute it twice. */
static bool may_retry(enum problem problem)
{
	return problem == PROBLEM_IDEMPOTENCY_IN_PROGRESS
	       || (problem_rows[problem].status == 503 && problem != PROBLEM_OUTCOME_UNKNOWN);
}

static void reject_with_errors(struct request *request, enum problem problem, const char *detail,
                               struct str errors)
{
	request_problem(request, &(struct problem_reply){
					 .problem = &problem_rows[problem],
					 .detail = detail,
					 .errors = errors,
					 .retry_after = may_retry(problem) ? 1 : 0,
				 });
}

void reject(struct request *request, enum problem problem, const char *detail)
{
	reject_with_errors(request, problem, detail, STR(""));
}

static void reject_internal(struct request *request, enum sql sql, const struct db_rows *rows)
{
	log_error("statement.failed", kv_text("statement", sql_statements[sql].name),
	          kv_text("sqlstate", db_rows_sqlstate(rows)),
	          kv_text("why", db_rows_message(rows)),
	          kv_text("constraint", db_rows_constraint(rows)),
	          kv_text("request_id", request->id));
	reject(request, PROBLEM_INTERNAL, NULL);
}

/* A rule that has to roll back raises SQLSTATE HTnnn, with the code as MESSAGE and the text as
 * DETAIL. */
static bool reject_raised(struct request *request, const struct db_rows *rows)
{
	enum problem problem = problem_from_code(str_of(db_rows_message(rows)));

	if (!str_begins(str_of(db_rows_sqlstate(rows)), "HT") || problem == PROBLEMS)
		return false;
	reject(request, problem, *db_rows_detail(rows) ? db_rows_detail(rows) : NULL);
	return true;
}

static bool reject_constraint(struct request *request, const struct db_rows *rows)
{
	for (size_t i = 0; i < COUNT_OF(constraints); i++) {
		const char *member = constraints[i].member;

		if (strcmp(constraints[i].name, db_rows_constraint(rows)) != 0)
			continue;
		reject(request, constraints[i].problem,
		       *member ? arena_print(&request->arena, "Caused by `%s`.", member) : NULL);
		return true;
	}
	return false;
}

void reject_db(struct request *request, enum sql sql, enum db_status status,
               const struct db_rows *rows)
{
	switch (status) {
	case DB_QUEUE_FULL:
		reject(request, PROBLEM_BUSY, NULL);
		break;
	case DB_TIMEOUT:
		reject(request, PROBLEM_DATABASE_TIMEOUT, NULL);
		break;
	case DB_UNAVAILABLE:
		reject(request, PROBLEM_DATABASE_DOWN, NULL);
		break;
	case DB_OUTCOME_UNKNOWN:
		reject(request, PROBLEM_OUTCOME_UNKNOWN, NULL);
		break;
	case DB_OK:
	case DB_SQL_ERROR:
		if (!reject_raised(request, rows) && !reject_constraint(request, rows))
			reject_internal(request, sql, rows);
		break;
	}
}

/* The body of a refusal with status 422 is the list of errors (api.refuse_input()). */
void reject_row(struct request *request, const struct db_rows *rows)
{
	struct str code = db_rows_column(rows, DB_CODE), detail = db_rows_column(rows, DB_DETAIL);
	enum problem problem = problem_from_code(code);

	if (problem == PROBLEMS) {
		log_error("statement.unknown_code", kv_str("code", code),
		          kv_text("request_id", request->id));
		problem = PROBLEM_INTERNAL;
	}
	reject_with_errors(request, problem, detail.at ? arena_copy(&request->arena, detail) : NULL,
	                   problem_rows[problem].status == 422 ? db_rows_column(rows, DB_BODY)
	                                                       : STR(""));
}

void reject_role(struct request *request, enum role needed, enum role actual)
{
	reject(request, PROBLEM_FORBIDDEN,
	       arena_print(&request->arena, "Requires the role %s%s; yours is %s.",
	                   role_name(needed), needed < SUPER_ADMIN ? " or higher" : "",
	                   role_name(actual)));
}

/* Failures that cost a signature check or a fetch of keys. Others are cheap and often harmless: a
 * page left open overnight sends an expired token, possibly from an address that users share. */
static bool is_expensive(enum auth_result result)
{
	return result == AUTH_SIGNATURE || result == AUTH_UNKNOWN_KEY;
}

static void count_failure(struct request *request, enum auth_result result, const char *hint)
{
	request->why = hint;
	if (is_expensive(result))
		rate_limit_charge(request, LIMIT_FAILURES, request->gateway_user);
}

static const char *challenge(struct request *request, enum auth_result result)
{
	return arena_print(&request->arena,
	                   "Bearer error=\"invalid_token\", error_description=\"%s\"",
	                   auth_result_text(result));
}

void reject_token(struct request *request, enum auth_result result, const char *hint)
{
	enum problem problem = token_problems[result];
	bool unauthorized = problem_rows[problem].status == 401;

	count_failure(request, result, hint);
	request_problem(request,
	                &(struct problem_reply){
				.problem = &problem_rows[problem],
				.detail = auth_result_text(result),
				.retry_after = unauthorized ? 0 : 1,
				.authenticate = unauthorized ? challenge(request, result) : NULL,
			});
}

void reject_second_token(struct request *request, enum auth_result result, const char *hint)
{
	if (problem_rows[token_problems[result]].status != 401) {
		reject_token(request, result, hint);
		return;
	}
	count_failure(request, result, hint);
	reject(request, PROBLEM_INVALID_PROMOTION,
	       arena_print(&request->arena, "Second token: %s", auth_result_text(result)));
}
