/* problem.c: sends problems as application/problem+json (RFC 9457), and their pages. */

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

static void write_slug(struct buf *out, const char *code)
{
	for (; *code; code++)
		buf_char(out, slug_char(*code));
}

static void write_problem(struct buf *out, const struct problem_row *problem, const char *detail,
                          const char *id, struct str errors)
{
	buf_str(out, STR("{\"type\":\"/problems/"));
	write_slug(out, problem->code);
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

/* Text between backticks becomes code. */
static void write_sentence(struct buf *out, const char *sentence)
{
	struct str rest = str_of(sentence), part;

	for (bool code = false; str_cut(&rest, '`', &part); code = !code) {
		buf_text(out, code ? "<code>" : "");
		buf_html(out, part);
		buf_text(out, code ? "</code>" : "");
	}
}

/* One member per line: only between members is a comma followed by a quote. */
static void write_example(struct buf *out, struct str example)
{
	struct str part;

	while (str_cut(&example, ',', &part)) {
		buf_html(out, part);
		if (example.length)
			buf_text(out, example.at[0] == '"' ? ",\n " : ",");
	}
}

static void write_page(struct buf *out, const struct problem_row *problem)
{
	struct buf example = { 0 };

	write_problem(&example, problem, NULL, "0193a5b0-7c00-7000-8000-000000000000",
	              problem->status == 422 ? STR("[{\"pointer\":\"/title\",\"code\":\"required\","
	                                           "\"detail\":\"is required\"}]")
	                                     : (struct str){ NULL, 0 });
	buf_text(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	              "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	              "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
	buf_text(out, problem->code);
	buf_text(out, "</title>\n</head>\n<body>\n<main>\n<h1>");
	buf_html(out, str_of(problem->title));
	buf_text(out, "</h1>\n<p><code>");
	buf_text(out, problem->code);
	buf_text(out, "</code>, status ");
	buf_number(out, problem->status);
	buf_text(out, "</p>\n<h2>Cause</h2>\n<p>");
	write_sentence(out, problem->cause);
	buf_text(out, "</p>\n<h2>Remedy</h2>\n<p>");
	write_sentence(out, problem->remedy);
	buf_text(out, "</p>\n<h2>Example</h2>\n<pre><code>");
	write_example(out, buf_as_str(&example));
	buf_text(out, "</code></pre>\n</main>\n</body>\n</html>\n");
	buf_finish(&example);
}

void problem_page(struct request *request, const struct problem_row *problem)
{
	struct buf page = { 0 };
	struct reply reply = {
		.status = 200,
		.type = "text/html; charset=utf-8",
		.cache_control = "public, max-age=3600",
		.csp = "default-src 'none'; base-uri 'none'; form-action 'none'; "
		       "frame-ancestors 'none'",
		.total = NO_TOTAL,
	};

	write_page(&page, problem);
	reply.body = buf_as_str(&page);
	request_reply(request, &reply);
	buf_finish(&page);
}
