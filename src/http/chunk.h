/* chunk.h: a strict incremental decoder of the chunked transfer coding. */

#ifndef HTTP_CHUNK_H
#define HTTP_CHUNK_H

#include "str.h"

enum chunk_result { CHUNK_INCOMPLETE, CHUNK_DATA, CHUNK_END, CHUNK_INVALID, CHUNK_TOO_LARGE };

/* Initialize with zeros and `limit`. */
struct chunk_decoder {
	unsigned long long limit; /* of the decoded body */
	unsigned long long total; /* sum of the chunk sizes read so far */
	unsigned long long left;  /* of the current chunk */
	unsigned char state, digits;
};

/* Consumes bytes of *in. CHUNK_DATA: *data is the next part of the body, a slice of the input. */
enum chunk_result chunk_decode(struct chunk_decoder *chunks, struct str *in, struct str *data);

#endif
