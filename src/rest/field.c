/* field.c: validates a value against its field. */

#include <stdio.h>

#include "datetime.h"
#include "field.h"
#include "rest.h"
#include "uuid.h"

static struct field_error invalid(const char *code, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static struct field_error invalid(const char *code, const char *format, ...)
{
	struct field_error field_error = { .code = code };
	va_list args;

	va_start(args, format);
	vsnprintf(field_error.detail, sizeof(field_error.detail), format, args);
	va_end(args);
	return field_error;
}

static const struct field_error valid;

static bool has_controls(struct str text, const char *allowed)
{
	for (size_t i = 0; i < text.length; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (c == 0 || c == 0x7f || (c < 0x20 && !strchr(allowed, c)))
			return true;
	}
	return false;
}

static struct field_error check_length(const struct field *field, struct str text)
{
	long count = str_characters(text);

	if (field->min > 0 && str_is_blank(text))
		return invalid("too_short", "must not be blank");
	if (count < field->min)
		return invalid("too_short", "must have at least %ld characters", field->min);
	if (field->max && count > field->max)
		return invalid("too_long", "must have at most %ld characters, has %ld", field->max,
		               count);
	return valid;
}

static struct field_error check_text(const struct field *field, struct str text)
{
	if (has_controls(text, field->type == FIELD_TEXT ? "\t\r\n" : ""))
		return invalid("malformed", "must not contain control characters");
	return check_length(field, text);
}

/* Requires one @ and a domain with a dot; whether the address exists is up to the mail server. */
static struct field_error check_email(struct str text)
{
	struct str rest = text, local;

	if (!str_cut(&rest, '@', &local) || local.length == 0 || rest.length < 3
	    || memchr(rest.at, '@', rest.length) || !memchr(rest.at + 1, '.', rest.length - 2)
	    || memchr(text.at, ' ', text.length) || has_controls(text, ""))
		return invalid("malformed", "must be an email address");
	if (str_characters(text) > 320)
		return invalid("too_long", "must have at most 320 characters");
	return valid;
}

static struct field_error check_url(struct str text)
{
	if (!str_begins_url(text) || memchr(text.at, ' ', text.length) || has_controls(text, ""))
		return invalid("malformed", "must be an https:// or http:// URL without user info");
	if (str_characters(text) > 2048)
		return invalid("too_long", "must have at most 2048 characters");
	return valid;
}

/* A path that begins with two slashes is rejected: it would be a URL on another host. */
static struct field_error check_link(const struct field *field, struct str text)
{
	bool is_path = str_begins(text, "/") && !str_begins(text, "//") && !str_begins(text, "/\\");

	if ((!is_path && !str_begins_url(text)) || has_controls(text, ""))
		return invalid("malformed", "must be an http(s) URL or an absolute path");
	return check_length(field, text);
}

static struct field_error check_event_type(const struct field *field, struct str text)
{
	for (size_t i = 0; i < text.length; i++) {
		char c = text.at[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_' && c != '.')
			return invalid("malformed", "may contain only a-z, 0-9, _ and dots");
	}
	return check_length(field, text);
}

static struct field_error check_time(const struct field *field, struct str text)
{
	static const char *const forms[] = {
		[FIELD_TIME] = "must be a time with an offset, such as 2026-11-21T05:47:00Z",
		[FIELD_DATE_OR_TIME] =
			"must be a date (2026-11-21) or a time (2026-11-21T05:47:00Z)",
		[FIELD_DATE] = "must be a date, such as 2026-11-21",
		[FIELD_TIME_OF_DAY] = "must be a time of day, such as 07:30",
	};

	return datetime_is_valid(field->type, text)
	               ? valid
	               : invalid("malformed", "%s", forms[field->type]);
}

static struct field_error check_choice(const struct field *field, struct str text)
{
	struct field_error field_error = invalid("not_a_choice", "must be one of");
	size_t length = strlen(field_error.detail);

	for (const char *const *choice = field->choices; *choice; choice++) {
		if (str_is(text, *choice))
			return valid;
		length += (size_t)snprintf(field_error.detail + length,
		                           sizeof(field_error.detail) - length, "%s %s",
		                           choice == field->choices ? "" : ",", *choice);
		if (length >= sizeof(field_error.detail))
			length = sizeof(field_error.detail) - 1;
	}
	return field_error;
}

static struct field_error check_number(const struct field *field, long long number)
{
	if (number < field->min || number > field->max)
		return invalid("out_of_range", "must be between %ld and %ld", field->min,
		               field->max);
	return valid;
}

/* For JSON strings, path and query parameters. */
static struct field_error check_string(const struct field *field, struct str text)
{
	switch (field->type) {
	case FIELD_TEXT:
	case FIELD_LINE:
		return check_text(field, text);
	case FIELD_EMAIL:
		return check_email(text);
	case FIELD_URL:
		return check_url(text);
	case FIELD_LINK:
		return check_link(field, text);
	case FIELD_EVENT_TYPE:
		return check_event_type(field, text);
	case FIELD_UUID:
		return uuid_is_valid(text) ? valid : invalid("malformed", "must be a UUID");
	case FIELD_TIME:
	case FIELD_DATE_OR_TIME:
	case FIELD_DATE:
	case FIELD_TIME_OF_DAY:
		return check_time(field, text);
	case FIELD_CHOICE:
		return check_choice(field, text);
	default:
		return invalid("wrong_type", "must not be a string");
	}
}

struct field_error field_check_text(const struct field *field, struct str text)
{
	long long number;

	if (field->type == FIELD_INTEGER) {
		if (!str_number(text, &number))
			return invalid("wrong_type", "must be an integer");
		return check_number(field, number);
	}
	if (field->type == FIELD_BOOLEAN)
		return str_is(text, "true") || str_is(text, "false")
		               ? valid
		               : invalid("wrong_type", "must be true or false");
	return check_string(field, text);
}

/* Does not check the entries; object.c checks each of them. */
static struct field_error check_list(const struct field *field, const struct json *value)
{
	if (json_kind(value) != JSON_ARRAY)
		return invalid("wrong_type", "must be an array");
	if (field->max_items && (long)json_count(value) > field->max_items)
		return invalid("too_long", "must have at most %ld entries, has %zu",
		               field->max_items, json_count(value));
	if (field->rules & REQUIRED && json_count(value) == 0)
		return invalid("too_short", "must have at least 1 entry");
	return valid;
}

struct field_error field_check(const struct field *field, const struct json *value)
{
	enum json_kind kind = json_kind(value);

	if (kind == JSON_NULL)
		return field->rules & NULLABLE ? valid : invalid("null", "must not be null");
	if (field->rules & MULTIPLE)
		return check_list(field, value);
	if (field->type == FIELD_SHAPE) /* object.c checks its members */
		return kind == JSON_OBJECT ? valid : invalid("wrong_type", "must be an object");
	switch (field->type) {
	case FIELD_INTEGER:
		if (kind != JSON_INTEGER)
			return invalid("wrong_type", "must be an integer");
		return check_number(field, json_integer(value));
	case FIELD_OBJECT:
		return kind == JSON_OBJECT ? valid : invalid("wrong_type", "must be an object");
	case FIELD_BOOLEAN:
		return kind == JSON_BOOLEAN ? valid
		                            : invalid("wrong_type", "must be true or false");
	default:
		if (kind != JSON_STRING)
			return invalid("wrong_type", "must be a string");
		return check_string(field, json_string(value));
	}
}

const char *field_error_text(const struct field *field, struct str text)
{
	static struct field_error field_error;

	field_error = field_check_text(field, text);
	return field_error.code ? field_error.detail : NULL;
}
