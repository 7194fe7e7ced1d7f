/* field_text.c: describes the type of a field in words. */

#include "field_text.h"

static const char *const names[] = {
	[FIELD_NONE] = "any",
	[FIELD_TEXT] = "text",
	[FIELD_LINE] = "text without line breaks",
	[FIELD_EMAIL] = "email address",
	[FIELD_URL] = "URL",
	[FIELD_LINK] = "URL or absolute path",
	[FIELD_EVENT_TYPE] = "text of a-z, 0-9, underscores and dots",
	[FIELD_UUID] = "UUID",
	[FIELD_TIME] = "time, RFC 3339",
	[FIELD_DATE_OR_TIME] = "date or time, RFC 3339",
	[FIELD_DATE] = "date",
	[FIELD_TIME_OF_DAY] = "time of day",
	[FIELD_INTEGER] = "integer",
	[FIELD_BOOLEAN] = "true or false",
	[FIELD_CHOICE] = "one of ",
	[FIELD_JSON] = "any value",
	[FIELD_OBJECT] = "object",
	[FIELD_DECIMAL] = "number",
	[FIELD_SHAPE] = "object ",
};

static void choices(struct buf *out, const struct field *field)
{
	for (const char *const *each = field->choices; *each; each++)
		buf_print(out, "%s<code>%s</code>", each == field->choices ? "" : ", ", *each);
}

void field_text(struct buf *out, const struct field *field)
{
	if (field->rules & MULTIPLE)
		buf_text(out, "array of ");
	buf_text(out, names[field->type]);
	if (field->type == FIELD_CHOICE)
		choices(out, field);
	if (field->type == FIELD_SHAPE)
		buf_html(out, str_of(field->shape->name));
	if ((field->type == FIELD_TEXT || field->type == FIELD_LINE) && field->max)
		buf_print(out, ", %ld to %ld characters", field->min, field->max);
	if (field->rules & NULLABLE)
		buf_text(out, ", or null");
	if (field->rules & OPTIONAL_IN_RESPONSE)
		buf_text(out, "; may be absent");
}
