/* json_schema.c: checks a JSON value against a JSON Schema, keyword by keyword. */

#include <regex.h>
#include <stdio.h>

#include "client.h"
#include "json_schema.h"

static char error_text[600];

/* Where the check is. */
struct at {
	const struct json *root;
	char where[200]; /* JSON pointer of the value */
};

static bool check(const struct at *at, const struct json *schema, const struct json *value);

static bool invalid(const struct at *at, const char *what, const struct json *schema,
                    const struct json *value)
{
	struct buf a = { 0 }, b = { 0 };

	buf_json_value(&a, schema);
	buf_json_value(&b, value);
	snprintf(error_text, sizeof(error_text), "%s: %s: %.180s against %.180s",
	         *at->where ? at->where : "/", what, buf_cstr(&b), buf_cstr(&a));
	buf_finish(&a);
	buf_finish(&b);
	return false;
}

static struct at below(const struct at *at, const char *name)
{
	struct at deeper = { at->root, "" };

	snprintf(deeper.where, sizeof(deeper.where), "%.150s/%.40s", at->where, name);
	return deeper;
}

static bool is_of_type(struct str type, const struct json *value)
{
	switch (json_kind(value)) {
	case JSON_NULL:
		return str_is(type, "null");
	case JSON_BOOLEAN:
		return str_is(type, "boolean");
	case JSON_INTEGER:
		return str_is(type, "integer") || str_is(type, "number");
	case JSON_DECIMAL:
		return str_is(type, "number");
	case JSON_STRING:
		return str_is(type, "string");
	case JSON_ARRAY:
		return str_is(type, "array");
	case JSON_OBJECT:
		return str_is(type, "object");
	}
	return false;
}

static bool check_type(const struct at *at, const struct json *type, const struct json *value)
{
	if (json_kind(type) == JSON_STRING)
		return is_of_type(json_string(type), value) || invalid(at, "type", type, value);
	for (size_t i = 0; i < json_count(type); i++) {
		if (is_of_type(json_string(json_at(type, i)), value))
			return true;
	}
	return invalid(at, "type", type, value);
}

static bool is_equal(const struct json *one, const struct json *other)
{
	struct buf a = { 0 }, b = { 0 };
	bool equal;

	buf_json_value(&a, one);
	buf_json_value(&b, other);
	equal = str_equal(buf_as_str(&a), buf_as_str(&b));
	buf_finish(&a);
	buf_finish(&b);
	return equal;
}

static bool check_enum(const struct at *at, const struct json *choices, const struct json *value)
{
	for (size_t i = 0; i < json_count(choices); i++) {
		if (is_equal(json_at(choices, i), value))
			return true;
	}
	return invalid(at, "enum", choices, value);
}

/* In a pattern, 0 is a digit and x a hexadecimal digit; other characters are literal. Text after
 * the end of the pattern is ignored. */
static bool matches(struct str text, const char *pattern)
{
	size_t i = 0;

	for (; pattern[i] && i < text.length; i++) {
		char c = text.at[i];
		bool digit = c >= '0' && c <= '9';

		if (pattern[i] == '0'   ? !digit
		    : pattern[i] == 'x' ? !digit && !(c >= 'a' && c <= 'f')
		                        : c != pattern[i])
			return false;
	}
	return !pattern[i];
}

static bool check_format(const struct at *at, const struct json *format, const struct json *value)
{
	struct str name = json_string(format), text = json_string(value);
	bool ok;

	if (json_kind(value) != JSON_STRING)
		return true;
	if (str_is(name, "uuid"))
		ok = text.length == 36 && matches(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
	else if (str_is(name, "date-time"))
		ok = matches(text, "0000-00-00T00:00:00") && text.length >= 20
		     && (text.at[text.length - 1] == 'Z' || text.at[text.length - 3] == ':');
	else if (str_is(name, "date"))
		ok = text.length == 10 && matches(text, "0000-00-00");
	else if (str_is(name, "email"))
		ok = memchr(text.at, '@', text.length);
	else if (str_is(name, "uri"))
		ok = str_begins(text, "https://") || str_begins(text, "http://");
	else
		ok = false;
	return ok || invalid(at, "format", format, value);
}

/* The patterns of responses and events are also valid POSIX extended regular expressions. Those of
 * requests have escapes; tests/contract checks them. */
static bool check_pattern(const struct at *at, const struct json *pattern, const struct json *value)
{
	regex_t regex;
	bool found;

	if (json_kind(value) != JSON_STRING || strchr(json_string(pattern).at, '\\'))
		return true;
	if (regcomp(&regex, json_string(pattern).at, REG_EXTENDED | REG_NOSUB) != 0)
		return invalid(at, "pattern that regcomp() rejects", pattern, value);
	found = regexec(&regex, json_string(value).at, 0, NULL, 0) == 0;
	regfree(&regex);
	return found || invalid(at, "pattern", pattern, value);
}

static long long count_characters(struct str text)
{
	long long count = 0;

	for (size_t i = 0; i < text.length; i++)
		count += ((unsigned char)text.at[i] & 0xc0) != 0x80;
	return count;
}

static bool check_bound(const struct at *at, const char *keyword, const struct json *bound,
                        const struct json *value)
{
	enum json_kind kind = json_kind(value);
	long long limit = json_integer(bound), size;

	if (kind == JSON_INTEGER
	    && (strcmp(keyword, "minimum") == 0 || strcmp(keyword, "maximum") == 0))
		size = json_integer(value);
	else if (kind == JSON_STRING && strstr(keyword, "Length"))
		size = count_characters(json_string(value));
	else if (kind == JSON_ARRAY && strstr(keyword, "Items"))
		size = (long long)json_count(value);
	else
		return true;
	return (keyword[1] == 'i' ? size >= limit : size <= limit)
	       || invalid(at, keyword, bound, value);
}

static bool check_object(const struct at *at, const struct json *schema, const struct json *value)
{
	const struct json *properties = json_member(schema, "properties");
	const struct json *required = json_member(schema, "required");
	const struct json *others = json_member(schema, "additionalProperties");
	struct json_cursor c = json_begin(value);

	if (json_kind(value) != JSON_OBJECT)
		return true;
	for (size_t i = 0; i < json_count(required); i++) {
		if (!json_member(value, json_string(json_at(required, i)).at))
			return invalid(at, "required", json_at(required, i), value);
	}
	while (json_next(&c)) {
		const struct json *property = json_member(properties, c.name);
		struct at deeper = below(at, c.name);

		if (property
		            ? !check(&deeper, property, c.value)
		            : others && !json_boolean(others)
		                      && !invalid(&deeper, "additionalProperties", others, c.value))
			return false;
	}
	return true;
}

static bool check_items(const struct at *at, const struct json *items, const struct json *value)
{
	for (size_t i = 0; i < json_count(value); i++) {
		char index[24];
		struct at deeper;

		snprintf(index, sizeof(index), "%zu", i);
		deeper = below(at, index);
		if (!check(&deeper, items, json_at(value, i)))
			return false;
	}
	return true;
}

static bool check_unique(const struct at *at, const struct json *argument, const struct json *value)
{
	for (size_t i = 0; json_boolean(argument) && i < json_count(value); i++) {
		for (size_t j = 0; j < i; j++) {
			if (is_equal(json_at(value, i), json_at(value, j)))
				return invalid(at, "uniqueItems", argument, value);
		}
	}
	return true;
}

static bool check_any(const struct at *at, const struct json *schemas, const struct json *value)
{
	for (size_t i = 0; i < json_count(schemas); i++) {
		if (check(at, json_at(schemas, i), value))
			return true;
	}
	return false;
}

/* Names with ~ or % are not supported. */
const struct json *json_schema_resolve(const struct json *root, const struct json *value)
{
	const struct json *reference = value ? json_member(value, "$ref") : NULL, *found = root;
	struct str rest = json_string(reference), part;

	if (!reference)
		return value;
	if (!str_begins(rest, "#/"))
		return NULL;
	str_cut(&rest, '/', &part);
	while (found && str_cut(&rest, '/', &part)) {
		char name[80];

		snprintf(name, sizeof(name), "%.*s", STR_ARGS(part));
		found = json_member(found, name);
	}
	return found;
}

static bool check_reference(const struct at *at, const struct json *schema,
                            const struct json *reference, const struct json *value)
{
	const struct json *found = json_schema_resolve(at->root, schema);

	return found ? check(at, found, value) : invalid(at, "$ref to nothing", reference, value);
}

static bool check_keyword(const struct at *at, const struct json *schema, const char *keyword,
                          const struct json *argument, const struct json *value)
{
	static const char *const unchecked[] = {
		"description",          "default", "examples", "properties", "required",
		"additionalProperties", "if",      "then" /* annotations only */
	};
	static const char *const bounds[] = { "minimum",   "maximum",  "minLength",
		                              "maxLength", "minItems", "maxItems" };

	if (strcmp(keyword, "type") == 0)
		return check_type(at, argument, value) && check_object(at, schema, value);
	if (strcmp(keyword, "enum") == 0)
		return check_enum(at, argument, value);
	if (strcmp(keyword, "format") == 0)
		return check_format(at, argument, value);
	if (strcmp(keyword, "const") == 0)
		return is_equal(argument, value) || invalid(at, keyword, argument, value);
	if (strcmp(keyword, "pattern") == 0)
		return check_pattern(at, argument, value);
	if (strcmp(keyword, "items") == 0)
		return check_items(at, argument, value);
	if (strcmp(keyword, "uniqueItems") == 0)
		return check_unique(at, argument, value);
	if (strcmp(keyword, "anyOf") == 0)
		return check_any(at, argument, value);
	if (strcmp(keyword, "$ref") == 0)
		return check_reference(at, schema, argument, value);
	for (size_t i = 0; i < COUNT_OF(bounds); i++) {
		if (strcmp(keyword, bounds[i]) == 0)
			return check_bound(at, keyword, argument, value);
	}
	for (size_t i = 0; i < COUNT_OF(unchecked); i++) {
		if (strcmp(keyword, unchecked[i]) == 0)
			return true;
	}
	return invalid(at, "keyword that json_schema.c does not support", schema, value);
}

static bool check(const struct at *at, const struct json *schema, const struct json *value)
{
	struct json_cursor c = json_begin(schema);

	while (json_next(&c)) {
		if (!check_keyword(at, schema, c.name, c.value, value))
			return false;
	}
	return true;
}

const char *json_schema_check(const struct json *root, const struct json *schema,
                              const struct json *value)
{
	return check(&(struct at){ root, "" }, schema, value) ? NULL : error_text;
}
