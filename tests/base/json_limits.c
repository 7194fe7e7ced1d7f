/* Nesting is limited; scanning takes time proportional to the length. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <time.h>

#include "json.h"

enum { BODY = 256 * 1024 };

static const char *scan(const struct buf *text)
{
	return json_scan(buf_as_str(text), NULL);
}

/* "[[[…1…]]]" or {"a":{"a":…1…}} with that many levels. */
static void nest(struct buf *out, const char *open, const char *close, int levels)
{
	buf_clear(out);
	for (int i = 0; i < levels; i++)
		buf_text(out, open);
	buf_char(out, '1');
	for (int i = 0; i < levels; i++)
		buf_text(out, close);
}

Test(json_limits, accepts_32_levels_but_not_33)
{
	static const char *const ways[][2] = { { "[", "]" },
		                               { "{\"a\":", "}" },
		                               { "[{\"a\":", "}]" } };
	struct buf text = { 0 };

	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		int levels = i == 2 ? JSON_DEPTH / 2 : JSON_DEPTH;
		const char *error;
		size_t offset;
		struct json *value;

		nest(&text, ways[i][0], ways[i][1], levels);
		cr_expect(scan(&text) == NULL, "%s: %s", ways[i][0], scan(&text));
		value = json_parse(buf_as_str(&text), &error, &offset);
		cr_expect(value != NULL, "%s: %s", ways[i][0], error);
		json_free(value);
		nest(&text, ways[i][0], ways[i][1], levels + 1);
		cr_assert(scan(&text) != NULL, "%s", ways[i][0]);
		cr_expect_str_eq(scan(&text), "the nesting is too deep");
	}
	buf_finish(&text);
}

Test(json_limits, counts_empty_containers_as_levels)
{
	struct buf text = { 0 };

	for (int levels = JSON_DEPTH; levels <= JSON_DEPTH + 1; levels++) {
		buf_clear(&text);
		for (int i = 0; i < levels; i++)
			buf_char(&text, '[');
		for (int i = 0; i < levels; i++)
			buf_char(&text, ']');
		cr_expect(eq(int, scan(&text) == NULL, levels == JSON_DEPTH), "%d", levels);
	}
	buf_finish(&text);
}

Test(json_limits, closing_a_container_ends_its_level)
{
	struct buf text = { 0 };

	buf_char(&text, '[');
	for (int i = 0; i < 100; i++)
		buf_text(&text, "[[],{},{\"a\":[1]}],");
	buf_text(&text, "1]");
	cr_expect(scan(&text) == NULL, "%s", scan(&text));
	buf_finish(&text);
}

/* The stack must not grow with the input. */
Test(json_limits, rejects_deep_nesting_early)
{
	struct buf text = { 0 };
	size_t offset;

	memset(buf_reserve(&text, BODY), '[', BODY);
	text.length = BODY;
	cr_expect_str_eq(json_scan(buf_as_str(&text), &offset), "the nesting is too deep");
	cr_expect(eq(sz, offset, JSON_DEPTH));
	buf_finish(&text);
}

static void fill_members(struct buf *out, size_t size)
{
	buf_clear(out);
	buf_char(out, '{');
	for (int i = 0; out->length < size; i++)
		buf_print(out, "%s\"%x\":0", i ? "," : "", i);
	buf_char(out, '}');
}

static void fill_objects(struct buf *out, size_t size)
{
	buf_clear(out);
	buf_char(out, '[');
	while (out->length < size)
		buf_text(out, "{\"a\":0},");
	buf_text(out, "0]");
}

static void fill_escapes(struct buf *out, size_t size)
{
	buf_clear(out);
	buf_char(out, '"');
	while (out->length < size)
		buf_text(out, "\\ud83d\\ude00");
	buf_char(out, '"');
}

static void fill_numbers(struct buf *out, size_t size)
{
	buf_clear(out);
	buf_char(out, '[');
	while (out->length < size)
		buf_text(out, "0.1e-7,");
	buf_text(out, "0]");
}

static void fill_long_names(struct buf *out, size_t size)
{
	buf_clear(out);
	buf_char(out, '{');
	for (int i = 0; out->length < size; i++)
		buf_print(out, "%s\"%01000d\":0", i ? "," : "", i);
	buf_char(out, '}');
}

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The fastest of several runs, since other processes share the machine. */
static double scan_ms(const struct buf *text)
{
	double best = 1e9;

	for (int i = 0; i < 7; i++) {
		double began = cpu_ms(), took;
		const char *error = scan(text);

		took = cpu_ms() - began;
		cr_assert(error == NULL, "%s", error);
		best = took < best ? took : best;
	}
	return best;
}

Test(json_limits, scanning_takes_linear_time)
{
	static const struct {
		const char *what;
		void (*fill)(struct buf *out, size_t size);
	} rows[] = {
		{ "members of one object", fill_members },
		{ "objects", fill_objects },
		{ "escapes", fill_escapes },
		{ "numbers", fill_numbers },
		{ "long names", fill_long_names },
	};
	struct buf small = { 0 }, large = { 0 };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		double small_ms, large_ms;

		rows[i].fill(&small, BODY);
		rows[i].fill(&large, BODY * 8);
		small_ms = scan_ms(&small);
		large_ms = scan_ms(&large);
		/* Quadratic time would be 64 times; allow for cache misses and table growth. */
		cr_expect(large_ms < small_ms * 32, "%s: %.2f ms, and %.2f", rows[i].what, small_ms,
		          large_ms);
		cr_expect(small_ms < 200, "%s: %.2f ms for the largest body", rows[i].what,
		          small_ms);
	}
	buf_finish(&small);
	buf_finish(&large);
}

Test(json_limits, finds_a_duplicate_among_thousands_of_members)
{
	struct buf text = { 0 };

	fill_members(&text, BODY);
	text.length--;
	buf_text(&text, ",\"7\":0}");
	cr_assert(scan(&text) != NULL);
	cr_expect_str_eq(scan(&text), "a member name is repeated");
	buf_finish(&text);
}

Test(json_limits, parses_the_largest_body)
{
	struct buf text = { 0 };
	const char *error;
	size_t offset;
	struct json *value;

	fill_members(&text, BODY);
	value = json_parse(buf_as_str(&text), &error, &offset);
	cr_assert(value != NULL, "%s", error);
	cr_expect(json_member(value, "1f") != NULL);
	json_free(value);
	buf_finish(&text);
}
