/* messages.c: messages between guards on duty and supervisors, and direct messages. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
const char *const message_types[] = {
	"GUARD_TO_SUPERVISOR", "SUPERVISOR_TO_GUARD", "BROADCAST", "DIRECT", NULL,
};

static const struct field create_fields[] = {
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Message ID. Generated if omitted." },
	{ "content", FIELD_TEXT, REQUIRED, 1, 1000,
	  .description = "Text of the message. Surrounding whitespace is removed.",
	  .example = "Two lines at berth 12 are chafing; I doubled them." },
	{ "recipient_id", FIELD_UUID, NULLABLE,
	  .description = "User to write to, for SUPERVISOR and above; without it, the message is "
	          "broadcast to all guards on duty. Ignored for guards, who write to all "
	          "supervisors.", .example = DEMO_ID("109") },
	{ "reply_to_id", FIELD_UUID, NULLABLE, .description = "Message of the same thread to reply to.",
	  .example = DEMO_ID("744") },
	{ 0 },
};

static const struct field fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "Message ID.", .example = DEMO_ID("743") },
	{ "content", FIELD_TEXT, READ_ONLY, .description = "Text of the message.",
	  .example = "Two lines at berth 12 are chafing; I doubled them." },
	{ "type", FIELD_CHOICE, READ_ONLY, .choices = message_types, .choice_name = "MessageType",
	  .description = "Direction of the message." },
	{ "sender_id", FIELD_UUID, READ_ONLY, .description = "ID of the sender.",
	  .example = DEMO_ID("109") },
	{ "sender", FIELD_SHAPE, READ_ONLY, .shape = &user_brief, .description = "Sender." },
	{ "recipient_id", FIELD_UUID, READ_ONLY | NULLABLE,
	  .description = "ID of the recipient of a direct message; null for others." },
	{ "duty_session_id", FIELD_UUID, READ_ONLY | NULLABLE,
	  .description = "ID of the guard's duty session, which is the thread of the message; null "
	          "for direct messages.",
	  .example = DEMO_ID("201") },
	{ "reply_to_id", FIELD_UUID, READ_ONLY | NULLABLE,
	  .description = "ID of the message that this one replies to.", .example = DEMO_ID("744") },
	{ "read_at", FIELD_TIME, READ_ONLY | NULLABLE,
	  .description = "Time when a recipient first read the message." },
	{ "read_by", FIELD_UUID, READ_ONLY | MULTIPLE,
	  .description = "IDs of the users who have read a broadcast.", .example = JSON([]) },
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ 0 },
};

static const struct field sent_fields[] = {
	{ "threads", FIELD_INTEGER, READ_ONLY | TRANSIENT, 1, 1000000,
	  .description = "Number of threads the message was added to; for a broadcast, one per guard on "
	          "duty.", .example = "1" },
	{ 0 },
};

static const struct field conversation_fields[] = {
	{ "duty_session_id", FIELD_UUID, READ_ONLY, .description = "ID of the guard's duty session.",
	  .example = DEMO_ID("201") },
	{ "guard_id", FIELD_UUID, READ_ONLY, .description = "ID of the guard.",
	  .example = DEMO_ID("109") },
	{ "guard", FIELD_SHAPE, READ_ONLY, .shape = &user_brief, .description = "Guard." },
	{ "location", FIELD_SHAPE, READ_ONLY | NULLABLE, .shape = &location_brief,
	  .description = "Duty location of the guard; null if roaming." },
	{ "last_message", FIELD_TEXT, READ_ONLY, .description = "Text of the last message.",
	  .example = "Two lines at berth 12 are chafing; I doubled them." },
	{ "last_message_time", FIELD_TIME, READ_ONLY, .description = "Time of the last message." },
	{ "unread_count", FIELD_INTEGER, READ_ONLY, 0, 9007199254740991,
	  .description = "Number of messages from the guard that you have not read.", .example = "2" },
	{ 0 },
};

static const struct field direct_fields[] = {
	{ "user_id", FIELD_UUID, READ_ONLY, .description = "ID of the other person.",
	  .example = DEMO_ID("106") },
	{ "user", FIELD_SHAPE, READ_ONLY, .shape = &user_brief, .description = "The other person." },
	{ "last_message", FIELD_TEXT, READ_ONLY, .description = "Text of the last message.",
	  .example = "Can you take the night shift on Friday?" },
	{ "last_message_time", FIELD_TIME, READ_ONLY, .description = "Time of the last message." },
	{ "unread_count", FIELD_INTEGER, READ_ONLY, 0, 9007199254740991,
	  .description = "Number of messages to you that you have not read.", .example = "1" },
	{ 0 },
};

static const struct field thread_query[] = {
	{ "guard_id", FIELD_UUID, .description = "Guard whose messages to list. Requires SUPERVISOR.",
	  .example = DEMO_ID("109") },
	{ "duty_session_id", FIELD_UUID,
	  .description = "Duty session whose messages to list, also after it has ended.",
	  .example = DEMO_ID("201") },
	{ "with_user_id", FIELD_UUID,
	  .description = "User whose direct messages from and to you to list. Excludes the other "
	          "parameters." },
	{ 0 },
};

static const struct shape message = { "Message", fields, .description = "A message." };
static const struct shape message_sent = {
	"MessageSent", fields, sent_fields, .description = "A newly sent message.",
};
static const struct shape conversation = {
	"Conversation", conversation_fields,
	.description = "A guard's thread: its last message and the number of unread ones.",
};
static const struct shape direct_conversation = {
	"DirectConversation", direct_fields,
	.description = "Direct messages with a user: the last one and the number of unread ones.",
};

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_MESSAGES_LIST, "list_messages", .query = thread_query,
	  .response = LIST_OF(message), .rules = PAGED | COUNTED, .sort = { FIELD_TIME, FIELD_UUID },
	  .others_role = SUPERVISOR, .summary = "List messages",
	  .description = "Messages of your duty session, or of a guard's, or direct ones, oldest "
	                 "first. Empty while you are off duty, unless you name an earlier duty "
	                 "session or a user." },
	{ POST, "", GUARD, SQL_MESSAGES_SEND, "send_message", .body = create_fields,
	  .response = &message_sent, .status = 201, .summary = "Send a message",
	  .description = "Guards must be on duty and write to all supervisors. SUPERVISOR and "
	                 "above, on duty or not, write to one user or all guards on duty. A "
	                 "message to one user is direct, for the two of you only, unless they "
	                 "are a guard on duty. A reply to a direct message is direct, also of a "
	                 "guard off duty. Emits `message.created`.",
	  .example = JSON({"content": "All gates are locked. Starting the second round.",
	                  "reply_to_id": "01900000-0000-7000-8000-000000000744"}) },
	{ GET, "/conversations", SUPERVISOR, SQL_MESSAGES_CONVERSATIONS, "list_conversations",
	  .response = LIST_OF(conversation), .rules = PAGED, .summary = "List conversations",
	  .description = "Threads of guards on duty, most recent message first." },
	{ GET, "/direct", GUARD, SQL_MESSAGES_DIRECT, "list_direct_conversations",
	  .response = LIST_OF(direct_conversation), .rules = PAGED,
	  .summary = "List direct conversations",
	  .description = "Your direct messages, by the other person; most recent message first.",
	  .example_user = "wanda.kessler@marina.example" },
	{ GET, "/{id}", GUARD, SQL_MESSAGES_READ, "get_message", .response = &message,
	  .others_role = SUPERVISOR, .summary = "Get a message", .path_example = DEMO_ID("743") },
	{ POST, "/{id}/read", GUARD, SQL_MESSAGES_MARK_READ, "mark_message_read", .response = &message,
	  .rules = CONDITIONAL, .others_role = SUPERVISOR, .summary = "Mark a message as read",
	  .description = "Marks it for you only. `read_at` keeps the time of the first reading by "
	                 "a recipient. Emits `message.read`.",
	  .path_example = DEMO_ID("744") },
	{ DELETE, "/{id}", GUARD, SQL_MESSAGES_DELETE, "delete_message", .status = 204,
	  .rules = CONDITIONAL, .others_role = ADMIN, .summary = "Delete a message",
	  .description = "Replies to it are kept. Direct messages are deleted by their sender only. "
	                 "Emits `message.removed`.",
	  .path_example = DEMO_ID("743") },
	{ 0 },
};

const struct resource messages = {
	.path = "/messages",
	.name = "Messages",
	.domain = TALK,
	.operations = operations,
	.description = "Messages between guards on duty and supervisors, and direct messages.",
};
