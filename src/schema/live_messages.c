/* live_messages.c: the messages of /ws with their members, and the codes of errors and closes. */

#include "live_messages.h"

enum content { MEMBERS, ANYTHING };

const struct live_message live_client_messages[] = {
#define CLIENT_MESSAGE(type, content, summary, description, replies)                               \
	{ #type, summary, description, content == ANYTHING, replies },
#define MEMBER(...)
#include "table/ws_client_messages.def"
#undef CLIENT_MESSAGE
#undef MEMBER
	{ 0 },
};

const struct live_message live_server_messages[] = {
#define SERVER_MESSAGE(type, summary, description) { #type, summary, description },
#define MEMBER(...)
#include "table/ws_server_messages.def"
#undef SERVER_MESSAGE
#undef MEMBER
	{ 0 },
};

#define MEMBER(message, name, type, present, min, max, example_, text)                             \
	{ #message,                                                                                \
	  { #name, FIELD_##type, PRESENT_##present, min, max, .example = example_,                 \
	    .description = text } },

const struct live_member live_client_members[] = {
#define CLIENT_MESSAGE(...)
#include "table/ws_client_messages.def"
#undef CLIENT_MESSAGE
	{ 0 },
};

const struct live_member live_server_members[] = {
#define SERVER_MESSAGE(...)
#include "table/ws_server_messages.def"
#undef SERVER_MESSAGE
	{ 0 },
};
#undef MEMBER

const struct live_error live_errors[] = {
#define WS_ERROR(name, code, message, temporary, description)                                      \
	{ #name, code, message, temporary, description },
#include "table/ws_errors.def"
#undef WS_ERROR
	{ 0 },
};

/* Codes 3000 to 3499 ask the client to reconnect, as in the Centrifugo protocol. */
#define CLOSE(name, code, reason, description)                                                     \
	{ code, reason, description, (code) >= 3000 && (code) < 3500 },

const struct live_close live_closes[] = {
#define WS_CLOSE   CLOSE
#define DISCONNECT CLOSE
#include "table/ws_closes.def"
#include "table/disconnects.def"
#undef WS_CLOSE
#undef DISCONNECT
	{ 0 },
};

void live_message_fields(const struct live_member *rows, const char *message,
                         struct field out[LIVE_MEMBERS])
{
	size_t count = 0;

	for (; rows->message; rows++) {
		if (strcmp(rows->message, message) == 0 && count < LIVE_MEMBERS - 1)
			out[count++] = rows->field;
	}
	out[count] = (struct field){ 0 };
}
