/* Paths are matched to routes: fixed segments before parameters, with backtracking. */

#include <criterion/criterion.h>
#include <stdio.h>

#include "log.h"
#include "router.h"

static void run(struct request *)
{
}

static const struct route routes[] = {
	{ GET, "/", run },
	{ GET, "/logs", run },
	{ POST, "/logs", run },
	{ GET, "/logs/{id}", run },
	{ DELETE, "/logs/{id}", run },
	{ GET, "/logs/count", run },
	{ GET, "/logs/{id}/notes/{note}", run },
	{ GET, "/logs/count/by/{day}", run },
	{ POST, "/logs/{id}/archive", run },
	{ GET, "/{any}", run },
	{ GET, "/a/b/c/d", run },
	{ GET, "/a/{x}/c/e", run },
	{ GET, "/1/{a}/{b}/{c}/{d}", run },
};

static const struct {
	enum method method;
	const char *path;
	int row;            /* -1: none */
	const char *allow;  /* "" if there is no such path */
	const char *params; /* separated by spaces */
} rows[] = {
	{ GET, "/", 0, "GET, HEAD, OPTIONS", "" },
	{ GET, "/logs", 1, "GET, HEAD, POST, OPTIONS", "" },
	{ HEAD, "/logs", 1, "GET, HEAD, POST, OPTIONS", "" },
	{ POST, "/logs", 2, "GET, HEAD, POST, OPTIONS", "" },
	{ PUT, "/logs", -1, "GET, HEAD, POST, OPTIONS", "" },
	{ GET, "/logs/7", 3, "GET, HEAD, DELETE, OPTIONS", "7" },
	{ DELETE, "/logs/7", 4, "GET, HEAD, DELETE, OPTIONS", "7" },
	{ GET, "/logs/count", 5, "GET, HEAD, OPTIONS", "" },
	/* The fixed segment wins even though its route has no DELETE. */
	{ DELETE, "/logs/count", -1, "GET, HEAD, OPTIONS", "" },
	{ GET, "/logs/7/notes/8", 6, "GET, HEAD, OPTIONS", "7 8" },
	{ GET, "/logs/count/notes/8", 6, "GET, HEAD, OPTIONS", "count 8" },
	{ GET, "/logs/count/by/mon", 7, "GET, HEAD, OPTIONS", "mon" },
	{ POST, "/logs/count/archive", 8, "POST, OPTIONS", "count" },
	{ HEAD, "/logs/7/archive", -1, "POST, OPTIONS", "7" },
	{ GET, "/tours", 9, "GET, HEAD, OPTIONS", "tours" },
	{ GET, "/a/b/c/d", 10, "GET, HEAD, OPTIONS", "" },
	{ GET, "/a/b/c/e", 11, "GET, HEAD, OPTIONS", "b" },
	{ GET, "/1/w/x/y/z", 12, "GET, HEAD, OPTIONS", "w x y z" },
	{ GET, "/logs/", -1, "", "" },
	{ GET, "/logs/7/", -1, "", "" },
	{ GET, "/logs/7/notes", -1, "", "" },
	{ GET, "/LOGS/7", -1, "", "" },
	{ GET, "/1/w/x/y", -1, "", "" },
	{ GET, "/1/w/x/y/z/", -1, "", "" },
	{ GET, "*", -1, "", "" },
	{ GET, "", -1, "", "" },
};

Test(router, finds_the_route)
{
	struct router *router = router_new(routes, COUNT_OF(routes));
	struct arena arena = { 0 };

	cr_assert(router);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str params[PATH_PARAMS] = { 0 };
		struct route_match match =
			router_find(router, rows[i].method, str_of(rows[i].path), params);
		char text[100] = "";

		cr_expect_eq(match.route ? (int)(match.route - routes) : -1, rows[i].row, "%s",
		             rows[i].path);
		cr_expect_str_eq(router_allow(match.methods, &arena), rows[i].allow, "%s",
		                 rows[i].path);
		for (int j = 0; match.methods && j < PATH_PARAMS && params[j].at; j++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%.*s",
			         j ? " " : "", STR_ARGS(params[j]));
		if (match.route)
			cr_expect_str_eq(text, rows[i].params, "%s", rows[i].path);
	}
	arena_finish(&arena);
	router_free(router);
}

static const struct route bad[][2] = {
	{ { GET, "/a", run }, { GET, "/a", run } },
	{ { GET, "/a/{x}", run }, { GET, "/a/{y}", run } },
	{ { GET, "a", run }, { GET, "/b", run } },
	{ { GET, "/a", NULL }, { GET, "/b", run } },
	{ { METHOD_NONE, "/a", run }, { GET, "/b", run } },
	{ { GET, "/{a}/{b}/{c}/{d}/{e}", run }, { GET, "/b", run } },
};

Test(router, rejects_invalid_routes)
{
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		cr_expect_null(router_new(bad[i], 2), "row %zu", i);
}

Test(router, finds_each_of_many_routes)
{
	enum { MANY = 2000 };
	static struct route many[MANY];
	static char patterns[MANY][32];
	struct router *router;

	for (int i = 0; i < MANY; i++) {
		snprintf(patterns[i], sizeof(patterns[i]), "/r%d/{id}/x", i);
		many[i] = (struct route){ GET, patterns[i], run };
	}
	router = router_new(many, MANY);
	cr_assert(router);
	for (int i = 0; i < MANY; i++) {
		struct str params[PATH_PARAMS] = { 0 };
		char path[32];

		snprintf(path, sizeof(path), "/r%d/7/x", i);
		cr_expect_eq(router_find(router, GET, str_of(path), params).route, &many[i], "%s",
		             path);
	}
	router_free(router);
}
