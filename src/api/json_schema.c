/* json_schema.c: writes fields as JSON Schema. Each shape and each choice is written once, by
 * name. */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "spec.h"

void contract_open(struct buf *out, const char *key, char bracket)
{
	if (key) {
		buf_json(out, str_of(key));
		buf_char(out, ':');
	}
	buf_char(out, bracket);
}

void contract_close(struct buf *out, char bracket)
{
	if (out->at[out->length - 1] == ',')
		out->length--;
	buf_char(out, bracket);
	buf_char(out, ',');
}

void contract_raw(struct buf *out, const char *key, const char *value)
{
	buf_json(out, str_of(key));
	buf_char(out, ':');
	buf_text(out, value);
	buf_char(out, ',');
}

void contract_text(struct buf *out, const char *key, const char *value)
{
	buf_json(out, str_of(key));
	buf_char(out, ':');
	buf_json(out, str_of(value));
	buf_char(out, ',');
}

static void number(struct buf *out, const char *key, long value)
{
	buf_print(out, "\"%s\":%ld,", key, value);
}

static void reference(struct buf *out, const char *name)
{
	buf_print(out, "\"$ref\":\"#/components/schemas/%s\",", name);
}

void contract_shape_ref(struct buf *out, const char *key, const struct shape *shape)
{
	contract_open(out, key, '{');
	if (shape->list) {
		contract_text(out, "type", "array");
		contract_shape_ref(out, "items", shape->of);
	} else {
		reference(out, shape->name);
	}
	contract_close(out, '}');
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
static const char *named(const struct field *field)
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
		contract_text(out, "type", type_name(field->type));
	if (format)
		contract_text(out, "format", format);
	if (field->type == FIELD_OBJECT)
		contract_raw(out, "additionalProperties", "true");
	if (field->type == FIELD_CLOCK)
		contract_text(out, "pattern", "^([01][0-9]|2[0-3]):[0-5][0-9]$");
	if (field->type == FIELD_INTEGER || field->type == FIELD_DECIMAL) {
		number(out, "minimum", field->min);
		number(out, "maximum", field->max);
	} else if (field->type == FIELD_TEXT || field->type == FIELD_NAME) {
		if (field->min)
			number(out, "minLength", field->min);
		if (field->max)
			number(out, "maxLength", field->max);
	} else if (field->type == FIELD_URL) {
		number(out, "maxLength", 2048);
	}
}

static void one(struct buf *out, const struct field *field, bool nullable)
{
	const char *name = named(field);

	if (!name) {
		type_of(out, field, nullable);
	} else if (nullable) {
		contract_open(out, "anyOf", '[');
		contract_open(out, NULL, '{');
		reference(out, name);
		contract_close(out, '}');
		buf_text(out, "{\"type\":\"null\"}");
		contract_close(out, ']');
	} else {
		reference(out, name);
	}
}

void contract_field(struct buf *out, const char *key, const struct field *field)
{
	contract_open(out, key, '{');
	if (field->rules & MANY) {
		contract_text(out, "type", "array");
		if (field->rules & REQUIRED)
			number(out, "minItems", 1);
		if (field->most)
			number(out, "maxItems", field->most);
		contract_open(out, "items", '{');
		one(out, field, false);
		contract_close(out, '}');
	} else {
		one(out, field, field->rules & NULLABLE);
	}
	if (field->usual) {
		buf_print(out, field->type == FIELD_INTEGER || field->type == FIELD_BOOLEAN ? "\"default\":%s," : "\"default\":\"%s\",",
		          field->usual);
	}
	if (field->says)
		contract_text(out, "description", field->says);
	contract_close(out, '}');
}

/* Names of the schemas that have been written. */
struct written {
	const char *names[512];
	size_t count;
};

static bool is_new(struct written *written, const char *name)
{
	for (size_t i = 0; i < written->count; i++) {
		if (strcmp(written->names[i], name) == 0)
			return false;
	}
	if (written->count < COUNT_OF(written->names))
		written->names[written->count++] = name;
	return true;
}

static void choices(struct buf *out, struct written *written, const struct field *fields)
{
	for (; fields && fields->name; fields++) {
		if (fields->type != FIELD_CHOICE || !is_new(written, fields->choice_name))
			continue;
		contract_open(out, fields->choice_name, '{');
		contract_text(out, "type", "string");
		contract_open(out, "enum", '[');
		for (const char *const *choice = fields->choices; *choice; choice++) {
			buf_json(out, str_of(*choice));
			buf_char(out, ',');
		}
		contract_close(out, ']');
		contract_close(out, '}');
	}
}

static void properties(struct buf *out, const struct field *fields)
{
	for (; fields && fields->name; fields++)
		contract_field(out, fields->name, fields);
}

static void required(struct buf *out, const struct field *fields, bool written)
{
	for (; fields && fields->name; fields++) {
		if (written ? fields->rules & REQUIRED : !(fields->rules & SOMETIMES))
			buf_print(out, "\"%s\",", fields->name);
	}
}

static void shape(struct buf *out, struct written *written, const struct shape *it)
{
	const struct field *const parts[] = { it->fields, it->more };

	if (it->list) {
		shape(out, written, it->of);
		return;
	}
	if (!is_new(written, it->name))
		return;
	contract_open(out, it->name, '{');
	contract_text(out, "type", "object");
	contract_text(out, "description", it->says);
	contract_open(out, "properties", '{');
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		properties(out, parts[i]);
	contract_close(out, '}');
	contract_open(out, "required", '[');
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		required(out, parts[i], it->written);
	contract_close(out, ']');
	contract_raw(out, "additionalProperties", "false");
	contract_close(out, '}');
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		choices(out, written, parts[i]);
		for (const struct field *field = parts[i]; field && field->name; field++) {
			if (field->type == FIELD_SHAPE)
				shape(out, written, field->shape);
		}
	}
}

void contract_body_name(const struct operation *operation, char *out, size_t room)
{
	struct str rest = str_of(operation->name), word;
	size_t length = 0;

	while (str_cut(&rest, '_', &word) && length < room)
		length += (size_t)snprintf(out + length, room - length, "%c%.*s", toupper(word.at[0]),
		                           (int)word.length - 1, word.at + 1);
	if (length < room)
		snprintf(out + length, room - length, "Body");
}

static bool has_any(const struct field *fields, unsigned rule)
{
	while (fields->name && !(fields->rules & rule))
		fields++;
	return fields->name;
}

static void body(struct buf *out, struct written *written, const struct operation *operation)
{
	bool change = operation->method == PATCH;
	unsigned must = change ? ALWAYS : REQUIRED;
	char name[64];

	contract_body_name(operation, name, sizeof(name));
	contract_open(out, name, '{');
	contract_text(out, "type", "object");
	contract_open(out, "properties", '{');
	for (const struct field *field = operation->body; field->name; field++) {
		if (!(field->rules & GIVEN) && !(change && field->rules & FIXED))
			contract_field(out, field->name, field);
	}
	contract_close(out, '}');
	if (!change || has_any(operation->body, must)) {
		contract_open(out, "required", '[');
		for (const struct field *field = operation->body; field->name; field++) {
			if (field->rules & must)
				buf_print(out, "\"%s\",", field->name);
		}
		contract_close(out, ']');
	}
	contract_raw(out, "additionalProperties", "false");
	contract_close(out, '}');
	choices(out, written, operation->body);
	for (const struct field *field = operation->body; field->name; field++) {
		if (field->type == FIELD_SHAPE && !(field->rules & GIVEN))
			shape(out, written, field->shape);
	}
}

static void problem(struct buf *out)
{
	static const struct field fault[] = {
		{ "pointer", FIELD_TEXT, SOMETIMES,
		  .says = "JSON Pointer to a field of the body." },
		{ "parameter", FIELD_TEXT, SOMETIMES,
		  .says = "Name of a query or path parameter." },
		{ "header", FIELD_TEXT, SOMETIMES, .says = "Name of a request header." },
		{ "code", FIELD_TEXT, .says = "Error code, for programs." },
		{ "detail", FIELD_TEXT,
		  .says = "What is wrong, to be read after the name of the field." },
		{ 0 },
	};
	static const struct shape fault_shape = { "Fault", fault,
		                                  .says = "One error in a request." };
	static const struct field fields[] = {
		{ "type", FIELD_TEXT, .says = "Path of the page that describes this problem." },
		{ "title", FIELD_TEXT, .says = "What happened." },
		{ "status", FIELD_INTEGER, 0, 400, 599, .says = "HTTP status." },
		{ "detail", FIELD_TEXT, SOMETIMES, .says = "What happened in this request." },
		{ "code", FIELD_TEXT, .says = "Problem code, for programs." },
		{ "request_id", FIELD_TEXT,
		  .says = "ID of the request, to be quoted in support requests." },
		{ "errors", FIELD_SHAPE, MANY | SOMETIMES, .shape = &fault_shape,
		  .says = "All errors, in the order of the request." },
		{ 0 },
	};
	static const struct shape problem_shape = { "Problem", fields,
		                                    .says = "An error response (RFC 9457)." };

	shape(out, &(struct written){ 0 }, &problem_shape);
}

void contract_schemas(struct buf *out, const struct resource *const *resources)
{
	struct written written = { 0 };

	contract_open(out, "schemas", '{');
	problem(out);
	for (; *resources; resources++) {
		for (const struct operation *o = (*resources)->operations; o->method; o++) {
			if (o->answers)
				shape(out, &written, o->answers);
			if (o->body)
				body(out, &written, o);
			choices(out, &written, o->query);
		}
	}
	contract_close(out, '}');
}
