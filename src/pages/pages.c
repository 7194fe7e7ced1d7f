/* pages.c: the routes of this module, and the API documents. */

#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "config.h"
#include "dev_page.h"
#include "discovery.h"
#include "docs_pages.h"
#include "embedded.h"
#include "events_page.h"
#include "page.h"
#include "problem_pages.h"
#include "spec.h"
#include "start_page.h"

static void reply_document(struct request *request, const struct buf *document, const char *etag)
{
	request_reply(request, &(struct reply){
				       .status = 200,
				       .type = "application/json; charset=utf-8",
				       .body = buf_as_str(document),
				       .etag = etag,
				       .cache_control = "no-cache",
				       .total = NO_TOTAL,
				       .compress = true,
				       .revalidate = true,
			       });
}

static void openapi_run(struct request *request)
{
	const struct pages *pages = pages_of(request);

	reply_document(request, &pages->openapi, pages->openapi_etag);
}

static void asyncapi_run(struct request *request)
{
	const struct pages *pages = pages_of(request);

	reply_document(request, &pages->asyncapi, pages->asyncapi_etag);
}

static const struct {
	const char *pattern;
	void (*run)(struct request *request);
	bool live; /* only with event streams */
	bool demo; /* only in development */
} rows[] = {
	{ "/", start_page_run },
	{ "/docs", docs_run },
	{ "/docs/oauth2-redirect", oauth2_redirect_run },
	{ "/redoc", redoc_run },
	{ "/asyncapi", events_page_run, .live = true },
	{ "/problems", problem_index_run },
	{ "/problems/{slug}", problem_page_run },
	{ "/openapi.json", openapi_run },
	{ "/asyncapi.json", asyncapi_run, .live = true },
	{ "/.well-known/security.txt", security_txt_run },
	{ "/.well-known/api-catalog", api_catalog_run },
	{ "/assets/{file}", embedded_run },
	{ "/dev", dev_page_run, .demo = true },
};

_Static_assert(COUNT_OF(rows) + VERSIONS <= MAX_PAGE_ROUTES, "the routes must fit");

static void add_route(struct pages *pages, const char *pattern, void (*run)(struct request *))
{
	pages->routes[pages->route_count++] = (struct route){
		.method = GET,
		.pattern = pattern,
		.run = run,
		.row = pages,
	};
}

static void make_routes(struct pages *pages)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if ((rows[i].live && !pages->live) || (rows[i].demo && !pages->sources.demo))
			continue;
		add_route(pages, rows[i].pattern, rows[i].run);
	}
	for (enum version v = 0; v < VERSIONS; v++)
		add_route(pages, version_rows[v].mount, api_root_run);
}

/* Both describe what this process serves. */
static void write_documents(struct pages *pages)
{
	const struct resource **served =
		domains_select(pages->sources.config, pages->sources.resources);

	spec_openapi(served, &pages->openapi);
	etag_of(buf_as_str(&pages->openapi), pages->openapi_etag);
	if (pages->live) {
		spec_asyncapi(pages->sources.events, &pages->asyncapi);
		etag_of(buf_as_str(&pages->asyncapi), pages->asyncapi_etag);
	}
	free(served);
}

bool pages_check_config(const struct config *config, struct buf *errors)
{
	return security_contact_check(config->security_contact, errors);
}

struct pages *pages_new(const struct pages_sources *sources)
{
	struct pages *pages = xcalloc(1, sizeof(*pages));

	pages->sources = *sources;
	pages->live = domain_is_enabled(sources->config, LIVE);
	write_documents(pages);
	docs_pages_init(pages);
	make_routes(pages);
	return pages;
}

void pages_free(struct pages *pages)
{
	if (!pages)
		return;
	buf_finish(&pages->openapi);
	buf_finish(&pages->asyncapi);
	buf_finish(&pages->docs_csp);
	free(pages);
}

const struct route *pages_routes(const struct pages *pages, size_t *count)
{
	*count = pages->route_count;
	return pages->routes;
}
