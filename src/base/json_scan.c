/* json_scan.c: validates JSON strictly: RFC 8259, UTF-8, numbers within range.
 *
 * A recursive-descent parser that builds no values. Each member name is hashed while it is
 * decoded, together with the number of its object; a hash that was seen before is a
 * duplicate member. The seed is secret, so a client cannot construct collisions. */

#include <stdlib.h>

#include "arena.h"
#include "json.h"

enum { NUMBER_MAX_LENGTH = 64 };

struct scanner {
	const char *at, *end;
	const char *error;
	int depth;
	uint64_t objects; /* number of objects begun; numbers the objects */
	uint64_t *names;  /* open-addressing hash table of names seen; 0: empty slot */
	size_t name_count, name_capacity;
};

static bool value(struct scanner *s);

static bool fail(struct scanner *s, const char *why)
{
	if (!s->error)
		s->error = why;
	return false;
}

static void skip_space(struct scanner *s)
{
	while (s->at < s->end
	       && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
		s->at++;
}

static bool name_insert(uint64_t *table, size_t capacity, uint64_t name)
{
	size_t i = name & (capacity - 1);

	while (table[i]) {
		if (table[i] == name)
			return false;
		i = (i + 1) & (capacity - 1);
	}
	table[i] = name;
	return true;
}

static bool name_is_new(struct scanner *s, uint64_t name)
{
	if (name == 0)
		name = 1;
	if (s->name_count * 2 >= s->name_capacity) {
		size_t capacity = s->name_capacity ? s->name_capacity * 2 : 64;
		uint64_t *table = xcalloc(capacity, sizeof(*table));

		for (size_t i = 0; i < s->name_capacity; i++) {
			if (s->names[i])
				name_insert(table, capacity, s->names[i]);
		}
		free(s->names);
		s->names = table;
		s->name_capacity = capacity;
	}
	s->name_count++;
	return name_insert(s->names, s->name_capacity, name);
}

static int hex4(const char *at)
{
	int point = 0;

	for (int i = 0; i < 4; i++) {
		int digit = str_hex_digit(at[i]);

		if (digit < 0)
			return -1;
		point = point << 4 | digit;
	}
	return point;
}

static size_t utf8_write(char *out, unsigned point)
{
	if (point < 0x80) {
		out[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (char)(0xc0 | point >> 6);
		out[1] = (char)(0x80 | (point & 0x3f));
		return 2;
	}
	if (point < 0x10000) {
		out[0] = (char)(0xe0 | point >> 12);
		out[1] = (char)(0x80 | (point >> 6 & 0x3f));
		out[2] = (char)(0x80 | (point & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | point >> 18);
	out[1] = (char)(0x80 | (point >> 12 & 0x3f));
	out[2] = (char)(0x80 | (point >> 6 & 0x3f));
	out[3] = (char)(0x80 | (point & 0x3f));
	return 4;
}

/* Decodes the escape sequence after a backslash to UTF-8. */
static bool escape(struct scanner *s, char *out, size_t *length)
{
	static const char letters[] = "\"\\/bfnrt", decoded_letters[] = "\"\\/\b\f\n\r\t";
	const char *found;
	int point;

	if (s->at == s->end)
		return fail(s, "a string is not terminated");
	if (*s->at != 'u') {
		found = *s->at ? strchr(letters, *s->at) : NULL;
		if (!found)
			return fail(s, "an escape sequence is invalid");
		out[0] = decoded_letters[found - letters];
		*length = 1;
		s->at++;
		return true;
	}
	if (s->end - s->at < 5 || (point = hex4(s->at + 1)) < 0)
		return fail(s, "\\u is not followed by four hexadecimal digits");
	if (point == 0)
		return fail(s, "U+0000 is not allowed");
	s->at += 5;
	if (point >= 0xdc00 && point < 0xe000)
		return fail(s, "a low surrogate has no high surrogate");
	if (point >= 0xd800 && point < 0xdc00) {
		int low;

		if (s->end - s->at < 6 || s->at[0] != '\\' || s->at[1] != 'u'
		    || (low = hex4(s->at + 2)) < 0xdc00 || low >= 0xe000)
			return fail(s, "a high surrogate has no low surrogate");
		point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
		s->at += 6;
	}
	*length = utf8_write(out, (unsigned)point);
	return true;
}

/* Updates *hash, unless NULL, with the decoded characters. */
static bool string(struct scanner *s, uint64_t *hash)
{
	uint64_t state = hash ? *hash : 0;

	s->at++;
	for (;;) {
		char decoded[4];
		const char *piece = s->at;
		size_t length;

		if (s->at == s->end)
			return fail(s, "a string is not terminated");
		if (*s->at == '"')
			break;
		if ((unsigned char)*s->at < 0x20)
			return fail(s, "a string contains a control character");
		if (*s->at == '\\') {
			s->at++;
			piece = decoded;
			if (!escape(s, decoded, &length))
				return false;
		} else {
			length = str_utf8((struct str){ s->at, (size_t)(s->end - s->at) });
			if (length == 0)
				return fail(s, "a string is not valid UTF-8");
			s->at += length;
		}
		if (hash) {
			for (size_t i = 0; i < length; i++)
				state = (state ^ (unsigned char)piece[i]) * 0x9fb21c651e98df25
				        + 0x2545f4914f6cdd1d,
				state ^= state >> 29;
		}
	}
	s->at++;
	if (hash)
		*hash = state;
	return true;
}

static bool digits(struct scanner *s)
{
	const char *begin = s->at;

	while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
		s->at++;
	return s->at > begin;
}

static bool number(struct scanner *s)
{
	const char *begin = s->at;
	char copy[NUMBER_MAX_LENGTH + 1];
	bool is_integer = true;
	size_t length;

	if (*s->at == '-')
		s->at++;
	if (s->at < s->end && *s->at == '0')
		s->at++;
	else if (!digits(s))
		return fail(s, "a number has no digits");
	if (s->at < s->end && *s->at == '.') {
		s->at++;
		is_integer = false;
		if (!digits(s))
			return fail(s, "a number has no digits after its decimal point");
	}
	if (s->at < s->end && (*s->at == 'e' || *s->at == 'E')) {
		s->at++;
		is_integer = false;
		if (s->at < s->end && (*s->at == '+' || *s->at == '-'))
			s->at++;
		if (!digits(s))
			return fail(s, "an exponent has no digits");
	}
	length = (size_t)(s->at - begin);
	if (length > NUMBER_MAX_LENGTH)
		return fail(s, "a number is too long");
	if (is_integer) {
		long long held;

		if (!str_number((struct str){ begin, length }, &held))
			return fail(s, "a number is out of range");
		return true;
	}
	memcpy(copy, begin, length);
	copy[length] = '\0';
	if (__builtin_isinf(strtod(copy, NULL)))
		return fail(s, "a number is out of range");
	return true;
}

static bool literal(struct scanner *s, const char *expected)
{
	size_t length = strlen(expected);

	if ((size_t)(s->end - s->at) < length || memcmp(s->at, expected, length) != 0)
		return fail(s, "a value is expected");
	s->at += length;
	return true;
}

static bool member(struct scanner *s, uint64_t object)
{
	uint64_t hash = str_seed() ^ object * 0x9e3779b97f4a7c15;

	skip_space(s);
	if (s->at == s->end || *s->at != '"')
		return fail(s, "a member name is expected");
	if (!string(s, &hash))
		return false;
	if (!name_is_new(s, hash))
		return fail(s, "a member name is repeated");
	skip_space(s);
	if (s->at == s->end || *s->at != ':')
		return fail(s, "a colon is missing");
	s->at++;
	return value(s);
}

/* An object or an array: members or values, separated by commas, up to `close`. */
static bool container(struct scanner *s, char close)
{
	uint64_t object = close == '}' ? ++s->objects : 0;

	if (++s->depth > JSON_DEPTH)
		return fail(s, "the nesting is too deep");
	s->at++;
	skip_space(s);
	if (s->at < s->end && *s->at == close) {
		s->at++;
		s->depth--;
		return true;
	}
	for (;;) {
		if (object ? !member(s, object) : !value(s))
			return false;
		skip_space(s);
		if (s->at == s->end)
			return fail(s, "the text ends too early");
		if (*s->at == close)
			break;
		if (*s->at != ',')
			return fail(s, "a comma is missing");
		s->at++;
	}
	s->at++;
	s->depth--;
	return true;
}

static bool value(struct scanner *s)
{
	skip_space(s);
	if (s->at == s->end)
		return fail(s, "the text ends too early");
	switch (*s->at) {
	case '{':
		return container(s, '}');
	case '[':
		return container(s, ']');
	case '"':
		return string(s, NULL);
	case 't':
		return literal(s, "true");
	case 'f':
		return literal(s, "false");
	case 'n':
		return literal(s, "null");
	case '-':
	case '0' ... '9':
		return number(s);
	default:
		return fail(s, "a value is expected");
	}
}

const char *json_scan(struct str text, size_t *offset)
{
	struct scanner s = { .at = text.at, .end = text.at + text.length };

	if (value(&s)) {
		skip_space(&s);
		if (s.at < s.end)
			fail(&s, "unexpected text follows the value");
	}
	if (offset)
		*offset = (size_t)(s.at - text.at);
	free(s.names);
	return s.error;
}
