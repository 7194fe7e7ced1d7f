/* Each byte sequence has exactly one base64url encoding; all others are rejected. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "str.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

Test(base64url, matches_the_rfc_test_vectors)
{
	static const char *const rows[][2] = {
		{ "", "" },
		{ "f", "Zg" },
		{ "fo", "Zm8" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg" },
		{ "fooba", "Zm9vYmE" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xfb\xff\xfe", "-__-" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buf buf = { 0 };
		unsigned char out[16];
		long length = base64url_decode(str_of(rows[i][1]), out, sizeof(out));

		base64url_encode(&buf, rows[i][0], strlen(rows[i][0]));
		cr_expect_str_eq(buf_cstr(&buf), rows[i][1]);
		cr_expect(length == (long)strlen(rows[i][0])
		                  && memcmp(out, rows[i][0], (size_t)length) == 0,
		          "%s", rows[i][1]);
		buf_finish(&buf);
	}
}

Test(base64url, decodes_what_it_encodes)
{
	unsigned char bytes[300], out[300];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 167 + i / 256);
	for (size_t length = 0; length <= sizeof(bytes); length++) {
		struct buf buf = { 0 };

		base64url_encode(&buf, bytes, length);
		cr_expect(eq(sz, buf.length, (length * 4 + 2) / 3));
		cr_expect(eq(long, base64url_decode(buf_as_str(&buf), out, sizeof(out)),
		             (long)length));
		cr_expect(memcmp(out, bytes, length) == 0);
		buf_finish(&buf);
	}
}

/* Two characters hold a byte and four unused bits, three hold two bytes and two unused bits.
 * The unused bits must be zero, regardless of preceding text. */
Test(base64url, rejects_nonzero_unused_bits)
{
	unsigned char out[8];
	int accepted = 0;

	for (int first = 0; first < 64; first++) {
		for (int last = 0; last < 64; last++) {
			char two[] = { digits[first], digits[last] };
			char three[] = { 'A', digits[first], digits[last] };
			char six[] = { 'A', 'B', 'C', 'D', digits[first], digits[last] };
			char seven[] = { '_', '_', '_', '_', '-', digits[first], digits[last] };

			cr_expect(eq(long, base64url_decode((struct str){ two, 2 }, out, 8),
			             last & 15 ? -1 : 1),
			          "%.2s", two);
			cr_expect(eq(long, base64url_decode((struct str){ three, 3 }, out, 8),
			             last & 3 ? -1 : 2),
			          "%.3s", three);
			cr_expect(eq(long, base64url_decode((struct str){ six, 6 }, out, 8),
			             last & 15 ? -1 : 4),
			          "%.6s", six);
			cr_expect(eq(long, base64url_decode((struct str){ seven, 7 }, out, 8),
			             last & 3 ? -1 : 5),
			          "%.7s", seven);
			accepted += base64url_decode((struct str){ two, 2 }, out, 8) == 1;
		}
	}
	cr_expect(eq(int, accepted, 256), "each byte must have exactly one encoding");
}

Test(base64url, rejects_other_characters)
{
	unsigned char out[8];

	for (int c = 0; c < 256; c++) {
		bool valid = c && strchr(digits, c);

		for (int position = 0; position < 4; position++) {
			char text[4] = { 'A', 'A', 'A', 'A' };

			text[position] = (char)c;
			cr_expect(eq(long, base64url_decode((struct str){ text, 4 }, out, 8),
			             valid ? 3 : -1),
			          "byte %d at position %d", c, position);
		}
	}
}

Test(base64url, rejects_invalid_lengths)
{
	static const char *const rows[] = { "A",    "AAAAA", "AAAAAAAAA", "AA==",
		                            "AAA=", "AAAA=", "AA\n",      " AAAA" };
	unsigned char out[8];

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		cr_expect(eq(long, base64url_decode(str_of(rows[i]), out, 8), -1), "\"%s\"",
		          rows[i]);
}

Test(base64url, does_not_write_past_the_buffer)
{
	unsigned char out[4] = { 0, 0, 0, 0xa5 };

	cr_expect(eq(long, base64url_decode(STR("AAAA"), out, 3), 3));
	cr_expect(eq(long, base64url_decode(STR("AAAA"), out, 2), -1));
	cr_expect(eq(long, base64url_decode(STR("AAAAAA"), out, 3), -1));
	cr_expect(eq(int, out[3], 0xa5));
	cr_expect(eq(long, base64url_decode(STR(""), out, 0), 0));
}
