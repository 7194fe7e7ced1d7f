/* openapi.c: writes the OpenAPI 3.1 document from the tables. */

#include "document.h"
#include "operations.h"
#include "response_headers.h"
#include "routes.h"
#include "schemas.h"
#include "spec.h"
#include "writer.h"

/* What all operations have in common, in Markdown. */
static const char introduction[] =
	"REST API of Binnacle, the logbook server for guards, marinas, and harbours.\n"
	"\n"
	"## Authentication\n"
	"\n"
	"Send a token of a configured issuer as `Authorization: Bearer …`. Operations that say so "
	"accept an API key (`X-API-Key`) instead.\n"
	"\n"
	"## Roles\n"
	"\n"
	"Each role includes the permissions of those before it.\n"
	"\n"
	"| Role | Permissions |\n"
	"| --- | --- |\n"
	"| `VISITOR` | Own notes, comments on public notes, own profile |\n"
	"| `GUARD` | Own duty, logs of the duty location, visitors; reads logs, shifts, and locations |\n"
	"| `SUPERVISOR` | Other users' duty and logs, incidents, shifts, timesheets, tours, equipment |\n"
	"| `ADMIN` | Users, API keys, locations, checklist items, fleet, notifications, other users' "
	"tours |\n"
	"| `SUPER_ADMIN` | Users with role `ADMIN` and above, permanent deletion of logs |\n"
	"\n"
	"## Requests and responses\n"
	"\n"
	"- IDs are UUIDs. Objects can be created with an ID chosen by the client.\n"
	"- Times are in RFC 3339 format. Days and weeks are those of the server's time zone.\n"
	"- `PATCH` bodies are merge patches (RFC 7396): omitted fields do not change, `null` clears a "
	"field that can be null.\n"
	"- Lists are JSON arrays. Follow `Link: …; rel=\"next\"` for the next page. Where a list "
	"supports it, `Prefer: count=exact` returns the total as `X-Total-Count`.\n"
	"- Objects have an `ETag`. Send it as `If-None-Match` to get 304 if nothing has changed, or as "
	"`If-Match` to make a change fail with 412 if the object has changed.\n"
	"- Send an `Idempotency-Key` with `POST` requests that may be retried. A retry with the same "
	"key within 24 hours returns the original response.\n"
	"- A filter that takes several values can be repeated (`type=A&type=B`) or contain values "
	"separated by commas (`type=A,B`).\n"
	"- With `Prefer: return=minimal`, a change returns 201 without a body, or 204 instead of 200; "
	"operations do not list this response.\n"
	"- Errors are `application/problem+json` (RFC 9457); `code` identifies the error, and `type` "
	"is a page that explains it. `x-problem-codes` of a response lists the codes that all "
	"operations with this response can return; `x-problem-codes` of an operation lists the "
	"others. `default` describes responses with other statuses.\n"
	"- Most changes emit events, which clients receive by subscribing to the channels described in "
	"`/asyncapi.json`.\n"
	"\n"
	"## Domains and scopes\n"
	"\n"
	"Each operation belongs to a domain. An API key has scopes: `places:read` permits the `GET` "
	"operations of the domain `places`, `places:write` the others.\n"
	"\n"
	"| Domain | Covers |\n"
	"| --- | --- |\n"
#define DOMAIN(name, text, covers) "| `" text "` | " covers " |\n"
#include "table/domains.def"
#undef DOMAIN
	;

static void info(struct buf *out)
{
	writer_open(out, "info", '{');
	writer_text(out, "title", "Binnacle");
	writer_text(out, "version", BINNACLE_VERSION);
	writer_text(out, "summary",
	            "Logbook server for guards, marinas, harbours and security teams.");
	writer_text(out, "description", introduction);
	writer_raw(out, "contact", "{\"name\":\"Binnacle maintainers\"}");
	writer_raw(out, "license",
	           "{\"name\":\"Apache License 2.0\",\"identifier\":\"Apache-2.0\"}");
	writer_close(out, '}');
}

static void tags(const struct document *document, const struct resource *const *resources)
{
	struct buf *out = document->out;

	writer_open(out, "tags", '[');
	for (; *resources; resources++) {
		writer_open(out, NULL, '{');
		writer_text(out, "name", (*resources)->name);
		writer_text(out, "description", (*resources)->description);
		writer_close(out, '}');
	}
	routes_tags(document);
	writer_close(out, ']');
}

static void security_schemes(struct buf *out)
{
	writer_raw(
		out, "securitySchemes",
		"{\"bearerAuth\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\","
		"\"description\":\"A JWT of a configured issuer, verified as in RFC8725.\"},"
		"\"openIdConnect\":{\"type\":\"openIdConnect\","
		"\"openIdConnectUrl\":\"/.well-known/openid-configuration\","
		"\"description\":\"Sign-in at the first configured issuer. Its tokens are JWTs, "
		"verified as in RFC8725, and sent as bearer tokens.\"},"
		"\"apiKey\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"X-API-Key\","
		"\"description\":\"A key for operations that accept one instead of a token.\"}}");
}

static void paths(struct document *document, const struct resource *const *resources)
{
	writer_open(document->out, "paths", '{');
	for (; *resources; resources++)
		operations_write(document, *resources);
	routes_write(document);
	writer_close(document->out, '}');
}

/* Counts the parts that become components. */
static void count_parts(struct document *document, const struct resource *const *resources)
{
	struct buf *out = document->out, unused = { 0 };

	document->out = &unused;
	paths(document, resources);
	document->out = out;
	components_name(&document->parameters);
	components_name(&document->responses);
	buf_finish(&unused);
}

static void components(struct document *document, const struct resource *const *resources)
{
	struct buf *out = document->out;

	writer_open(out, "components", '{');
	schemas_write(document, resources);
	components_write(&document->parameters, out);
	components_write(&document->responses, out);
	response_headers_write(out);
	security_schemes(out);
	writer_close(out, '}');
}

static bool has_live(const struct resource *const *resources)
{
	while (*resources && (*resources)->domain != LIVE)
		resources++;
	return *resources;
}

void spec_openapi(const struct resource *const *resources, enum version version, struct buf *out)
{
	struct document document = {
		.out = out,
		.version = version,
		.has_live = has_live(resources),
		.parameters = { .kind = "parameters" },
		.responses = { .kind = "responses" },
	};

	count_parts(&document, resources);
	writer_open(out, NULL, '{');
	writer_text(out, "openapi", "3.1.0");
	info(out);
	writer_raw(out, "servers",
	           "[{\"url\":\"/\",\"description\":\"This server: production, staging or local.\","
	           "\"x-internal\":false}]");
	writer_raw(out, "security", "[{\"bearerAuth\":[]},{\"openIdConnect\":[]}]");
	tags(&document, resources);
	paths(&document, resources);
	components(&document, resources);
	writer_close(out, '}');
	out->length--; /* trailing comma */
	components_finish(&document.parameters);
	components_finish(&document.responses);
}
