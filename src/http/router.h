/* router.h: maps a method and path to a route. */

#ifndef HTTP_ROUTER_H
#define HTTP_ROUTER_H

#include "http.h"

struct router;

struct route_match {
	const struct route *route; /* NULL: no match */
	unsigned methods;          /* a bit per method of the path; 0: no such path */
};

struct router *router_new(const struct route *routes, size_t count);
void router_free(struct router *router);
struct route_match router_find(const struct router *router, enum method method, struct str path,
                               struct str params[PATH_PARAMS]);
/* Value of an Allow header: "GET, HEAD, OPTIONS". */
const char *router_allow(unsigned methods, struct arena *arena);

#endif
