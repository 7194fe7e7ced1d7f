/* public_routes.c: the routes that belong to no resource, with the shapes of their responses. */

#include "public_routes.h"

/* clang-format off */
static const struct field health_fields[] = {
	{ "status", FIELD_LINE, .description = "`healthy` or `ok`.", .example = "healthy" },
	{ 0 },
};
static const struct field readiness_fields[] = {
	{ "status", FIELD_LINE, .description = "`ready` or `not ready`.", .example = "ready" },
	{ "database", FIELD_LINE, OPTIONAL_IN_RESPONSE, .description = "`connected`.",
	  .example = "connected" },
	{ "reason", FIELD_LINE, OPTIONAL_IN_RESPONSE, .description = "Why the server is not ready.",
	  .example = "shutting down" },
	{ 0 },
};
static const struct field start_fields[] = {
	{ "app", FIELD_LINE, .description = "Name of the server.", .example = "binnacle" },
	{ "description", FIELD_LINE, .description = "What the server does." },
	{ "version", FIELD_LINE, .description = "Version of the server.", .example = "0.1.0" },
	{ "environment", FIELD_LINE, .description = "Value of the setting ENVIRONMENT.",
	  .example = "production" },
	{ "contract_url", FIELD_LINE, .description = "Path of this document.",
	  .example = "/openapi.json" },
	{ "docs_url", FIELD_LINE, NULLABLE,
	  .description = "Path of the documentation; null if DOCS is off.", .example = "/docs" },
	{ "health_url", FIELD_LINE, .description = "Path of the health check.",
	  .example = "/health" },
	{ "api_v1_url", FIELD_LINE, .description = "Path of the first version of the API.",
	  .example = "/api/v1" },
	{ 0 },
};
static const struct field version_start_fields[] = {
	{ "version", FIELD_LINE, .description = "Name of the version.", .example = "v1" },
	{ "message", FIELD_LINE, .description = "Where the paths are described.",
	  .example = "See openapi_url for all paths." },
	{ "openapi_url", FIELD_LINE, .description = "Path of the API document of this version.",
	  .example = "/api/v1/openapi.json" },
	{ "asyncapi_url", FIELD_LINE, NULLABLE,
	  .description = "Path of the document of event streams; null if they are not served.",
	  .example = "/asyncapi.json" },
	{ "docs_url", FIELD_LINE, NULLABLE,
	  .description = "Path of the documentation; null if DOCS is off.", .example = "/docs" },
	{ "reference_url", FIELD_LINE, NULLABLE,
	  .description = "Path of the reference; null if DOCS is off.", .example = "/redoc" },
	{ "problems_url", FIELD_LINE, .description = "Path of the index of problems.",
	  .example = "/problems" },
	{ 0 },
};
static const struct shape health_shape = {
	"Health", health_fields, .description = "The server is running.",
};
static const struct shape readiness_shape = {
	"Readiness", readiness_fields, .description = "Whether the server can serve requests.",
};
static const struct shape start_shape = {
	"Start", start_fields, .description = "Links to the API documents.",
};
static const struct shape version_start_shape = {
	"VersionStart", version_start_fields, .description = "A version of the API.",
};

const struct field public_route_path[] = {
	{ "slug", FIELD_LINE, REQUIRED, 1, 64,
	  .description = "Code of the problem, in lower case and with hyphens.",
	  .example = "validation-failed" },
	{ 0 },
};
/* clang-format on */

const struct public_route public_routes[] = {
#define SYSTEM_ROUTE(pattern, name, summary, description, media_type, shape, problems, has_503,    \
                     ...)                                                                          \
	{ pattern, name, summary, description, media_type, shape, problems, has_503, false, false },
#define PAGE_ROUTE(pattern, name, summary, description, media_type, shape, problems, needs_live,   \
                   ...)                                                                            \
	{                                                                                          \
		pattern, name,     summary, description, media_type,                               \
		shape,   problems, false,   needs_live,  true                                      \
	},
#include "table/public_routes.def"
#undef SYSTEM_ROUTE
#undef PAGE_ROUTE
	{ 0 },
};
