/* events.c: the rows of events.def, and the schemas of their data.
 *
 * The type of a member is taken from the response shape that has most of the event's members, then
 * from the other shapes of the same resource. Members that no shape has are typed by their names;
 * a check verifies that this works. */

#include <stdio.h>

#include "events.h"
#include "json_schema.h"
#include "writer.h"

const struct event_row event_rows[] = {
#define EVENT(type, channels, data, summary) { type, channels, data, summary },
#include "table/events.def"
#undef EVENT
	{ 0 },
};

bool event_is_broadcast(const struct event_row *event)
{
	return strcmp(event->type, "*") == 0;
}

const char *event_name(const struct event_row *event)
{
	return event_is_broadcast(event) ? "broadcast" : event->type;
}

/* The next member; false at the end. */
static bool next_member(struct str *rest, struct str *name, bool *optional)
{
	if (!str_cut(rest, ' ', name))
		return false;
	*optional = name->at[name->length - 1] == '?';
	name->length -= *optional;
	return true;
}

/* `deep`: also search nested shapes. */
static const struct field *find(const struct shape *shape, struct str name, bool deep)
{
	const struct field *const parts[] = { shape->fields, shape->more };
	const struct field *found = NULL;

	if (shape->list)
		return find(shape->item, name, deep);
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		for (const struct field *field = parts[i]; field && field->name; field++) {
			if (field->type != FIELD_SHAPE && str_is(name, field->name))
				return field;
		}
	}
	for (size_t i = 0; i < COUNT_OF(parts) && deep; i++) {
		for (const struct field *field = parts[i]; field && field->name && !found; field++)
			found = field->type == FIELD_SHAPE ? find(field->shape, name, deep) : NULL;
	}
	return found;
}

static int count_shared(const struct event_row *event, const struct shape *shape)
{
	struct str rest = str_of(event->data), name;
	bool optional;
	int count = 0;

	while (next_member(&rest, &name, &optional))
		count += find(shape, name, false) != NULL;
	return count;
}

/* "check_in.opened" belongs to "/location-check-ins". */
static bool is_named_after(const struct event_row *event, const struct resource *resource)
{
	size_t length = strcspn(event->type, ".");

	for (const char *at = resource->path; strlen(at) >= length; at++) {
		size_t same = 0;

		while (same < length && (at[same] == '-' ? '_' : at[same]) == event->type[same])
			same++;
		if (same == length)
			return true;
	}
	return false;
}

/* The shape that has most of an event's members. */
struct event_source {
	const struct resource *resource;
	const struct shape *shape;
};

static struct event_source find_source(const struct event_row *event, const struct resource *const *resources)
{
	struct event_source best = { 0 };
	int most = 0;

	for (; *resources; resources++) {
		for (const struct operation *o = (*resources)->operations; o->method; o++) {
			int count = o->response ? 2 * count_shared(event, o->response) + is_named_after(event, *resources) : 0;

			if (count > most) {
				best = (struct event_source){ *resources, o->response };
				most = count;
			}
		}
	}
	return best;
}

static const struct field *find_in(const struct event_source *source, struct str name)
{
	const struct field *found;

	if (!source->shape)
		return NULL;
	found = find(source->shape, name, false);
	for (const struct operation *o = source->resource->operations; o->method && !found; o++)
		found = o->response ? find(o->response, name, true) : NULL;
	return found;
}

static bool ends_with(struct str name, const char *end)
{
	size_t length = strlen(end);

	return name.length >= length && memcmp(name.at + name.length - length, end, length) == 0;
}

/* For members that no shape has. */
static struct field guess_field(struct str name)
{
	if (str_is(name, "revision"))
		return (struct field){ .type = FIELD_INTEGER, .min = 1, .max = 9007199254740991 };
	if (str_is(name, "id"))
		return (struct field){ .type = FIELD_UUID };
	if (ends_with(name, "_id"))
		return (struct field){ .type = FIELD_UUID, .rules = NULLABLE };
	if (ends_with(name, "_at") || ends_with(name, "_time"))
		return (struct field){ .type = FIELD_TIME, .rules = NULLABLE };
	return (struct field){ .type = FIELD_JSON };
}

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
	writer_close(out, '}');
}

static void member(struct buf *out, const struct event_source *source, struct str name, bool optional)
{
	const struct field *shown = find_in(source, name);
	struct field field = shown ? *shown : guess_field(name);
	char key[64];

	snprintf(key, sizeof(key), "%.*s", STR_ARGS(name));
	field.description = NULL; /* they describe another object */
	field.default_value = NULL;
	field.rules |= optional ? NULLABLE : 0;
	if (field.type == FIELD_CHOICE && !(field.rules & MULTIPLE))
		choice(out, key, &field);
	else
		json_schema_field(out, key, &field);
}

void event_schema(struct buf *out, const struct event_row *event, const struct resource *const *resources)
{
	const struct event_source source = find_source(event, resources);
	struct str rest = str_of(event->data), name;
	bool optional;

	writer_open(out, event_name(event), '{');
	writer_text(out, "type", "object");
	if (event_is_broadcast(event)) {
		writer_raw(out, "additionalProperties", "true");
		writer_close(out, '}');
		return;
	}
	writer_open(out, "properties", '{');
	while (next_member(&rest, &name, &optional))
		member(out, &source, name, optional);
	writer_close(out, '}');
	writer_open(out, "required", '[');
	for (rest = str_of(event->data); next_member(&rest, &name, &optional);)
		buf_print(out, "\"%.*s\",", STR_ARGS(name));
	writer_close(out, ']');
	writer_raw(out, "additionalProperties", "false");
	writer_close(out, '}');
}
