/* token_request.c: parses a token request, using the tables of demo users and invalid tokens.
 *
 * Failures: every member that is unknown, missing or invalid is reported, in the format of the
 * API. */

#include "rest.h"
#include "token_request.h"

enum { TTL_MAX = 24 * 3600, TTL_DEFAULT = 3600 };

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

/* The names of `faults`; ends with NULL. */
static const char *const fault_names[] = {
#define TOKEN_FAULT(name, typed, ...) typed,
#include "token_faults.def"
#undef TOKEN_FAULT
	NULL,
};

static const struct field fields[] = {
	{ "who", FIELD_TEXT, REQUIRED, 0, 254 },
	{ "ttl", FIELD_INTEGER, 0, 1, TTL_MAX },
	{ "fault", FIELD_CHOICE, .choices = fault_names },
	{ 0 },
};

/* Each of its tokens is for a new user. */
static const struct demo_user anonymous = { .role = "anonymous" };

const struct demo_user *demo_user_list(size_t *count)
{
	*count = COUNT_OF(demo_users);
	return demo_users;
}

/* An email address, a role (which selects its first user), or "anonymous"; NULL: none of them. */
static const struct demo_user *find_user(struct str who)
{
	for (size_t i = 0; i < COUNT_OF(demo_users); i++) {
		if (str_is_nocase(who, demo_users[i].email)
		    || str_is_nocase(who, demo_users[i].role))
			return &demo_users[i];
	}
	return str_is_nocase(who, anonymous.role) ? &anonymous : NULL;
}

static const struct token_fault *find_fault(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		if (str_is(name, faults[i].name))
			return &faults[i];
	}
	return NULL;
}

bool token_request_read(struct token_request *token_request, const struct json *json,
                        struct buf *errors)
{
	const struct json *ttl;

	*token_request = (struct token_request){ .ttl = TTL_DEFAULT };
	if (!rest_check_object(fields, json, errors))
		return false;
	token_request->who = find_user(json_member_string(json, "who"));
	token_request->fault = find_fault(json_member_string(json, "fault"));
	ttl = json_member(json, "ttl");
	if (ttl)
		token_request->ttl = json_integer(ttl);
	if (!token_request->who)
		buf_text(
			errors,
			"[{\"pointer\":\"/who\",\"code\":\"not_a_choice\",\"detail\":\"must be "
			"visitor, guard, supervisor, admin, super_admin, anonymous, or the email address "
			"of a demo user\"}]");
	return errors->length == 0;
}
