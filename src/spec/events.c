/* events.c: writes the schemas of events. */

#include "events.h"
#include "example.h"
#include "json_schema.h"
#include "writer.h"

static void choice(struct buf *out, const char *key, const struct field *field)
{
	bool nullable = field->rules & NULLABLE;

	writer_open(out, key, '{');
	writer_raw(out, "type", nullable ? "[\"string\",\"null\"]" : "\"string\"");
	writer_open(out, "enum", '[');
	for (const char *const *each = field->choices; *each; each++) {
		buf_json(out, str_of(*each));
		buf_char(out, ',');
	}
	buf_text(out, nullable ? "null" : "");
	writer_close(out, ']');
	writer_text(out, "description", field->description);
	writer_close(out, '}');
}

void event_schema(struct buf *out, const struct event *event)
{
	writer_open(out, event_name(event), '{');
	writer_text(out, "type", "object");
	writer_text(out, "description", event->summary);
	if (!event->data) {
		writer_raw(out, "additionalProperties", "true");
		writer_close(out, '}');
		return;
	}
	writer_open(out, "properties", '{');
	for (const struct field *field = event->data; field->name; field++) {
		if (field->type == FIELD_CHOICE)
			choice(out, field->name, field);
		else
			json_schema_field(out, field->name, field);
	}
	writer_close(out, '}');
	writer_open(out, "required", '[');
	for (const struct field *field = event->data; field->name; field++)
		buf_print(out, "\"%s\",", field->name);
	writer_close(out, ']');
	writer_raw(out, "additionalProperties", "false");
	writer_close(out, '}');
}

void event_example(struct buf *out, const struct event *event)
{
	const struct shape shape = { .fields = event->data };

	if (event->data)
		example_shape(out, &shape);
	else
		buf_text(out, "{}");
	buf_char(out, ',');
}
