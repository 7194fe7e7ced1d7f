/* rest.c: builds routes from the resource tables and validates the tables. */

#include <stdlib.h>

#include "arena.h"
#include "config.h"
#include "endpoint.h"
#include "maintenance.h"
#include "handler.h"
#include "idempotency.h"
#include "mounted.h"
#include "state.h"
#include "system_routes.h"
#include "version.h"

bool rest_check_config(const struct config *config, struct buf *errors)
{
	bool ok = config_check_header_value("METRICS_TOKEN", config->metrics_token, errors);

	return domains_check_config(config, errors) && ok;
}

bool rest_check_tables(const struct resource *const *resources, struct buf *errors)
{
	size_t before = errors->length;

	for (; *resources; resources++) {
		for (const struct operation *o = (*resources)->operations; o->method; o++) {
			struct endpoint endpoint;

			endpoint_init(&endpoint, *resources, o, errors);
			endpoint_finish(&endpoint);
		}
	}
	if (!idempotency_check_statements())
		buf_text(errors,
		         "The idempotency statements do not have the expected parameters.\n");
	if (!maintenance_check_statements())
		buf_text(errors,
		         "The maintenance statements do not have the expected parameters.\n");
	return errors->length == before;
}

static size_t count_operations(const struct resource *const *resources)
{
	size_t count = 0;

	for (; *resources; resources++) {
		for (const struct operation *o = (*resources)->operations; o->method; o++)
			count++;
	}
	return count;
}

static void add_route(struct rest *rest, struct route route)
{
	rest->routes[rest->route_count++] = route;
}

static void add_system_routes(struct rest *rest)
{
	for (const struct route *route = system_routes; route->method != METHOD_NONE; route++) {
		add_route(rest, *route);
		rest->routes[rest->route_count - 1].row = rest;
	}
}

static void mount(struct rest *rest, const struct endpoint *endpoint, enum version version)
{
	struct mounted *mounted = &rest->mounted[rest->mounted_count++];

	*mounted = (struct mounted){
		.endpoint = endpoint,
		.version = version,
		.pattern =
			xprint("%s%s", resource_root(endpoint->resource, version), endpoint->path),
	};
	add_route(rest, (struct route){ .method = endpoint->operation->method,
	                                .pattern = mounted->pattern,
	                                .run = handler_run,
	                                .row = mounted,
	                                .add_headers = version_add_headers });
}

static void add_operation(struct rest *rest, const struct resource *resource,
                          const struct operation *operation)
{
	struct endpoint *endpoint = &rest->endpoints[rest->endpoint_count++];
	struct buf errors = { 0 };

	endpoint_init(endpoint, resource, operation, &errors);
	endpoint->rest = rest;
	for (enum version v = 0; v < (resource->at_root ? 1 : VERSIONS); v++) {
		if (operation_is_in(operation, v))
			mount(rest, endpoint, v);
	}
	buf_finish(&errors);
}

static void add_resources(struct rest *rest, const struct resource *const *resources)
{
	for (; *resources; resources++) {
		for (const struct operation *o = (*resources)->operations; o->method; o++)
			add_operation(rest, *resources, o);
	}
}

struct rest *rest_new(struct loop *loop, const struct config *config, struct db *db,
                      struct auth *auth, struct access *access,
                      const struct resource *const *resources, const struct rest_hooks *hooks)
{
	struct rest *rest = xcalloc(1, sizeof(*rest));
	const struct resource **served = domains_select(config, resources);
	size_t operations = count_operations(served), system = 0;

	while (system_routes[system].method != METHOD_NONE)
		system++;
	rest->config = config;
	rest->db = db;
	rest->auth = auth;
	rest->access = access;
	rest->hooks = *hooks;
	rest->endpoints = xcalloc(operations, sizeof(*rest->endpoints));
	rest->mounted = xcalloc(operations * VERSIONS, sizeof(*rest->mounted));
	rest->routes = xcalloc(operations * VERSIONS + system, sizeof(*rest->routes));
	add_system_routes(rest);
	add_resources(rest, served);
	free(served);
	rest->maintenance = maintenance_new(loop, db, config);
	return rest;
}

void rest_free(struct rest *rest)
{
	if (!rest)
		return;
	maintenance_free(rest->maintenance);
	for (size_t i = 0; i < rest->endpoint_count; i++)
		endpoint_finish(&rest->endpoints[i]);
	free(rest->endpoints);
	for (size_t i = 0; i < rest->mounted_count; i++)
		free(rest->mounted[i].pattern);
	free(rest->mounted);
	free(rest->routes);
	free(rest);
}

const struct route *rest_routes(const struct rest *rest, size_t *count)
{
	*count = rest->route_count;
	return rest->routes;
}

void rest_drain(struct rest *rest)
{
	rest->draining = true;
}
