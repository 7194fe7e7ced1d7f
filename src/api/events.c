/* events.c: the rows of events.def, and the schemas of their data.
 *
 * The type of a member is taken from the response shape that has most of the event's members, then
 * from the other shapes of the same resource. Members that no shape has are typed by their names;
 * a check verifies that this works. */

#include <stdio.h>

#include "spec.h"
#include "events.h"

const struct event_row event_rows[] = {
#define EVENT(type, channels, data, says) { type, channels, data, says },
#include "table/events.def"
#undef EVENT
	{ 0 },
};

bool event_is_free(const struct event_row *event)
{
	return strcmp(event->type, "*") == 0;
}

const char *event_name(const struct event_row *event)
{
	return event_is_free(event) ? "broadcast" : event->type;
}

/* The next member; false at the end. */
static bool next(struct str *rest, struct str *name, bool *may_lack)
{
	if (!str_cut(rest, ' ', name))
		return false;
	*may_lack = name->at[name->length - 1] == '?';
	name->length -= *may_lack;
	return true;
}

/* `deep`: also search nested shapes. */
static const struct field *find(const struct shape *shape, struct str name, bool deep)
{
	const struct field *const parts[] = { shape->fields, shape->more };
	const struct field *found = NULL;

	if (shape->list)
		return find(shape->of, name, deep);
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

static int shared(const struct event_row *event, const struct shape *shape)
{
	struct str rest = str_of(event->data), name;
	bool may_lack;
	int count = 0;

	while (next(&rest, &name, &may_lack))
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
struct showing {
	const struct resource *resource;
	const struct shape *shape;
};

static struct showing source_of(const struct event_row *event, const struct resource *const *resources)
{
	struct showing best = { 0 };
	int most = 0;

	for (; *resources; resources++) {
		for (const struct operation *o = (*resources)->operations; o->method; o++) {
			int count = o->answers ? 2 * shared(event, o->answers) + is_named_after(event, *resources) : 0;

			if (count > most) {
				best = (struct showing){ *resources, o->answers };
				most = count;
			}
		}
	}
	return best;
}

static const struct field *find_in(const struct showing *source, struct str name)
{
	const struct field *found;

	if (!source->shape)
		return NULL;
	found = find(source->shape, name, false);
	for (const struct operation *o = source->resource->operations; o->method && !found; o++)
		found = o->answers ? find(o->answers, name, true) : NULL;
	return found;
}

static bool ends(struct str name, const char *end)
{
	size_t length = strlen(end);

	return name.length >= length && memcmp(name.at + name.length - length, end, length) == 0;
}

/* For members that no shape has. */
static struct field guess(struct str name)
{
	if (str_is(name, "revision"))
		return (struct field){ .type = FIELD_INTEGER, .min = 1, .max = 9007199254740991 };
	if (str_is(name, "id"))
		return (struct field){ .type = FIELD_UUID };
	if (ends(name, "_id"))
		return (struct field){ .type = FIELD_UUID, .rules = NULLABLE };
	if (ends(name, "_at") || ends(name, "_time"))
		return (struct field){ .type = FIELD_TIME, .rules = NULLABLE };
	return (struct field){ .type = FIELD_JSON };
}

static void choice(struct buf *out, const char *key, const struct field *field)
{
	bool nullable = field->rules & NULLABLE;

	contract_open(out, key, '{');
	contract_raw(out, "type", nullable ? "[\"string\",\"null\"]" : "\"string\"");
	contract_open(out, "enum", '[');
	for (const char *const *each = field->choices; *each; each++) {
		buf_json(out, str_of(*each));
		buf_char(out, ',');
	}
	buf_text(out, nullable ? "null" : "");
	contract_close(out, ']');
	contract_close(out, '}');
}

static void member(struct buf *out, const struct showing *source, struct str name, bool may_lack)
{
	const struct field *shown = find_in(source, name);
	struct field field = shown ? *shown : guess(name);
	char key[64];

	snprintf(key, sizeof(key), "%.*s", STR_ARGS(name));
	field.says = NULL; /* they describe another object */
	field.usual = NULL;
	field.rules |= may_lack ? NULLABLE : 0;
	if (field.type == FIELD_CHOICE && !(field.rules & MANY))
		choice(out, key, &field);
	else
		contract_field(out, key, &field);
}

void event_schema(struct buf *out, const struct event_row *event, const struct resource *const *resources)
{
	const struct showing source = source_of(event, resources);
	struct str rest = str_of(event->data), name;
	bool may_lack;

	contract_open(out, event_name(event), '{');
	contract_text(out, "type", "object");
	if (event_is_free(event)) {
		contract_raw(out, "additionalProperties", "true");
		contract_close(out, '}');
		return;
	}
	contract_open(out, "properties", '{');
	while (next(&rest, &name, &may_lack))
		member(out, &source, name, may_lack);
	contract_close(out, '}');
	contract_open(out, "required", '[');
	for (rest = str_of(event->data); next(&rest, &name, &may_lack);)
		buf_print(out, "\"%.*s\",", STR_ARGS(name));
	contract_close(out, ']');
	contract_raw(out, "additionalProperties", "false");
	contract_close(out, '}');
}
