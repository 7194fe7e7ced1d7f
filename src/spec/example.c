/* example.c: writes example values that are valid for their fields.
 *
 * If a field has no example of its own, one is derived from its type and limits. */

#include <ctype.h>
#include <stdio.h>

#include "example.h"
#include "writer.h"

/* Whether values of the field are JSON strings, so that its example needs quotes. */
static bool is_text(const struct field *field)
{
	switch (field->type) {
	case FIELD_INTEGER:
	case FIELD_BOOLEAN:
	case FIELD_JSON:
	case FIELD_OBJECT:
	case FIELD_DECIMAL:
	case FIELD_SHAPE:
		return false;
	default:
		return true;
	}
}

/* "follow_up_notes" → "Follow up notes", with at least `min` and at most `max` characters. */
static void text_of_name(struct buf *out, const struct field *field)
{
	char text[128];
	int length = snprintf(text, sizeof(text), "%s", field->name);

	for (char *c = text; *c; c++)
		*c = *c == '_' ? ' ' : *c;
	text[0] = (char)toupper(text[0]);
	while (length < field->min && length < (int)sizeof(text) - 1)
		text[length++] = '.';
	if (field->max && length > field->max)
		length = (int)field->max;
	buf_json(out, (struct str){ text, (size_t)length });
}

static void derived(struct buf *out, const struct field *field)
{
	switch (field->type) {
	case FIELD_EMAIL:
		buf_text(out, "\"sam.rivera@example.com\"");
		break;
	case FIELD_URL:
		buf_text(out, "\"https://example.com/photos/1.jpg\"");
		break;
	case FIELD_LINK:
		buf_text(out, "\"/logs\"");
		break;
	case FIELD_EVENT_TYPE:
		buf_text(out, "\"drill.begins\"");
		break;
	case FIELD_UUID:
		buf_text(out, "\"019aa5b7-2c40-7d31-8f5e-6a1b0c9d4e72\"");
		break;
	case FIELD_TIME:
		buf_text(out, "\"2026-11-21T05:47:00+00:00\"");
		break;
	case FIELD_DATE:
	case FIELD_DATE_OR_TIME:
		buf_text(out, "\"2026-11-21\"");
		break;
	case FIELD_TIME_OF_DAY:
		buf_text(out, "\"07:30\"");
		break;
	case FIELD_INTEGER:
	case FIELD_DECIMAL:
		buf_number(out, field->min);
		break;
	case FIELD_BOOLEAN:
		buf_text(out, "false");
		break;
	case FIELD_CHOICE:
		buf_json(out, str_of(field->choices[0]));
		break;
	case FIELD_OBJECT:
		buf_text(out, "{}");
		break;
	case FIELD_JSON:
		buf_text(out, "null");
		break;
	case FIELD_SHAPE:
		example_shape(out, field->shape);
		break;
	default:
		text_of_name(out, field);
	}
}

static void one(struct buf *out, const struct field *field, const char *text)
{
	if (text && is_text(field))
		buf_json(out, str_of(text));
	else if (text)
		buf_text(out, text);
	else
		derived(out, field);
}

void example_field(struct buf *out, const struct field *field)
{
	bool is_array = field->rules & MULTIPLE && !(field->example && field->example[0] == '[');

	if (field->rules & MULTIPLE && !is_array)
		buf_text(out, field->example); /* a JSON array */
	else if (is_array) {
		buf_char(out, '[');
		one(out, field, field->example);
		buf_char(out, ']');
	} else if (field->rules & NULLABLE && !field->example && field->type != FIELD_SHAPE) {
		buf_text(out, "null");
	} else {
		one(out, field, field->example);
	}
}

static void members(struct buf *out, const struct field *fields, unsigned required)
{
	for (; fields && fields->name; fields++) {
		if (required && !fields->example && !(fields->rules & required))
			continue;
		buf_json(out, str_of(fields->name));
		buf_char(out, ':');
		example_field(out, fields);
		buf_char(out, ',');
	}
}

static void close(struct buf *out, char bracket)
{
	writer_close(out, bracket);
	out->length--; /* trailing comma */
}

/* An input includes an optional field only if the field has an example. */
void example_shape(struct buf *out, const struct shape *shape)
{
	unsigned required = shape->is_input ? REQUIRED : 0;

	if (shape->list) {
		buf_char(out, '[');
		example_shape(out, shape->item);
		buf_char(out, ']');
		return;
	}
	buf_char(out, '{');
	members(out, shape->fields, required);
	members(out, shape->more, required);
	close(out, '}');
}

void example_body(struct buf *out, const struct operation *operation)
{
	bool is_update = operation->method == PATCH;
	unsigned excluded = READ_ONLY | (is_update ? CREATE_ONLY : 0);
	unsigned required = is_update ? REQUIRED_ON_UPDATE : REQUIRED;

	if (operation->example) {
		buf_text(out, operation->example);
		return;
	}
	buf_char(out, '{');
	for (const struct field *field = operation->body; field->name; field++) {
		if (!(field->rules & excluded) && (field->example || field->rules & required))
			members(out, (const struct field[]){ *field, { 0 } }, 0);
	}
	close(out, '}');
}

void example_parameter(struct buf *out, const struct field *field, const char *text)
{
	struct str rest = str_of(text), part;
	const char *open = "[";

	if (!text || !(field->rules & MULTIPLE)) {
		if (text)
			one(out, field, text);
		else
			example_field(out, field);
		return;
	}
	while (str_cut(&rest, ',', &part)) {
		char value[256];

		snprintf(value, sizeof(value), "%.*s", STR_ARGS(part));
		buf_text(out, open);
		one(out, field, value);
		open = ",";
	}
	buf_text(out, "]");
}
