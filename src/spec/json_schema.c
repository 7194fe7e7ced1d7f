/* json_schema.c: writes fields as JSON Schema. Each shape and each choice is written once, by
 * name. */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "example.h"
#include "json_schema.h"
#include "writer.h"

static void reference(struct buf *out, const char *name)
{
	buf_print(out, "\"$ref\":\"#/components/schemas/%s\",", name);
}

void json_schema_shape_ref(struct buf *out, const char *key, const struct shape *shape)
{
	writer_open(out, key, '{');
	if (shape->list) {
		writer_text(out, "type", "array");
		json_schema_shape_ref(out, "items", shape->item);
	} else {
		reference(out, shape->name);
	}
	writer_close(out, '}');
}

static const char *type_name(enum field_type type)
{
	switch (type) {
	case FIELD_INTEGER:
		return "integer";
	case FIELD_DECIMAL:
		return "number";
	case FIELD_BOOLEAN:
		return "boolean";
	case FIELD_OBJECT:
		return "object";
	default:
		return "string";
	}
}

static const char *format_name(enum field_type type)
{
	switch (type) {
	case FIELD_EMAIL:
		return "email";
	case FIELD_URL:
		return "uri";
	case FIELD_UUID:
		return "uuid";
	case FIELD_TIME:
		return "date-time";
	case FIELD_DATE:
		return "date";
	default:
		return NULL;
	}
}

/* The schema that a field refers to: a choice or a shape. NULL if its type is inline. */
static const char *schema_name(const struct field *field)
{
	if (field->type == FIELD_CHOICE)
		return field->choice_name;
	return field->type == FIELD_SHAPE ? field->shape->name : NULL;
}

static void type_of(struct buf *out, const struct field *field, bool nullable)
{
	const char *format = format_name(field->type);

	if (field->type == FIELD_JSON)
		return;
	if (nullable)
		buf_print(out, "\"type\":[\"%s\",\"null\"],", type_name(field->type));
	else
		writer_text(out, "type", type_name(field->type));
	if (format)
		writer_text(out, "format", format);
	if (field->type == FIELD_OBJECT)
		writer_raw(out, "additionalProperties", "true");
	if (field->type == FIELD_TIME_OF_DAY)
		writer_text(out, "pattern", "^([01][0-9]|2[0-3]):[0-5][0-9]$");
	if (field->type == FIELD_INTEGER || field->type == FIELD_DECIMAL) {
		writer_number(out, "minimum", field->min);
		writer_number(out, "maximum", field->max);
	} else if (field->type == FIELD_TEXT || field->type == FIELD_LINE) {
		if (field->min)
			writer_number(out, "minLength", field->min);
		if (field->max)
			writer_number(out, "maxLength", field->max);
	} else if (field->type == FIELD_URL) {
		writer_number(out, "maxLength", 2048);
	}
}

static void one(struct buf *out, const struct field *field, bool nullable)
{
	const char *name = schema_name(field);

	if (!name) {
		type_of(out, field, nullable);
	} else if (nullable) {
		writer_open(out, "anyOf", '[');
		writer_open(out, NULL, '{');
		reference(out, name);
		writer_close(out, '}');
		buf_text(out, "{\"type\":\"null\"}");
		writer_close(out, ']');
	} else {
		reference(out, name);
	}
}

void json_schema_field(struct buf *out, const char *key, const struct field *field)
{
	writer_open(out, key, '{');
	if (field->rules & MULTIPLE) {
		writer_text(out, "type", "array");
		if (field->rules & REQUIRED)
			writer_number(out, "minItems", 1);
		if (field->max_items)
			writer_number(out, "maxItems", field->max_items);
		writer_open(out, "items", '{');
		one(out, field, false);
		writer_close(out, '}');
	} else {
		one(out, field, field->rules & NULLABLE);
	}
	if (field->default_value) {
		buf_print(out,
		          field->type == FIELD_INTEGER || field->type == FIELD_BOOLEAN
		                  ? "\"default\":%s,"
		                  : "\"default\":\"%s\",",
		          field->default_value);
	}
	if (field->description)
		writer_text(out, "description", field->description);
	if (field->type != FIELD_SHAPE) {
		writer_open(out, "examples", '[');
		example_field(out, field);
		writer_close(out, ']');
	}
	writer_close(out, '}');
}

/* Names of the schemas that have been written. */
struct names {
	const char *names[512];
	size_t count;
};

static bool is_new(struct names *written, const char *name)
{
	for (size_t i = 0; i < written->count; i++) {
		if (strcmp(written->names[i], name) == 0)
			return false;
	}
	if (written->count < COUNT_OF(written->names))
		written->names[written->count++] = name;
	return true;
}

static void choices(struct buf *out, struct names *written, const struct field *fields)
{
	for (; fields && fields->name; fields++) {
		if (fields->type != FIELD_CHOICE || !is_new(written, fields->choice_name))
			continue;
		writer_open(out, fields->choice_name, '{');
		writer_text(out, "type", "string");
		writer_open(out, "enum", '[');
		for (const char *const *choice = fields->choices; *choice; choice++) {
			buf_json(out, str_of(*choice));
			buf_char(out, ',');
		}
		writer_close(out, ']');
		writer_close(out, '}');
	}
}

static void properties(struct buf *out, const struct field *fields)
{
	for (; fields && fields->name; fields++)
		json_schema_field(out, fields->name, fields);
}

static void required(struct buf *out, const struct field *fields, bool written)
{
	for (; fields && fields->name; fields++) {
		if (written ? fields->rules & REQUIRED : !(fields->rules & OPTIONAL_IN_RESPONSE))
			buf_print(out, "\"%s\",", fields->name);
	}
}

static void shape(struct buf *out, struct names *written, const struct shape *def)
{
	const struct field *const parts[] = { def->fields, def->more };

	if (def->list) {
		shape(out, written, def->item);
		return;
	}
	if (!is_new(written, def->name))
		return;
	writer_open(out, def->name, '{');
	writer_text(out, "type", "object");
	writer_text(out, "description", def->description);
	writer_open(out, "properties", '{');
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		properties(out, parts[i]);
	writer_close(out, '}');
	writer_open(out, "required", '[');
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		required(out, parts[i], def->is_input);
	writer_close(out, ']');
	writer_raw(out, "additionalProperties", "false");
	writer_close(out, '}');
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		choices(out, written, parts[i]);
		for (const struct field *field = parts[i]; field && field->name; field++) {
			if (field->type == FIELD_SHAPE)
				shape(out, written, field->shape);
		}
	}
}

void json_schema_body_name(const struct operation *operation, char *out, size_t size)
{
	struct str rest = str_of(operation->name), word;
	size_t length = 0;

	while (str_cut(&rest, '_', &word) && length < size)
		length += (size_t)snprintf(out + length, size - length, "%c%.*s",
		                           toupper(word.at[0]), (int)word.length - 1, word.at + 1);
	if (length < size)
		snprintf(out + length, size - length, "Body");
}

static bool has_any(const struct field *fields, unsigned rule)
{
	while (fields->name && !(fields->rules & rule))
		fields++;
	return fields->name;
}

static void body(struct buf *out, struct names *written, const struct operation *operation)
{
	bool is_update = operation->method == PATCH;
	unsigned required_rule = is_update ? REQUIRED_ON_UPDATE : REQUIRED;
	char name[64];

	json_schema_body_name(operation, name, sizeof(name));
	writer_open(out, name, '{');
	writer_text(out, "type", "object");
	writer_open(out, "properties", '{');
	for (const struct field *field = operation->body; field->name; field++) {
		if (!(field->rules & READ_ONLY) && !(is_update && field->rules & CREATE_ONLY))
			json_schema_field(out, field->name, field);
	}
	writer_close(out, '}');
	if (!is_update || has_any(operation->body, required_rule)) {
		writer_open(out, "required", '[');
		for (const struct field *field = operation->body; field->name; field++) {
			if (field->rules & required_rule)
				buf_print(out, "\"%s\",", field->name);
		}
		writer_close(out, ']');
	}
	writer_raw(out, "additionalProperties", "false");
	writer_close(out, '}');
	choices(out, written, operation->body);
	for (const struct field *field = operation->body; field->name; field++) {
		if (field->type == FIELD_SHAPE && !(field->rules & READ_ONLY))
			shape(out, written, field->shape);
	}
}

static void problem(struct buf *out)
{
	static const struct field error[] = {
		{ "pointer", FIELD_TEXT, OPTIONAL_IN_RESPONSE,
		  .description = "JSON Pointer to a field of the body." },
		{ "parameter", FIELD_TEXT, OPTIONAL_IN_RESPONSE,
		  .description = "Name of a query or path parameter." },
		{ "header", FIELD_TEXT, OPTIONAL_IN_RESPONSE,
		  .description = "Name of a request header." },
		{ "code", FIELD_TEXT, .description = "Error code, for programs." },
		{ "detail", FIELD_TEXT,
		  .description = "What is wrong, worded to follow the name of the field." },
		{ 0 },
	};
	static const struct shape error_shape = { "FieldError", error,
		                                  .description = "One error in a request." };
	static const struct field fields[] = {
		{ "type", FIELD_TEXT,
		  .description = "Path of the page that describes this problem." },
		{ "title", FIELD_TEXT, .description = "What happened." },
		{ "status", FIELD_INTEGER, 0, 400, 599, .description = "HTTP status." },
		{ "detail", FIELD_TEXT, OPTIONAL_IN_RESPONSE,
		  .description = "What happened in this request." },
		{ "code", FIELD_TEXT, .description = "Problem code, for programs." },
		{ "request_id", FIELD_TEXT,
		  .description = "Request ID. Quote it in support requests." },
		{ "errors", FIELD_SHAPE, MULTIPLE | OPTIONAL_IN_RESPONSE, .shape = &error_shape,
		  .description = "All errors, in the order of the request." },
		{ 0 },
	};
	static const struct shape problem_shape = { "Problem", fields,
		                                    .description =
		                                            "An error response (RFC 9457)." };

	shape(out, &(struct names){ 0 }, &problem_shape);
}

void json_schema_all(struct buf *out, const struct resource *const *resources)
{
	struct names written = { 0 };

	writer_open(out, "schemas", '{');
	problem(out);
	for (; *resources; resources++) {
		for (const struct operation *o = (*resources)->operations; o->method; o++) {
			if (o->response)
				shape(out, &written, o->response);
			if (o->body)
				body(out, &written, o);
			choices(out, &written, o->query);
		}
	}
	writer_close(out, '}');
}
