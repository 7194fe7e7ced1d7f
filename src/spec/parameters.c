/* parameters.c: writes the parameters of operations and routes. */

#include <stdio.h>

#include "example.h"
#include "json_schema.h"
#include "parameters.h"
#include "writer.h"

/* A parameter. If its name as a component is taken, the qualifier is prepended. */
struct parameter {
	const char *in; /* "path", "query" or "header" */
	const struct field *field;
	const char *example;   /* as in a URL; NULL: that of the field */
	bool is_sent;          /* the example belongs to the operation's example */
	const char *qualifier; /* resource */
};

/* Tools send `example` unless the user changes it. So an optional parameter has one only if the
 * operation's example needs it; otherwise, the example is in the schema, which tools only show. */
static void write(struct document *document, const struct parameter *parameter)
{
	struct field schema = *parameter->field;
	struct buf text = { 0 };
	char name[96];

	writer_open(&text, NULL, '{');
	writer_text(&text, "name", schema.name);
	writer_text(&text, "in", parameter->in);
	if (schema.rules & REQUIRED)
		writer_raw(&text, "required", "true");
	writer_text(&text, "description", schema.description);
	schema.description = NULL;
	if (schema.rules & MULTIPLE) {
		schema.rules |= REQUIRED; /* if present, it has at least one value */
		schema.max_items = schema.max_items ?: QUERY_VALUES;
	}
	json_schema_input(&text, "schema", &schema, !parameter->is_sent);
	if (parameter->is_sent) {
		buf_text(&text, "\"example\":");
		example_parameter(&text, parameter->field, parameter->example);
		buf_char(&text, ',');
	}
	writer_close(&text, '}');
	text.length--; /* trailing comma */
	components_pascal(schema.name, name, sizeof(name));
	components_add(&document->parameters, document->out, name, parameter->qualifier,
	               buf_as_str(&text));
	buf_finish(&text);
}

/* `examples`: values of the path parameters, separated by '/'; NULL: none. */
static void path_parameters(struct document *document, const char *pattern, const char *examples,
                            const char *qualifier)
{
	struct str rest = str_of(pattern), values = str_of(examples), part, value;
	char name[64], example[64];

	while (str_cut(&rest, '/', &part)) {
		struct field id = { name, FIELD_UUID, REQUIRED, .description = "Resource ID." };

		if (part.length < 3 || part.at[0] != '{')
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)part.length - 2, part.at + 1);
		str_cut(&values, '/', &value);
		snprintf(example, sizeof(example), "%.*s", STR_ARGS(value));
		write(document, &(struct parameter){ "path", &id, *example ? example : NULL, true,
		                                     qualifier });
	}
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

static void query_parameter(struct document *document, const char *qualifier,
                            const struct operation *operation, const struct field *field)
{
	char text[512];
	const char *example =
		operation ? query_example(operation, field->name, text, sizeof(text)) : NULL;

	write(document, &(struct parameter){ "query", field, example,
	                                     example || field->rules & REQUIRED, qualifier });
}

static const struct field prefer_count = {
	"Prefer",
	FIELD_LINE,
	.description = "`count=exact` returns the total number of items in X-Total-Count.",
	.example = "count=exact",
};
static const struct field if_match = {
	"If-Match",
	FIELD_LINE,
	.description = "ETag of the version to change; 412 if the resource has changed since.",
	.example = "\"3.5d41402abc4b2a76\"",
};
static const struct field idempotency_key = {
	"Idempotency-Key",
	FIELD_KEY,
	.description = "A retry with the same key within 24 hours returns the original response.",
	.example = "8e03978e-40d5-43dd-bc93-6894a57f9324",
};
static const struct field if_none_match = {
	"If-None-Match",
	FIELD_LINE,
	.description = "ETag of a stored response; 304 if it is still current.",
	.example = "W/\"5d41402abc4b2a76\"",
};

static void header(struct document *document, const struct field *field)
{
	write(document, &(struct parameter){ "header", field, NULL, false, "" });
}

static void operation_headers(struct document *document, const struct operation *operation)
{
	if (operation->rules & COUNTED)
		header(document, &prefer_count);
	if (operation->rules & CONDITIONAL)
		header(document, &if_match);
	if (operation->method == POST)
		header(document, &idempotency_key);
	if (operation->method == GET)
		header(document, &if_none_match);
}

void parameters_of_operation(struct document *document, const struct resource *resource,
                             const struct operation *operation, const char *pattern)
{
	const struct field *paging[PAGING_FIELDS];
	size_t paging_count = paging_fields(operation, paging);
	char qualifier[64];

	components_pascal(resource->name, qualifier, sizeof(qualifier));
	writer_open(document->out, "parameters", '[');
	path_parameters(document, pattern, operation->path_example, qualifier);
	for (const struct field *field = operation->query; field && field->name; field++)
		query_parameter(document, qualifier, operation, field);
	for (size_t i = 0; i < paging_count; i++)
		query_parameter(document, qualifier, operation, paging[i]);
	operation_headers(document, operation);
	writer_close(document->out, ']');
}

void parameters_of_route(struct document *document, const struct field *path,
                         const struct field *query, const struct field *headers)
{
	writer_open(document->out, "parameters", '[');
	for (; path && path->name; path++)
		write(document, &(struct parameter){ "path", path, NULL, true, "Route" });
	for (; query && query->name; query++)
		query_parameter(document, "Route", NULL, query);
	for (; headers && headers->name; headers++)
		header(document, headers);
	writer_close(document->out, ']');
}
