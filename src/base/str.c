/* str.c: operations on string slices. */

#include <stdlib.h>
#include <strings.h>
#include <sys/random.h>

#include "str.h"

bool str_is_nocase(struct str a, const char *text)
{
	return a.length == strlen(text)
	       && (a.length == 0 || strncasecmp(a.at, text, a.length) == 0);
}

bool str_begins(struct str a, const char *text)
{
	size_t length = strlen(text);

	return a.length >= length && (length == 0 || memcmp(a.at, text, length) == 0);
}

bool str_begins_url(struct str s)
{
	size_t start = str_begins(s, "https://") ? strlen("https://") : strlen("http://");
	size_t end = start;

	if (!str_begins(s, "https://") && !str_begins(s, "http://"))
		return false;
	while (end < s.length && !memchr("/?#", s.at[end], 3)) {
		if (memchr("@\\", s.at[end++], 2))
			return false;
	}
	return end > start;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct str str_trim(struct str a)
{
	while (a.length && is_blank(a.at[0])) {
		a.at++;
		a.length--;
	}
	while (a.length && is_blank(a.at[a.length - 1]))
		a.length--;
	return a;
}

bool str_cut(struct str *rest, char separator, struct str *part)
{
	const char *found;

	*part = *rest;
	if (rest->length == 0)
		return false;
	found = memchr(rest->at, separator, rest->length);
	if (!found) {
		*rest = (struct str){ rest->at + rest->length, 0 };
		return true;
	}
	part->length = (size_t)(found - rest->at);
	rest->length -= part->length + 1;
	rest->at = found + 1;
	return true;
}

bool str_has_part(struct str list, char separator, struct str part)
{
	struct str each;

	while (str_cut(&list, separator, &each)) {
		if (str_equal(each, part))
			return true;
	}
	return false;
}

bool str_number(struct str a, long long *number)
{
	bool negative = a.length && a.at[0] == '-';
	long long value = 0;

	if (negative) {
		a.at++;
		a.length--;
	}
	if (a.length == 0)
		return false;
	for (size_t i = 0; i < a.length; i++) {
		if (a.at[i] < '0' || a.at[i] > '9')
			return false;
		/* Accumulates negatively, since LLONG_MIN has no positive counterpart. */
		if (__builtin_mul_overflow(value, 10, &value)
		    || __builtin_sub_overflow(value, a.at[i] - '0', &value))
			return false;
	}
	if (!negative && __builtin_sub_overflow(0LL, value, &value))
		return false;
	*number = value;
	return true;
}

int str_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Folds the halves of a 128-bit product together: every input bit affects every output
 * bit. */
static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t word(const char *at)
{
	uint64_t w;

	memcpy(&w, at, sizeof(w));
	return w;
}

uint64_t str_hash(struct str a, uint64_t seed)
{
	/* A word equal to the key would make the product zero and discard the other
	 * word; so the key depends on the secret seed, too. */
	const uint64_t k0 = 0x9e3779b97f4a7c15, key = fold(seed ^ 0xd6e8feb86659fd93, k0);
	uint64_t state = seed ^ k0;
	char last[16] = { 0 };
	const char *at = a.at;
	size_t left = a.length;

	for (; left > 16; at += 16, left -= 16)
		state = fold(word(at) ^ key, word(at + 8) ^ state);
	if (left)
		memcpy(last, at, left);
	state = fold(word(last) ^ key, word(last + 8) ^ state);
	return fold(state ^ k0, a.length ^ key);
}

uint64_t str_seed(void)
{
	static uint64_t seed;

	while (seed == 0) {
		if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
			abort();
	}
	return seed;
}

bool str_equal_secret(struct str a, struct str b)
{
	unsigned char differs = a.length != b.length;

	for (size_t i = 0; i < a.length; i++)
		differs |= (unsigned char)(a.at[i] ^ (b.length ? b.at[i % b.length] : 1));
	return differs == 0;
}

size_t str_utf8(struct str s)
{
	const unsigned char *at = (const unsigned char *)s.at;
	size_t length;
	uint32_t point, min;

	if (s.length == 0)
		return 0;
	if (at[0] < 0x80)
		return 1;
	if (at[0] >= 0xc2 && at[0] < 0xe0)
		length = 2, point = at[0] & 0x1f, min = 0x80;
	else if (at[0] >= 0xe0 && at[0] < 0xf0)
		length = 3, point = at[0] & 0x0f, min = 0x800;
	else if (at[0] >= 0xf0 && at[0] < 0xf5)
		length = 4, point = at[0] & 0x07, min = 0x10000;
	else
		return 0;
	if (s.length < length)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (at[i] & 0x3f);
	}
	if (point < min || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
		return 0;
	return length;
}

long str_characters(struct str s)
{
	long count = 0;

	for (size_t i = 0; i < s.length; i++)
		count += ((unsigned char)s.at[i] & 0xc0) != 0x80;
	return count;
}

struct str str_utf8_prefix(struct str s, size_t max)
{
	struct str rest = s;
	size_t length = 0, next;

	while ((next = str_utf8(rest)) && length + next <= max) {
		length += next;
		rest = (struct str){ s.at + length, s.length - length };
	}
	return (struct str){ s.at, length };
}

bool str_is_utf8(struct str s)
{
	while (s.length) {
		size_t length = str_utf8(s);

		if (length == 0)
			return false;
		s.at += length;
		s.length -= length;
	}
	return true;
}
