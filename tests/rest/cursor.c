/* cursor.c: tests that a cursor is valid only for the position and the list it was issued for. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "call.h"
#include "cursor.h"

static const struct field by = { "by", FIELD_LINE }, of = { "of", FIELD_LINE };
static const struct field limit = { "limit", FIELD_INTEGER, POSITION };

static const char keys[] =
	"[\"2026-11-21T05:47:00.123+00:00\",\"01900000-0000-7000-8000-000000000001\"]";

static struct {
	struct operation operation;
	struct endpoint endpoint;
	struct request request;
	struct call call;
	struct buf text;
} f;

static void set_up(void)
{
	f.operation =
		(struct operation){ .name = "list_things", .sort = { FIELD_TIME, FIELD_UUID } };
	f.endpoint = (struct endpoint){ .operation = &f.operation,
		                        .query = { &by, &of, &limit },
		                        .query_count = 3,
		                        .path_count = 1 };
	f.request.params[0] = STR("01900000-0000-7000-8000-00000000000a");
	f.call = (struct call){ .endpoint = &f.endpoint, .request = &f.request };
}

static void tear_down(void)
{
	arena_finish(&f.request.arena);
	buf_finish(&f.text);
}

TestSuite(cursor, .init = set_up, .fini = tear_down);

static struct str written(const char *of_keys)
{
	buf_clear(&f.text);
	cursor_write(&f.call, str_of(of_keys), &f.text);
	return buf_as_str(&f.text);
}

/* A cursor forged by someone who knows the format. */
static struct str forged(const char *version_and_hash, const char *of_keys)
{
	struct buf plain = { 0 };

	buf_text(&plain, version_and_hash);
	buf_text(&plain, of_keys);
	buf_clear(&f.text);
	base64url_encode(&f.text, plain.at, plain.length);
	buf_finish(&plain);
	return buf_as_str(&f.text);
}

/* The valid version and hash for the list. */
static const char *prefix(void)
{
	static char text[18];
	unsigned char plain[1024];

	cr_assert(base64url_decode(written(keys), plain, sizeof(plain)) > 17);
	memcpy(text, plain, 17);
	return text;
}

Test(cursor, round_trips)
{
	cr_assert(cursor_read(&f.call, written(keys)));
	cr_expect_str_eq(f.call.cursor[0], "2026-11-21T05:47:00.123+00:00");
	cr_expect_str_eq(f.call.cursor[1], "01900000-0000-7000-8000-000000000001");
}

Test(cursor, needs_no_encoding_in_a_url)
{
	struct str text = written(keys);

	for (size_t i = 0; i < text.length; i++)
		cr_expect(memchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
		                 text.at[i], 64)
		          != NULL);
}

Test(cursor, is_valid_only_for_its_filters)
{
	struct str text = written(keys);

	f.call.query_values[0] = "me";
	cr_expect_not(cursor_read(&f.call, text), "must be rejected with another filter");
	f.call.query_values[0] = NULL;
	f.call.query_values[1] = "me";
	cr_expect_not(cursor_read(&f.call, text),
	              "must be rejected with the same value for another filter");
	f.call.query_values[1] = NULL;
	f.request.params[0] = STR("01900000-0000-7000-8000-00000000000b");
	cr_expect_not(cursor_read(&f.call, text), "must be rejected for another path");
	f.request.params[0] = STR("01900000-0000-7000-8000-00000000000a");
	f.operation.name = "list_others";
	cr_expect_not(cursor_read(&f.call, text), "must be rejected for another list");
	f.operation.name = "list_things";
	cr_expect(cursor_read(&f.call, text));
}

Test(cursor, depends_on_which_filter_has_the_value)
{
	struct str text;

	f.call.query_values[0] = "me";
	text = written(keys);
	cr_expect(cursor_read(&f.call, text));
	f.call.query_values[0] = NULL;
	f.call.query_values[1] = "me";
	cr_expect_not(cursor_read(&f.call, text));
}

Test(cursor, does_not_depend_on_the_limit)
{
	struct str text = written(keys);

	f.call.query_values[2] = "500";
	cr_expect(cursor_read(&f.call, text));
}

Test(cursor, is_rejected_when_modified)
{
	char text[256];
	struct str right = written(keys);
	size_t rejected = 0;

	for (size_t i = 0; i < right.length; i++) {
		memcpy(text, right.at, right.length);
		text[i] = text[i] == 'A' ? 'B' : 'A';
		rejected += !cursor_read(&f.call, (struct str){ text, right.length });
	}
	/* Some changes only yield another time or ID, which is allowed. */
	cr_expect(rejected > right.length / 2, "only %zu of %zu changes were rejected", rejected,
	          right.length);
	for (size_t length = 0; length < right.length; length++)
		cr_expect_not(cursor_read(&f.call, (struct str){ right.at, length }),
		              "its first %zu characters must be rejected", length);
}

Test(cursor, is_rejected_when_malformed)
{
	static const struct {
		bool right_prefix;
		const char *text;
	} rows[] = {
		{ true, "" },
		{ true, "[]" },
		{ true, "{}" },
		{ true, "null" },
		{ true, "[\"2026-11-21T05:47:00.123+00:00\"]" },
		{ true,
		  "[\"2026-11-21T05:47:00.123+00:00\",\"01900000-0000-7000-8000-000000000001\",1]" },
		{ true, "[1,\"01900000-0000-7000-8000-000000000001\"]" },
		{ true, "[null,null]" },
		{ true, "[\"yesterday\",\"01900000-0000-7000-8000-000000000001\"]" },
		{ true, "[\"2026-11-21T05:47:00.123+00:00\",\"1' or '1'='1\"]" },
		{ true,
		  "[\"2026-11-21T05:47:00.123+00:00\",\"01900000-0000-7000-8000-000000000001\"] "
		  "x" },
		{ false,
		  "10000000000000000[\"2026-11-21T05:47:00.123+00:00\",\"01900000-0000-7000-8000-000000000001\"]" },
	};
	char other_version[18];

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		cr_expect_not(cursor_read(&f.call, forged(rows[i].right_prefix ? prefix() : "",
		                                          rows[i].text)),
		              "row %zu: %s", i, rows[i].text);
	cr_expect(cursor_read(&f.call, forged(prefix(), keys)), "the forged prefix must be valid");
	snprintf(other_version, sizeof(other_version), "2%s", prefix() + 1);
	cr_expect_not(cursor_read(&f.call, forged(other_version, keys)),
	              "another version must be rejected");
	cr_expect_not(cursor_read(&f.call, STR("")));
	cr_expect_not(cursor_read(&f.call, STR("no base64!")));
}

Test(cursor, is_rejected_when_too_long)
{
	struct buf long_keys = { 0 };

	buf_text(&long_keys, "[\"");
	for (int i = 0; i < 2000; i++)
		buf_char(&long_keys, 'x');
	buf_text(&long_keys, "\",\"01900000-0000-7000-8000-000000000001\"]");
	f.operation.sort[0] = FIELD_LINE;
	cr_expect_not(cursor_read(&f.call, written(buf_cstr(&long_keys))));
	buf_finish(&long_keys);
}
