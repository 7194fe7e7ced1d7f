/* schemas.c: writes components.schemas: shapes, bodies and choices, each once, by name. */

#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "components.h"
#include "json_schema.h"
#include "live_routes.h"
#include "problem_schema.h"
#include "public_routes.h"
#include "scalars.h"
#include "schemas.h"
#include "writer.h"

/* Names of the schemas that have been written. */
struct names {
	const char **names;
	size_t count;
};

static bool is_new(struct names *written, const char *name)
{
	for (size_t i = 0; i < written->count; i++) {
		if (strcmp(written->names[i], name) == 0)
			return false;
	}
	written->names = xrealloc(written->names, (written->count + 1) * sizeof(*written->names));
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

static void properties(struct buf *out, const struct field *fields, bool is_input)
{
	for (; fields && fields->name; fields++) {
		if (is_input)
			json_schema_input(out, fields->name, fields, true);
		else
			json_schema_output(out, fields->name, fields);
	}
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
		properties(out, parts[i], def->is_input);
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

void schemas_body_name(const char *operation, char *out, size_t size)
{
	char name[64];

	components_pascal(operation, name, sizeof(name));
	snprintf(out, size, "%sBody", name);
}

static bool is_written(const struct field *field, bool is_update)
{
	return !(field->rules & READ_ONLY) && !(is_update && field->rules & CREATE_ONLY);
}

/* Documents which fields are meant for a value of `type`. Other fields are accepted as well, so
 * that the type can be changed. */
static void conditions(struct buf *out, const struct field *fields)
{
	const char *value = NULL;
	struct buf names = { 0 };

	for (const struct field *field = fields; field->name; field++)
		value = field->meant_for ?: value;
	if (!value)
		return;
	buf_print(out,
	          "\"if\":{\"properties\":{\"type\":{\"const\":\"%s\"}},"
	          "\"required\":[\"type\"]},",
	          value);
	writer_open(out, "then", '{');
	for (const struct field *field = fields; field->name; field++) {
		if (field->meant_for)
			buf_print(&names, "%s`%s`",
			          names.length ? ", " : "Fields of this type: ", field->name);
	}
	buf_char(&names, '.');
	writer_text(out, "description", buf_cstr(&names));
	writer_close(out, '}');
	buf_finish(&names);
}

static void body(struct buf *out, struct names *written, const char *operation,
                 const struct field *fields, bool is_update)
{
	unsigned required_rule = is_update ? REQUIRED_ON_UPDATE : REQUIRED;
	char name[96];

	schemas_body_name(operation, name, sizeof(name));
	writer_open(out, name, '{');
	writer_text(out, "type", "object");
	writer_open(out, "properties", '{');
	for (const struct field *field = fields; field->name; field++) {
		if (is_written(field, is_update))
			json_schema_input(out, field->name, field, false);
	}
	writer_close(out, '}');
	writer_open(out, "required", '[');
	for (const struct field *field = fields; field->name; field++) {
		if (field->rules & required_rule)
			buf_print(out, "\"%s\",", field->name);
	}
	writer_close(out, ']');
	writer_raw(out, "additionalProperties", "false");
	conditions(out, fields);
	writer_close(out, '}');
	choices(out, written, fields);
	for (const struct field *field = fields; field->name; field++) {
		if (field->type == FIELD_SHAPE && !(field->rules & READ_ONLY))
			shape(out, written, field->shape);
	}
}

static void of_resources(struct buf *out, struct names *written,
                         const struct resource *const *resources, enum version version)
{
	for (; *resources; resources++) {
		for (const struct operation *o = (*resources)->operations; o->method; o++) {
			if (!operation_is_in(o, version))
				continue;
			if (o->response)
				shape(out, written, o->response);
			if (o->alt_response)
				shape(out, written, o->alt_response);
			if (o->body)
				body(out, written, o->name, o->body, o->method == PATCH);
			choices(out, written, o->query);
		}
	}
}

static void of_routes(struct buf *out, struct names *written, bool has_live)
{
	const struct live_route *live = live_route_rows;

	for (; has_live && live->method != METHOD_NONE; live++) {
		if (live->body)
			body(out, written, live->name, live->body, false);
	}
	for (const struct public_route *route = public_routes; route->pattern; route++) {
		if (route->shape && (has_live || !route->needs_live))
			shape(out, written, route->shape);
	}
}

void schemas_write(struct document *document, const struct resource *const *resources)
{
	struct names written = { 0 };
	struct buf *out = document->out;

	writer_open(out, "schemas", '{');
	shape(out, &written, &problem_shape);
	shape(out, &written, &validation_problem_shape);
	of_resources(out, &written, resources, document->version);
	of_routes(out, &written, document->has_live);
	scalars_write(out);
	writer_close(out, '}');
	free(written.names);
}
