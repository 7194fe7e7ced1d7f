/* endpoint.h: an operation with everything that is resolved at startup. */

#ifndef ENDPOINT_H
#define ENDPOINT_H

#include "bind.h"
#include "schema.h"

enum { QUERY_FIELDS = 24 };

struct rest;

struct endpoint {
	struct rest *rest;
	const struct resource *resource;
	const struct operation *operation;
	char *path;                    /* without the mount; owned */
	char *path_names[PATH_PARAMS]; /* owned */
	int path_count;
	const struct field *query[QUERY_FIELDS];
	int query_count;
	int cursor_at; /* index of cursor among the query fields; -1: none */
	int skip_at;
	int alt_when_at; /* index of the field that selects the other statement; -1: none */
	struct plan plan, alt_plan;
};

/* Appends a line to `errors` for each error in the operation's row. */
void endpoint_init(struct endpoint *endpoint, const struct resource *resource,
                   const struct operation *operation, struct buf *errors);
void endpoint_finish(struct endpoint *endpoint);

/* The index of a query field; -1: none has this name. */
int endpoint_find_query(const struct endpoint *endpoint, struct str name);

#endif
