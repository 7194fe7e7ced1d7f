/* json.h: JSON from outside, read strictly.
 *
 * json_scan() is the judge: RFC 8259 and nothing more, UTF-8 and nothing less,
 * no NUL, no lone surrogate, no member twice, numbers that a program can hold,
 * at most JSON_DEPTH levels. Only what it let through is given to json-c, whose
 * strict mode would take most of that. */

#ifndef JSON_H
#define JSON_H

#include "str.h"

enum { JSON_DEPTH = 32 };

struct json; /* a value; json_drop() the one json_read() gave, the others are parts of it */

/* NULL when the text is one JSON value; otherwise a sentence about its first
 * fault, and where it is (where that is wanted). */
const char *json_scan(struct str text, size_t *where);

/* Scans, then reads. NULL with *fault and *where, for whoever wants to know, when it is
 * not JSON. A JSON null is a value too, of the kind JSON_NULL. */
struct json *json_read(struct str text, const char **fault, size_t *where);
void json_drop(struct json *value);

enum json_kind {
	JSON_NULL,
	JSON_BOOLEAN,
	JSON_INTEGER,
	JSON_DECIMAL,
	JSON_TEXT,
	JSON_ARRAY,
	JSON_OBJECT,
};

enum json_kind json_kind(const struct json *value);
bool json_boolean(const struct json *value);
long long json_integer(const struct json *value);
struct str json_text(const struct json *value); /* lent by the value; "" when it is none */

size_t json_count(const struct json *array);
const struct json *json_at(const struct json *array, size_t index);

/* NULL when the object has no such member (a null member is a value). */
const struct json *json_member(const struct json *object, const char *name);
struct str json_member_text(const struct json *object, const char *name); /* json_text() of it */

/* Members in the order they were written:
 *
 *	struct json_cursor c = json_begin(object);
 *	while (json_next(&c))
 *		… c.name, c.value … */
struct json_cursor {
	const char *name;
	const struct json *value;
	const void *entry; /* json.c's */
};

struct json_cursor json_begin(const struct json *object);
bool json_next(struct json_cursor *cursor);

/* The value written out again, as compact JSON. */
void buf_json_value(struct buf *buf, const struct json *value);

#endif
