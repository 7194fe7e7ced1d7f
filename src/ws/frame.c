/* frame.c: WebSocket frame headers, as a server sends them: final and unmasked (RFC 6455). */

#include <stdint.h>

#include "frame.h"

size_t frame_head(enum frame frame, size_t length, unsigned char head[FRAME_HEAD])
{
	uint64_t left = length;

	head[0] = (unsigned char)(0x80 | frame);
	if (length < 126) {
		head[1] = (unsigned char)length;
		return 2;
	}
	if (length <= UINT16_MAX) {
		head[1] = 126;
		head[2] = (unsigned char)(length >> 8);
		head[3] = (unsigned char)length;
		return 4;
	}
	head[1] = 127;
	for (int i = 9; i > 1; i--, left >>= 8)
		head[i] = (unsigned char)left;
	return FRAME_HEAD;
}
