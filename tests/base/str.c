/* String slices are split, parsed and compared correctly; the buffer grows as needed. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "str.h"

Test(str, is_cut_at_each_separator)
{
	static const struct {
		const char *text;
		const char *parts[5]; /* ends with NULL */
	} rows[] = {
		{ "", { NULL } },
		{ "a", { "a" } },
		{ "a,b", { "a", "b" } },
		{ ",a", { "", "a" } },
		{ "a,,b", { "a", "", "b" } },
		{ "a,", { "a" } },
		{ ",", { "" } },
		{ ",,", { "", "" } },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str rest = str_of(rows[i].text), part;
		size_t n = 0;

		while (str_cut(&rest, ',', &part)) {
			cr_assert(rows[i].parts[n] != NULL, "\"%s\" has too many parts",
			          rows[i].text);
			cr_expect(str_is(part, rows[i].parts[n]), "part %zu of \"%s\" is \"%.*s\"",
			          n, rows[i].text, STR_ARGS(part));
			n++;
		}
		cr_expect(rows[i].parts[n] == NULL, "\"%s\" has too few parts", rows[i].text);
		cr_expect(rest.length == 0);
	}
}

Test(str, is_found_among_the_parts_of_a_list)
{
	struct str list = STR("all,duty,note:1");

	cr_expect(str_has_part(list, ',', STR("all")));
	cr_expect(str_has_part(list, ',', STR("note:1")));
	cr_expect_not(str_has_part(list, ',', STR("note")), "a prefix of a part");
	cr_expect_not(str_has_part(list, ',', STR("all,duty")), "more than a part");
	cr_expect_not(str_has_part(list, ' ', STR("all")), "another separator");
	cr_expect_not(str_has_part(str_of(NULL), ',', STR("")), "NULL has no parts");
}

Test(str, null_slices_are_empty)
{
	struct str none = str_of(NULL), part = STR("before");

	cr_expect(none.at == NULL && none.length == 0);
	cr_expect_not(str_cut(&none, ',', &part));
	cr_expect(part.length == 0, "a part of nothing must be empty");
	cr_expect(str_is(none, ""));
	cr_expect(str_is_nocase(none, ""));
	cr_expect(str_begins(none, ""));
	cr_expect_not(str_begins(none, "a"));
	cr_expect(str_equal(none, STR("")));
	cr_expect(str_equal_secret(none, none));
	cr_expect(str_is_utf8(none));
	cr_expect(str_trim(none).length == 0);
	cr_expect(str_hash(none, 1) == str_hash(STR(""), 1));
}

Test(str, compares_with_and_without_case)
{
	cr_expect(str_is(STR("Bearer"), "Bearer"));
	cr_expect_not(str_is(STR("Bearer"), "bearer"));
	cr_expect_not(str_is(STR("Bearer"), "Beare"));
	cr_expect_not(str_is(STR("Bearer"), "Bearer "));
	cr_expect(str_is_nocase(STR("BeaRer"), "bearer"));
	cr_expect_not(str_is_nocase(STR("BeaRer"), "beare"));
	cr_expect_not(str_is((struct str){ "a\0b", 3 }, "a"));
	cr_expect(str_begins(STR("Bearer x"), "Bearer "));
	cr_expect_not(str_begins(STR("Bea"), "Bearer"));
}

Test(str, trims_spaces_and_tabs_only)
{
	static const char *const rows[][2] = {
		{ "", "" },     { " ", "" },      { " \t ", "" },     { "a", "a" },
		{ " a ", "a" }, { "\ta\t", "a" }, { " a b ", "a b" }, { "\na\r", "\na\r" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		cr_expect(str_is(str_trim(str_of(rows[i][0])), rows[i][1]), "\"%s\"", rows[i][0]);
}

Test(str, parses_whole_numbers_only)
{
	static const struct {
		const char *text;
		bool valid;
		long long number;
	} rows[] = {
		{ "0", true, 0 },
		{ "-0", true, 0 },
		{ "7", true, 7 },
		{ "-7", true, -7 },
		{ "0012", true, 12 },
		{ "9223372036854775807", true, LLONG_MAX },
		{ "-9223372036854775807", true, -LLONG_MAX },
		{ "-9223372036854775808", true, LLONG_MIN },
		{ "0000000000000000000000000000000000001", true, 1 },
		{ "9223372036854775808", false, 0 },
		{ "-9223372036854775809", false, 0 },
		{ "18446744073709551616", false, 0 },
		{ "92233720368547758070", false, 0 },
		{ "", false, 0 },
		{ "-", false, 0 },
		{ "--1", false, 0 },
		{ "+1", false, 0 },
		{ " 1", false, 0 },
		{ "1 ", false, 0 },
		{ "1.0", false, 0 },
		{ "1e3", false, 0 },
		{ "0x10", false, 0 },
		{ "1-", false, 0 },
		{ "\xd9\xa1", false, 0 }, /* an Arabic digit */
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		long long number = -99;
		bool valid = str_number(str_of(rows[i].text), &number);

		cr_expect(eq(int, valid, rows[i].valid), "\"%s\"", rows[i].text);
		cr_expect(eq(llong, number, valid ? rows[i].number : -99), "\"%s\"", rows[i].text);
	}
	cr_expect_not(str_number((struct str){ "1\0", 2 }, &(long long){ 0 }));
}

Test(str, cuts_text_after_whole_characters)
{
	static const struct {
		const char *text;
		size_t max;
		const char *prefix;
	} rows[] = {
		{ "", 3, "" },
		{ "abc", 3, "abc" },
		{ "abc", 2, "ab" },
		{ "abc", 0, "" },
		{ "a\xc3\xa4", 2, "a" },
		{ "a\xc3\xa4", 3, "a\xc3\xa4" },
		{ "a\xff"
		  "b",
		  3, "a" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		cr_expect(
			str_is(str_utf8_prefix(str_of(rows[i].text), rows[i].max), rows[i].prefix),
			"row %zu", i);
}

Test(str, counts_characters)
{
	cr_expect_eq(str_characters(STR("")), 0);
	cr_expect_eq(str_characters(STR("quay")), 4);
	cr_expect_eq(str_characters(STR("Gr\xc3\xbc\xc3\x9f"
	                                "e \xe2\x9a\x93")),
	             7);
}

Test(str, accepts_shortest_form_utf8_only)
{
	static const struct {
		const char *text;
		size_t first; /* length of the first character; 0: none */
		bool all;
	} rows[] = {
		{ "a", 1, true },
		{ "\x7f", 1, true },
		{ "\xc2\x80", 2, true },
		{ "\xdf\xbf", 2, true },
		{ "\xe0\xa0\x80", 3, true },
		{ "\xed\x9f\xbf", 3, true },
		{ "\xee\x80\x80", 3, true },
		{ "\xef\xbf\xbf", 3, true },
		{ "\xf0\x90\x80\x80", 4, true },
		{ "\xf4\x8f\xbf\xbf", 4, true },
		{ "a\xff", 1, false },
		{ "\x80", 0, false },
		{ "\xbf", 0, false },
		{ "\xc0\x80", 0, false }, /* U+0000 in two bytes */
		{ "\xc0\xaf", 0, false }, /* a slash in two bytes */
		{ "\xc1\xbf", 0, false },
		{ "\xe0\x80\xaf", 0, false }, /* a slash in three bytes */
		{ "\xe0\x9f\xbf", 0, false },
		{ "\xf0\x80\x80\xaf", 0, false }, /* and in four */
		{ "\xf0\x8f\xbf\xbf", 0, false },
		{ "\xed\xa0\x80", 0, false },     /* U+D800 */
		{ "\xed\xbf\xbf", 0, false },     /* U+DFFF */
		{ "\xf4\x90\x80\x80", 0, false }, /* beyond U+10FFFF */
		{ "\xf5\x80\x80\x80", 0, false },
		{ "\xf8\x88\x80\x80\x80", 0, false },
		{ "\xfe", 0, false },
		{ "\xff", 0, false },
		{ "\xc2", 0, false }, /* truncated characters */
		{ "\xe2\x82", 0, false },
		{ "\xf0\x9f\x98", 0, false },
		{ "\xc2\x41", 0, false },
		{ "\xe2\x28\xa1", 0, false },
		{ "\xe2\x82\x28", 0, false },
		{ "\xf0\x9f\x98\x28", 0, false },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str s = str_of(rows[i].text);

		cr_expect(eq(sz, str_utf8(s), rows[i].first), "row %zu", i);
		cr_expect(eq(int, str_is_utf8(s), rows[i].all), "row %zu", i);
	}
}

Test(str, hashes_depend_on_text_length_and_seed)
{
	char text[64] = { 0 };

	for (size_t length = 0; length <= sizeof(text); length++) {
		struct str s = { text, length };

		cr_expect(str_hash(s, 1) == str_hash(s, 1));
		cr_expect(str_hash(s, 1) != str_hash(s, 2), "length %zu: the seed has no effect",
		          length);
		for (size_t shorter = 0; shorter < length; shorter++)
			cr_expect(str_hash(s, 1) != str_hash((struct str){ text, shorter }, 1),
			          "%zu and %zu zero bytes have the same hash", length, shorter);
		for (size_t bit = 0; bit < length * 8; bit++) {
			uint64_t before = str_hash(s, 1);

			text[bit / 8] ^= (char)(1 << bit % 8);
			cr_expect(str_hash(s, 1) != before, "length %zu: bit %zu has no effect",
			          length, bit);
			text[bit / 8] ^= (char)(1 << bit % 8);
		}
	}
}

/* A zero factor discards the other factor. No text may cause that for all seeds: an attacker
 * could construct collisions with it. */
Test(str, hashes_have_no_zero_factor_for_known_text)
{
	static const uint64_t known[] = { 0, 0x9e3779b97f4a7c15, 0xd6e8feb86659fd93, UINT64_MAX };

	for (size_t i = 0; i < COUNT_OF(known); i++) {
		for (int index = 0; index < 2; index++) {
			uint64_t one[3] = { 7, 7, 7 }, other[3] = { 7, 7, 7 };

			one[index] = other[index] = known[i];
			other[1 - index] = 8;
			cr_expect(str_hash((struct str){ (char *)one, sizeof(one) }, 42)
			                  != str_hash((struct str){ (char *)other, sizeof(other) },
			                              42),
			          "%zu, %d", i, index);
		}
	}
}

Test(str, seed_is_constant_within_a_process)
{
	uint64_t seed = str_seed();

	cr_expect(seed != 0);
	cr_expect(str_seed() == seed);
}

Test(str, compares_secrets_completely)
{
	cr_expect(str_equal_secret(STR("secret"), STR("secret")));
	cr_expect_not(str_equal_secret(STR("secret"), STR("secreT")));
	cr_expect_not(str_equal_secret(STR("secret"), STR("Secret")));
	cr_expect_not(str_equal_secret(STR("secret"), STR("secre")));
	cr_expect_not(str_equal_secret(STR("secre"), STR("secret")));
	cr_expect_not(str_equal_secret(STR("secretsecret"), STR("secret")));
	cr_expect_not(str_equal_secret(STR("secret"), STR("secretsecret")));
	cr_expect_not(str_equal_secret(STR(""), STR("secret")));
	cr_expect_not(str_equal_secret(STR("secret"), STR("")));
	cr_expect(str_equal_secret(STR(""), STR("")));
}

Test(buf, grows_as_needed)
{
	struct buf buf = { 0 };
	size_t expected = 0;

	for (int i = 0; i < 1000; i++) {
		buf_text(&buf, "abc");
		buf_char(&buf, '-');
		buf_number(&buf, i);
		expected += 4 + (i < 10 ? 1 : i < 100 ? 2 : 3);
	}
	cr_assert(eq(sz, buf.length, expected));
	cr_expect(strlen(buf_cstr(&buf)) == expected);
	cr_expect(buf.length == expected, "the NUL must not be counted");
	cr_expect(str_begins(buf_as_str(&buf), "abc-0abc-1abc-2"));
	buf_clear(&buf);
	cr_expect(buf.length == 0);
	cr_expect_str_eq(buf_cstr(&buf), "");
	buf_finish(&buf);
	cr_expect(buf.at == NULL && buf.length == 0 && buf.capacity == 0);
}

Test(buf, ignores_empty_appends)
{
	struct buf buf = { 0 };

	buf_add(&buf, NULL, 0);
	buf_str(&buf, (struct str){ 0 });
	buf_text(&buf, "");
	buf_print(&buf, "%s", "");
	cr_expect(buf.length == 0);
	cr_expect_str_eq(buf_cstr(&buf), "");
	buf_finish(&buf);
}

Test(buf, formats_every_number)
{
	static const long long rows[] = { 0,  1,   -1,         9,         10,       -10,
		                          99, 100, 1234567890, LLONG_MAX, LLONG_MIN };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buf buf = { 0 };
		char expected[32];

		snprintf(expected, sizeof(expected), "%lld", rows[i]);
		buf_number(&buf, rows[i]);
		cr_expect_str_eq(buf_cstr(&buf), expected);
		buf_finish(&buf);
	}
}

Test(buf, prints_text_longer_than_its_capacity)
{
	struct buf buf = { 0 };
	char *text = malloc(10001);

	memset(text, 'x', 10000);
	text[10000] = '\0';
	buf_print(&buf, "<%s>", text);
	buf_print(&buf, "%d", 7);
	cr_expect(buf.length == 10003);
	cr_expect(buf.at[0] == '<' && buf.at[10001] == '>' && buf.at[10002] == '7');
	buf_finish(&buf);
	free(text);
}

Test(buf, escapes_any_bytes_as_json)
{
	static const struct {
		struct str text;
		const char *json;
	} rows[] = {
		{ { "", 0 }, "\"\"" },
		{ { NULL, 0 }, "\"\"" },
		{ STR("plain"), "\"plain\"" },
		{ STR("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"" },
		{ STR("line\nnext"), "\"line\\nnext\"" },
		{ STR("\t\r\b\f"), "\"\\u0009\\u000d\\u0008\\u000c\"" },
		{ STR("\0\x01\x1f\x7f"), "\"\\u0000\\u0001\\u001f\\u007f\"" },
		{ STR("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"),
		  "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80\"" },
		{ STR("\xff"), "\"\\ufffd\"" },
		{ STR("a\x80z"), "\"a\\ufffdz\"" },
		{ STR("\xc3"), "\"\\ufffd\"" },
		{ STR("\xc3\"x"), "\"\\ufffd\\\"x\"" },
		{ STR("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"" },
		{ STR("\xc0\xaf"), "\"\\ufffd\\ufffd\"" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buf buf = { 0 };

		buf_json(&buf, rows[i].text);
		cr_expect_str_eq(buf_cstr(&buf), rows[i].json, "row %zu: %s", i, buf_cstr(&buf));
		buf_finish(&buf);
	}
}

Test(str, is_blank_without_visible_characters)
{
	static const struct {
		struct str text;
		bool blank;
	} rows[] = {
		{ { NULL, 0 }, true },
		{ STR(" \t\r\n"), true },
		{ STR("\xc2\xa0"), true },                  /* U+00A0, no-break space */
		{ STR("\xe2\x80\x8b \xe2\x80\x8d"), true }, /* U+200B and U+200D, zero width */
		{ STR("\xe2\x80\xae\xe2\x81\xa0"),
		  true }, /* U+202E, right to left; U+2060, word joiner */
		{ STR("\xe3\x80\x80\xe3\x85\xa4"), true }, /* U+3000 and U+3164, full width */
		{ STR("\xef\xbb\xbf\xef\xb8\x8f"), true }, /* U+FEFF; U+FE0F, variation selector */
		{ STR("\xf3\xa0\x80\xa0"), true },         /* U+E0020, a tag */
		{ STR("\xe2\x80\x8b."), false },
		{ STR("\xe2\x80\x90"), false }, /* U+2010, a hyphen */
		{ STR("\xc2\xa1"), false },     /* U+00A1 */
		{ STR("\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80"), false },
		{ STR("\xff"), false },
		{ STR("\xe2\x80"), false },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		cr_expect_eq(str_is_blank(rows[i].text), rows[i].blank, "row %zu", i);
}

Test(buf, escapes_html)
{
	struct buf buf = { 0 };

	buf_html(&buf, STR("<a href=\"x\">Tom & 'Jerry'</a>"));
	cr_expect_str_eq(buf_cstr(&buf),
	                 "&lt;a href=&quot;x&quot;&gt;Tom &amp; &#39;Jerry&#39;&lt;/a&gt;");
	buf_finish(&buf);
}
