/* message.c: encodes events and replies.
 *
 * An event is encoded once for each encoding in use, including frame headers, and all clients are
 * sent the same bytes. */

#include <stdlib.h>

#include "arena.h"
#include "frame.h"
#include "message.h"

static void write_member(struct buf *out, const char *name, struct str text)
{
	buf_text(out, name);
	buf_json(out, text);
}

void encode_event(struct buf *out, const struct ws_event *event, bool with_position)
{
	write_member(out, "{\"type\":", event->type);
	buf_str(out, STR(",\"data\":"));
	buf_str(out, event->data);
	write_member(out, ",\"timestamp\":", event->at);
	if (with_position) {
		write_member(out, ",\"channel\":", event->channel);
		buf_str(out, STR(",\"offset\":"));
		buf_number(out, event->offset);
	}
	buf_char(out, '}');
}

static void encode_push(struct buf *out, const struct ws_event *event)
{
	write_member(out, "{\"push\":{\"channel\":", event->channel);
	buf_str(out, STR(",\"pub\":{\"data\":"));
	encode_event(out, event, false);
	buf_str(out, STR(",\"offset\":"));
	buf_number(out, event->offset);
	buf_str(out, STR("}}}"));
}

void encoding_wrap(struct buf *out, enum encoding encoding, struct str text)
{
	unsigned char head[FRAME_HEAD];

	switch (encoding) {
	case ENCODING_CENTRIFUGE_FRAME:
	case ENCODING_JSON_FRAME:
		buf_add(out, head, frame_head(FRAME_TEXT, text.length, head));
		buf_str(out, text);
		break;
	case ENCODING_CENTRIFUGE_LINE:
		buf_str(out, text);
		buf_char(out, '\n');
		break;
	default:
		buf_str(out, STR("data: "));
		buf_str(out, text);
		buf_str(out, STR("\n\n"));
	}
}

/* ---- Messages ---- */

static struct str copy(char **at, struct str text)
{
	struct str kept = { *at, text.length };

	memcpy(*at, text.at, text.length);
	*at += text.length;
	return kept;
}

struct message *message_new(const struct ws_event *event)
{
	size_t bytes = sizeof(struct message) + event->channel.length + event->type.length
	               + event->data.length + event->at.length;
	struct message *message = xmalloc(bytes);
	char *at = (char *)(message + 1);

	*message = (struct message){ .event = *event, .bytes = bytes };
	message->event.channel = copy(&at, event->channel);
	message->event.type = copy(&at, event->type);
	message->event.data = copy(&at, event->data);
	message->event.at = copy(&at, event->at);
	return message;
}

void message_free(struct message *message)
{
	for (int i = 0; i < ENCODINGS; i++)
		free((char *)(uintptr_t)message->encoded[i].at);
	free(message);
}

struct str message_encoded(struct message *message, enum encoding encoding)
{
	struct str *made = &message->encoded[encoding];
	struct buf text = { 0 }, out = { 0 };

	if (made->at)
		return *made;
	if (encoding == ENCODING_JSON_FRAME || encoding == ENCODING_SSE)
		encode_event(&text, &message->event, true);
	else
		encode_push(&text, &message->event);
	if (encoding == ENCODING_SSE) {
		buf_str(&out, STR("event: "));
		buf_str(&out, message->event.type);
		buf_char(&out, '\n');
	}
	encoding_wrap(&out, encoding, buf_as_str(&text));
	buf_finish(&text);
	*made = buf_as_str(&out);
	return *made;
}
