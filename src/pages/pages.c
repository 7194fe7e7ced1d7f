/* pages.c: the routes of this module. */

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
#include "start_page.h"

static void openapi_run(struct request *request)
{
	request_reply_file(request, pages_of(request)->sources.openapi[page_version(request)]);
}

static void asyncapi_run(struct request *request)
{
	request_reply_file(request, pages_of(request)->sources.asyncapi);
}

static const struct {
	const char *pattern;
	void (*run)(struct request *request);
	bool live; /* only with event streams */
	bool demo; /* only in development */
} rows[] = {
#define SYSTEM_ROUTE(...)
#define PAGE_ROUTE(pattern, name, summary, description, media_type, shape, problems, live, run)    \
	{ pattern, run, live },
#include "table/public_routes.def"
#undef SYSTEM_ROUTE
#undef PAGE_ROUTE
/* The same as without the slash, but not in the API documents. */
#define API_VERSION(name, text, mount) { mount "/", api_root_run },
#include "table/versions.def"
#undef API_VERSION
	{ "/docs/oauth2-redirect", oauth2_redirect_run },
	{ "/.well-known/openid-configuration", openid_configuration_run },
	{ "/assets/{file}", embedded_run },
	{ "/dev", dev_page_run, .demo = true },
};

_Static_assert(COUNT_OF(rows) <= MAX_PAGE_ROUTES, "the routes must fit");

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
}

bool pages_check_config(const struct config *config, struct buf *errors)
{
	return security_contact_check(config->security_contact, errors);
}

struct pages *pages_new(const struct pages_sources *sources)
{
	struct pages *pages = xcalloc(1, sizeof(*pages));

	pages->sources = *sources;
	pages->live = sources->asyncapi != NULL;
	pages->docs = strcmp(sources->config->docs, "on") == 0;
	docs_pages_init(pages);
	make_routes(pages);
	return pages;
}

void pages_free(struct pages *pages)
{
	if (!pages)
		return;
	buf_finish(&pages->docs_csp);
	free(pages);
}

const struct route *pages_routes(const struct pages *pages, size_t *count)
{
	*count = pages->route_count;
	return pages->routes;
}
