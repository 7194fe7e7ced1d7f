/* A token has exactly one valid spelling; any other is rejected. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "arena.h"
#include "auth_fixture.h"

static struct stand f;

static void set_up(void)
{
	stand_open(&f);
}

static void believe(enum forger forger)
{
	stand_publish(&f, forger, FORGERS);
	stand_believe(&f);
}

static void tear_down(void)
{
	stand_close(&f);
}

TestSuite(tokens, .init = set_up, .fini = tear_down, .timeout = 60);

#define GOOD	      "{" CLAIMS "}"
#define TIMED(claims) "{" CLAIMS "," claims "}"
#define R(more)	      "{\"alg\":\"RS256\",\"kid\":\"r1\"" more "}"

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

Test(tokens, have_one_way_of_being_written)
{
	const enum forger forgers[] = { R1, E1 };

	stand_publish(&f, R1, E1, FORGERS);
	stand_believe(&f);
	for (size_t i = 0; i < COUNT_OF(insertions) * COUNT_OF(forgers); i++) {
		const char *text = insertions[i / 2].text;
		int where = insertions[i / 2].where;
		enum auth_verdict verdict;

		stand_forge(&f, forgers[i % 2], GOOD);
		cr_assert(stand_check_forged(&f) == AUTH_TRUE);
		put(&f.token, where < 0 ? 0 : where == 0 ? f.token.length : dot(&f.token, where), text,
		    insertions[i / 2].length);
		verdict = stand_check_forged(&f);
		cr_expect(verdict == AUTH_MALFORMED || verdict == AUTH_SIGNATURE, "%s: %s", insertions[i / 2].what,
		          verdict_name(verdict));
	}
}

Test(tokens, are_written_in_the_alphabet_of_urls)
{
	size_t changed = 0;

	believe(R1);
	stand_forge(&f, R1, GOOD);
	for (size_t i = 0; i < f.token.length; i++) {
		char c = f.token.at[i];

		f.token.at[i] = c == '-' ? '+' : c == '_' ? '/' : c;
		changed += c != f.token.at[i];
	}
	cr_assert(changed > 0);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_MALFORMED));
}

Test(tokens, have_no_stray_bits_and_no_missing_ones)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	char *last;

	believe(R1);
	/* 256 bytes leave four bits of the last letter unused. */
	stand_forge(&f, R1, GOOD);
	last = &f.token.at[f.token.length - 1];
	*last = digits[strchr(digits, *last) - digits + 1];
	cr_expect(eq(int, stand_check_forged(&f), AUTH_MALFORMED));

	stand_forge(&f, R1, GOOD);
	f.token.length--;
	cr_expect(eq(int, stand_check_forged(&f), AUTH_MALFORMED));
	f.token.length--;
	cr_expect(eq(int, stand_check_forged(&f), AUTH_SIGNATURE));
}

Test(tokens, do_not_survive_a_changed_byte)
{
	const enum forger forgers[] = { R1, E1 };

	stand_publish(&f, R1, E1, FORGERS);
	stand_believe(&f);
	for (size_t i = 0; i < COUNT_OF(forgers); i++) {
		stand_forge(&f, forgers[i], GOOD);
		for (size_t at = 0; at < f.token.length; at++) {
			char was = f.token.at[at];

			f.token.at[at] = was == 'A' ? 'B' : 'A';
			cr_expect(ne(int, stand_check_forged(&f), AUTH_TRUE), "byte %zu", at);
			f.token.at[at] = was;
		}
		cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE));
	}
}

Test(tokens, do_not_lend_their_signature)
{
	struct buf other = { 0 };

	believe(R1);
	stand_forge(&f, R1, TIMED("\"x\":1"));
	buf_str(&other, buf_as_str(&f.token));
	stand_forge(&f, R1, GOOD);
	other.length = dot(&other, 2);
	put(&other, other.length, f.token.at + dot(&f.token, 2), f.token.length - dot(&f.token, 2));
	cr_expect(eq(int, stand_check(&f, buf_as_str(&other)), AUTH_SIGNATURE));
	buf_finish(&other);
}

Test(tokens, are_no_longer_than_they_may_be)
{
	static const size_t lengths[] = { 8193, 8194, 65536 + 600, 16 << 20 };
	struct buf claims = { 0 };

	believe(R1);
	buf_text(&claims, "{" CLAIMS ",\"x\":\"");
	while (claims.length < 5500)
		buf_char(&claims, 'x');
	buf_text(&claims, "\"}");
	forge_token(&f.token, STR(R("")), buf_as_str(&claims), R1, HONEST);
	cr_assert(le(ulong, f.token.length, TOKEN_MOST));
	cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE));

	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		while (f.token.length < lengths[i])
			buf_char(&f.token, 'A');
		cr_expect(eq(int, stand_check_forged(&f), AUTH_MALFORMED), "%zu bytes", lengths[i]);
	}
	buf_finish(&claims);
}

Test(tokens, are_not_just_any_text)
{
	static const char *const texts[] = {
		"", ".", "..", "...", "....", "a", "a.b", "a.b.c", "e30.e30.", "e30.e30.e30", ".e30.e30", "e30..e30",
		"undefined", "null", "anon:user_1", "user:user_1", "eyJhbGciOiJub25lIn0..", "eyJhbGciOiJub25lIn0",
	};

	believe(E1);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		enum auth_verdict verdict = stand_check(&f, str_of(texts[i]));

		cr_expect(verdict == AUTH_MALFORMED || verdict == AUTH_ALGORITHM, "<%s>: %s", texts[i],
		          verdict_name(verdict));
	}
}

Test(tokens, are_refused_in_words)
{
	for (int verdict = AUTH_LATER + 1; verdict < AUTH_VERDICTS; verdict++)
		cr_expect(strlen(auth_says((enum auth_verdict)verdict)) > 0);
}
