/* problem_set.c: the problems that an operation or a route can return. */

#include "problem_set.h"
#include "writer.h"

/* Whether a rejected token causes this problem. */
static bool is_token_problem(enum problem problem)
{
	static const enum problem problems[] = {
#define TOKEN_ERROR(name, problem, ...) PROBLEM_##problem,
#include "table/token_errors.def"
#undef TOKEN_ERROR
	};

	for (size_t i = 0; i < COUNT_OF(problems); i++) {
		if (problems[i] == problem)
			return true;
	}
	return false;
}

static bool sql_may_return(enum sql sql, enum problem problem)
{
	for (const char *const *code = sql_statements[sql].problems; *code; code++) {
		if (strcmp(*code, problem_rows[problem].code) == 0)
			return true;
	}
	return false;
}

static bool may_return(const struct operation *operation, bool has_path, enum problem problem)
{
	bool has_body =
		operation->method == POST || operation->method == PATCH || operation->method == PUT;

	if (sql_may_return(operation->sql, problem)
	    || (operation->alt_when && sql_may_return(operation->alt_sql, problem)))
		return true;
	if (operation->role != PUBLIC && is_token_problem(problem))
		return true;
	switch (problem) {
	case PROBLEM_UNAUTHENTICATED:
	case PROBLEM_API_KEY_NEEDED:
	case PROBLEM_API_KEY_INVALID:
	case PROBLEM_SCOPE_MISSING:
	case PROBLEM_ACCOUNT_ARCHIVED:
	case PROBLEM_USER_NOT_FOUND:
		return operation->role != PUBLIC;
	case PROBLEM_FORBIDDEN:
		return operation->role > VISITOR || operation->alt_role > VISITOR;
	case PROBLEM_BAD_JSON:
	case PROBLEM_BODY_TOO_LARGE:
	case PROBLEM_UNSUPPORTED_MEDIA_TYPE:
		return has_body;
	case PROBLEM_BAD_CURSOR:
		return operation->rules & PAGED && operation->sort[0];
	case PROBLEM_NOT_FOUND:
		return has_path && operation->method == GET;
	case PROBLEM_VALIDATION_FAILED:
	case PROBLEM_NOT_ACCEPTABLE:
	case PROBLEM_BUSY:
	case PROBLEM_DATABASE_TIMEOUT:
	case PROBLEM_DATABASE_DOWN:
	case PROBLEM_INTERNAL:
		return true;
	case PROBLEM_IDEMPOTENCY_IN_PROGRESS:
	case PROBLEM_IDEMPOTENCY_KEY_REUSED:
		return operation->method == POST;
	case PROBLEM_OUTCOME_UNKNOWN:
		return operation->method != GET;
	default:
		return false;
	}
}

/* The problems that every request can cause, regardless of its operation. */
static struct problem_set of_request(void)
{
	return (struct problem_set){ .has = {
					     [PROBLEM_BAD_REQUEST] = true,
					     [PROBLEM_TOO_MANY_REQUESTS] = true,
					     [PROBLEM_REQUEST_TIMEOUT] = true,
					     [PROBLEM_URI_TOO_LONG] = true,
					     [PROBLEM_EXPECTATION_FAILED] = true,
					     [PROBLEM_HEADERS_TOO_LARGE] = true,
					     [PROBLEM_NOT_IMPLEMENTED] = true,
					     [PROBLEM_HTTP_VERSION_NOT_SUPPORTED] = true,
					     [PROBLEM_SHUTTING_DOWN] = true,
				     } };
}

struct problem_set problems_of_operation(const struct operation *operation, bool has_path)
{
	struct problem_set problems = of_request();

	for (int i = 0; i < PROBLEMS; i++)
		problems.has[i] |= may_return(operation, has_path, (enum problem)i);
	return problems;
}

struct problem_set problems_of_route(const char *codes)
{
	struct problem_set problems = of_request();
	struct str rest = str_of(codes), code;

	while (str_cut(&rest, ' ', &code)) {
		enum problem problem = problem_from_code(code);

		if (problem != PROBLEMS)
			problems.has[problem] = true;
	}
	return problems;
}

bool problem_set_has_status(const struct problem_set *problems, int status)
{
	for (int i = 0; i < PROBLEMS; i++) {
		if (problems->has[i] && problem_rows[i].status == status)
			return true;
	}
	return false;
}

void problem_set_write(struct buf *out, const char *key, const struct problem_set *problems)
{
	size_t before = out->length;

	writer_open(out, key, '[');
	for (int i = 0; i < PROBLEMS; i++) {
		if (problems->has[i])
			buf_print(out, "\"%s\",", problem_rows[i].code);
	}
	if (out->at[out->length - 1] == '[')
		out->length = before;
	else
		writer_close(out, ']');
}
