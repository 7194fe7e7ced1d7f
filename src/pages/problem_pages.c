/* problem_pages.c: a page for each problem, and their index by status. */

#include "page.h"
#include "problem_pages.h"

/* In the order of the index. */
static const struct {
	int status;
	const char *title, *advice;
} statuses[] = {
	{ 400, "Bad request", "The request itself is malformed. Do not repeat it unchanged." },
	{ 401, "Unauthorized", "The token or API key is missing or not accepted." },
	{ 403, "Forbidden", "The caller is authenticated, but does not have permission." },
	{ 404, "Not found", "The path or the resource does not exist." },
	{ 405, "Method not allowed", "`Allow` lists the methods that the path supports." },
	{ 406, "Not acceptable", "`Accept` excludes the media type of the response." },
	{ 408, "Request timeout", "The request arrived too slowly." },
	{ 409, "Conflict", "The resource is in a state that does not allow this change." },
	{ 412, "Precondition failed", "The resource has changed since you read it." },
	{ 413, "Content too large", "The body exceeds a limit." },
	{ 414, "URI too long", "The target exceeds a limit." },
	{ 415, "Unsupported media type", "The operation does not support the type of the body." },
	{ 417, "Expectation failed", "The server does not support this `Expect`." },
	{ 422, "Unprocessable content",
	  "The request is well-formed, but its values are not valid." },
	{ 426, "Upgrade required", "The path serves another protocol." },
	{ 429, "Too many requests", "Retry after the number of seconds in `Retry-After`." },
	{ 431, "Headers too large", "The header section exceeds a limit." },
	{ 500, "Internal server error", "The server failed. Report the `request_id`." },
	{ 501, "Not implemented", "The server does not support this feature of HTTP." },
	{ 503, "Service unavailable", "Temporary. Retry after `Retry-After` seconds." },
	{ 504, "Gateway timeout", "Temporary. The change has been rolled back." },
	{ 505, "HTTP version not supported", "Use HTTP/1.1." },
};

const char *problem_status_title(int status)
{
	for (size_t i = 0; i < COUNT_OF(statuses); i++) {
		if (statuses[i].status == status)
			return statuses[i].title;
	}
	return NULL;
}

static void index_entry(struct buf *out, const struct problem_row *problem)
{
	buf_text(out, "<li><a href=\"/problems/");
	problem_write_slug(out, problem);
	buf_print(out, "\"><code>%s</code></a> <span>", problem->code);
	buf_html(out, str_of(problem->title));
	buf_text(out, "</span></li>\n");
}

void problem_index_run(struct request *request)
{
	struct buf out = { 0 };

	page_begin(&out, pages_of(request),
	           &(struct page){ .title = "Problems", .path = "/problems" });
	buf_text(&out,
	         "<h1>Problems</h1>\n<p class=\"lead\">Every error response is a problem (<a "
	         "href=\"https://www.rfc-editor.org/rfc/rfc9457\">RFC&nbsp;9457</a>) of media type "
	         "<code>application/problem+json</code>. Its <code>code</code> is stable; its "
	         "<code>type</code> is the path of a page listed here.</p>\n");
	for (size_t i = 0; i < COUNT_OF(statuses); i++) {
		buf_print(
			&out,
			"<section id=\"status-%d\">\n<h2><span class=\"status\">%d</span> %s</h2>\n"
			"<p>",
			statuses[i].status, statuses[i].status, statuses[i].title);
		page_sentence(&out, statuses[i].advice);
		buf_text(&out, "</p>\n<ul class=\"index\">\n");
		for (size_t k = 0; k < PROBLEMS; k++) {
			if (problem_rows[k].status == statuses[i].status)
				index_entry(&out, &problem_rows[k]);
		}
		buf_text(&out, "</ul>\n</section>\n");
	}
	page_end(&out);
	page_reply(request, &out, &(struct reply){ 0 });
}

static void example_member(struct buf *out, const char *name, const char *value)
{
	struct buf json = { 0 };

	buf_json(&json, str_of(value));
	buf_print(out, "  &quot;%s&quot;: ", name);
	buf_html(out, buf_as_str(&json));
	buf_text(out, ",\n");
	buf_finish(&json);
}

static void example(struct buf *out, const struct problem_row *problem)
{
	struct buf type = { 0 };

	buf_text(&type, "/problems/");
	problem_write_slug(&type, problem);
	buf_text(out, "<pre><code>{\n");
	example_member(out, "type", buf_cstr(&type));
	example_member(out, "title", problem->title);
	buf_print(out, "  &quot;status&quot;: %d,\n", problem->status);
	example_member(out, "detail", problem->title);
	example_member(out, "code", problem->code);
	if (strcmp(problem->code, "VALIDATION_FAILED") == 0)
		buf_text(out,
		         "  &quot;errors&quot;: [\n    { &quot;pointer&quot;: &quot;/title&quot;, "
		         "&quot;code&quot;: &quot;required&quot;, &quot;detail&quot;: &quot;is "
		         "required&quot; }\n  ],\n");
	buf_text(out, "  &quot;request_id&quot;: &quot;0193a5b0-7c00-7000-8000-000000000000&quot;\n"
	              "}</code></pre>\n");
	buf_finish(&type);
}

void problem_page_run(struct request *request)
{
	enum problem number = problem_from_slug(request->params[0]);
	const struct problem_row *problem = &problem_rows[number];
	const char *status;
	struct buf out = { 0 };

	if (number == PROBLEMS) {
		request_problem(request,
		                &(struct problem_reply){
					.problem = &problem_rows[PROBLEM_ROUTE_NOT_FOUND],
					.detail = "No such problem. See /problems for a list.",
				});
		return;
	}
	status = problem_status_title(problem->status) ?: "";
	page_begin(&out, pages_of(request),
	           &(struct page){ .title = problem->code, .path = "/problems" });
	buf_print(&out,
	          "<p class=\"path\"><a href=\"/problems\">Problems</a> / "
	          "<a href=\"/problems#status-%d\">%d %s</a></p>\n<h1>",
	          problem->status, problem->status, status);
	buf_html(&out, str_of(problem->title));
	buf_print(&out, "</h1>\n<p class=\"lead\"><code>%s</code></p>\n<h2>Cause</h2>\n<p>",
	          problem->code);
	page_sentence(&out, problem->cause);
	buf_text(&out, "</p>\n<h2>Remedy</h2>\n<p>");
	page_sentence(&out, problem->remedy);
	buf_text(&out, "</p>\n<h2>Example</h2>\n");
	example(&out, problem);
	page_end(&out);
	page_reply(request, &out, &(struct reply){ .cache_control = "public, max-age=3600" });
}
