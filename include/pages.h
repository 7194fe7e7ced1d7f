/* pages.h: HTML pages (start page, API documentation, live events, problems), the API documents,
 * and /.well-known. */

#ifndef PAGES_H
#define PAGES_H

#include "schema.h"

struct auth;
struct config;

struct pages;

/* A user of the demo data. `binnacle dev` issues tokens for them. */
struct demo_user {
	const char *role;
	const char *first_name, *last_name, *email; /* NULL: an anonymous account */
};

/* Only in `binnacle dev`. */
struct pages_demo {
	const struct demo_user *users; /* none of them anonymous */
	size_t user_count;
	const char *program; /* its path, for the commands that a page shows */
};

struct pages_sources {
	const struct config *config;
	const struct auth *auth;
	const struct static_file *openapi[VERSIONS];
	const struct static_file *asyncapi; /* NULL: no event streams are served */
	const struct event *events;
	const struct pages_demo *demo; /* NULL: no development server */
};

/* Checks the settings that this module uses; appends one line for each error. */
bool pages_check_config(const struct config *config, struct buf *errors);

/* The sources must outlive the pages. */
struct pages *pages_new(const struct pages_sources *sources);
void pages_free(struct pages *pages);

const struct route *pages_routes(const struct pages *pages, size_t *count);

#endif
