/* rest_fixture.c: the rest module with operations of its own, on fakes of the modules below it. */

#include <criterion/criterion.h>

#include "rest_fixture.h"

struct rest_fixture fixture;

static const struct resource resource = { .path = "/things", .name = "Things", .domain = LOGBOOK };

static void on_events(void *, struct str events)
{
	buf_print(&fixture.hooks, "events %.*s\n", STR_ARGS(events));
}

static void on_row_changed(void *, struct str id)
{
	buf_print(&fixture.hooks, "changed %.*s\n", STR_ARGS(id));
}

static void append_connections(void *, size_t skip, size_t limit, struct buf *members)
{
	buf_print(&fixture.hooks, "connections %zu %zu\n", skip, limit);
	buf_text(members, ",\"connections\":[]");
}

void rest_fixture_open(const struct operation *operation)
{
	struct buf errors = { 0 };

	fake_db_open();
	fake_access_open();
	fake_http_open(&fixture.request);
	fixture.rest = (struct rest){
		.config = &fixture.config,
		.db = &fake_db,
		.access = &fake_access,
		.hooks = { &fixture, on_events, on_row_changed, append_connections },
	};
	endpoint_init(&fixture.endpoint, &resource, operation, &errors);
	cr_assert(errors.length == 0, "%s", buf_cstr(&errors));
	fixture.endpoint.rest = &fixture.rest;
	fixture.mounted = (struct mounted){ .endpoint = &fixture.endpoint };
	fixture.route = (struct route){ .method = operation->method, .row = &fixture.mounted };
	fixture.request.method = operation->method;
	fixture.request.route = &fixture.route;
	fixture.request.target = STR("/api/v1/things/" THING);
	fixture.request.params[0] = STR(THING);
	buf_finish(&errors);
}

void rest_fixture_close(void)
{
	fake_db_close();
	fake_http_close(&fixture.request);
	fake_access_close();
	endpoint_finish(&fixture.endpoint);
	buf_finish(&fixture.hooks);
	fixture.hooks = (struct buf){ 0 };
}

const char *rest_fixture_hooks(void)
{
	const char *text = buf_cstr(&fixture.hooks);

	buf_clear(&fixture.hooks);
	return text;
}
