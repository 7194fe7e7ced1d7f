/* Only strict RFC 8259 JSON with numbers within range is accepted, and accepted JSON is parsed
 * correctly. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <limits.h>
#include <stdlib.h>

#include "json.h"

static const struct str accepted[] = {
	STR("null"),
	STR("true"),
	STR("false"),
	STR(" \t\r\n 1 \t\r\n "),
	STR("0"),
	STR("-0"),
	STR("-0.0"),
	STR("0e0"),
	STR("0E+1"),
	STR("1.5"),
	STR("1e5"),
	STR("1E-5"),
	STR("-1.25e+10"),
	STR("1e308"),
	STR("1e-400"), /* underflows to zero */
	STR("9223372036854775807"),
	STR("-9223372036854775808"),
	STR("1234567890123456789012345678901234567890.0"),
	STR("\"\""),
	STR("\"a\""),
	STR("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
	STR("\"\\u0041\\u00e4\\u20AC\""),
	STR("\"\\ud83d\\ude00\""),
	STR("\"\\uD800\\uDC00\\uDBFF\\uDFFF\""),
	STR("\"\\u0001\""), /* escaped, so allowed */
	STR("\"\x7f\""),
	STR("\"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80\""),
	STR("\"\xef\xbf\xbf\""),
	STR("\"\\\\u0000\""), /* an escaped backslash, then plain characters */
	STR("\"'\""),
	STR("[]"),
	STR("[ ]"),
	STR("[1]"),
	STR("[1 , \"a\",null,true,false,[],{}]"),
	STR("{}"),
	STR("{ }"),
	STR("{\"a\":1}"),
	STR("{ \"a\" : 1 , \"b\" : 2 }"),
	STR("{\"\":1}"),
	STR("{\"a\":{\"a\":{\"a\":1}}}"), /* the same name in nested objects */
	STR("[{\"a\":1},{\"a\":1}]"),     /* and in sibling objects */
	STR("{\"x\":{\"a\":1},\"y\":{\"a\":1}}"),
	STR("{\"a\":{\"b\":1},\"b\":2}"),
	STR("{\"a\":1,\"A\":2}"),
	STR("{\"\xc3\xa4\":1,\"a\xcc\x88\":2}"), /* look the same but differ */
};

static const struct {
	struct str text;
	const char *error;
	size_t offset;
} rejected[] = {
	{ STR(""), "the text ends too early", 0 },
	{ STR("  "), "the text ends too early", 2 },
	{ STR("\xef\xbb\xbf{}"), "a value is expected", 0 }, /* a byte order mark */
	{ STR("1 2"), "unexpected text follows the value", 2 },
	{ STR("{} {}"), "unexpected text follows the value", 3 },
	{ STR("null,"), "unexpected text follows the value", 4 },
	{ STR("[]]"), "unexpected text follows the value", 2 },
	{ STR("1\0"), "unexpected text follows the value", 1 },
	{ STR("\0"), "a value is expected", 0 },
	{ STR("nul"), "a value is expected", 0 },
	{ STR("Null"), "a value is expected", 0 },
	{ STR("nulll"), "unexpected text follows the value", 4 },
	{ STR("TRUE"), "a value is expected", 0 },
	{ STR("truefalse"), "unexpected text follows the value", 4 },
	{ STR("NaN"), "a value is expected", 0 },
	{ STR("nan"), "a value is expected", 0 },
	{ STR("Infinity"), "a value is expected", 0 },
	{ STR("-Infinity"), "a number has no digits", 1 },
	{ STR("undefined"), "a value is expected", 0 },
	{ STR("// note\n1"), "a value is expected", 0 },
	{ STR("/* note */1"), "a value is expected", 0 },
	{ STR("1 /* note */"), "unexpected text follows the value", 2 },
	{ STR("\x0b"
	      "1"),
	  "a value is expected", 0 },
	{ STR("\xc2\xa0"
	      "1"),
	  "a value is expected", 0 }, /* a space, but not in JSON */

	{ STR("-"), "a number has no digits", 1 },
	{ STR("+1"), "a value is expected", 0 },
	{ STR("01"), "unexpected text follows the value", 1 },
	{ STR("-01"), "unexpected text follows the value", 2 },
	{ STR("00"), "unexpected text follows the value", 1 },
	{ STR("[01]"), "a comma is missing", 2 },
	{ STR(".5"), "a value is expected", 0 },
	{ STR("1."), "a number has no digits after its decimal point", 2 },
	{ STR("-1."), "a number has no digits after its decimal point", 3 },
	{ STR("1.e5"), "a number has no digits after its decimal point", 2 },
	{ STR("1e"), "an exponent has no digits", 2 },
	{ STR("1e+"), "an exponent has no digits", 3 },
	{ STR("1e5.5"), "unexpected text follows the value", 3 },
	{ STR("0x10"), "unexpected text follows the value", 1 },
	{ STR("1_000"), "unexpected text follows the value", 1 },
	{ STR("- 1"), "a number has no digits", 1 },
	{ STR("--1"), "a number has no digits", 1 },
	{ STR("1e400"), "a number is out of range", 5 },
	{ STR("-1e400"), "a number is out of range", 6 },
	{ STR("1.8e308"), "a number is out of range", 7 },
	{ STR("9223372036854775808"), "a number is out of range", 19 },
	{ STR("-9223372036854775809"), "a number is out of range", 20 },
	{ STR("1000000000000000000000"), "a number is out of range", 22 },
	{ STR("0.00000000000000000000000000000000000000000000000000000000000000001"),
	  "a number is too long", 67 },
	{ STR("\xd9\xa1"), "a value is expected", 0 }, /* a digit, but not in JSON */

	{ STR("\""), "a string is not terminated", 1 },
	{ STR("\"a"), "a string is not terminated", 2 },
	{ STR("\"a\\"), "a string is not terminated", 3 },
	{ STR("\"a\\\""), "a string is not terminated", 4 },
	{ STR("'a'"), "a value is expected", 0 },
	{ STR("{'a':1}"), "a member name is expected", 1 },
	{ STR("\"a\0b\""), "a string contains a control character", 2 },
	{ STR("\"a\nb\""), "a string contains a control character", 2 },
	{ STR("\"a\tb\""), "a string contains a control character", 2 },
	{ STR("\"\x1f\""), "a string contains a control character", 1 },
	{ STR("\"\\u0000\""), "U+0000 is not allowed", 2 },
	{ STR("\"title\\u0000x\""), "U+0000 is not allowed", 7 },
	{ STR("{\"a\\u0000\":1}"), "U+0000 is not allowed", 4 },
	{ STR("\"\\x41\""), "an escape sequence is invalid", 2 },
	{ STR("\"\\'\""), "an escape sequence is invalid", 2 },
	{ STR("\"\\a\""), "an escape sequence is invalid", 2 },
	{ STR("\"\\0\""), "an escape sequence is invalid", 2 },
	{ STR("\"\\\0\""), "an escape sequence is invalid", 2 },
	{ STR("\"\\U0041\""), "an escape sequence is invalid", 2 },
	{ STR("\"\\u004\""), "\\u is not followed by four hexadecimal digits", 2 },
	{ STR("\"\\u00g1\""), "\\u is not followed by four hexadecimal digits", 2 },
	{ STR("\"\\u+041\""), "\\u is not followed by four hexadecimal digits", 2 },
	{ STR("\"\\u\""), "\\u is not followed by four hexadecimal digits", 2 },
	{ STR("\"\\u00"), "\\u is not followed by four hexadecimal digits", 2 },
	{ STR("\"\\ud800\""), "a high surrogate has no low surrogate", 7 },
	{ STR("\"\\ud800x\""), "a high surrogate has no low surrogate", 7 },
	{ STR("\"\\ud800\\n\""), "a high surrogate has no low surrogate", 7 },
	{ STR("\"\\ud800\\u0041\""), "a high surrogate has no low surrogate", 7 },
	{ STR("\"\\ud800\\ud800\""), "a high surrogate has no low surrogate", 7 },
	{ STR("\"\\ud800\\u"), "a high surrogate has no low surrogate", 7 },
	{ STR("\"\\udc00\""), "a low surrogate has no high surrogate", 7 },
	{ STR("\"\\ude00\\ud83d\""), "a low surrogate has no high surrogate", 7 },
	{ STR("\"\xff\""), "a string is not valid UTF-8", 1 },
	{ STR("\"\x80\""), "a string is not valid UTF-8", 1 },
	{ STR("\"a\xc3\""), "a string is not valid UTF-8", 2 },
	{ STR("\"\xe2\x82\""), "a string is not valid UTF-8", 1 },
	{ STR("\"\xf0\x9f\x98\""), "a string is not valid UTF-8", 1 },
	{ STR("\"\xc0\x80\""), "a string is not valid UTF-8", 1 }, /* NUL, overlong */
	{ STR("\"\xc0\xa2\""), "a string is not valid UTF-8", 1 }, /* a quote, overlong */
	{ STR("\"\xe0\x80\xa2\""), "a string is not valid UTF-8", 1 },
	{ STR("\"\xf0\x80\x80\xa2\""), "a string is not valid UTF-8", 1 },
	{ STR("\"\xed\xa0\x80\""), "a string is not valid UTF-8", 1 }, /* a surrogate */
	{ STR("\"\xed\xa0\xbd\xed\xb8\x80\""), "a string is not valid UTF-8",
	  1 }, /* a pair of them */
	{ STR("\"\xf4\x90\x80\x80\""), "a string is not valid UTF-8", 1 },
	{ STR("{\"\xff\":1}"), "a string is not valid UTF-8", 2 },

	{ STR("["), "the text ends too early", 1 },
	{ STR("[1"), "the text ends too early", 2 },
	{ STR("[1,"), "the text ends too early", 3 },
	{ STR("[1,]"), "a value is expected", 3 },
	{ STR("[,1]"), "a value is expected", 1 },
	{ STR("[1,,2]"), "a value is expected", 3 },
	{ STR("[1 2]"), "a comma is missing", 3 },
	{ STR("[1}"), "a comma is missing", 2 },
	{ STR("[1;2]"), "a comma is missing", 2 },
	{ STR("{"), "a member name is expected", 1 },
	{ STR("{]"), "a member name is expected", 1 },
	{ STR("{\"a\""), "a colon is missing", 4 },
	{ STR("{\"a\" 1}"), "a colon is missing", 5 },
	{ STR("{\"a\"=1}"), "a colon is missing", 4 },
	{ STR("{\"a\":"), "the text ends too early", 5 },
	{ STR("{\"a\":}"), "a value is expected", 5 },
	{ STR("{\"a\":1"), "the text ends too early", 6 },
	{ STR("{\"a\":1,}"), "a member name is expected", 7 },
	{ STR("{,\"a\":1}"), "a member name is expected", 1 },
	{ STR("{\"a\":1 \"b\":2}"), "a comma is missing", 7 },
	{ STR("{\"a\":1]"), "a comma is missing", 6 },
	{ STR("{a:1}"), "a member name is expected", 1 },
	{ STR("{1:1}"), "a member name is expected", 1 },
	{ STR("{null:1}"), "a member name is expected", 1 },

	{ STR("{\"a\":1,\"a\":1}"), "a member name is repeated", 10 },
	{ STR("{\"\":1,\"\":1}"), "a member name is repeated", 8 },
	{ STR("{\"a\":1,\"b\":2,\"a\":3}"), "a member name is repeated", 16 },
	{ STR("{\"a\":1,\"\\u0061\":1}"), "a member name is repeated", 15 },
	{ STR("{\"\\u0061\":1,\"a\":1}"), "a member name is repeated", 15 },
	{ STR("{\"/\":1,\"\\/\":1}"), "a member name is repeated", 11 },
	{ STR("{\"\xc3\xa4\":1,\"\\u00E4\":1}"), "a member name is repeated", 16 },
	{ STR("{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":1}"), "a member name is repeated", 24 },
	{ STR("{\"x\":{\"a\":1,\"a\":2}}"), "a member name is repeated", 15 },
	{ STR("[[{\"a\":1,\"a\":2}]]"), "a member name is repeated", 12 },
	/* With other objects in between. */
	{ STR("{\"a\":{\"b\":1},\"c\":[{\"a\":1}],\"a\":2}"), "a member name is repeated", 30 },
};

Test(json, accepts_valid_documents)
{
	for (size_t i = 0; i < COUNT_OF(accepted); i++) {
		size_t offset = 0;
		const char *error = json_scan(accepted[i], &offset);

		cr_expect(error == NULL, "%.*s: %s at %zu", STR_ARGS(accepted[i]), error, offset);
		cr_expect(offset == accepted[i].length, "%.*s: scanning ended at %zu",
		          STR_ARGS(accepted[i]), offset);
	}
}

Test(json, reports_the_first_error)
{
	for (size_t i = 0; i < COUNT_OF(rejected); i++) {
		size_t offset = 0;
		const char *error = json_scan(rejected[i].text, &offset);

		cr_expect(error && strcmp(error, rejected[i].error) == 0, "row %zu, %.*s: %s", i,
		          STR_ARGS(rejected[i].text), error ? error : "was accepted");
		cr_expect(eq(sz, offset, rejected[i].offset), "row %zu, %.*s", i,
		          STR_ARGS(rejected[i].text));
	}
}

/* Each prefix of each text is scanned in a block of its exact length, so that AddressSanitizer
 * detects reads past its end. */
Test(json, never_reads_past_the_end)
{
	for (size_t i = 0; i < COUNT_OF(accepted) + COUNT_OF(rejected); i++) {
		struct str text = i < COUNT_OF(accepted) ? accepted[i]
		                                         : rejected[i - COUNT_OF(accepted)].text;

		for (size_t length = 0; length <= text.length; length++) {
			char *copy = malloc(length ? length : 1);

			memcpy(copy, text.at, length);
			json_scan((struct str){ copy, length }, NULL);
			free(copy);
		}
	}
}

Test(json, parses_valid_documents)
{
	for (size_t i = 0; i < COUNT_OF(accepted); i++) {
		const char *error = NULL;
		size_t offset;
		struct json *value = json_parse(accepted[i], &error, &offset);
		struct buf once = { 0 }, twice = { 0 };

		cr_expect(value != NULL, "%.*s: %s", STR_ARGS(accepted[i]), error);
		if (!value)
			continue;
		/* Serializing and parsing again must give the same text. */
		buf_json_value(&once, value);
		json_free(value);
		value = json_parse(buf_as_str(&once), &error, &offset);
		cr_expect(value != NULL, "%.*s became %s: %s", STR_ARGS(accepted[i]),
		          buf_cstr(&once), error);
		if (value)
			buf_json_value(&twice, value);
		cr_expect_str_eq(buf_cstr(&twice), buf_cstr(&once));
		json_free(value);
		buf_finish(&once);
		buf_finish(&twice);
	}
}

Test(json, does_not_parse_invalid_documents)
{
	for (size_t i = 0; i < COUNT_OF(rejected); i++) {
		const char *error = NULL;
		size_t offset = 0;

		cr_expect(json_parse(rejected[i].text, &error, &offset) == NULL, "row %zu", i);
		cr_expect_str_eq(error, rejected[i].error);
		cr_expect(eq(sz, offset, rejected[i].offset));
	}
}

static struct json *read_or_fail(const char *text)
{
	const char *error;
	size_t offset;
	struct json *value = json_parse(str_of(text), &error, &offset);

	cr_assert(value != NULL, "%s: %s", text, error);
	return value;
}

Test(json, detects_the_kind_of_a_value)
{
	static const struct {
		const char *text;
		enum json_kind kind;
	} rows[] = {
		{ "null", JSON_NULL },        { "true", JSON_BOOLEAN }, { "false", JSON_BOOLEAN },
		{ "7", JSON_INTEGER },        { "-0", JSON_INTEGER },   { "7.0", JSON_DECIMAL },
		{ "7e0", JSON_DECIMAL },      { "\"7\"", JSON_STRING }, { "[7]", JSON_ARRAY },
		{ "{\"a\":7}", JSON_OBJECT },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct json *value = read_or_fail(rows[i].text);

		cr_expect(eq(int, json_kind(value), rows[i].kind), "%s", rows[i].text);
		json_free(value);
	}
	cr_expect(eq(int, json_kind(NULL), JSON_NULL));
}

Test(json, member_string_is_empty_for_other_kinds)
{
	struct json *value = read_or_fail("{\"name\": \"Ada\", \"null\": null, \"number\": 7}");

	cr_expect(str_is(json_member_string(value, "name"), "Ada"));
	cr_expect(str_is(json_member_string(value, "null"), ""));
	cr_expect(str_is(json_member_string(value, "number"), ""));
	cr_expect(str_is(json_member_string(value, "absent"), ""));
	cr_expect(str_is(json_member_string(json_member(value, "name"), "name"), ""),
	          "a string must have no members");
	cr_expect(str_is(json_member_string(NULL, "name"), ""));
	json_free(value);
}

Test(json, returns_exact_numbers_and_strings)
{
	struct json *value =
		read_or_fail("[9223372036854775807, -9223372036854775808, 1.5, true, false, "
	                     "\"a\\u00e4\\ud83d\\ude00\\n\", \"\", null]");

	cr_assert(eq(sz, json_count(value), 8));
	cr_expect(eq(llong, json_integer(json_at(value, 0)), LLONG_MAX));
	cr_expect(eq(llong, json_integer(json_at(value, 1)), LLONG_MIN));
	cr_expect(json_boolean(json_at(value, 3)));
	cr_expect_not(json_boolean(json_at(value, 4)));
	cr_expect(str_is(json_string(json_at(value, 5)), "a\xc3\xa4\xf0\x9f\x98\x80\n"));
	cr_expect(str_is(json_string(json_at(value, 6)), ""));
	cr_expect(str_is(json_string(json_at(value, 7)), ""), "null must not be a string");
	cr_expect(str_is(json_string(json_at(value, 0)), ""), "a number must not be a string");
	cr_expect(eq(sz, json_count(json_at(value, 0)), 0));
	json_free(value);
}

Test(json, distinguishes_null_from_absent_members)
{
	struct json *object = read_or_fail("{\"given\":null,\"other\":1}");

	cr_expect(json_member(object, "given") != NULL);
	cr_expect(eq(int, json_kind(json_member(object, "given")), JSON_NULL));
	cr_expect(json_member(object, "absent") == NULL);
	cr_expect(json_member(json_member(object, "other"), "x") == NULL,
	          "a number must have no members");
	cr_expect(json_member(json_member(object, "given"), "x") == NULL);
	cr_expect(json_member(NULL, "x") == NULL);
	json_free(object);
}

Test(json, iterates_members_in_document_order)
{
	struct json *object = read_or_fail("{\"z\":1,\"a\":null,\"m\":[]}"),
		    *array = read_or_fail("[1]");
	struct json_cursor c = json_begin(object);
	static const char *const names[] = { "z", "a", "m" };
	static const enum json_kind kinds[] = { JSON_INTEGER, JSON_NULL, JSON_ARRAY };
	size_t n = 0;

	while (json_next(&c)) {
		cr_assert(n < COUNT_OF(names));
		cr_expect_str_eq(c.name, names[n]);
		cr_expect(c.value != NULL && json_kind(c.value) == kinds[n]);
		n++;
	}
	cr_expect(eq(sz, n, COUNT_OF(names)));
	c = json_begin(array);
	cr_expect_not(json_next(&c));
	c = json_begin(NULL);
	cr_expect_not(json_next(&c));
	json_free(object);
	json_free(array);
}

Test(json, serializes_compactly_and_keeps_numbers)
{
	static const char text[] =
		"{ \"a\" : 1.50 , \"b\":[ 1e2 , -0.0, null ],\"c\":\"x/\\u00e4\\n\\\"\" }";
	struct json *value = read_or_fail(text);
	struct buf buf = { 0 };

	buf_json_value(&buf, value);
	cr_expect_str_eq(buf_cstr(&buf),
	                 "{\"a\":1.50,\"b\":[1e2,-0.0,null],\"c\":\"x/\xc3\xa4\\n\\\"\"}");
	buf_clear(&buf);
	buf_json_value(&buf, json_at(json_member(value, "b"), 2));
	cr_expect_str_eq(buf_cstr(&buf), "null");
	buf_finish(&buf);
	json_free(value);
}
