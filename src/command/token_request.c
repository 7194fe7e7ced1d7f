/* token_request.c: parses a token request, using the tables of demo users and invalid tokens.
 *
 * Failures: every member that is unknown, missing or invalid is reported, in the format of the
 * API. */

#include "token_request.h"

enum { TTL_MAX = 24 * 3600, TTL_DEFAULT = 3600, ERRORS_MAX = 50 };

static const struct demo_user demo_users[] = {
#define DEMO_USER(role, ...) { #role, __VA_ARGS__ },
#include "demo_users.def"
#undef DEMO_USER
};

static const struct token_fault faults[] = {
#define TOKEN_FAULT(name, typed, expected_code, description, ...)                                  \
	{ typed, expected_code, __VA_ARGS__ },
#include "token_faults.def"
#undef TOKEN_FAULT
};

/* The error of a member; all NULL: none. */
struct member_error {
	const char *code, *detail;
};

/* Each of its tokens is for a new user. */
static const struct demo_user anonymous = { .role = "anonymous" };

/* An email address, a role (which selects its first user), or "anonymous". */
static struct member_error read_who(struct token_request *token_request, const struct json *value)
{
	for (size_t i = 0; i < COUNT_OF(demo_users); i++) {
		if (str_is_nocase(json_string(value), demo_users[i].email)
		    || str_is_nocase(json_string(value), demo_users[i].role)) {
			token_request->who = &demo_users[i];
			return (struct member_error){ 0 };
		}
	}
	if (str_is_nocase(json_string(value), anonymous.role)) {
		token_request->who = &anonymous;
		return (struct member_error){ 0 };
	}
	return (struct member_error){
		json_kind(value) == JSON_STRING ? "not_a_choice" : "wrong_type",
		"must be guard, supervisor, admin, super_admin, anonymous, or the email "
		"address of a demo user"
	};
}

static struct member_error read_ttl(struct token_request *token_request, const struct json *value)
{
	token_request->ttl = json_kind(value) == JSON_INTEGER ? json_integer(value) : 0;
	if (token_request->ttl >= 1 && token_request->ttl <= TTL_MAX)
		return (struct member_error){ 0 };
	return (struct member_error){ json_kind(value) == JSON_INTEGER ? "out_of_range"
		                                                       : "wrong_type",
		                      "must be a number of seconds from 1 to 86400" };
}

static struct member_error read_fault(struct token_request *token_request, const struct json *value)
{
	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		if (str_is(json_string(value), faults[i].name)) {
			token_request->fault = &faults[i];
			return (struct member_error){ 0 };
		}
	}
	return (struct member_error){ json_kind(value) == JSON_STRING ? "not_a_choice"
		                                                      : "wrong_type",
		                      "must be one of "
#define TOKEN_FAULT(name, typed, ...) typed ", "
#include "token_faults.def"
#undef TOKEN_FAULT
		                      "or omitted" };
}

static const struct {
	const char *name;
	struct member_error (*read)(struct token_request *token_request, const struct json *value);
} members[] = { { "who", read_who }, { "ttl", read_ttl }, { "fault", read_fault } };

static struct member_error read_member(struct token_request *token_request, const char *name,
                                       const struct json *value)
{
	for (size_t i = 0; i < COUNT_OF(members); i++)
		if (strcmp(members[i].name, name) == 0)
			return members[i].read(token_request, value);
	return (struct member_error){ "unknown", "is not a member of a token request" };
}

/* `name` becomes a JSON pointer (RFC 6901); NULL: the whole body. */
static void add_error(struct buf *errors, const char *name, struct member_error member_error)
{
	struct buf pointer = { 0 };

	if (name)
		buf_char(&pointer, '/');
	for (; name && *name; name++) {
		if (*name == '~' || *name == '/')
			buf_text(&pointer, *name == '~' ? "~0" : "~1");
		else
			buf_char(&pointer, *name);
	}
	buf_print(errors, "%c{\"pointer\":", errors->length ? ',' : '[');
	buf_json(errors, buf_as_str(&pointer));
	buf_print(errors, ",\"code\":\"%s\",\"detail\":\"%s\"}", member_error.code,
	          member_error.detail);
	buf_finish(&pointer);
}

bool token_request_read(struct token_request *token_request, const struct json *json,
                        struct buf *errors)
{
	struct json_cursor c = json_begin(json);
	int count = 0;

	*token_request = (struct token_request){ .ttl = TTL_DEFAULT };
	if (json_kind(json) != JSON_OBJECT) {
		add_error(errors, NULL, (struct member_error){ "wrong_type", "must be an object" });
	} else {
		while (count < ERRORS_MAX && json_next(&c)) {
			struct member_error member_error =
				read_member(token_request, c.name, c.value);

			if (member_error.code && ++count)
				add_error(errors, c.name, member_error);
		}
		if (!json_member(json, "who"))
			add_error(errors, "who",
			          (struct member_error){ "required", "is required" });
	}
	if (errors->length)
		buf_char(errors, ']');
	return errors->length == 0;
}
