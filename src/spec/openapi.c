/* openapi.c: writes the OpenAPI 3.1 document from the tables. */

#include <ctype.h>
#include <stdio.h>

#include "example.h"
#include "json_schema.h"
#include "spec.h"
#include "writer.h"

static void parameter_begin(struct buf *out, const char *name, const char *in, bool required)
{
	writer_open(out, NULL, '{');
	writer_text(out, "name", name);
	writer_text(out, "in", in);
	writer_raw(out, "required", required ? "true" : "false");
}

/* The value of a parameter in operation->query_example, decoded. NULL: it has none. */
static const char *query_example(const struct operation *operation, const char *name, char *out,
                                 size_t size)
{
	struct str rest = str_of(operation->query_example), value, each;
	size_t length = 0;

	while (str_cut(&rest, '&', &value)) {
		if (!str_cut(&value, '=', &each) || !str_is(each, name))
			continue;
		for (size_t i = 0; i < value.length && length < size - 1; i++) {
			bool escaped = value.at[i] == '%' && i + 2 < value.length;

			out[length++] = escaped ? (char)(str_hex_digit(value.at[i + 1]) * 16
			                                 + str_hex_digit(value.at[i + 2]))
			                        : value.at[i];
			i += escaped ? 2 : 0;
		}
		out[length] = '\0';
		return out;
	}
	return NULL;
}

static void path_parameters(struct buf *out, const struct operation *operation, const char *pattern)
{
	static const struct field id = { .type = FIELD_UUID };
	struct str rest = str_of(pattern), examples = str_of(operation->path_example), part, value;
	char name[64], example[64];

	while (str_cut(&rest, '/', &part)) {
		if (part.length < 3 || part.at[0] != '{')
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)part.length - 2, part.at + 1);
		parameter_begin(out, name, "path", true);
		writer_text(out, "description", "Resource ID.");
		writer_raw(out, "schema", "{\"type\":\"string\",\"format\":\"uuid\"}");
		str_cut(&examples, '/', &value);
		snprintf(example, sizeof(example), "%.*s", STR_ARGS(value));
		buf_text(out, "\"example\":");
		example_parameter(out, &id, *example ? example : NULL);
		buf_char(out, ',');
		writer_close(out, '}');
	}
}

/* Tools send `example` unless the user changes it, so optional parameters have one only if the
 * operation's example needs them; theirs is in the schema, where tools show it. */
static void query_parameter(struct buf *out, const struct operation *operation,
                            const struct field *field)
{
	struct field schema = *field;
	char text[512];
	const char *example = query_example(operation, field->name, text, sizeof(text));

	parameter_begin(out, field->name, "query", field->rules & REQUIRED);
	writer_text(out, "description", field->description);
	if (field->rules & MULTIPLE)
		buf_text(out, "\"style\":\"form\",\"explode\":false,");
	schema.description = NULL;
	json_schema_field(out, "schema", &schema);
	if (example || field->rules & REQUIRED) {
		buf_text(out, "\"example\":");
		example_parameter(out, field, example);
		buf_char(out, ',');
	}
	writer_close(out, '}');
}

static void header_parameter(struct buf *out, const char *name, const char *description)
{
	parameter_begin(out, name, "header", false);
	writer_text(out, "description", description);
	writer_raw(out, "schema", "{\"type\":\"string\"}");
	writer_close(out, '}');
}

static void parameters(struct buf *out, const struct operation *operation, const char *pattern)
{
	const struct field *paging[PAGING_FIELDS];
	size_t paging_count = paging_fields(operation, paging);

	writer_open(out, "parameters", '[');
	path_parameters(out, operation, pattern);
	for (const struct field *field = operation->query; field && field->name; field++)
		query_parameter(out, operation, field);
	for (size_t i = 0; i < paging_count; i++)
		query_parameter(out, operation, paging[i]);
	if (operation->rules & COUNTED)
		header_parameter(
			out, "Prefer",
			"`count=exact` returns the total number of items in X-Total-Count.");
	if (operation->rules & CONDITIONAL)
		header_parameter(
			out, "If-Match",
			"ETag of the version to change; 412 if the resource has changed since.");
	if (operation->method == POST)
		header_parameter(
			out, "Idempotency-Key",
			"A retry with the same key within 24 hours returns the original response.");
	if (operation->method == GET)
		header_parameter(out, "If-None-Match",
		                 "ETag of a stored response; 304 if it is still current.");
	writer_close(out, ']');
}

static void request_body(struct buf *out, const struct operation *operation)
{
	char name[64];

	json_schema_body_name(operation, name, sizeof(name));
	writer_open(out, "requestBody", '{');
	writer_raw(out, "required", operation->rules & BODY_OPTIONAL ? "false" : "true");
	buf_print(
		out,
		"\"content\":{\"%s\":{\"schema\":{\"$ref\":\"#/components/schemas/%s\"},\"example\":",
		operation->method == PATCH ? "application/merge-patch+json" : "application/json",
		name);
	example_body(out, operation);
	buf_text(out, "}},");
	writer_close(out, '}');
}

static void header(struct buf *out, const char *name)
{
	buf_print(out, "\"%s\":{\"$ref\":\"#/components/headers/%s\"},", name, name);
}

static void response_schema(struct buf *out, const struct operation *operation)
{
	if (!(operation->rules & NULLABLE_RESPONSE)) {
		json_schema_shape_ref(out, "schema", operation->response);
		return;
	}
	writer_open(out, "schema", '{');
	writer_open(out, "anyOf", '[');
	json_schema_shape_ref(out, NULL, operation->response);
	buf_text(out, "{\"type\":\"null\"}");
	writer_close(out, ']');
	writer_close(out, '}');
}

static const char *success_text(const struct operation *operation)
{
	switch (operation->status) {
	case 201:
		return "Created";
	case 204:
		return "No content";
	default:
		return "OK";
	}
}

static void success(struct buf *out, const struct operation *operation)
{
	char status[8];

	snprintf(status, sizeof(status), "%d", operation->status ? operation->status : 200);
	writer_open(out, status, '{');
	writer_text(out, "description", success_text(operation));
	writer_open(out, "headers", '{');
	header(out, "X-Request-Id");
	if (operation->response)
		header(out, "ETag");
	if (operation->status == 201)
		header(out, "Location");
	if (operation->method == POST)
		header(out, "Idempotent-Replayed");
	if ((operation->rules & PAGED && operation->sort[0]) || operation_is_deprecated(operation))
		header(out, "Link");
	if (operation->rules & COUNTED)
		header(out, "X-Total-Count");
	writer_close(out, '}');
	if (operation->response) {
		writer_open(out, "content", '{');
		writer_open(out, "application/json", '{');
		response_schema(out, operation);
		writer_close(out, '}');
		writer_close(out, '}');
	}
	writer_close(out, '}');
}

static void not_modified(struct buf *out)
{
	writer_open(out, "304", '{');
	writer_text(out, "description", "Not modified; only with If-None-Match.");
	writer_open(out, "headers", '{');
	header(out, "X-Request-Id");
	header(out, "ETag");
	writer_close(out, '}');
	writer_close(out, '}');
}

/* Whether a rejected token causes this problem. */
static bool is_token_problem(enum problem problem)
{
	static const enum problem problems[] = {
#define TOKEN_ERROR(name, problem, ...) PROBLEM_##problem,
#include "table/token_errors.def"
#undef TOKEN_ERROR
	};

	for (size_t i = 0; i < COUNT_OF(problems); i++) {
		if (problems[i] == problem)
			return true;
	}
	return false;
}

static bool sql_may_return(enum sql sql, enum problem problem)
{
	for (const char *const *code = sql_statements[sql].problems; *code; code++) {
		if (strcmp(*code, problem_rows[problem].code) == 0)
			return true;
	}
	return false;
}

/* Whether the operation can return this problem. True for those that every operation can return. */
static bool may_return(const struct operation *operation, bool has_path, enum problem problem)
{
	bool has_body =
		operation->method == POST || operation->method == PATCH || operation->method == PUT;

	if (sql_may_return(operation->sql, problem)
	    || (operation->alt_when && sql_may_return(operation->alt_sql, problem)))
		return true;
	if (operation->role != PUBLIC && is_token_problem(problem))
		return true;
	switch (problem) {
	case PROBLEM_UNAUTHENTICATED:
	case PROBLEM_API_KEY_NEEDED:
	case PROBLEM_API_KEY_INVALID:
	case PROBLEM_SCOPE_MISSING:
	case PROBLEM_FORBIDDEN:
	case PROBLEM_ACCOUNT_ARCHIVED:
	case PROBLEM_USER_NOT_FOUND:
		return operation->role != PUBLIC;
	case PROBLEM_BAD_JSON:
	case PROBLEM_BODY_TOO_LARGE:
	case PROBLEM_UNSUPPORTED_MEDIA_TYPE:
		return has_body;
	case PROBLEM_BAD_CURSOR:
		return operation->rules & PAGED && operation->sort[0];
	case PROBLEM_NOT_FOUND:
		return has_path && operation->method == GET;
	case PROBLEM_BAD_REQUEST:
	case PROBLEM_VALIDATION_FAILED:
	case PROBLEM_NOT_ACCEPTABLE:
	case PROBLEM_TOO_MANY_REQUESTS:
	case PROBLEM_BUSY:
	case PROBLEM_DATABASE_TIMEOUT:
	case PROBLEM_DATABASE_DOWN:
	case PROBLEM_INTERNAL:
		return true;
	case PROBLEM_IDEMPOTENCY_IN_PROGRESS:
	case PROBLEM_IDEMPOTENCY_KEY_REUSED:
		return operation->method == POST;
	case PROBLEM_OUTCOME_UNKNOWN:
		return operation->method != GET;
	default:
		return false;
	}
}

static void error_responses(struct buf *out, const struct operation *operation, bool has_path)
{
	for (int status = 400; status < 600; status++) {
		struct buf codes = { 0 };

		for (int i = 0; i < PROBLEMS; i++) {
			if (problem_rows[i].status == status
			    && may_return(operation, has_path, (enum problem)i))
				buf_print(&codes, "%s%s", codes.length ? ", " : "",
				          problem_rows[i].code);
		}
		if (codes.length) {
			char key[8];

			snprintf(key, sizeof(key), "%d", status);
			writer_open(out, key, '{');
			writer_text(out, "description", buf_cstr(&codes));
			if (status == 429) {
				writer_open(out, "headers", '{');
				header(out, "RateLimit");
				header(out, "RateLimit-Policy");
				header(out, "Retry-After");
				writer_close(out, '}');
			}
			writer_raw(
				out, "content",
				"{\"application/problem+json\":{\"schema\":{\"$ref\":\"#/components/schemas/Problem\"}}}");
			writer_close(out, '}');
		}
		buf_finish(&codes);
	}
	writer_raw(out, "default", "{\"$ref\":\"#/components/responses/Problem\"}");
}

/* The required role, in one or two sentences. */
static void permission(struct buf *out, const struct resource *resource,
                       const struct operation *operation)
{
	if (operation->role == PUBLIC) {
		buf_text(out, "No authentication required.");
		return;
	}
	buf_print(out, "Requires %s", role_name(operation->role));
	if (operation->others_role)
		buf_print(out, "; %s for other users' resources",
		          role_name(operation->others_role));
	if (operation->alt_role > operation->role)
		buf_print(out, "; %s with `%s=%s`", role_name(operation->alt_role),
		          operation->alt_when, operation->alt_value ?: "true");
	buf_char(out, '.');
	if (operation->rules & API_KEY_ALLOWED)
		buf_print(out, " An API key with the scope `%s` is accepted instead of a token%s.",
		          scope_names[scope_of(resource->domain, operation->method)],
		          operation->method == GET ? "; the response is then that for VISITOR"
		                                   : "");
}

static void description(struct buf *out, const struct resource *resource,
                        const struct operation *operation)
{
	struct buf text = { 0 };

	if (operation->description)
		buf_print(&text, "%s\n\n", operation->description);
	permission(&text, resource, operation);
	writer_text(out, "description", buf_cstr(&text));
	buf_finish(&text);
}

static void operation_one(struct buf *out, const struct resource *resource,
                          const struct operation *operation, const char *pattern)
{
	char method[16] = { 0 };

	for (size_t i = 0; method_name(operation->method)[i]; i++)
		method[i] = (char)tolower(method_name(operation->method)[i]);
	writer_open(out, method, '{');
	writer_text(out, "operationId", operation->name);
	writer_text(out, "summary", operation->summary);
	if (operation_is_deprecated(operation))
		writer_raw(out, "deprecated", "true");
	description(out, resource, operation);
	writer_open(out, "tags", '[');
	buf_json(out, str_of(resource->name));
	writer_close(out, ']');
	if (operation->role == PUBLIC)
		writer_raw(out, "security", "[]");
	else if (operation->rules & API_KEY_ALLOWED)
		writer_raw(out, "security", "[{\"bearerAuth\":[]},{\"apiKey\":[]}]");
	writer_text(out, "x-required-role", role_name(operation->role));
	parameters(out, operation, pattern);
	if (operation->example_user)
		writer_text(out, "x-example-user", operation->example_user);
	if (operation->body)
		request_body(out, operation);
	writer_open(out, "responses", '{');
	success(out, operation);
	if (operation->method == GET)
		not_modified(out);
	error_responses(out, operation, strchr(pattern, '{'));
	writer_close(out, '}');
	writer_close(out, '}');
}

/* Writes all methods of a path together, at its first row. */
static void paths(struct buf *out, const struct resource *resource)
{
	for (const struct operation *o = resource->operations; o->method; o++) {
		const struct operation *first = resource->operations;
		char pattern[128];

		while (strcmp(first->path, o->path) != 0)
			first++;
		if (first != o)
			continue;
		snprintf(pattern, sizeof(pattern), "%s%s%s", resource_root(resource, V1),
		         operation_parent(resource, o), o->path);
		writer_open(out, pattern, '{');
		for (const struct operation *each = o; each->method; each++) {
			if (strcmp(each->path, o->path) == 0)
				operation_one(out, resource, each, pattern);
		}
		writer_close(out, '}');
	}
}

static void components(struct buf *out, const struct resource *const *resources)
{
	static const struct {
		const char *name, *description;
	} headers[] = {
		{ "X-Request-Id",
		  "ID of the request: the client's if it is valid, otherwise generated." },
		{ "ETag", "Version of the response, for If-Match and If-None-Match." },
		{ "Location", "Path of the new resource." },
		{ "Idempotent-Replayed",
		  "`true` if this is the stored response to an earlier request with this key." },
		{ "Link", "Next page, as rel=\"next\"; absent on the last page." },
		{ "X-Total-Count", "Total number of items; only with `Prefer: count=exact`." },
		{ "RateLimit",
		  "Remaining quota of each limit, and the seconds until it is fully restored." },
		{ "RateLimit-Policy",
		  "Each limit as a number of requests and a window in seconds." },
		{ "Retry-After", "Seconds to wait before retrying." },
	};

	writer_open(out, "components", '{');
	json_schema_all(out, resources);
	writer_open(out, "headers", '{');
	for (size_t i = 0; i < COUNT_OF(headers); i++) {
		writer_open(out, headers[i].name, '{');
		writer_text(out, "description", headers[i].description);
		writer_raw(out, "schema", "{\"type\":\"string\"}");
		writer_close(out, '}');
	}
	writer_close(out, '}');
	writer_raw(out, "responses",
	           "{\"Problem\":{\"description\":\"An error; `code` identifies it.\","
	           "\"content\":{\"application/problem+json\":"
	           "{\"schema\":{\"$ref\":\"#/components/schemas/Problem\"}}}}}");
	writer_raw(
		out, "securitySchemes",
		"{\"bearerAuth\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\"},"
		"\"apiKey\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"X-API-Key\"}}");
	writer_close(out, '}');
}

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
	"- Errors are `application/problem+json` (RFC 9457); `code` identifies the error, and `type` "
	"is a page that explains it.\n"
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

void spec_openapi(const struct resource *const *resources, struct buf *out)
{
	writer_open(out, NULL, '{');
	writer_text(out, "openapi", "3.1.0");
	writer_open(out, "info", '{');
	writer_text(out, "title", "Binnacle");
	writer_text(out, "version", BINNACLE_VERSION);
	writer_text(out, "summary",
	            "Logbook server for guards, marinas, harbours and security teams.");
	writer_text(out, "description", introduction);
	writer_raw(out, "license",
	           "{\"name\":\"Apache License 2.0\",\"identifier\":\"Apache-2.0\"}");
	writer_close(out, '}');
	writer_raw(out, "servers", "[{\"url\":\"/\"}]");
	writer_raw(out, "security", "[{\"bearerAuth\":[]}]");
	writer_open(out, "tags", '[');
	for (const struct resource *const *r = resources; *r; r++) {
		writer_open(out, NULL, '{');
		writer_text(out, "name", (*r)->name);
		writer_text(out, "description", (*r)->description);
		writer_close(out, '}');
	}
	writer_close(out, ']');
	writer_open(out, "paths", '{');
	for (const struct resource *const *r = resources; *r; r++)
		paths(out, *r);
	writer_close(out, '}');
	components(out, resources);
	writer_close(out, '}');
	out->length--; /* the trailing comma */
}
