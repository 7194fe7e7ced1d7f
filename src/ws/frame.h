/* frame.h: WebSocket frame headers, as a server sends them. */

#ifndef WS_FRAME_H
#define WS_FRAME_H

#include <stddef.h>

enum { FRAME_HEAD = 10 };

enum frame { FRAME_TEXT = 1, FRAME_CLOSE = 8, FRAME_PING = 9, FRAME_PONG = 10 };

/* Writes the header of a final, unmasked frame; returns its length. */
size_t frame_head(enum frame frame, size_t length, unsigned char head[FRAME_HEAD]);

#endif
