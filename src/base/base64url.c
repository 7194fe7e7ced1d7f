/* base64url.c: strict base64url encoding and decoding (RFC 4648, without padding). */

#include "str.h"

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : -1;
}

long base64url_decode(struct str text, unsigned char *out, size_t capacity)
{
	size_t length = 0;
	unsigned bits = 0, held = 0;

	if (text.length % 4 == 1)
		return -1;
	for (size_t i = 0; i < text.length; i++) {
		int digit = base64_digit(text.at[i]);

		if (digit < 0)
			return -1;
		bits = bits << 6 | (unsigned)digit;
		held += 6;
		if (held < 8)
			continue;
		held -= 8;
		if (length == capacity)
			return -1;
		out[length++] = (unsigned char)(bits >> held);
		bits &= (1u << held) - 1;
	}
	return bits ? -1 : (long)length;
}

void base64url_encode(struct buf *out, const void *bytes, size_t length)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const unsigned char *at = bytes;
	unsigned bits = 0, held = 0;

	for (size_t i = 0; i < length; i++) {
		bits = bits << 8 | at[i];
		held += 8;
		while (held >= 6) {
			held -= 6;
			buf_char(out, digits[bits >> held & 63]);
		}
		bits &= (1u << held) - 1;
	}
	if (held)
		buf_char(out, digits[bits << (6 - held) & 63]);
}
