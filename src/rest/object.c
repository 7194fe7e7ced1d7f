/* object.c: validates a JSON object against fields.
 *
 * Nested objects and lists of objects are validated recursively; each error names its JSON Pointer
 * ("/items/3/notes"). */

#include "field.h"
#include "object.h"
#include "rest.h"

static void add_error(struct validation_errors *errors, const struct buf *pointer, const char *code,
                      const char *detail)
{
	validation_errors_add(errors, "pointer", buf_as_str(pointer), code, detail);
}

/* RFC 6901: ~ and / in a name are escaped as ~0 and ~1. */
static void append_name(struct buf *pointer, const char *name)
{
	buf_char(pointer, '/');
	for (; *name; name++) {
		if (*name == '~' || *name == '/')
			buf_text(pointer, *name == '~' ? "~0" : "~1");
		else
			buf_char(pointer, *name);
	}
}

static const struct field *field_find(const struct field *fields, const char *name)
{
	for (; fields->name; fields++) {
		if (strcmp(fields->name, name) == 0)
			return fields;
	}
	return NULL;
}

/* `is_update`: absent fields keep their values, so only REQUIRED_ON_UPDATE fields are required. */
static void check_object(struct validation_errors *errors, const struct field *fields,
                         const struct json *object, bool is_update, struct buf *pointer);

static void check_objects(struct validation_errors *errors, const struct field *field,
                          const struct json *array, struct buf *pointer)
{
	size_t before = pointer->length;

	for (size_t i = 0; i < json_count(array); i++) {
		buf_print(pointer, "/%zu", i);
		check_object(errors, field->shape->fields, json_at(array, i), false, pointer);
		pointer->length = before;
	}
}

static bool is_same(const struct json *one, const struct json *other)
{
	enum json_kind kind = json_kind(one);

	if (kind != json_kind(other))
		return false;
	return kind == JSON_INTEGER ? json_integer(one) == json_integer(other)
	                            : str_equal(json_string(one), json_string(other));
}

static bool is_repeated(const struct json *array, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (is_same(json_at(array, i), json_at(array, j)))
			return true;
	}
	return false;
}

static void check_entries(struct validation_errors *errors, const struct field *field,
                          const struct json *array, struct buf *pointer)
{
	struct field each = *field;
	size_t before = pointer->length;

	each.rules &= ~(unsigned)(MULTIPLE | NULLABLE);
	for (size_t i = 0; i < json_count(array); i++) {
		struct field_error error = field_check(&each, json_at(array, i));

		buf_print(pointer, "/%zu", i);
		if (error.code)
			add_error(errors, pointer, error.code, error.detail);
		else if (field->rules & UNIQUE_ITEMS && is_repeated(array, i))
			add_error(errors, pointer, "duplicate", "must not be repeated");
		pointer->length = before;
	}
}

static void check_value(struct validation_errors *errors, const struct field *field,
                        const struct json *value, struct buf *pointer)
{
	struct field_error field_error = field_check(field, value);

	if (field_error.code)
		add_error(errors, pointer, field_error.code, field_error.detail);
	else if (json_kind(value) == JSON_NULL)
		return;
	else if (field->rules & MULTIPLE && field->type == FIELD_SHAPE)
		check_objects(errors, field, value, pointer);
	else if (field->rules & MULTIPLE)
		check_entries(errors, field, value, pointer);
	else if (field->type == FIELD_SHAPE)
		check_object(errors, field->shape->fields, value, false, pointer);
}

static void check_member(struct validation_errors *errors, const struct field *fields,
                         const struct json_cursor *member, bool is_update, struct buf *pointer)
{
	const struct field *field = field_find(fields, member->name);

	if (!field)
		add_error(errors, pointer, "unknown", "is not a field of this object");
	else if (field->rules & READ_ONLY)
		add_error(errors, pointer, "read_only", "is set by the server");
	else if (field->rules & CREATE_ONLY && is_update)
		add_error(errors, pointer, "read_only", "cannot be changed after creation");
	else
		check_value(errors, field, member->value, pointer);
}

static void check_object(struct validation_errors *errors, const struct field *fields,
                         const struct json *object, bool is_update, struct buf *pointer)
{
	struct json_cursor c = json_begin(object);
	size_t before = pointer->length;

	if (json_kind(object) != JSON_OBJECT) {
		add_error(errors, pointer, "wrong_type", "must be an object");
		return;
	}
	while (json_next(&c)) {
		append_name(pointer, c.name);
		check_member(errors, fields, &c, is_update, pointer);
		pointer->length = before;
	}
	for (const struct field *field = fields; field->name; field++) {
		if (!(field->rules & (is_update ? REQUIRED_ON_UPDATE : REQUIRED))
		    || json_member(object, field->name))
			continue;
		append_name(pointer, field->name);
		add_error(errors, pointer, "required", "is required");
		pointer->length = before;
	}
}

void object_check(const struct field *fields, const struct json *object, bool is_update,
                  struct validation_errors *errors)
{
	struct buf pointer = { 0 };

	check_object(errors, fields, object, is_update, &pointer);
	buf_finish(&pointer);
}

bool rest_check_object(const struct field *fields, const struct json *object, struct buf *errors)
{
	struct validation_errors found = { 0 };

	object_check(fields, object, false, &found);
	if (found.count) {
		buf_str(errors, buf_as_str(&found.json));
		buf_char(errors, ']');
	}
	validation_errors_finish(&found);
	return found.count == 0;
}
