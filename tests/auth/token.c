/* A token has exactly one valid spelling; any other is rejected. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "arena.h"
#include "auth_fixture.h"

static struct auth_fixture f;

static void set_up(void)
{
	auth_fixture_open(&f);
}

static void start(enum test_key key_id)
{
	auth_fixture_publish(&f, key_id, TEST_KEYS);
	auth_fixture_start(&f);
}

static void tear_down(void)
{
	auth_fixture_close(&f);
}

TestSuite(token, .init = set_up, .fini = tear_down, .timeout = 60);

#define GOOD          "{" CLAIMS "}"
#define TIMED(claims) "{" CLAIMS "," claims "}"
#define R(more)       "{\"alg\":\"RS256\",\"kid\":\"r1\"" more "}"

static void put(struct buf *token, size_t at, const char *text, size_t length)
{
	struct str tail = { token->at + at, token->length - at };
	char *rest = memcpy(xmalloc(tail.length + 1), tail.at, tail.length);

	token->length = at;
	buf_add(token, text, length);
	buf_add(token, rest, tail.length);
	free(rest);
}

static size_t dot(const struct buf *token, int which)
{
	size_t at = 0;

	for (; which > 0; at++)
		if (token->at[at] == '.')
			which--;
	return at - 1;
}

static const struct {
	const char *what;
	int where; /* -1: at the start; 0: at the end; 1, 2: before that dot */
	const char *text;
	size_t length;
} insertions[] = {
	{ "trailing exclamation marks", 0, "!!!!", 4 },
	{ "trailing padding", 0, "=", 1 },
	{ "more trailing padding", 0, "==", 2 },
	{ "a trailing dot", 0, ".", 1 },
	{ "a fourth part", 0, ".eyJ9", 5 },
	{ "a trailing space", 0, " ", 1 },
	{ "a trailing line break", 0, "\n", 1 },
	{ "a trailing NUL", 0, "\0", 1 },
	{ "four trailing letters", 0, "AAAA", 4 },
	{ "a leading space", -1, " ", 1 },
	{ "a leading scheme", -1, "Bearer ", 7 },
	{ "a leading dot", -1, ".", 1 },
	{ "padding after the header", 1, "==", 2 },
	{ "exclamation marks after the header", 1, "!!!!", 4 },
	{ "a NUL after the header", 1, "\0", 1 },
	{ "a space after the claims", 2, " ", 1 },
	{ "padding after the claims", 2, "=", 1 },
	{ "a dot after the claims", 2, ".", 1 },
	{ "letters after the claims", 2, "AAAA", 4 },
};

Test(token, has_one_spelling)
{
	const enum test_key key_ids[] = { R1, E1 };

	auth_fixture_publish(&f, R1, E1, TEST_KEYS);
	auth_fixture_start(&f);
	for (size_t i = 0; i < COUNT_OF(insertions) * COUNT_OF(key_ids); i++) {
		const char *text = insertions[i / 2].text;
		int where = insertions[i / 2].where;
		enum auth_result result;

		auth_fixture_sign(&f, key_ids[i % 2], GOOD);
		cr_assert(auth_fixture_check_token(&f) == AUTH_OK);
		put(&f.token,
		    where < 0    ? 0
		    : where == 0 ? f.token.length
		                 : dot(&f.token, where),
		    text, insertions[i / 2].length);
		result = auth_fixture_check_token(&f);
		cr_expect(result == AUTH_MALFORMED || result == AUTH_SIGNATURE, "%s: %s",
		          insertions[i / 2].what, result_name(result));
	}
}

Test(token, uses_the_base64url_alphabet)
{
	size_t changed = 0;

	start(R1);
	auth_fixture_sign(&f, R1, GOOD);
	for (size_t i = 0; i < f.token.length; i++) {
		char c = f.token.at[i];

		f.token.at[i] = c == '-' ? '+' : c == '_' ? '/' : c;
		changed += c != f.token.at[i];
	}
	cr_assert(changed > 0);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_MALFORMED));
}

Test(token, has_no_unused_or_missing_bits)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	char *last;

	start(R1);
	/* 256 bytes leave four bits of the last letter unused. */
	auth_fixture_sign(&f, R1, GOOD);
	last = &f.token.at[f.token.length - 1];
	*last = digits[strchr(digits, *last) - digits + 1];
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_MALFORMED));

	auth_fixture_sign(&f, R1, GOOD);
	f.token.length--;
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_MALFORMED));
	f.token.length--;
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_SIGNATURE));
}

Test(token, is_invalid_after_any_changed_byte)
{
	const enum test_key key_ids[] = { R1, E1 };

	auth_fixture_publish(&f, R1, E1, TEST_KEYS);
	auth_fixture_start(&f);
	for (size_t i = 0; i < COUNT_OF(key_ids); i++) {
		auth_fixture_sign(&f, key_ids[i], GOOD);
		for (size_t at = 0; at < f.token.length; at++) {
			char original = f.token.at[at];

			f.token.at[at] = original == 'A' ? 'B' : 'A';
			cr_expect(ne(int, auth_fixture_check_token(&f), AUTH_OK), "byte %zu", at);
			f.token.at[at] = original;
		}
		cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_OK));
	}
}

Test(token, cannot_reuse_a_signature)
{
	struct buf other = { 0 };

	start(R1);
	auth_fixture_sign(&f, R1, TIMED("\"x\":1"));
	buf_str(&other, buf_as_str(&f.token));
	auth_fixture_sign(&f, R1, GOOD);
	other.length = dot(&other, 2);
	put(&other, other.length, f.token.at + dot(&f.token, 2), f.token.length - dot(&f.token, 2));
	cr_expect(eq(int, auth_fixture_check(&f, buf_as_str(&other)), AUTH_SIGNATURE));
	buf_finish(&other);
}

Test(token, has_a_maximum_length)
{
	static const size_t lengths[] = { 8193, 8194, 65536 + 600, 16 << 20 };
	struct buf claims = { 0 };

	start(R1);
	buf_text(&claims, "{" CLAIMS ",\"x\":\"");
	while (claims.length < 5500)
		buf_char(&claims, 'x');
	buf_text(&claims, "\"}");
	test_token_sign(&f.token, STR(R("")), buf_as_str(&claims), R1, SHA_256);
	cr_assert(le(ulong, f.token.length, MAX_TOKEN_BYTES));
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_OK));

	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		while (f.token.length < lengths[i])
			buf_char(&f.token, 'A');
		cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_MALFORMED), "%zu bytes",
		          lengths[i]);
	}
	buf_finish(&claims);
}

Test(token, rejects_malformed_text)
{
	static const char *const texts[] = {
		"",
		".",
		"..",
		"...",
		"....",
		"a",
		"a.b",
		"a.b.c",
		"e30.e30.",
		"e30.e30.e30",
		".e30.e30",
		"e30..e30",
		"undefined",
		"null",
		"anon:user_1",
		"user:user_1",
		"eyJhbGciOiJub25lIn0..",
		"eyJhbGciOiJub25lIn0",
	};

	start(E1);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		enum auth_result result = auth_fixture_check(&f, str_of(texts[i]));

		cr_expect(result == AUTH_MALFORMED || result == AUTH_ALGORITHM, "<%s>: %s",
		          texts[i], result_name(result));
	}
}

Test(token, has_a_text_for_each_error)
{
	for (int result = AUTH_PENDING + 1; result < AUTH_RESULTS; result++)
		cr_expect(strlen(auth_result_text((enum auth_result)result)) > 0);
}
