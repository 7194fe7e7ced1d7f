/* json_message.c: validates the messages of clients of /ws, as ws_client_messages.def declares
 * them.
 *
 * Only the first error is reported, with the name of the invalid member. Names from the client are
 * truncated to MAX_SHOWN bytes. */

#include "json_message.h"
#include "json.h"

enum { MAX_SHOWN = 64 };

enum presence { ALWAYS, SOMETIMES };
enum content { MEMBERS, ANYTHING };

static const struct {
	const char *type;
	enum content content;
} types[JSON_MESSAGE_TYPES] = {
#define CLIENT_MESSAGE(type, content, ...) { #type, content },
#define MEMBER(...)
#include "table/ws_client_messages.def"
#undef CLIENT_MESSAGE
#undef MEMBER
};

static const struct member {
	enum json_message_type message;
	const char *name;
	enum json_kind kind;
	enum presence presence;
	long long min, max;
} members[] = {
#define TEXT    JSON_STRING
#define INTEGER JSON_INTEGER
#define CLIENT_MESSAGE(...)
#define MEMBER(message, name, kind, presence, min, max, ...)                                       \
	{ JSON_MESSAGE_##message, #name, kind, presence, min, max },
#include "table/ws_client_messages.def"
#undef CLIENT_MESSAGE
#undef MEMBER
#undef TEXT
#undef INTEGER
};

/* ---- Errors ---- */

static bool reject(struct json_message *message, enum ws_error error)
{
	message->error = error;
	return false;
}

static bool reject_type(struct json_message *message, struct str type)
{
	struct str name = str_utf8_prefix(type, MAX_SHOWN);

	buf_print(&message->fault, "Unknown message type \"%.*s\". Known types:", STR_ARGS(name));
	for (size_t i = 0; i < COUNT_OF(types); i++)
		buf_print(&message->fault, "%s %s", i ? "," : "", types[i].type);
	buf_char(&message->fault, '.');
	return reject(message, WS_METHOD_NOT_FOUND);
}

static bool reject_member(struct json_message *message, const char *parent, const char *name)
{
	struct str text = str_utf8_prefix(str_of(name), MAX_SHOWN);

	buf_print(&message->fault, "Unknown member \"%s%.*s\" of \"%s\".", parent, STR_ARGS(text),
	          types[message->type].type);
	return reject(message, WS_BAD_COMMAND);
}

static bool reject_text(struct json_message *message, const char *fault)
{
	buf_text(&message->fault, fault);
	return reject(message, WS_BAD_COMMAND);
}

static bool reject_value(struct json_message *message, const struct member *member,
                         const char *fault)
{
	buf_print(&message->fault, "\"data.%s\" %s.", member->name, fault);
	return reject(message, WS_BAD_COMMAND);
}

static bool reject_range(struct json_message *message, const struct member *member)
{
	buf_print(&message->fault, "\"data.%s\" must %s %lld to %lld%s.", member->name,
	          member->kind == JSON_STRING ? "have" : "be", member->min, member->max,
	          member->kind == JSON_STRING ? " characters" : "");
	return reject(message, WS_BAD_COMMAND);
}

/* ---- Data ---- */

/* In characters, for text. */
static long long size_of(const struct json *value)
{
	return json_kind(value) == JSON_STRING ? str_characters(json_string(value))
	                                       : json_integer(value);
}

static bool check_member(struct json_message *message, const struct member *member)
{
	const struct json *value = message->data ? json_member(message->data, member->name) : NULL;

	if (!value)
		return member->presence == SOMETIMES
		       || reject_value(message, member, "is required");
	if (json_kind(value) != member->kind)
		return reject_value(message, member,
		                    member->kind == JSON_STRING ? "must be a string"
		                                                : "must be an integer");
	if (size_of(value) < member->min || size_of(value) > member->max)
		return reject_range(message, member);
	return true;
}

static bool is_member(enum json_message_type type, const char *name)
{
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		if (members[i].message == type && strcmp(members[i].name, name) == 0)
			return true;
	}
	return false;
}

static bool check_data(struct json_message *message)
{
	struct json_cursor at;

	if (message->data && json_kind(message->data) != JSON_OBJECT)
		return reject_text(message, "\"data\" must be an object.");
	if (message->data) {
		for (at = json_begin(message->data); json_next(&at);) {
			if (!is_member(message->type, at.name))
				return reject_member(message, "data.", at.name);
		}
	}
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		if (members[i].message == message->type && !check_member(message, &members[i]))
			return false;
	}
	return true;
}

/* ---- Messages ---- */

static bool read_type(struct json_message *message, struct str type)
{
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		if (str_is(type, types[i].type)) {
			message->type = (enum json_message_type)i;
			return true;
		}
	}
	return reject_type(message, type);
}

static bool check_envelope(struct json_message *message, const struct json *value)
{
	static const char *const known[] = { "type", "data", "timestamp" };
	struct json_cursor at;

	for (at = json_begin(value); json_next(&at);) {
		size_t i = 0;

		while (i < COUNT_OF(known) && strcmp(known[i], at.name) != 0)
			i++;
		if (i == COUNT_OF(known))
			return reject_member(message, "", at.name);
	}
	return true;
}

bool json_message_read(struct json_message *message, const struct json *value)
{
	bool object = json_kind(value) == JSON_OBJECT;
	const struct json *type = object ? json_member(value, "type") : NULL;

	*message = (struct json_message){ .value = value };
	message->data = object ? json_member(value, "data") : NULL;
	if (!object)
		return reject_text(message, "A message must be a JSON object.");
	if (!type)
		return reject_text(message, "\"type\" is required.");
	if (json_kind(type) != JSON_STRING)
		return reject_text(message, "\"type\" must be a string.");
	return read_type(message, json_string(type)) && check_envelope(message, value)
	       && (types[message->type].content == ANYTHING || check_data(message));
}
