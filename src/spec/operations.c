/* operations.c: writes the operations of resources. */

#include <ctype.h>
#include <stdio.h>

#include "example.h"
#include "operations.h"
#include "parameters.h"
#include "problem_set.h"
#include "responses.h"
#include "schemas.h"
#include "writer.h"

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
		          operation->method == GET ? "; the response is then the one for VISITOR"
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

static void security(struct buf *out, const struct operation *operation)
{
	if (operation->role == PUBLIC)
		writer_raw(out, "security", "[]");
	else if (operation->rules & API_KEY_ALLOWED)
		writer_raw(out, "security",
		           "[{\"bearerAuth\":[]},{\"openIdConnect\":[]},{\"apiKey\":[]}]");
}

void operations_body(struct buf *out, const struct operation *operation)
{
	char name[96];

	schemas_body_name(operation->name, name, sizeof(name));
	writer_open(out, "requestBody", '{');
	if (!(operation->rules & BODY_OPTIONAL))
		writer_raw(out, "required", "true");
	writer_open(out, "content", '{');
	writer_open(out,
	            operation->method == PATCH ? "application/merge-patch+json"
	                                       : "application/json",
	            '{');
	buf_print(out, "\"schema\":{\"$ref\":\"#/components/schemas/%s\"},\"example\":", name);
	example_body(out, operation);
	buf_char(out, ',');
	writer_close(out, '}');
	writer_close(out, '}');
	writer_close(out, '}');
}

static void write(struct document *document, const struct resource *resource,
                  const struct operation *operation, const char *pattern)
{
	struct problem_set problems = problems_of_operation(operation, strchr(pattern, '{'));
	struct buf *out = document->out;
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
	security(out, operation);
	writer_text(out, "x-required-role", role_name(operation->role));
	if (operation->example_user)
		writer_text(out, "x-example-user", operation->example_user);
	parameters_of_operation(document, resource, operation, pattern);
	if (operation->body)
		operations_body(out, operation);
	responses_of_operation(document, operation, &problems);
	writer_close(out, '}');
}

/* The first operation of this version with the path. */
static const struct operation *first_of_path(const struct resource *resource, enum version version,
                                             const char *path)
{
	const struct operation *operation = resource->operations;

	while (!operation_is_in(operation, version) || strcmp(operation->path, path) != 0)
		operation++;
	return operation;
}

/* Writes all methods of a path together, at its first row. */
void operations_write(struct document *document, const struct resource *resource)
{
	enum version version = document->version;

	for (const struct operation *o = resource->operations; o->method; o++) {
		char pattern[128];

		if (!operation_is_in(o, version) || first_of_path(resource, version, o->path) != o)
			continue;
		snprintf(pattern, sizeof(pattern), "%s%s%s", resource_root(resource, version),
		         operation_parent(resource, o), o->path);
		writer_open(document->out, pattern, '{');
		for (const struct operation *each = o; each->method; each++) {
			if (operation_is_in(each, version) && strcmp(each->path, o->path) == 0)
				write(document, resource, each, pattern);
		}
		writer_close(document->out, '}');
	}
}
