/* A request head is parsed, and an invalid one is rejected as early as documented. */

#include <criterion/criterion.h>
#include <stdio.h>

#include "head.h"
#include "target.h"

static struct head head;

static enum head_result read_text(const char *text)
{
	return head_read(str_of(text), &head);
}

Test(head, is_parsed)
{
	static const char text[] =
		"PATCH /a%20b/c?x=%zz HTTP/1.1\r\nHost: h\r\nAccept: a\r\nAccept:b \r\n"
		"content-length: 12\r\nX-Unknown: y\r\n\r\nrest";
	struct arena arena = { 0 };

	cr_assert_eq(read_text(text), HEAD_COMPLETE);
	cr_expect_eq(head.method, PATCH);
	cr_expect_eq(head.minor, 1);
	cr_expect(str_is(head.raw_target, "/a%20b/c?x=%zz"));
	cr_expect(str_is(head.target.raw_path, "/a%20b/c"));
	cr_expect(str_is(head.target.path, "/a b/c"));
	cr_expect(str_is(head.target.query, "x=%zz"));
	cr_expect(str_is(head_value(&head, HEADER_ACCEPT, &arena), "a, b"));
	cr_expect_null(head_value(&head, HEADER_ORIGIN, &arena).at);
	cr_expect(head.has_length && head.content_length == 12);
	cr_expect_eq(head.field_count, 4, "only the headers in headers.def");
	cr_expect_eq(head.length, strlen(text) - strlen("rest"));
	arena_finish(&arena);
}

static const struct {
	const char *text;
	bool close, keep_alive;
} connections[] = {
	{ "close", true, false },       { "CLOSE", true, false },   { "keep-alive", false, true },
	{ "x, close ,y", true, false }, { "closed", false, false }, { "", false, false },
	{ ",,close", true, false },
};

Test(head, reads_connection_options)
{
	char text[200];

	for (size_t i = 0; i < COUNT_OF(connections); i++) {
		snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: h\r\nConnection: %s\r\n\r\n",
		         connections[i].text);
		cr_assert_eq(read_text(text), HEAD_COMPLETE);
		cr_expect_eq(head.close, connections[i].close, "%s", connections[i].text);
		cr_expect_eq(head.keep_alive, connections[i].keep_alive, "%s", connections[i].text);
	}
}

static const struct {
	const char *text;
	enum head_result result;
} beginnings[] = {
	{ "", HEAD_INCOMPLETE },
	{ "G", HEAD_INCOMPLETE },
	{ "\r", HEAD_INCOMPLETE },
	{ "\r\n", HEAD_INCOMPLETE },
	{ "\r\n\r\n", HEAD_INCOMPLETE },
	{ "\r\n\r\n\r", HEAD_INVALID },
	{ "\rG", HEAD_INVALID },
	{ "\n", HEAD_INVALID },
	{ "\x16", HEAD_INVALID },
	{ "(", HEAD_INVALID },
	{ "GET / HTTP/1.1\r", HEAD_INCOMPLETE },
	{ "GET / HTTP/1.1\n", HEAD_INVALID },
	{ "GET / HTTP/9.1\r\n", HEAD_INVALID },
	{ "GET / HTTP/1.1\r\nHost : a\r\n", HEAD_INVALID },
	{ "GET / HTTP/1.1\r\nHost : a\r", HEAD_INCOMPLETE },
	{ "GET / HTTP/1.1\r\n\r", HEAD_INCOMPLETE },
};

Test(head, is_checked_at_the_end_of_each_line)
{
	for (size_t i = 0; i < COUNT_OF(beginnings); i++)
		cr_expect_eq(read_text(beginnings[i].text), beginnings[i].result, "row %zu: %s", i,
		             beginnings[i].text);
}

/* Below `needed` bytes without a line feed, the result stays HEAD_INCOMPLETE; at `needed` it
 * changes. */
Test(head, reports_how_many_bytes_it_needs)
{
	static const char text[] = "\r\nGET /a HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n";
	char bytes[MAX_HEAD + 100];
	size_t length = sizeof(text) - 1, needed;

	for (size_t i = 0; i < length; i++) {
		cr_assert_eq(head_read((struct str){ text, i }, &head), HEAD_INCOMPLETE,
		             "after %zu bytes", i);
		cr_expect_gt(head.needed, i);
		needed = head.needed;
		if (i < 3)
			continue;
		memcpy(bytes, text, i);
		memset(bytes + i, 'x', sizeof(bytes) - i);
		cr_expect_eq(head_read((struct str){ bytes, needed - 1 }, &head), HEAD_INCOMPLETE,
		             "at %zu", i);
		cr_expect_eq(head_read((struct str){ bytes, needed }, &head), HEAD_INVALID,
		             "at %zu", i);
	}
	cr_expect_eq(head_read(str_of(text), &head), HEAD_COMPLETE);
	cr_expect_eq(head.length, length);
}

static const struct {
	const char *text, *decoded; /* NULL: rejected */
	bool plus;
} escapes[] = {
	{ "", "", false },
	{ "a%20b+c", "a b+c", false },
	{ "a%20b+c", "a b c", true },
	{ "%c3%A9", "\xc3\xa9", false },
	{ "%", NULL, false },
	{ "%4", NULL, false },
	{ "a%4", NULL, false },
	{ "%4g", NULL, false },
	{ "%g4", NULL, false },
	{ "%00", NULL, false },
	{ "%ff", NULL, false },
	{ "%c0%80", NULL, false },
	{ "%ed%a0%80", NULL, false },
	{ "%f4%90%80%80", NULL, false },
	{ "%F0%9F%9A%A2", "\xf0\x9f\x9a\xa2", false },
};

Test(target, decodes_strictly)
{
	char out[64];

	for (size_t i = 0; i < COUNT_OF(escapes); i++) {
		long length = target_decode(str_of(escapes[i].text), escapes[i].plus, out);

		if (!escapes[i].decoded)
			cr_expect_eq(length, -1, "%s", escapes[i].text);
		else
			cr_expect(length >= 0
			                  && str_is((struct str){ out, (size_t)length },
			                            escapes[i].decoded),
			          "%s", escapes[i].text);
	}
}

static const struct {
	const char *text;
	bool good;
} hosts[] = {
	{ "a", true },
	{ "a.b-c_d~e", true },
	{ "127.0.0.1:80", true },
	{ "a:", true },
	{ "a:65535", true },
	{ "[::1]", true },
	{ "[::ffff:1.2.3.4]:1", true },
	{ "", false },
	{ ":80", false },
	{ "a:65536", false },
	{ "a:-1", false },
	{ "a:123456", false },
	{ "a b", false },
	{ "a,b", false },
	{ "u@a", false },
	{ "a/b", false },
	{ "a?b", false },
	{ "[::1", false },
	{ "[]", false },
	{ "[::1]x", false },
	{ "[::g]", false },
	{ "a:b:c", false },
	{ "a%41", false },
	{ "a\\b", false },
};

Test(target, recognizes_an_authority)
{
	for (size_t i = 0; i < COUNT_OF(hosts); i++)
		cr_expect_eq(target_is_authority(str_of(hosts[i].text)), hosts[i].good, "%s",
		             hosts[i].text);
}
