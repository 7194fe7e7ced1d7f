/* json.c: parsed JSON values, on top of json-c.
 *
 * The only file that uses json-c. json-c represents null as a NULL pointer, but a null
 * member must be distinguished from an absent one; so null is a value of its own here.
 * to_json_c() and from_json_c() convert between the two. */

#include <json-c/json.h>
#include <stdlib.h>

#include "json.h"

static const char null_value;

static const struct json *from_json_c(struct json_object *object)
{
	return object ? (const struct json *)object : (const struct json *)&null_value;
}

static struct json_object *to_json_c(const struct json *value)
{
	return value == (const struct json *)&null_value ? NULL
	                                                 : (struct json_object *)(uintptr_t)value;
}

struct json *json_parse(struct str text, const char **error, size_t *offset)
{
	struct json_tokener *tokener;
	struct json_object *object;
	enum json_tokener_error status;
	const char *found = json_scan(text, offset);

	if (error)
		*error = found;
	if (found)
		return NULL;
	tokener = json_tokener_new_ex(JSON_DEPTH + 1);
	if (!tokener)
		abort();
	object = json_tokener_parse_ex(tokener, text.at, (int)text.length);
	status = json_tokener_get_error(tokener);
	if (status == json_tokener_continue) {
		/* A number at the very end might continue: mark the end of the input. */
		object = json_tokener_parse_ex(tokener, "", -1);
		status = json_tokener_get_error(tokener);
	}
	json_tokener_free(tokener);
	if (status != json_tokener_success) {
		json_object_put(object);
		if (error)
			*error = "it cannot be parsed";
		return NULL;
	}
	return (struct json *)(uintptr_t)from_json_c(object);
}

void json_free(struct json *value)
{
	if (value)
		json_object_put(to_json_c(value));
}

enum json_kind json_kind(const struct json *value)
{
	switch (json_object_get_type(to_json_c(value))) {
	case json_type_boolean:
		return JSON_BOOLEAN;
	case json_type_int:
		return JSON_INTEGER;
	case json_type_double:
		return JSON_DECIMAL;
	case json_type_string:
		return JSON_STRING;
	case json_type_array:
		return JSON_ARRAY;
	case json_type_object:
		return JSON_OBJECT;
	default:
		return JSON_NULL;
	}
}

bool json_boolean(const struct json *value)
{
	return json_object_get_boolean(to_json_c(value));
}

long long json_integer(const struct json *value)
{
	return json_object_get_int64(to_json_c(value));
}

struct str json_string(const struct json *value)
{
	struct json_object *object = to_json_c(value);

	if (!json_object_is_type(object, json_type_string))
		return STR("");
	return (struct str){ json_object_get_string(object),
		             (size_t)json_object_get_string_len(object) };
}

size_t json_count(const struct json *array)
{
	return json_kind(array) == JSON_ARRAY ? json_object_array_length(to_json_c(array)) : 0;
}

const struct json *json_at(const struct json *array, size_t index)
{
	return from_json_c(json_object_array_get_idx(to_json_c(array), index));
}

const struct json *json_member(const struct json *object, const char *name)
{
	struct json_object *found;

	if (json_kind(object) != JSON_OBJECT
	    || !json_object_object_get_ex(to_json_c(object), name, &found))
		return NULL;
	return from_json_c(found);
}

struct str json_member_string(const struct json *object, const char *name)
{
	return json_string(json_member(object, name));
}

struct json_cursor json_begin(const struct json *object)
{
	struct json_cursor cursor = { 0 };

	if (json_kind(object) == JSON_OBJECT)
		cursor.entry = lh_table_head(json_object_get_object(to_json_c(object)));
	return cursor;
}

bool json_next(struct json_cursor *cursor)
{
	const struct lh_entry *entry = cursor->entry;

	if (!entry)
		return false;
	cursor->name = lh_entry_k(entry);
	cursor->value = from_json_c((struct json_object *)(uintptr_t)lh_entry_v(entry));
	cursor->entry = lh_entry_next(entry);
	return true;
}

void buf_json_value(struct buf *buf, const struct json *value)
{
	size_t length;
	const char *text = json_object_to_json_string_length(
		to_json_c(value), JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &length);

	buf_add(buf, text, length);
}
