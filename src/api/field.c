/* field.c: validates a value against its field. */

#include <stdio.h>

#include "call.h"

static struct complaint complain(const char *code, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static struct complaint complain(const char *code, const char *format, ...)
{
	struct complaint complaint = { .code = code };
	va_list args;

	va_start(args, format);
	vsnprintf(complaint.detail, sizeof(complaint.detail), format, args);
	va_end(args);
	return complaint;
}

static const struct complaint fine;

static long characters(struct str text)
{
	long count = 0;

	for (size_t i = 0; i < text.length; i++)
		count += ((unsigned char)text.at[i] & 0xc0) != 0x80;
	return count;
}

static bool has_controls(struct str text, const char *allowed)
{
	for (size_t i = 0; i < text.length; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (c == 0 || c == 0x7f || (c < 0x20 && !strchr(allowed, c)))
			return true;
	}
	return false;
}

static struct complaint check_length(const struct field *field, struct str text)
{
	long count = characters(text);

	if (field->min > 0 && str_is_blank(text))
		return complain("too_short", "must not be blank");
	if (count < field->min)
		return complain("too_short", "must have at least %ld characters", field->min);
	if (field->max && count > field->max)
		return complain("too_long", "must have at most %ld characters, has %ld", field->max, count);
	return fine;
}

static struct complaint check_text(const struct field *field, struct str text)
{
	if (has_controls(text, field->type == FIELD_TEXT ? "\t\r\n" : ""))
		return complain("malformed", "must not contain control characters");
	return check_length(field, text);
}

/* Requires one @ and a domain with a dot; whether the address exists is up to the mail server. */
static struct complaint check_email(struct str text)
{
	struct str rest = text, who;

	if (!str_cut(&rest, '@', &who) || who.length == 0 || rest.length < 3
	    || memchr(rest.at, '@', rest.length) || !memchr(rest.at + 1, '.', rest.length - 2)
	    || memchr(text.at, ' ', text.length) || has_controls(text, ""))
		return complain("malformed", "must be an email address");
	if (text.length > 320)
		return complain("too_long", "must have at most 320 characters");
	return fine;
}

static struct complaint check_url(struct str text)
{
	bool known = str_begins(text, "https://") || str_begins(text, "http://");

	if (!known || text.length < 10 || memchr(text.at, ' ', text.length) || has_controls(text, ""))
		return complain("malformed", "must be an https:// or http:// URL");
	if (text.length > 2048)
		return complain("too_long", "must have at most 2048 characters");
	return fine;
}

static struct complaint check_time(const struct field *field, struct str text)
{
	static const char *const forms[] = {
		[FIELD_TIME] = "must be a time with an offset, such as 2026-11-21T05:47:00Z",
		[FIELD_DAY] = "must be a date (2026-11-21) or a time (2026-11-21T05:47:00Z)",
		[FIELD_DATE] = "must be a date, such as 2026-11-21",
		[FIELD_CLOCK] = "must be a time of day, such as 07:30",
	};

	return moment_fits(field->type, text) ? fine : complain("malformed", "%s", forms[field->type]);
}

static struct complaint check_choice(const struct field *field, struct str text)
{
	struct complaint complaint = complain("not_a_choice", "must be one of");
	size_t length = strlen(complaint.detail);

	for (const char *const *choice = field->choices; *choice; choice++) {
		if (str_is(text, *choice))
			return fine;
		length += (size_t)snprintf(complaint.detail + length, sizeof(complaint.detail) - length, "%s %s",
		                           choice == field->choices ? "" : ",", *choice);
		if (length >= sizeof(complaint.detail))
			length = sizeof(complaint.detail) - 1;
	}
	return complaint;
}

static struct complaint check_number(const struct field *field, long long number)
{
	if (number < field->min || number > field->max)
		return complain("out_of_range", "must be between %ld and %ld", field->min, field->max);
	return fine;
}

/* For JSON strings, path and query parameters. */
static struct complaint check_as_text(const struct field *field, struct str text)
{
	switch (field->type) {
	case FIELD_TEXT:
	case FIELD_NAME:
		return check_text(field, text);
	case FIELD_EMAIL:
		return check_email(text);
	case FIELD_URL:
		return check_url(text);
	case FIELD_UUID:
		return uuid_is_valid(text) ? fine : complain("malformed", "must be a UUID");
	case FIELD_TIME:
	case FIELD_DAY:
	case FIELD_DATE:
	case FIELD_CLOCK:
		return check_time(field, text);
	case FIELD_CHOICE:
		return check_choice(field, text);
	default:
		return complain("wrong_type", "must not be a string");
	}
}

struct complaint field_complaint_text(const struct field *field, struct str text)
{
	long long number;

	if (field->type == FIELD_INTEGER) {
		if (!str_number(text, &number))
			return complain("wrong_type", "must be an integer");
		return check_number(field, number);
	}
	if (field->type == FIELD_BOOLEAN)
		return str_is(text, "true") || str_is(text, "false")
		               ? fine
		               : complain("wrong_type", "must be true or false");
	return check_as_text(field, text);
}

static struct complaint check_many(const struct field *field, const struct json *value)
{
	struct field each = *field;

	if (json_kind(value) != JSON_ARRAY)
		return complain("wrong_type", "must be an array");
	if (field->most && (long)json_count(value) > field->most)
		return complain("too_long", "must have at most %ld entries, has %zu", field->most,
		                json_count(value));
	if (field->rules & REQUIRED && json_count(value) == 0)
		return complain("too_short", "must have at least 1 entry");
	if (field->type == FIELD_SHAPE) /* body.c validates the entries */
		return fine;
	each.rules &= ~(unsigned)(MANY | NULLABLE);
	for (size_t i = 0; i < json_count(value); i++) {
		struct complaint complaint = field_complaint(&each, json_at(value, i));

		if (complaint.code)
			return complain(complaint.code, "entry %zu %.150s", i + 1, complaint.detail);
	}
	return fine;
}

struct complaint field_complaint(const struct field *field, const struct json *value)
{
	enum json_kind kind = json_kind(value);

	if (kind == JSON_NULL)
		return field->rules & NULLABLE ? fine : complain("null", "must not be null");
	if (field->rules & MANY)
		return check_many(field, value);
	if (field->type == FIELD_SHAPE) /* body.c validates its members */
		return kind == JSON_OBJECT ? fine : complain("wrong_type", "must be an object");
	switch (field->type) {
	case FIELD_INTEGER:
		if (kind != JSON_INTEGER)
			return complain("wrong_type", "must be an integer");
		return check_number(field, json_integer(value));
	case FIELD_OBJECT:
		return kind == JSON_OBJECT ? fine : complain("wrong_type", "must be an object");
	case FIELD_BOOLEAN:
		return kind == JSON_BOOLEAN ? fine : complain("wrong_type", "must be true or false");
	default:
		if (kind != JSON_STRING)
			return complain("wrong_type", "must be a string");
		return check_as_text(field, json_string(value));
	}
}

const char *api_complaint(const struct field *field, struct str text)
{
	static struct complaint complaint;

	complaint = field_complaint_text(field, text);
	return complaint.code ? complaint.detail : NULL;
}
