/* problem.c: sends the problems of problems.def, as application/problem+json (RFC 9457) and as
 * pages. */

#include <ctype.h>

#include "http_private.h"

/* The slugs are the codes in lower kebab case. The preprocessor cannot change case, so they are
 * written before main(). */
static char slugs[PROBLEMS][40];

const struct problem_row problem_rows[PROBLEMS] = {
#define PROBLEM(name, status, title, cause, remedy) \
	{ #name, slugs[PROBLEM_##name], status, title, cause, remedy },
#include "table/problems.def"
#undef PROBLEM
};

static __attribute__((constructor)) void write_slugs(void)
{
	for (int i = 0; i < PROBLEMS; i++) {
		const char *code = problem_rows[i].code;

		for (size_t j = 0; code[j] && j < sizeof(slugs[i]) - 1; j++)
			slugs[i][j] = code[j] == '_' ? '-' : (char)tolower((unsigned char)code[j]);
	}
}

enum problem problem_find(struct str code)
{
	enum problem problem = 0;

	while (problem < PROBLEMS && !str_is(code, problem_rows[problem].code))
		problem++;
	return problem;
}

static enum problem find_slug(struct str slug)
{
	enum problem problem = 0;

	while (problem < PROBLEMS && !str_is(slug, problem_rows[problem].slug))
		problem++;
	return problem;
}

static void write_problem(struct buf *out, const struct problem_row *row, const char *detail,
                          const char *id, struct str errors)
{
	buf_str(out, STR("{\"type\":\"/problems/"));
	buf_text(out, row->slug);
	buf_str(out, STR("\",\"title\":"));
	buf_json(out, str_of(row->title));
	buf_str(out, STR(",\"status\":"));
	buf_number(out, row->status);
	buf_str(out, STR(",\"detail\":"));
	buf_json(out, str_of(detail ? detail : row->title));
	buf_str(out, STR(",\"code\":\""));
	buf_text(out, row->code);
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
	const struct problem_row *row = &problem_rows[given->problem];
	int seconds = given->retry_after ?: 1;

	if ((row->status != 503 && row->status != 429) || !request->route || !request->route->event_stream
	    || !request->headers[HEADER_LAST_EVENT_ID].at)
		return false;
	request_reply(request, &(struct reply){
		.status = 200,
		.type = "text/event-stream; charset=utf-8",
		.body = str_of(arena_print(&request->arena, "retry: %d000\n\n", seconds)),
		.total = NO_TOTAL,
		.code = row->code,
	});
	return true;
}

void request_problem(struct request *request, const struct problem_reply *given)
{
	const struct problem_row *row = &problem_rows[given->problem];
	struct http *http = request->priv->http;
	struct reply reply = {
		.status = row->status,
		.type = "application/problem+json",
		.allow = given->allow,
		.authenticate = given->authenticate,
		.retry_after = given->retry_after,
		.extra_headers = given->extra_headers,
		.total = NO_TOTAL,
		.code = row->code,
	};

	if (reply_retry_later(request, given))
		return;
	/* RFC 9110 requires a challenge in every 401. */
	if (row->status == 401 && !reply.authenticate)
		reply.authenticate = "Bearer";
	if (http) {
		buf_clear(&http->problem);
		write_problem(&http->problem, row, given->detail, request->id, given->errors);
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

static void write_page(struct buf *out, const struct problem_row *row)
{
	struct buf example = { 0 };

	write_problem(&example, row, NULL, "0193a5b0-7c00-7000-8000-000000000000",
	              row->status == 422 ? STR("[{\"pointer\":\"/title\",\"code\":\"required\","
	                                       "\"detail\":\"is required\"}]")
					 : (struct str){ NULL, 0 });
	buf_text(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	              "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	              "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
	buf_text(out, row->code);
	buf_text(out, "</title>\n</head>\n<body>\n<main>\n<h1>");
	buf_html(out, str_of(row->title));
	buf_text(out, "</h1>\n<p><code>");
	buf_text(out, row->code);
	buf_text(out, "</code>, status ");
	buf_number(out, row->status);
	buf_text(out, "</p>\n<h2>Cause</h2>\n<p>");
	write_sentence(out, row->cause);
	buf_text(out, "</p>\n<h2>Remedy</h2>\n<p>");
	write_sentence(out, row->remedy);
	buf_text(out, "</p>\n<h2>Example</h2>\n<pre><code>");
	write_example(out, buf_as_str(&example));
	buf_text(out, "</code></pre>\n</main>\n</body>\n</html>\n");
	buf_finish(&example);
}

void problem_page(struct request *request)
{
	enum problem problem = find_slug(request->params[0]);
	struct buf page = { 0 };

	if (problem == PROBLEMS) {
		request_problem(request, &(struct problem_reply){
			.problem = PROBLEM_ROUTE_NOT_FOUND,
			.detail = "No problem has this name.",
		});
		return;
	}
	write_page(&page, &problem_rows[problem]);
	request_reply(request, &(struct reply){
		.status = 200,
		.type = "text/html; charset=utf-8",
		.body = buf_as_str(&page),
		.cache_control = "public, max-age=3600",
		.csp = "default-src 'none'; base-uri 'none'; form-action 'none'; "
			  "frame-ancestors 'none'",
		.total = NO_TOTAL,
	});
	buf_finish(&page);
}
