/* message.c: encodes events and replies.
 *
 * An event is encoded once for each encoding in use, including frame headers, and all clients are
 * sent the same bytes. */

#include <stdlib.h>

#include "ws_private.h"

const struct farewell_row farewells[FAREWELLS] = {
#define FAREWELL(name, code, reason) [BYE_##name] = { code, reason },
#include "table/disconnects.def"
#undef FAREWELL
};

const struct speech speeches[WS_SPEECHES] = {
#define SPEECH(name, says, socket, form, manner, ...) [WS_##name] = { says, FORM_##form, socket, &manner },
#include "table/protocols.def"
#undef SPEECH
};

static const struct refusal_row refusals[] = {
#define REFUSAL(name, number, message, temporary) { number, message, temporary },
#include "table/ws_errors.def"
#undef REFUSAL
};

const struct refusal_row *refusal_row(enum ws_refusal refusal)
{
	for (size_t i = 0; i < COUNT_OF(refusals); i++) {
		if (refusals[i].number == (int)refusal)
			return &refusals[i];
	}
	return &refusals[0];
}

static void member(struct buf *out, const char *name, struct str text)
{
	buf_text(out, name);
	buf_json(out, text);
}

void write_event(struct buf *out, const struct ws_event *event, bool placed)
{
	member(out, "{\"type\":", event->type);
	buf_str(out, STR(",\"data\":"));
	buf_str(out, event->data);
	member(out, ",\"timestamp\":", event->at);
	if (placed) {
		member(out, ",\"channel\":", event->channel);
		buf_str(out, STR(",\"offset\":"));
		buf_number(out, event->offset);
	}
	buf_char(out, '}');
}

static void write_push(struct buf *out, const struct ws_event *event)
{
	member(out, "{\"push\":{\"channel\":", event->channel);
	buf_str(out, STR(",\"pub\":{\"data\":"));
	write_event(out, event, false);
	buf_str(out, STR(",\"offset\":"));
	buf_number(out, event->offset);
	buf_str(out, STR("}}}"));
}

void wrap(struct buf *out, enum form form, struct str text)
{
	unsigned char head[FRAME_HEAD];

	switch (form) {
	case FORM_CENTRIFUGE_FRAME:
	case FORM_PLAIN_FRAME:
		buf_add(out, head, frame_head(FRAME_TEXT, text.length, head));
		buf_str(out, text);
		break;
	case FORM_CENTRIFUGE_LINE:
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

static struct str keep(char **at, struct str text)
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
	message->event.channel = keep(&at, event->channel);
	message->event.type = keep(&at, event->type);
	message->event.data = keep(&at, event->data);
	message->event.at = keep(&at, event->at);
	return message;
}

void message_free(struct message *message)
{
	for (int i = 0; i < FORMS; i++)
		free((char *)(uintptr_t)message->forms[i].at);
	free(message);
}

struct str message_form(struct message *message, enum form form)
{
	struct str *made = &message->forms[form];
	struct buf text = { 0 }, out = { 0 };

	if (made->at)
		return *made;
	if (form == FORM_PLAIN_FRAME || form == FORM_EVENT)
		write_event(&text, &message->event, true);
	else
		write_push(&text, &message->event);
	if (form == FORM_EVENT) {
		buf_str(&out, STR("event: "));
		buf_str(&out, message->event.type);
		buf_char(&out, '\n');
	}
	wrap(&out, form, buf_as_str(&text));
	buf_finish(&text);
	*made = buf_as_str(&out);
	return *made;
}
