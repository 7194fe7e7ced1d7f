/* The chunked coding is decoded, and invalid framing is rejected. */

#include <criterion/criterion.h>

#include "chunk.h"

enum { LIMIT = 20 };

static const struct {
	const char *text;
	enum chunk_result result;
	const char *body; /* decoded so far */
	size_t left;      /* bytes not consumed */
} rows[] = {
	{ "0\r\n\r\n", CHUNK_END, "", 0 },
	{ "0\r\n\r\nGET", CHUNK_END, "", 3 },
	{ "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", CHUNK_END, "abcde", 0 },
	{ "0000000a\r\n0123456789\r\n00\r\n\r\n", CHUNK_END, "0123456789", 0 },
	{ "B\r\n0123456789a\r\n0\r\n\r\n", CHUNK_END, "0123456789a", 0 },
	{ "14\r\n0123456789abcdefghij\r\n0\r\n\r\n", CHUNK_END, "0123456789abcdefghij", 0 },
	{ "15\r\n", CHUNK_TOO_LARGE, "", 0 },
	{ "ffffffff\r\n", CHUNK_TOO_LARGE, "", 0 },
	{ "14\r\n0123456789abcdefghij\r\n1\r\nx", CHUNK_TOO_LARGE, "0123456789abcdefghij", 1 },
	{ "3\r\nab", CHUNK_INCOMPLETE, "ab", 0 },
	{ "3\r\nabc", CHUNK_INCOMPLETE, "abc", 0 },
	{ "3\r", CHUNK_INCOMPLETE, "", 0 },
	{ "0\r\n", CHUNK_INCOMPLETE, "", 0 },
	{ "0\r\n\r", CHUNK_INCOMPLETE, "", 0 },
	{ "", CHUNK_INCOMPLETE, "", 0 },
	{ "\r\n", CHUNK_INVALID, "", 1 },
	{ "g\r\n", CHUNK_INVALID, "", 2 },
	{ "3;x\r\n", CHUNK_INVALID, "", 3 },
	{ "3 \r\n", CHUNK_INVALID, "", 2 },
	{ "3\n", CHUNK_INVALID, "", 0 },
	{ "3\rx", CHUNK_INVALID, "", 0 },
	{ "000000003\r\n", CHUNK_INVALID, "", 2 },
	{ "1\r\nxx", CHUNK_INVALID, "x", 0 },
	{ "1\r\nx\rx", CHUNK_INVALID, "x", 0 },
	{ "1\r\nx\n", CHUNK_INVALID, "x", 0 },
	{ "0\r\nX: y\r\n", CHUNK_INVALID, "", 5 },
	{ "0\r\n\rX", CHUNK_INVALID, "", 0 },
	{ "-1\r\n", CHUNK_INVALID, "", 3 },
};

/* Passes `step` bytes at a time; 0: all at once. */
static void expect_row(size_t i, size_t step)
{
	struct chunk_decoder chunks = { .limit = LIMIT };
	struct str rest = str_of(rows[i].text), piece, data;
	enum chunk_result result = CHUNK_INCOMPLETE;
	char body[64];
	size_t length = 0;

	while (rest.length && (result == CHUNK_INCOMPLETE || result == CHUNK_DATA)) {
		piece = (struct str){ rest.at, step && step < rest.length ? step : rest.length };
		rest.at += piece.length;
		rest.length -= piece.length;
		do {
			result = chunk_decode(&chunks, &piece, &data);
			if (result == CHUNK_DATA) {
				memcpy(body + length, data.at, data.length);
				length += data.length;
			}
		} while (result == CHUNK_DATA);
		rest.at -= piece.length;
		rest.length += piece.length;
	}
	cr_expect_eq(result, rows[i].result, "row %zu: %s", i, rows[i].text);
	cr_expect(str_is((struct str){ body, length }, rows[i].body), "row %zu: %s", i,
	          rows[i].text);
	cr_expect_eq(rest.length, rows[i].left, "row %zu: %s", i, rows[i].text);
}

Test(chunk, decodes_at_once)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect_row(i, 0);
}

Test(chunk, decodes_byte_by_byte)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect_row(i, 1);
}
