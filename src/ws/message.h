/* message.h: encoded events. Each encoding of an event is made when it is first needed. */

#ifndef WS_MESSAGE_H
#define WS_MESSAGE_H

#include "ws.h"

enum encoding {
	ENCODING_CENTRIFUGE_FRAME,
	ENCODING_CENTRIFUGE_LINE,
	ENCODING_CENTRIFUGE_SSE,
	ENCODING_JSON_FRAME,
	ENCODING_SSE,
	ENCODINGS
};

/* One event of a channel. */
struct message {
	struct ws_event event;         /* its strings follow the struct */
	struct str encoded[ENCODINGS]; /* owned; at is NULL until encoded */
	size_t bytes;                  /* of this struct and its strings, not of the encodings */
};

struct message *message_new(const struct ws_event *event);
void message_free(struct message *message);
struct str message_encoded(struct message *message, enum encoding encoding);
/* Writes {"type", "data", "timestamp"}; channel and offset too if `with_position`. */
void encode_event(struct buf *out, const struct ws_event *event, bool with_position);
/* Frames a text in this encoding. */
void encoding_wrap(struct buf *out, enum encoding encoding, struct str text);

#endif
