/* api.c: builds routes from the resource tables and validates the tables at startup.
 *
 * Everything an operation requires is looked up here once. Whatever cannot be found is an error in the
 * tables; all errors are reported together. */

#include <stdlib.h>

#include "publisher.h"
#include "config.h"

static const struct field limit = {
	"limit", FIELD_INTEGER, POSITION, 1, 500, .default_value = "100",
	.description = "Maximum number of items to return.",
};
static const struct field skip = {
	"skip", FIELD_INTEGER, POSITION, 0, 1000000, .default_value = "0", .description = "Number of items to skip.",
};
static const struct field cursor = {
	"cursor", FIELD_LINE, POSITION, 1, 1500,
	.description = "Cursor from the Link header of the previous page.",
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

static int find_query(const struct endpoint *endpoint, const char *name)
{
	for (int i = 0; name && i < endpoint->query_count; i++) {
		if (strcmp(endpoint->query[i]->name, name) == 0)
			return i;
	}
	return -1;
}

static void add_query(struct endpoint *endpoint, const struct field *field, struct buf *errors)
{
	if (endpoint->query_count == QUERY_FIELDS)
		buf_print(errors, "%s: too many query parameters; no space for %s.\n",
		          endpoint->operation->name, field->name);
	else
		endpoint->query[endpoint->query_count++] = field;
}

static void gather_query(struct endpoint *endpoint, struct buf *errors)
{
	const struct operation *operation = endpoint->operation;
	const struct field *paging[3];
	size_t paging_count = paging_fields(operation, paging);

	for (const struct field *field = operation->query; field && field->name; field++)
		add_query(endpoint, field, errors);
	for (size_t i = 0; i < paging_count; i++)
		add_query(endpoint, paging[i], errors);
	endpoint->cursor_at = find_query(endpoint, "cursor");
	endpoint->skip_at = find_query(endpoint, "skip");
	endpoint->alt_when_at = find_query(endpoint, operation->alt_when);
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

static bool is_idempotent(enum sql sql)
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

static void check_row(const struct endpoint *endpoint, struct buf *errors)
{
	const struct operation *operation = endpoint->operation;

	if (operation->role == ROLE_UNSET)
		buf_print(errors, "%s %s has no role.\n", method_name(operation->method), endpoint->pattern);
	if (!operation->name || !operation->summary)
		buf_print(errors, "%s %s has no name or no summary.\n",
		          method_name(operation->method), endpoint->pattern);
	if (operation->method == POST && sql_statements[operation->sql].lane == SQL_WRITE
	    && !is_idempotent(operation->sql))
		buf_print(errors, "%s: a POST needs an idempotent statement; mark it `once`.\n",
		          operation->name);
	if (operation->alt_when && operation->alt_role == ROLE_UNSET)
		buf_print(errors, "%s: .alt_role is missing.\n", operation->name);
	if (operation->alt_when && endpoint->alt_when_at < 0)
		buf_print(errors, "%s: .alt_when names %s, which is not a query parameter.\n",
		          operation->name, operation->alt_when);
	if (operation->second_token && !has_field(operation->body, operation->second_token))
		buf_print(errors, "%s: .second_token names %s, which is not a field of its body.\n",
		          operation->name, operation->second_token);
	for (int i = 0; i < endpoint->query_count; i++) {
		const char *requires = endpoint->query[i]->requires;

		if (requires && find_query(endpoint, requires) < 0)
			buf_print(errors, "%s: %s, which %s requires, is not a query parameter.\n",
			          operation->name, requires, endpoint->query[i]->name);
	}
	for (const char *const *code = operation->problems; code && *code; code++) {
		if (problem_find(str_of(*code)) == PROBLEMS)
			buf_print(errors, "%s: %s is not in problems.def.\n", operation->name,
			          *code);
	}
}

const char *resource_root(const struct resource *resource)
{
	return resource->at_root ? "" : "/api/v1";
}

static void endpoint_make(struct endpoint *endpoint, struct api *api, const struct resource *resource,
                          const struct operation *operation, struct buf *errors)
{
	endpoint->api = api;
	endpoint->resource = resource;
	endpoint->operation = operation;
	endpoint->pattern = xprint("%s%s%s", resource_root(resource), resource->path, operation->path);
	gather_path(endpoint);
	gather_query(endpoint, errors);
	check_row(endpoint, errors);
	bind_plan(endpoint, operation->sql, &endpoint->plan, errors);
	if (operation->alt_when)
		bind_plan(endpoint, operation->alt_sql, &endpoint->alt_plan, errors);
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

static void make_endpoints(struct api *api, const struct resource *const *resources, struct buf *errors)
{
	for (const struct resource *const *r = resources; *r; r++) {
		for (const struct operation *o = (*r)->operations; o->method; o++) {
			struct endpoint *endpoint = &api->endpoints[api->endpoint_count++];

			endpoint_make(endpoint, api, *r, o, errors);
			api->routes[api->route_count++] =
				(struct route){ o->method, endpoint->pattern, endpoint_run, endpoint };
		}
	}
}

struct api *api_new(struct loop *loop, const struct config *config, struct db *db, struct auth *auth,
                    const struct resource *const *all, const struct route *extra, struct buf *errors)
{
	struct api *api = xcalloc(1, sizeof(*api));
	const struct resource **resources = domains_select(config, all);
	size_t operations = 0, before = errors->length;

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
	api->routes = xcalloc(operations + count_routes(system_routes) + count_routes(live_routes)
	                              + count_routes(extra),
	                      sizeof(*api->routes));
	add_routes(api, system_routes);
	if (domain_is_enabled(config, LIVE))
		add_routes(api, live_routes);
	add_routes(api, extra);
	make_endpoints(api, resources, errors);
	if (!idempotency_check_statement(SQL_IDEMPOTENCY_BEGIN) || !idempotency_check_statement(SQL_IDEMPOTENCY_REPLAY))
		buf_text(errors,
		         "idempotency_begin and idempotency_replay do not have the expected parameters.\n");
	if (!expiry_check_statements())
		buf_text(errors, "the expiry statements do not have the expected parameters.\n");
	if (errors->length != before) {
		api_free(api);
		return NULL;
	}
	api_openapi(resources, &api->openapi);
	if (domain_is_enabled(config, LIVE))
		api_asyncapi(all, &api->asyncapi);
	api->user_cache = user_cache_new(db, (size_t)config->token_cache);
	api->api_keys = api_keys_new(db, (size_t)config->token_cache);
	api->expiry = expiry_new(loop, db, config);
	api->publisher = publisher_new(api);
	if (!api->publisher) {
		buf_text(errors, "Cannot start the WebSocket server; see the log.\n");
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
	publisher_free(api->publisher);
	free(api->emulation);
	user_cache_free(api->user_cache);
	api_keys_free(api->api_keys);
	expiry_free(api->expiry);
	for (size_t i = 0; i < api->endpoint_count; i++) {
		for (int j = 0; j < api->endpoints[i].path_count; j++)
			free(api->endpoints[i].path_names[j]);
		free(api->endpoints[i].pattern);
	}
	free(api->endpoints);
	free(api->resources);
	free(api->routes);
	buf_finish(&api->openapi);
	buf_finish(&api->asyncapi);
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

void api_disconnect_all(struct api *api, void (*done)(void *arg), void *arg)
{
	ws_drain(publisher_ws(api->publisher), done, arg);
}
