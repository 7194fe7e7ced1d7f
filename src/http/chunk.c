/* chunk.c: decodes the chunked transfer coding strictly.
 *
 * A chunk is a size of one to eight hexadecimal digits and CRLF, that many bytes and CRLF. The body
 * ends with a chunk of size zero and an empty line. Extensions and trailers are rejected: the
 * server has no use for them, and parsers have often disagreed about them. */

#include "chunk.h"

enum { SIZE, SIZE_LF, DATA, DATA_CR, DATA_LF, LAST_CR, LAST_LF };

enum { MAX_DIGITS = 8 };

static enum chunk_result size_byte(struct chunk_decoder *chunks, char c)
{
	int digit = str_hex_digit(c);

	if (digit >= 0 && chunks->digits < MAX_DIGITS) {
		chunks->left = chunks->left << 4 | (unsigned)digit;
		chunks->digits++;
		return CHUNK_INCOMPLETE;
	}
	if (c != '\r' || chunks->digits == 0)
		return CHUNK_INVALID;
	chunks->state = SIZE_LF;
	return CHUNK_INCOMPLETE;
}

static enum chunk_result size_end(struct chunk_decoder *chunks, char c)
{
	if (c != '\n')
		return CHUNK_INVALID;
	chunks->total += chunks->left;
	chunks->state = chunks->left ? DATA : LAST_CR;
	return chunks->total > chunks->limit ? CHUNK_TOO_LARGE : CHUNK_INCOMPLETE;
}

static enum chunk_result expect(struct chunk_decoder *chunks, char c, char expected, int next)
{
	chunks->state = (unsigned char)next;
	return c == expected ? CHUNK_INCOMPLETE : CHUNK_INVALID;
}

static enum chunk_result framing_byte(struct chunk_decoder *chunks, char c)
{
	switch (chunks->state) {
	case SIZE:
		return size_byte(chunks, c);
	case SIZE_LF:
		return size_end(chunks, c);
	case DATA_CR:
		return expect(chunks, c, '\r', DATA_LF);
	case DATA_LF:
		chunks->digits = 0;
		return expect(chunks, c, '\n', SIZE);
	case LAST_CR:
		return expect(chunks, c, '\r', LAST_LF);
	default:
		return c == '\n' ? CHUNK_END : CHUNK_INVALID;
	}
}

enum chunk_result chunk_decode(struct chunk_decoder *chunks, struct str *in, struct str *data)
{
	enum chunk_result result = CHUNK_INCOMPLETE;

	while (in->length && result == CHUNK_INCOMPLETE) {
		if (chunks->state == DATA) {
			*data = *in;
			if (data->length > chunks->left)
				data->length = chunks->left;
			chunks->left -= data->length;
			if (chunks->left == 0)
				chunks->state = DATA_CR;
			in->at += data->length;
			in->length -= data->length;
			return CHUNK_DATA;
		}
		result = framing_byte(chunks, *in->at);
		in->at++;
		in->length--;
	}
	return result;
}
