/* public_routes.h: the routes that belong to no resource, public_routes.def. */

#ifndef PUBLIC_ROUTES_H
#define PUBLIC_ROUTES_H

#include "schema.h"

struct public_route {
	const char *pattern;
	const char *name;          /* operationId */
	const char *summary;       /* imperative, no period */
	const char *description;   /* whole sentences */
	const char *media_type;    /* of the response */
	const struct shape *shape; /* of the response; NULL: text, or any JSON */
	const char *problems;      /* codes, separated by spaces; others are common to all */
	bool has_503;              /* with status 503, the response has the same shape */
	bool needs_live;           /* only if event streams are served */
	bool has_etag;
};

extern const struct public_route public_routes[]; /* ends with an empty row */

/* The path parameters of /problems/{slug}, the only route that has some. */
extern const struct field public_route_path[];

#endif
