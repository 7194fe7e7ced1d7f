/* str_blank.c: detects text without any visible character. */

#include "str.h"

/* White space, control characters, and characters of zero width or without a glyph: text that
 * consists of them alone cannot serve as a name. Sorted. */
static const struct {
	unsigned first, last;
} invisible[] = {
	{ 0x0000, 0x0020 },   { 0x007f, 0x00a0 },   { 0x00ad, 0x00ad }, { 0x034f, 0x034f },
	{ 0x061c, 0x061c },   { 0x115f, 0x1160 },   { 0x1680, 0x1680 }, { 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f },   { 0x2000, 0x200f },   { 0x2028, 0x202f }, { 0x205f, 0x206f },
	{ 0x2800, 0x2800 },   { 0x3000, 0x3000 },   { 0x3164, 0x3164 }, { 0xfe00, 0xfe0f },
	{ 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb }, { 0x1bca0, 0x1bca3 },
	{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

static unsigned code_point(const char *at, size_t length)
{
	static const unsigned char lead_masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	unsigned point = (unsigned char)at[0] & lead_masks[length];

	for (size_t i = 1; i < length; i++)
		point = point << 6 | ((unsigned char)at[i] & 0x3f);
	return point;
}

static bool is_invisible(unsigned point)
{
	for (size_t i = 0; i < COUNT_OF(invisible); i++) {
		if (point <= invisible[i].last)
			return point >= invisible[i].first;
	}
	return false;
}

bool str_is_blank(struct str s)
{
	for (size_t length; s.length; s.at += length, s.length -= length) {
		length = str_utf8(s);
		if (length == 0 || !is_invisible(code_point(s.at, length)))
			return false;
	}
	return true;
}
