/* routes.c: writes the routes that belong to no resource: event streams, health, documents. */

#include "live_routes.h"
#include "operations.h"
#include "parameters.h"
#include "problem_set.h"
#include "public_routes.h"
#include "responses.h"
#include "routes.h"
#include "writer.h"

static const char live_tag[] = "Event streams", public_tag[] = "Server";

/* The texts of a public route or a live route. */
struct route_texts {
	const char *name, *summary, *description, *tag;
};

static void tag(struct buf *out, const char *name, const char *description)
{
	writer_open(out, NULL, '{');
	writer_text(out, "name", name);
	writer_text(out, "description", description);
	writer_close(out, '}');
}

void routes_tags(const struct document *document)
{
	if (document->has_live)
		tag(document->out, live_tag,
		    "WebSockets and event streams. `/asyncapi.json` describes their messages.");
	tag(document->out, public_tag, "Health, metrics and documents.");
}

static void texts(struct buf *out, const struct route_texts *route)
{
	writer_text(out, "operationId", route->name);
	writer_text(out, "summary", route->summary);
	writer_text(out, "description", route->description);
	writer_open(out, "tags", '[');
	buf_json(out, str_of(route->tag));
	writer_close(out, ']');
}

/* The rows contain the paths of the first version. */
static void write_pattern(struct buf *out, const char *pattern, enum version version)
{
	const char *first = version_rows[0].mount;

	if (str_begins(str_of(pattern), first))
		buf_print(out, "%s%s", version_rows[version].mount, pattern + strlen(first));
	else
		buf_text(out, pattern);
}

static void live_route(struct document *document, const struct live_route *route)
{
	const struct problem_set problems = problems_of_route(route->problems);
	struct buf *out = document->out, pattern = { 0 };

	write_pattern(&pattern, route->pattern, document->version);
	writer_open(out, buf_cstr(&pattern), '{');
	buf_finish(&pattern);
	writer_open(out, route->method == POST ? "post" : "get", '{');
	texts(out,
	      &(struct route_texts){ route->name, route->summary, route->description, live_tag });
	writer_raw(out, "security", route->takes_token ? "[{\"bearerAuth\":[]},{}]" : "[]");
	parameters_of_route(document, NULL, route->query, route->headers);
	if (route->body)
		operations_body(out, &(struct operation){ .method = POST,
		                                          .name = route->name,
		                                          .body = route->body });
	responses_of_route(document, &(struct route_response){ route->status, route->media_type },
	                   &problems);
	writer_close(out, '}');
	writer_close(out, '}');
}

static void public_route(struct document *document, const struct public_route *route)
{
	const struct problem_set problems = problems_of_route(route->problems);
	struct buf *out = document->out;

	writer_open(out, route->pattern, '{');
	writer_open(out, "get", '{');
	texts(out,
	      &(struct route_texts){ route->name, route->summary, route->description, public_tag });
	writer_raw(out, "security", "[]");
	parameters_of_route(document, strchr(route->pattern, '{') ? public_route_path : NULL, NULL,
	                    NULL);
	responses_of_route(document,
	                   &(struct route_response){ 200, route->media_type, route->shape,
	                                             route->has_503, route->has_etag },
	                   &problems);
	writer_close(out, '}');
	writer_close(out, '}');
}

/* Whether it is below the mount of another version. */
static bool is_of_other_version(const struct public_route *route, enum version version)
{
	for (enum version v = 0; v < VERSIONS; v++) {
		if (v != version && str_begins(str_of(route->pattern), version_rows[v].mount))
			return true;
	}
	return false;
}

void routes_write(struct document *document)
{
	const struct live_route *live = live_route_rows;

	for (; document->has_live && live->method != METHOD_NONE; live++)
		live_route(document, live);
	for (const struct public_route *route = public_routes; route->pattern; route++) {
		if ((document->has_live || !route->needs_live)
		    && !is_of_other_version(route, document->version))
			public_route(document, route);
	}
}
