/* docs_pages.c: Swagger UI at /docs and ReDoc at /redoc.
 *
 * Both are npm packages (subprojects/docs-ui). In a build without them, the pages explain how to
 * install them. Scripts from other hosts are forbidden, and so are requests to them, except from
 * /docs to the configured issuers. ReDoc generates its styles, so only its page allows inline
 * styles. */

#include "auth.h"
#include "docs_pages.h"
#include "embedded.h"
#include "page.h"

#define VIEWER_CSP                                                                                 \
	"default-src 'none'; script-src 'self'; img-src 'self' data:; base-uri 'none'; "           \
	"form-action 'none'; frame-ancestors 'none'"

/* "https://login.example.com/tenant" → "https://login.example.com" */
static struct str origin_of(const char *url)
{
	const char *host = strstr(url, "://");

	return (struct str){ url, host ? (size_t)(host - url) + 3 + strcspn(host + 3, "/") : 0 };
}

static void add_origin(void *arg, const char *issuer)
{
	struct str origin = origin_of(issuer);

	buf_print(arg, " %.*s", STR_ARGS(origin));
}

void docs_pages_init(struct pages *pages)
{
	buf_text(&pages->docs_csp, VIEWER_CSP "; style-src 'self'; connect-src 'self'");
	auth_each_issuer(pages->sources.auth, add_origin, &pages->docs_csp);
	buf_cstr(&pages->docs_csp);
}

static void viewer_is_missing(struct buf *out, const char *title)
{
	buf_print(
		out,
		"<h1>%s</h1>\n<p class=\"lead\">This build has no API viewer.</p>\n"
		"<p>The viewers are npm packages. <code>./dev run</code> and <code>./dev build"
		"</code> install and embed them if npm is available; without <code>dev</code>:</p>\n"
		"<pre><code>npm ci --ignore-scripts --prefix subprojects/docs-ui\n"
		"ninja -C build</code></pre>\n"
		"<p>The API is described by <a href=\"/openapi.json\"><code>/openapi.json</code>"
		"</a>, which any OpenAPI tool can read.</p>\n",
		title);
}

static void credits(struct buf *out, const char *name)
{
	buf_print(out, "<footer>%s. <a href=\"%s\">Licenses</a></footer>\n", name,
	          embedded_path("licenses.txt"));
}

static void user_option(struct buf *out, const struct demo_user *user)
{
	buf_text(out, "<option value=\"");
	buf_html(out, str_of(user->email));
	buf_text(out, "\">");
	buf_html(out, str_of(user->first_name));
	buf_char(out, ' ');
	buf_html(out, str_of(user->last_name));
	buf_print(out, ", %s</option>\n", user->role);
}

static void demo_toolbar(struct buf *out, const struct pages_demo *demo)
{
	buf_text(out, "<div class=\"demo\">\n<label for=\"demo-user\">Send as</label>\n"
	              "<select id=\"demo-user\" autocomplete=\"off\" disabled>\n"
	              "<option value=\"automatic\">Automatic: the user of each example</option>\n"
	              "<option value=\"\">No demo user: as authorized below</option>\n");
	for (size_t i = 0; i < demo->user_count; i++)
		user_option(out, &demo->users[i]);
	buf_text(out,
	         "</select>\n<output id=\"demo-status\" for=\"demo-user\"></output>\n</div>\n");
}

static void add_issuer(void *arg, const char *issuer)
{
	struct buf *list = arg;

	buf_text(list, list->length > 1 ? "," : "");
	buf_json(list, str_of(issuer));
}

/* The development issuer has no sign-in page; its users are in the toolbar. */
static void write_issuers(struct buf *out, const struct pages *pages)
{
	struct buf list = { 0 };

	buf_char(&list, '[');
	if (!pages->sources.demo)
		auth_each_issuer(pages->sources.auth, add_issuer, &list);
	buf_char(&list, ']');
	buf_html(out, buf_as_str(&list));
	buf_finish(&list);
}

static void swagger_ui(struct buf *out, const struct pages *pages)
{
	buf_text(out, "<h1 class=\"hidden\">Try the API</h1>\n");
	if (pages->sources.demo)
		demo_toolbar(out, pages->sources.demo);
	buf_text(out, "<div id=\"swagger-ui\" data-issuers=\"");
	write_issuers(out, pages);
	buf_text(out, "\"><p class=\"loading\">Loading the API description…</p></div>\n"
	              "<noscript><p>This page needs JavaScript.</p></noscript>\n");
	credits(out, "Swagger UI");
}

void docs_run(struct request *request)
{
	const struct pages *pages = pages_of(request);
	bool embedded = embedded_path("docs.js");
	struct page page = { .title = "Try the API", .path = "/docs" };
	struct buf out = { 0 };

	if (page_docs_are_off(request))
		return;
	if (embedded) {
		page.style = "swagger-ui.css";
		page.scripts[0] = "swagger-ui.js";
		page.scripts[1] = "docs.js";
		page.body_class = "viewer";
	}
	page_begin(&out, pages, &page);
	if (embedded)
		swagger_ui(&out, pages);
	else
		viewer_is_missing(&out, page.title);
	page_end(&out);
	page_reply(request, &out, &(struct reply){ .csp = pages->docs_csp.at });
}

void oauth2_redirect_run(struct request *request)
{
	struct buf out = { 0 };

	if (page_docs_are_off(request))
		return;
	page_begin(&out, pages_of(request),
	           &(struct page){ .title = "Signed in", .scripts = { "oauth2-redirect.js" } });
	buf_text(&out, "<h1>Signed in</h1>\n<p>You can close this window.</p>\n");
	page_end(&out);
	page_reply(request, &out, &(struct reply){ .csp = VIEWER_CSP "; style-src 'self'" });
}

void redoc_run(struct request *request)
{
	const char *worker = embedded_path("redoc-worker.js");
	struct page page = { .title = "API reference", .path = "/redoc" };
	struct buf out = { 0 };

	if (page_docs_are_off(request))
		return;
	if (worker) {
		page.scripts[0] = "redoc.js";
		page.scripts[1] = "redoc-init.js";
		page.search_worker = worker;
		page.body_class = "viewer";
	}
	page_begin(&out, pages_of(request), &page);
	if (worker) {
		buf_text(&out,
		         "<div id=\"redoc\"><p class=\"loading\">Loading the API description…"
		         "</p></div>\n<noscript><p>This page needs JavaScript.</p></noscript>\n");
		credits(&out, "ReDoc");
	} else {
		viewer_is_missing(&out, page.title);
	}
	page_end(&out);
	page_reply(request, &out,
	           &(struct reply){ .csp = VIEWER_CSP
	                            "; style-src 'self' 'unsafe-inline'; connect-src "
	                            "'self'; worker-src 'self'" });
}
