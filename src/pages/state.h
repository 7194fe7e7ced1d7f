/* state.h: the state that the files of this module share. */

#ifndef PAGES_STATE_H
#define PAGES_STATE_H

#include "pages.h"

enum { MAX_PAGE_ROUTES = 24 };

struct pages {
	struct pages_sources sources;
	bool live;           /* event streams are served */
	bool docs;           /* the setting DOCS is on */
	struct buf docs_csp; /* Content-Security-Policy of /docs */
	struct route routes[MAX_PAGE_ROUTES];
	size_t route_count;
};

static inline const struct pages *pages_of(const struct request *request)
{
	return request->route->row;
}

#endif
