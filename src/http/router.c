/* router.c: maps a method and path to a route and extracts the path parameters.
 *
 * The patterns form a tree of segments. All edges are in one hash table, keyed by their node and
 * segment. A node can also have one parameter edge, which is tried if the fixed edge does not lead
 * to a route: /logs/count is found before /logs/{id}, and /logs/count/notes still matches
 * /logs/{id}/notes. A search backtracks at most once per segment, and patterns are short. */

#include <stdlib.h>

#include "log.h"
#include "router.h"

enum { NONE = 0, ROOT = 1 };

struct node {
	const struct route *by_method[METHODS];
	unsigned methods;
	int parameter; /* the node after {…}, or NONE */
};

struct edge {
	int from, to; /* to is NONE in an empty slot */
	struct str segment;
};

struct router {
	struct node *nodes;
	int node_count;
	struct edge *edges; /* hash table; its size is a power of two, at most half full */
	size_t slots;
	uint64_t seed;
};

static struct edge *edge_slot(const struct router *router, int from, struct str segment)
{
	uint64_t i = str_hash(segment, router->seed ^ (uint64_t)from);

	for (;; i++) {
		struct edge *edge = &router->edges[i & (router->slots - 1)];

		if (edge->to == NONE || (edge->from == from && str_equal(edge->segment, segment)))
			return edge;
	}
}

static int node_new(struct router *router)
{
	return router->node_count++;
}

/* Cuts off the next segment of a path, without its slash; false at the end. */
static bool segment_next(struct str *rest, struct str *segment)
{
	const char *slash;

	if (rest->length == 0)
		return false;
	rest->at++;
	rest->length--;
	slash = rest->length ? memchr(rest->at, '/', rest->length) : NULL;
	*segment = (struct str){ rest->at, slash ? (size_t)(slash - rest->at) : rest->length };
	rest->at += segment->length;
	rest->length -= segment->length;
	return true;
}

static const char *route_add(struct router *router, const struct route *route)
{
	struct str rest = str_of(route->pattern), segment;
	int node = ROOT, params = 0;

	if (rest.length == 0 || rest.at[0] != '/')
		return "the pattern does not start with a slash";
	if (route->method <= METHOD_NONE || route->method >= METHODS || !route->run)
		return "the method or run() is missing";
	while (segment_next(&rest, &segment)) {
		struct edge *edge;

		if (segment.length > 2 && segment.at[0] == '{'
		    && segment.at[segment.length - 1] == '}') {
			if (++params > PATH_PARAMS)
				return "the pattern has too many parameters";
			if (router->nodes[node].parameter == NONE)
				router->nodes[node].parameter = node_new(router);
			node = router->nodes[node].parameter;
			continue;
		}
		edge = edge_slot(router, node, segment);
		if (edge->to == NONE)
			*edge = (struct edge){ node, node_new(router), segment };
		node = edge->to;
	}
	if (router->nodes[node].by_method[route->method])
		return "another route has the same method and pattern";
	router->nodes[node].by_method[route->method] = route;
	router->nodes[node].methods |= 1u << route->method | 1u << OPTIONS;
	if (route->method == GET)
		router->nodes[node].methods |= 1u << HEAD;
	return NULL;
}

struct router *router_new(const struct route *routes, size_t count)
{
	struct router *router = xcalloc(1, sizeof(*router));
	size_t segments = 0;
	const char *error;

	for (size_t i = 0; i < count; i++) {
		for (const char *at = routes[i].pattern; *at; at++)
			segments += *at == '/';
	}
	router->seed = str_seed();
	router->nodes = xcalloc(segments + 2, sizeof(*router->nodes));
	router->node_count = ROOT + 1;
	for (router->slots = 16; router->slots < segments * 2;)
		router->slots *= 2;
	router->edges = xcalloc(router->slots, sizeof(*router->edges));
	for (size_t i = 0; i < count; i++) {
		error = route_add(router, &routes[i]);
		if (error) {
			log_error("http.bad_route", kv_text("pattern", routes[i].pattern),
			          kv_text("why", error));
			router_free(router);
			return NULL;
		}
	}
	return router;
}

void router_free(struct router *router)
{
	if (!router)
		return;
	free(router->nodes);
	free(router->edges);
	free(router);
}

/* The node that all of `rest` leads to, or NONE. */
static int walk(const struct router *router, int node, struct str rest, struct str *params,
                int depth)
{
	struct str segment;
	int next;

	if (!segment_next(&rest, &segment))
		return router->nodes[node].methods ? node : NONE;
	next = edge_slot(router, node, segment)->to;
	if (next != NONE)
		next = walk(router, next, rest, params, depth);
	if (next != NONE)
		return next;
	next = router->nodes[node].parameter;
	if (next == NONE || segment.length == 0)
		return NONE;
	params[depth] = segment;
	return walk(router, next, rest, params, depth + 1);
}

struct route_match router_find(const struct router *router, enum method method, struct str path,
                               struct str params[PATH_PARAMS])
{
	const struct node *node;
	struct route_match match = { 0 };
	int at = path.length && path.at[0] == '/' ? walk(router, ROOT, path, params, 0) : NONE;

	if (at == NONE)
		return match;
	node = &router->nodes[at];
	match.methods = node->methods;
	match.route = node->by_method[method];
	if (!match.route && method == HEAD)
		match.route = node->by_method[GET];
	return match;
}

const char *router_allow(unsigned methods, struct arena *arena)
{
	char *list = arena_alloc(arena, METHODS * 10), *end = list;

	for (enum method method = GET; method < METHODS; method++) {
		if (!(methods & 1u << method))
			continue;
		if (end != list)
			end = mempcpy(end, ", ", 2);
		end = mempcpy(end, method_name(method), strlen(method_name(method)));
	}
	return list;
}
