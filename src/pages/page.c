/* page.c: writes the layout that all pages share. */

#include "embedded.h"
#include "page.h"

static const struct {
	const char *text, *path;
	bool docs; /* only if DOCS is on */
	bool live; /* only with event streams */
	bool demo; /* only in development */
} navigation[] = {
	{ "Try it", "/docs", .docs = true },
	{ "Reference", "/redoc", .docs = true },
	{ "Live events", "/asyncapi", .docs = true, .live = true },
	{ "Problems", "/problems" },
	{ "Demo users", "/dev", .demo = true },
};

static void navigation_links(struct buf *out, const struct pages *pages, const char *current)
{
	for (size_t i = 0; i < COUNT_OF(navigation); i++) {
		bool is_current = current && strcmp(current, navigation[i].path) == 0;

		if ((navigation[i].docs && !pages->docs) || (navigation[i].live && !pages->live)
		    || (navigation[i].demo && !pages->sources.demo))
			continue;
		buf_print(out, "<a href=\"%s\"%s>%s</a>\n", navigation[i].path,
		          is_current ? " aria-current=\"page\"" : "", navigation[i].text);
	}
}

static void links_to_files(struct buf *out, const struct page *page)
{
	buf_print(out, "<link rel=\"icon\" type=\"image/svg+xml\" href=\"%s\">\n",
	          embedded_path("favicon.svg"));
	if (page->style)
		buf_print(out, "<link rel=\"stylesheet\" href=\"%s\">\n",
		          embedded_path(page->style));
	buf_print(out, "<link rel=\"stylesheet\" href=\"%s\">\n", embedded_path("style.css"));
	for (size_t i = 0; i < COUNT_OF(page->scripts) && page->scripts[i]; i++)
		buf_print(out, "<script src=\"%s\" defer></script>\n",
		          embedded_path(page->scripts[i]));
}

void page_begin(struct buf *out, const struct pages *pages, const struct page *page)
{
	buf_text(out, "<!DOCTYPE html>\n<html lang=\"en\"");
	if (page->search_worker)
		buf_print(out, " data-search-worker=\"%s\"", page->search_worker);
	buf_text(out, ">\n<head>\n<meta charset=\"utf-8\">\n"
	              "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	              "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
	buf_html(out, str_of(page->title));
	buf_text(out,
	         strcmp(page->title, "Binnacle") == 0 ? "</title>\n" : " · Binnacle</title>\n");
	links_to_files(out, page);
	buf_print(out,
	          "</head>\n<body class=\"%s\">\n"
	          "<a class=\"skip\" href=\"#content\">Skip to content</a>\n"
	          "<header class=\"bar\">\n"
	          "<a class=\"brand\" href=\"/\"><img src=\"%s\" alt=\"\" width=\"24\" "
	          "height=\"24\">Binnacle</a>\n<nav aria-label=\"Documentation\">\n",
	          page->body_class ?: "text", embedded_path("favicon.svg"));
	navigation_links(out, pages, page->path);
	buf_text(out, "</nav>\n</header>\n<main id=\"content\">\n");
}

void page_end(struct buf *out)
{
	buf_text(out, "</main>\n</body>\n</html>\n");
}

void page_sentence(struct buf *out, const char *sentence)
{
	struct str rest = str_of(sentence), part;

	for (bool code = false; str_cut(&rest, '`', &part); code = !code) {
		buf_text(out, code ? "<code>" : "");
		buf_html(out, part);
		buf_text(out, code ? "</code>" : "");
	}
}

enum version page_version(const struct request *request)
{
	enum version version = VERSIONS - 1;

	while (version > 0 && !str_begins(request->path, version_rows[version].mount))
		version--;
	return version;
}

bool page_docs_are_off(struct request *request)
{
	if (pages_of(request)->docs)
		return false;
	request_problem(request, &(struct problem_reply){
					 .problem = &problem_rows[PROBLEM_ROUTE_NOT_FOUND],
					 .detail = "DOCS is off on this server.",
				 });
	return true;
}

void page_reply(struct request *request, struct buf *page, const struct reply *given)
{
	struct reply reply = *given;

	reply.status = 200;
	reply.type = PAGE_TYPE;
	reply.body = buf_as_str(page);
	reply.cache_control = reply.cache_control ?: "no-cache";
	reply.csp = reply.csp ?: PAGE_CSP;
	reply.total = NO_TOTAL;
	reply.compress = true;
	reply.revalidate = true;
	request_reply(request, &reply);
	buf_finish(page);
}
