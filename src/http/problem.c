/* problem.c: sends problems as application/problem+json (RFC 9457). */

#include <ctype.h>

#include "http_problems.h"
#include "request.h"
#include "server.h"

const struct problem_row http_problems[HTTP_PROBLEMS] = {
#define PROBLEM(name, status, title, cause, remedy)                                                \
	[HTTP_##name] = { #name, status, title, cause, remedy },
#include "table/http_problems.def"
#undef PROBLEM
};

/* The slug is the code in lower kebab case. */
static char slug_char(char c)
{
	return c == '_' ? '-' : (char)tolower((unsigned char)c);
}

bool problem_has_slug(const struct problem_row *problem, struct str slug)
{
	size_t length = strlen(problem->code);

	for (size_t i = 0; i < length && i < slug.length; i++) {
		if (slug_char(problem->code[i]) != slug.at[i])
			return false;
	}
	return slug.length == length;
}

void problem_write_slug(struct buf *out, const struct problem_row *problem)
{
	for (const char *code = problem->code; *code; code++)
		buf_char(out, slug_char(*code));
}

static void write_problem(struct buf *out, const struct problem_row *problem, const char *detail,
                          const char *id, struct str errors)
{
	buf_str(out, STR("{\"type\":\"/problems/"));
	problem_write_slug(out, problem);
	buf_str(out, STR("\",\"title\":"));
	buf_json(out, str_of(problem->title));
	buf_str(out, STR(",\"status\":"));
	buf_number(out, problem->status);
	buf_str(out, STR(",\"detail\":"));
	buf_json(out, str_of(detail ? detail : problem->title));
	buf_str(out, STR(",\"code\":\""));
	buf_text(out, problem->code);
	buf_str(out, STR("\",\"request_id\":"));
	buf_json(out, str_of(id));
	if (errors.length) {
		buf_str(out, STR(",\"errors\":"));
		buf_str(out, errors);
	}
	buf_char(out, '}');
}

/* An EventSource that gets an error status never reconnects. A reconnect to an event stream that
 * cannot be served now therefore gets 200 with a retry interval. */
static bool reply_retry_later(struct request *request, const struct problem_reply *given)
{
	const struct problem_row *problem = given->problem;
	int seconds = given->retry_after ?: 1;
	struct reply reply = {
		.status = 200,
		.type = "text/event-stream; charset=utf-8",
		.total = NO_TOTAL,
		.code = problem->code,
	};

	if ((problem->status != 503 && problem->status != 429) || !request->route
	    || !request->route->event_stream || !request->headers[HEADER_LAST_EVENT_ID].at)
		return false;
	reply.body = str_of(arena_print(&request->arena, "retry: %d000\n\n", seconds));
	request_reply(request, &reply);
	return true;
}

void request_problem(struct request *request, const struct problem_reply *given)
{
	const struct problem_row *problem = given->problem;
	struct http *http = request->priv->http;
	struct reply reply = {
		.status = problem->status,
		.type = "application/problem+json",
		.allow = given->allow,
		.authenticate = given->authenticate,
		.retry_after = given->retry_after,
		.extra_headers = given->extra_headers,
		.total = NO_TOTAL,
		.code = problem->code,
	};

	if (reply_retry_later(request, given))
		return;
	/* RFC 9110 requires a challenge in every 401. */
	if (problem->status == 401 && !reply.authenticate)
		reply.authenticate = "Bearer";
	if (http) {
		buf_clear(&http->problem);
		write_problem(&http->problem, problem, given->detail, request->id, given->errors);
		reply.body = buf_as_str(&http->problem);
	}
	request_reply(request, &reply);
}
