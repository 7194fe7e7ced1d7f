/* json_schema.c: writes fields as JSON Schema. Choices and shapes are references.
 *
 * Inputs have patterns that correspond to the checks in rest/field.c: values that match are
 * accepted. Responses have no patterns. */

#include "example.h"
#include "json_schema.h"
#include "scalars.h"
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

/* The schema that a field refers to. NULL if its type is inline. */
static const char *schema_name(const struct field *field, enum use use)
{
	switch (field->type) {
	case FIELD_CHOICE:
		return field->choice_name;
	case FIELD_SHAPE:
		return field->shape->name;
	default:
		return scalar_name(field, use);
	}
}

static void limits(struct buf *out, const struct field *field)
{
	switch (field->type) {
	case FIELD_INTEGER:
	case FIELD_DECIMAL:
		writer_number(out, "minimum", field->min);
		writer_number(out, "maximum", field->max);
		break;
	case FIELD_TEXT:
	case FIELD_LINE:
	case FIELD_LINK:
	case FIELD_EVENT_TYPE:
		if (field->min)
			writer_number(out, "minLength", field->min);
		if (field->max)
			writer_number(out, "maxLength", field->max);
		break;
	case FIELD_EMAIL:
		writer_number(out, "maxLength", 320);
		break;
	case FIELD_URL:
		writer_number(out, "maxLength", 2048);
		break;
	default:
		break;
	}
}

static void type_of(struct buf *out, const struct field *field, bool nullable, enum use use)
{
	const char *format = format_name(field->type);
	const char *pattern = use == IN_REQUEST || field->type == FIELD_TIME_OF_DAY
	                              ? scalar_pattern(field->type)
	                              : NULL;

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
	if (pattern)
		writer_text(out, "pattern", pattern);
}

static void one(struct buf *out, const struct field *field, bool nullable, enum use use)
{
	const char *name = schema_name(field, use);

	if (!name) {
		type_of(out, field, nullable, use);
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
	if (use != IN_RESPONSE)
		limits(out, field);
}

static void array(struct buf *out, const struct field *field, enum use use)
{
	writer_text(out, "type", "array");
	if (field->rules & REQUIRED)
		writer_number(out, "minItems", 1);
	if (field->max_items)
		writer_number(out, "maxItems", field->max_items);
	if (use == IN_REQUEST && field->rules & UNIQUE_ITEMS)
		writer_raw(out, "uniqueItems", "true");
	writer_open(out, "items", '{');
	one(out, field, false, use);
	writer_close(out, '}');
}

/* Tools derive the example of a shape from those of its fields, and the example of a choice, a
 * boolean or a nullable field from its type. The components of scalars.c have examples. */
static bool has_own_example(const struct field *field, enum use use)
{
	switch (field->type) {
	case FIELD_SHAPE:
		return false;
	case FIELD_CHOICE:
	case FIELD_BOOLEAN:
		return field->example;
	default:
		return field->example || (!scalar_name(field, use) && !(field->rules & NULLABLE));
	}
}

static void schema(struct buf *out, const char *key, const struct field *field, enum use use,
                   bool has_example)
{
	bool is_literal = field->type == FIELD_INTEGER || field->type == FIELD_BOOLEAN;

	writer_open(out, key, '{');
	if (field->rules & MULTIPLE)
		array(out, field, use);
	else
		one(out, field, field->rules & NULLABLE, use);
	if (field->default_value)
		buf_print(out, is_literal ? "\"default\":%s," : "\"default\":\"%s\",",
		          field->default_value);
	if (field->description)
		writer_text(out, "description", field->description);
	if (has_example && has_own_example(field, use)) {
		writer_open(out, "examples", '[');
		example_field(out, field);
		writer_close(out, ']');
	}
	writer_close(out, '}');
}

void json_schema_field(struct buf *out, const char *key, const struct field *field)
{
	schema(out, key, field, IN_EVENT, true);
}

void json_schema_output(struct buf *out, const char *key, const struct field *field)
{
	schema(out, key, field, IN_RESPONSE, true);
}

void json_schema_input(struct buf *out, const char *key, const struct field *field,
                       bool has_example)
{
	schema(out, key, field, IN_REQUEST, has_example);
}
