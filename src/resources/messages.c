/* messages.c: what is said between people on duty. */

#include <stddef.h>

#include "shapes.h"

static const char *const types[] = { "GUARD_TO_SUPERVISOR", "SUPERVISOR_TO_GUARD", "BROADCAST", NULL };

static const struct field written[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Identity of the message; yours to choose at creation." },
	{ "content", FIELD_TEXT, REQUIRED, 1, 1000, .says = "What is said; blanks around it are cut off." },
	{ "recipient_id", FIELD_UUID, NULLABLE,
	  .says = "The guard a supervisor speaks to; without one, all guards on duty. A guard speaks to all supervisors." },
	{ "reply_to_id", FIELD_UUID, NULLABLE, .says = "The message of the same thread that is answered." },
	{ 0 },
};

static const struct field fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the message." },
	{ "content", FIELD_TEXT, GIVEN, .says = "What is said." },
	{ "type", FIELD_CHOICE, GIVEN, .choices = types, .choice_name = "MessageType", .says = "From whom to whom." },
	{ "sender_id", FIELD_UUID, GIVEN, .says = "Who says it." },
	{ "sender", FIELD_SHAPE, GIVEN, .shape = &user_brief, .says = "The same, by name." },
	{ "duty_session_id", FIELD_UUID, GIVEN, .says = "The guard's duty session, whose thread it is in." },
	{ "reply_to_id", FIELD_UUID, GIVEN | NULLABLE, .says = "The message that is answered." },
	{ "read_at", FIELD_TIME, GIVEN | NULLABLE, .says = "When it was first read." },
	{ "read_by", FIELD_UUID, GIVEN | MANY, .says = "Who has read it, of what was said to all." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "When." },
	{ 0 },
};

static const struct field sent[] = {
	{ "threads", FIELD_INTEGER, GIVEN, 1, 1000000,
	  .says = "In how many threads it stands: of what is said to all, one for each guard on duty." },
	{ 0 },
};

static const struct field conversation_fields[] = {
	{ "duty_session_id", FIELD_UUID, GIVEN, .says = "The guard's duty session." },
	{ "guard_id", FIELD_UUID, GIVEN, .says = "The guard." },
	{ "guard", FIELD_SHAPE, GIVEN, .shape = &user_brief, .says = "The same, by name." },
	{ "location", FIELD_SHAPE, GIVEN | NULLABLE, .shape = &location_brief, .says = "His post; null: roaming." },
	{ "last_message", FIELD_TEXT, GIVEN, .says = "What was said last." },
	{ "last_message_time", FIELD_TIME, GIVEN, .says = "When." },
	{ "unread_count", FIELD_INTEGER, GIVEN, 0, 9007199254740991, .says = "How much of what he said nobody has read." },
	{ 0 },
};

static const struct field threads[] = {
	{ "guard_id", FIELD_UUID, .says = "Whose thread; yours, unless said otherwise. For supervisors." },
	{ 0 },
};

static const struct shape message = { "Message", fields, .says = "Something said." };
static const struct shape message_sent = { "MessageSent", fields, sent, .says = "Something just said." };
static const struct shape conversation = { "Conversation", conversation_fields, .says = "A guard's thread, in brief." };

static const char *const list_refuses[] = { "FORBIDDEN", "USER_NOT_FOUND", "GUARD_NOT_ON_DUTY", NULL };
static const char *const send_refuses[] = {
	"NOT_ON_DUTY", "GUARD_NOT_ON_DUTY", "USER_NOT_FOUND", "NOT_FOUND", "VALIDATION_FAILED", "ID_TAKEN", NULL,
};
static const char *const read_refuses[] = { "FORBIDDEN", "NOT_FOUND", NULL };
static const char *const change_refuses[] = { "FORBIDDEN", "NOT_FOUND", "PRECONDITION_FAILED", NULL };

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_MESSAGES_LIST, "list_messages", .query = threads, .answers = LIST_OF(message),
	  .rules = PAGED | COUNTED, .sort = { FIELD_TIME, FIELD_UUID }, .others = SUPERVISOR, .refuses = list_refuses,
	  .says = "The messages of your duty session, oldest first, or of a guard's; none, when you are off duty." },
	{ POST, "", GUARD, SQL_MESSAGES_SEND, "send_message", .body = written, .answers = &message_sent,
	  .status = 201, .refuses = send_refuses,
	  .says = "Say something while on duty: to the supervisors; as one of them to a guard, or to all guards." },
	{ GET, "/conversations", SUPERVISOR, SQL_MESSAGES_CONVERSATIONS, "list_conversations",
	  .answers = LIST_OF(conversation), .rules = PAGED,
	  .says = "The threads of guards on duty, where something was said last first." },
	{ GET, "/{id}", GUARD, SQL_MESSAGES_READ, "get_message", .answers = &message, .others = SUPERVISOR,
	  .refuses = read_refuses, .says = "One message." },
	{ POST, "/{id}/read", GUARD, SQL_MESSAGES_MARK, "read_message", .answers = &message, .rules = CONDITIONAL,
	  .others = SUPERVISOR, .refuses = change_refuses, .says = "Mark a message as read; the first time counts." },
	{ DELETE, "/{id}", GUARD, SQL_MESSAGES_REMOVE, "remove_message", .status = 204, .rules = CONDITIONAL,
	  .others = ADMIN, .refuses = change_refuses, .says = "Remove a message; what answers it stays." },
	{ 0 },
};

const struct resource messages = {
	.path = "/messages",
	.name = "Messages",
	.domain = TALK,
	.operations = operations,
	.says = "What is said between people on duty.",
};
