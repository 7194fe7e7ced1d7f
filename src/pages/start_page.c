/* start_page.c: the root: HTML for browsers, JSON for other clients. Link headers refer to the API
 * description, the documentation and the health check (RFC 8631). */

#include "prefers_html.h"
#include "config.h"
#include "page.h"
#include "start_page.h"

#define LINKS(live, docs)                                                                          \
	"</openapi.json>; rel=\"service-desc\"; type=\"application/json\", " live docs             \
	"</health>; rel=\"status\", </.well-known/api-catalog>; rel=\"api-catalog\""
#define LIVE "</asyncapi.json>; rel=\"service-desc\"; type=\"application/json\", "
#define DOCS "</docs>; rel=\"service-doc\"; type=\"text/html\", "

static const char *links(const struct pages *pages)
{
	if (pages->docs)
		return pages->live ? LINKS(LIVE, DOCS) : LINKS("", DOCS);
	return pages->live ? LINKS(LIVE, "") : LINKS("", "");
}

static void reply_json(struct request *request, struct str body, const char *vary)
{
	request_reply(request, &(struct reply){
				       .status = 200,
				       .type = "application/json; charset=utf-8",
				       .body = body,
				       .cache_control = "no-cache",
				       .total = NO_TOTAL,
				       .revalidate = true,
				       .link = links(pages_of(request)),
				       .vary = vary,
			       });
}

static const struct {
	const char *path, *title, *text;
	bool docs, live;
} cards[] = {
	{ "/docs", "Try the API",
	  "All operations, with examples that you can send from the browser.", .docs = true },
	{ "/redoc", "Reference", "All operations, parameters and schemas on one page.",
	  .docs = true },
	{ "/asyncapi", "Live events",
	  "Channels, messages and protocols of WebSockets and event streams.", .docs = true,
	  .live = true },
	{ "/problems", "Problems", "All error codes: why they happen, and what to do about them." },
};

static const struct {
	const char *path, *text;
	bool live;
} endpoints[] = {
	{ "/openapi.json", "OpenAPI 3.1 description of the REST API" },
	{ "/asyncapi.json", "AsyncAPI 3.0 description of the live events", .live = true },
	{ "/.well-known/api-catalog", "Links to the API documents (RFC 9727)" },
	{ "/health", "Whether the server is running" },
	{ "/ready", "Whether the server can serve requests" },
};

static void first_request(struct buf *out, const struct pages *pages)
{
	const struct pages_demo *demo = pages->sources.demo;

	buf_text(out, "<h2>First request</h2>\n<pre><code>");
	if (demo) {
		buf_text(out, "curl -H &quot;Authorization: Bearer $(");
		buf_html(out, str_of(demo->program));
		buf_print(out,
		          " token guard --port %lld)&quot; \\\n"
		          "  http://127.0.0.1:%lld/api/v1/users/me</code></pre>\n"
		          "<p>This is a development server with demo data. The <a "
		          "href=\"/dev\">demo users</a> page has a token for each role.</p>\n",
		          pages->sources.config->port, pages->sources.config->port);
	} else {
		buf_text(out, "curl -H &quot;Authorization: Bearer $TOKEN&quot; \\\n"
		              "  -H &quot;Accept: application/json&quot; …/api/v1/users/me"
		              "</code></pre>\n<p>The token comes from one of the configured OpenID "
		              "Connect issuers.</p>\n");
	}
}

static void reply_page(struct request *request)
{
	const struct pages *pages = pages_of(request);
	struct buf out = { 0 };

	page_begin(&out, pages, &(struct page){ .title = "Binnacle", .path = "/" });
	buf_print(&out,
	          "<h1>Binnacle</h1>\n<p class=\"lead\">Logbook server for guards, marinas, "
	          "harbours and security teams: logs and incidents, duty and shifts, tours, "
	          "equipment, messages.</p>\n"
	          "<p class=\"facts\"><span>Version " BINNACLE_VERSION
	          "</span> <span>%s</span></p>\n"
	          "<ul class=\"cards\">\n",
	          pages->sources.config->environment);
	for (size_t i = 0; i < COUNT_OF(cards); i++) {
		if ((!cards[i].docs || pages->docs) && (!cards[i].live || pages->live))
			buf_print(
				&out,
				"<li><a href=\"%s\"><strong>%s</strong><span>%s</span></a></li>\n",
				cards[i].path, cards[i].title, cards[i].text);
	}
	buf_text(&out, "</ul>\n");
	first_request(&out, pages);
	buf_text(&out, "<h2>For tools</h2>\n<dl class=\"endpoints\">\n");
	for (size_t i = 0; i < COUNT_OF(endpoints); i++) {
		if (!endpoints[i].live || pages->live)
			buf_print(&out, "<dt><a href=\"%s\"><code>%s</code></a></dt><dd>%s</dd>\n",
			          endpoints[i].path, endpoints[i].path, endpoints[i].text);
	}
	buf_text(&out, "</dl>\n");
	page_end(&out);
	page_reply(request, &out, &(struct reply){ .link = links(pages), .vary = "Accept" });
}

void start_page_run(struct request *request)
{
	const struct pages *pages = pages_of(request);
	struct buf out = { 0 };

	if (prefers_html(request->headers[HEADER_ACCEPT])) {
		reply_page(request);
		return;
	}
	buf_text(&out, "{\"app\":\"binnacle\",\"description\":"
	               "\"Logbook server for guards, marinas, harbours and security teams.\","
	               "\"version\":\"" BINNACLE_VERSION "\",\"environment\":");
	buf_json(&out, str_of(pages->sources.config->environment));
	buf_print(&out,
	          ",\"contract_url\":\"/openapi.json\",\"docs_url\":%s,"
	          "\"health_url\":\"/health\",\"api_v1_url\":\"/api/v1\"}",
	          pages->docs ? "\"/docs\"" : "null");
	reply_json(request, buf_as_str(&out), "Accept");
	buf_finish(&out);
}

void api_root_run(struct request *request)
{
	const struct version_row *version = &version_rows[page_version(request)];
	const struct pages *pages = pages_of(request);

	reply_json(request,
	           str_of(arena_print(&request->arena,
	                              "{\"version\":\"%s\",\"message\":"
	                              "\"See openapi_url for all paths.\","
	                              "\"openapi_url\":\"%s/openapi.json\","
	                              "\"asyncapi_url\":%s,\"docs_url\":%s,"
	                              "\"reference_url\":%s,"
	                              "\"problems_url\":\"/problems\"}",
	                              version->name, version->mount,
	                              pages->live ? "\"/asyncapi.json\"" : "null",
	                              pages->docs ? "\"/docs\"" : "null",
	                              pages->docs ? "\"/redoc\"" : "null")),
	           NULL);
}
