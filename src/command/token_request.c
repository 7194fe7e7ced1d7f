/* token_request.c: parses a request for a token by the tables of demo users and invalid tokens.
 *
 * Failures: every member that is unknown, missing or invalid is reported, in the format of the
 * API. */

#include "token_request.h"

enum { TTL_MOST = 24 * 3600, TTL_USUAL = 3600, ERRORS_MOST = 50 };

static const struct person people[] = {
#define PERSON(role, ...) { #role, __VA_ARGS__ },
#include "demo_users.def"
#undef PERSON
};

static const struct flaw flaws[] = {
#define FLAW(name, typed, earns, says, ...) { typed, earns, __VA_ARGS__ },
#include "token_faults.def"
#undef FLAW
};

/* The error of a member; all NULL: none. */
struct complaint {
	const char *code, *detail;
};

/* Each token is for a new user. */
static const struct person anonymous = { .role = "anonymous" };

/* An email address, or a role (its first user is taken), or "anonymous". */
static struct complaint read_who(struct wish *wish, const struct json *value)
{
	for (size_t i = 0; i < COUNT_OF(people); i++) {
		if (str_is_nocase(json_string(value), people[i].email)
		    || str_is_nocase(json_string(value), people[i].role)) {
			wish->who = &people[i];
			return (struct complaint){ 0 };
		}
	}
	if (str_is_nocase(json_string(value), anonymous.role)) {
		wish->who = &anonymous;
		return (struct complaint){ 0 };
	}
	return (struct complaint){
		json_kind(value) == JSON_STRING ? "not_a_choice" : "wrong_type",
		"must be guard, supervisor, admin, super_admin, anonymous, or the email "
		"address of a demo user"
	};
}

static struct complaint read_ttl(struct wish *wish, const struct json *value)
{
	wish->ttl = json_kind(value) == JSON_INTEGER ? json_integer(value) : 0;
	if (wish->ttl >= 1 && wish->ttl <= TTL_MOST)
		return (struct complaint){ 0 };
	return (struct complaint){ json_kind(value) == JSON_INTEGER ? "out_of_range" : "wrong_type",
		                   "must be a number of seconds from 1 to 86400" };
}

static struct complaint read_flaw(struct wish *wish, const struct json *value)
{
	for (size_t i = 0; i < COUNT_OF(flaws); i++) {
		if (str_is(json_string(value), flaws[i].name)) {
			wish->flaw = &flaws[i];
			return (struct complaint){ 0 };
		}
	}
	return (struct complaint){ json_kind(value) == JSON_STRING ? "not_a_choice" : "wrong_type",
		                   "must be one of "
#define FLAW(name, typed, ...) typed ", "
#include "token_faults.def"
#undef FLAW
		                   "or omitted" };
}

static const struct {
	const char *name;
	struct complaint (*read)(struct wish *wish, const struct json *value);
} members[] = { { "who", read_who }, { "ttl", read_ttl }, { "flaw", read_flaw } };

static struct complaint read_member(struct wish *wish, const char *name, const struct json *value)
{
	for (size_t i = 0; i < COUNT_OF(members); i++)
		if (strcmp(members[i].name, name) == 0)
			return members[i].read(wish, value);
	return (struct complaint){ "unknown", "is not a member of a token request" };
}

/* `name` becomes a JSON pointer (RFC 6901); NULL: the whole body. */
static void add_error(struct buf *errors, const char *name, struct complaint complaint)
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
	buf_print(errors, ",\"code\":\"%s\",\"detail\":\"%s\"}", complaint.code, complaint.detail);
	buf_finish(&pointer);
}

bool wish_read(struct wish *wish, const struct json *asked, struct buf *errors)
{
	struct json_cursor c = json_begin(asked);
	int count = 0;

	*wish = (struct wish){ .ttl = TTL_USUAL };
	if (json_kind(asked) != JSON_OBJECT) {
		add_error(errors, NULL, (struct complaint){ "wrong_type", "must be an object" });
	} else {
		while (count < ERRORS_MOST && json_next(&c)) {
			struct complaint complaint = read_member(wish, c.name, c.value);

			if (complaint.code && ++count)
				add_error(errors, c.name, complaint);
		}
		if (!json_member(asked, "who"))
			add_error(errors, "who", (struct complaint){ "required", "is required" });
	}
	if (errors->length)
		buf_char(errors, ']');
	return errors->length == 0;
}
