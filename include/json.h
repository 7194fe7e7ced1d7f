/* json.h: strict parsing of untrusted JSON.
 *
 * json_scan() validates: strict RFC 8259, valid UTF-8, no NUL, no lone surrogates, no
 * duplicate members, numbers within range, at most JSON_DEPTH levels. Only text that
 * passes is given to json-c, whose own strict mode accepts most of what is excluded
 * here. */

#ifndef JSON_H
#define JSON_H

#include "str.h"

enum { JSON_DEPTH = 32 };

struct json; /* a value; free the root from json_parse() with json_free(), which owns the others */

/* Returns NULL if the text is one valid JSON value, otherwise a description of the
 * first error. Sets *offset, unless NULL, to the offset at which scanning ended. */
const char *json_scan(struct str text, size_t *offset);

/* Validates and parses. Returns NULL if the text is not valid JSON, and sets *error and
 * *offset as json_scan() does (both may be NULL). A JSON null is a value of the kind
 * JSON_NULL, not NULL. */
[[nodiscard]] struct json *json_parse(struct str text, const char **error, size_t *offset);
void json_free(struct json *value);

enum json_kind {
	JSON_NULL,
	JSON_BOOLEAN,
	JSON_INTEGER,
	JSON_DECIMAL,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

enum json_kind json_kind(const struct json *value);
bool json_boolean(const struct json *value);
long long json_integer(const struct json *value);
struct str json_string(const struct json *value); /* owned by the value; "" if not a string */

size_t json_count(const struct json *array);
const struct json *json_at(const struct json *array, size_t index);

/* NULL if the object has no such member; a null member is a value. */
const struct json *json_member(const struct json *object, const char *name);
/* json_string() of the member; "" if there is none. */
struct str json_member_string(const struct json *object, const char *name);

/* Iterates over members in document order:
 *
 *	struct json_cursor c = json_begin(object);
 *	while (json_next(&c))
 *		… c.name, c.value … */
struct json_cursor {
	const char *name;
	const struct json *value;
	const void *entry; /* private to json.c */
};

struct json_cursor json_begin(const struct json *object);
bool json_next(struct json_cursor *cursor);

/* Appends the value as compact JSON. */
void buf_json_value(struct buf *buf, const struct json *value);

#endif
