/* api.c: builds routes from the resource tables and validates the tables at startup.
 *
 * Everything an operation needs is looked up here once. Whatever cannot be found is an error in the
 * tables; all errors are reported together. */

#include <stdlib.h>

#include "publisher.h"
#include "config.h"

static const struct field limit = {
	"limit", FIELD_INTEGER, PLACE, 1, 500, .usual = "100",
	.says = "Maximum number of items to return.",
};
static const struct field skip = {
	"skip", FIELD_INTEGER, PLACE, 0, 1000000, .usual = "0", .says = "Number of items to skip.",
};
static const struct field cursor = {
	"cursor", FIELD_NAME, PLACE, 1, 1500,
	.says = "Cursor from the Link header of the previous page.",
};

size_t paging_fields(const struct operation *operation, const struct field *out[3])
{
	size_t count = 0;

	if (!(operation->rules & PAGED))
		return 0;
	out[count++] = &limit;
	out[count++] = &skip;
	if (operation->sort[0])
		out[count++] = &cursor;
	return count;
}

static int query_at(const struct endpoint *endpoint, const char *name)
{
	for (int i = 0; name && i < endpoint->query_count; i++) {
		if (strcmp(endpoint->query[i]->name, name) == 0)
			return i;
	}
	return -1;
}

static void add_query(struct endpoint *endpoint, const struct field *field, struct buf *faults)
{
	if (endpoint->query_count == QUERY_FIELDS)
		buf_print(faults, "%s: too many query parameters; no space for %s.\n",
		          endpoint->operation->name, field->name);
	else
		endpoint->query[endpoint->query_count++] = field;
}

static void gather_query(struct endpoint *endpoint, struct buf *faults)
{
	const struct operation *operation = endpoint->operation;
	const struct field *paging[3];
	size_t pagings = paging_fields(operation, paging);

	for (const struct field *field = operation->query; field && field->name; field++)
		add_query(endpoint, field, faults);
	for (size_t i = 0; i < pagings; i++)
		add_query(endpoint, paging[i], faults);
	endpoint->cursor_at = query_at(endpoint, "cursor");
	endpoint->skip_at = query_at(endpoint, "skip");
	endpoint->when_at = query_at(endpoint, operation->when);
}

static void gather_path(struct endpoint *endpoint)
{
	struct str rest = str_of(endpoint->pattern), part;

	while (str_cut(&rest, '/', &part)) {
		if (part.length > 2 && part.at[0] == '{')
			endpoint->path_names[endpoint->path_count++] =
				xprint("%.*s", (int)part.length - 2, part.at + 1);
	}
}

static bool is_done_once(enum sql sql)
{
	for (int i = 0; i < sql_statements[sql].param_count; i++) {
		if (strcmp(sql_statements[sql].params[i], "idempotency_key") == 0)
			return true;
	}
	return false;
}

static bool has_field(const struct field *fields, const char *name)
{
	while (fields && fields->name && strcmp(fields->name, name) != 0)
		fields++;
	return fields && fields->name;
}

static void check_row(const struct endpoint *endpoint, struct buf *faults)
{
	const struct operation *operation = endpoint->operation;

	if (operation->role == ROLE_UNSET)
		buf_print(faults, "%s %s has no role.\n", method_name(operation->method), endpoint->pattern);
	if (!operation->name || !operation->summary)
		buf_print(faults, "%s %s has no name or no summary.\n",
		          method_name(operation->method), endpoint->pattern);
	if (operation->method == POST && sql_statements[operation->sql].lane == SQL_WRITE
	    && !is_done_once(operation->sql))
		buf_print(faults, "%s: a POST needs an idempotent statement; mark it `once`.\n",
		          operation->name);
	if (operation->when && operation->otherwise_role == ROLE_UNSET)
		buf_print(faults, "%s: .otherwise_role is missing.\n", operation->name);
	if (operation->when && endpoint->when_at < 0)
		buf_print(faults, "%s: .when names %s, which is not a query parameter.\n",
		          operation->name, operation->when);
	if (operation->proof && !has_field(operation->body, operation->proof))
		buf_print(faults, "%s: .proof names %s, which is not a field of its body.\n",
		          operation->name, operation->proof);
	for (int i = 0; i < endpoint->query_count; i++) {
		const char *needs = endpoint->query[i]->needs;

		if (needs && query_at(endpoint, needs) < 0)
			buf_print(faults, "%s: %s, which %s requires, is not a query parameter.\n",
			          operation->name, needs, endpoint->query[i]->name);
	}
	for (const char *const *code = operation->refuses; code && *code; code++) {
		if (problem_find(str_of(*code)) == PROBLEMS)
			buf_print(faults, "%s: %s is not in problems.def.\n", operation->name,
			          *code);
	}
}

const char *resource_root(const struct resource *resource)
{
	return resource->outside ? "" : "/api/v1";
}

static void endpoint_make(struct endpoint *endpoint, struct api *api, const struct resource *resource,
                          const struct operation *operation, struct buf *faults)
{
	endpoint->api = api;
	endpoint->resource = resource;
	endpoint->operation = operation;
	endpoint->pattern = xprint("%s%s%s", resource_root(resource), resource->path, operation->path);
	gather_path(endpoint);
	gather_query(endpoint, faults);
	check_row(endpoint, faults);
	bind_plan(endpoint, operation->sql, &endpoint->plan, faults);
	if (operation->when)
		bind_plan(endpoint, operation->otherwise, &endpoint->otherwise, faults);
}

static size_t count_routes(const struct route *routes)
{
	size_t count = 0;

	while (routes && routes[count].method != METHOD_NONE)
		count++;
	return count;
}

static void add_routes(struct api *api, const struct route *routes)
{
	for (; routes && routes->method != METHOD_NONE; routes++)
		api->routes[api->route_count++] = *routes;
}

static void make_endpoints(struct api *api, const struct resource *const *resources, struct buf *faults)
{
	for (const struct resource *const *r = resources; *r; r++) {
		for (const struct operation *o = (*r)->operations; o->method; o++) {
			struct endpoint *endpoint = &api->endpoints[api->endpoint_count++];

			endpoint_make(endpoint, api, *r, o, faults);
			api->routes[api->route_count++] =
				(struct route){ o->method, endpoint->pattern, endpoint_run, endpoint };
		}
	}
}

struct api *api_new(struct loop *loop, const struct config *config, struct db *db, struct auth *auth,
                    const struct resource *const *all, const struct route *extra, struct buf *faults)
{
	struct api *api = xcalloc(1, sizeof(*api));
	const struct resource **resources = domains_choose(config, all);
	size_t operations = 0, before = faults->length;

	api->resources = resources;
	for (const struct resource **r = resources; *r; r++) {
		for (const struct operation *o = (*r)->operations; o->method; o++)
			operations++;
	}
	api->loop = loop;
	api->config = config;
	api->db = db;
	api->auth = auth;
	api->endpoints = xcalloc(operations, sizeof(*api->endpoints));
	api->routes = xcalloc(operations + count_routes(system_routes) + count_routes(socket_routes)
	                              + count_routes(extra),
	                      sizeof(*api->routes));
	add_routes(api, system_routes);
	if (domains_has(config, LIVE))
		add_routes(api, socket_routes);
	add_routes(api, extra);
	make_endpoints(api, resources, faults);
	if (!once_fits(SQL_ONCE_TAKE) || !once_fits(SQL_ONCE_RECALL))
		buf_text(faults,
		         "once_take and once_recall do not have the expected parameters.\n");
	if (!tidy_fits())
		buf_text(faults, "the expiry statements do not have the expected parameters.\n");
	if (faults->length != before) {
		api_free(api);
		return NULL;
	}
	api_openapi(resources, &api->contract);
	if (domains_has(config, LIVE))
		api_asyncapi(all, &api->streams);
	api->members = members_new(db, (size_t)config->token_cache);
	api->apikeys = apikeys_new(db, (size_t)config->token_cache);
	api->tidy = tidy_new(loop, db, config);
	api->stream = stream_new(api);
	if (!api->stream) {
		buf_text(faults, "Cannot start the WebSocket server; see the log.\n");
		api_free(api);
		return NULL;
	}
	api->emulation = emulation_new(api);
	return api;
}

void api_free(struct api *api)
{
	if (!api)
		return;
	stream_free(api->stream);
	free(api->emulation);
	members_free(api->members);
	apikeys_free(api->apikeys);
	tidy_free(api->tidy);
	for (size_t i = 0; i < api->endpoint_count; i++) {
		for (int j = 0; j < api->endpoints[i].path_count; j++)
			free(api->endpoints[i].path_names[j]);
		free(api->endpoints[i].pattern);
	}
	free(api->endpoints);
	free(api->resources);
	free(api->routes);
	buf_finish(&api->contract);
	buf_finish(&api->streams);
	free(api);
}

const struct route *api_routes(const struct api *api, size_t *count)
{
	*count = api->route_count;
	return api->routes;
}

void api_drain(struct api *api)
{
	api->draining = true;
}

void api_dismiss(struct api *api, void (*done)(void *arg), void *arg)
{
	ws_drain(stream_ws(api->stream), done, arg);
}
