/* users.c: people and their roles. */

#include <stddef.h>

#include "shapes.h"

static const char *const roles[] = { "VISITOR", "GUARD", "SUPERVISOR", "ADMIN", "SUPER_ADMIN", NULL };

static const struct field fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the person." },
	{ "email", FIELD_EMAIL, GIVEN | NULLABLE, .says = "As the issuer of his tokens knows it." },
	{ "username", FIELD_NAME, NULLABLE, 1, 60, .says = "A short name, unique." },
	{ "first_name", FIELD_NAME, REQUIRED, 1, 100, .says = "First name." },
	{ "last_name", FIELD_NAME, REQUIRED, 1, 100, .says = "Last name." },
	{ "image_url", FIELD_URL, NULLABLE, .says = "A picture." },
	{ "phone", FIELD_NAME, NULLABLE, 1, 40, .says = "Telephone number." },
	{ "street_address", FIELD_NAME, NULLABLE, 1, 200, .says = "Street and number." },
	{ "city", FIELD_NAME, NULLABLE, 1, 100, .says = "City." },
	{ "state", FIELD_NAME, NULLABLE, 1, 2, .says = "State, two letters." },
	{ "zip_code", FIELD_NAME, NULLABLE, 1, 10, .says = "Postal code." },
	{ "role", FIELD_CHOICE, GIVEN, .choices = roles, .choice_name = "Role", .says = "What he may do." },
	{ "is_anonymous", FIELD_BOOLEAN, GIVEN, .says = "Signed in without saying who he is." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "First seen." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Last changed." },
	{ 0 },
};

static const struct shape user = { "User", fields, .says = "A person." };

static const struct field brief[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the person." },
	{ "first_name", FIELD_NAME, GIVEN, 1, 100, .says = "First name." },
	{ "last_name", FIELD_NAME, GIVEN, 1, 100, .says = "Last name." },
	{ 0 },
};

static const struct field contact[] = {
	{ "email", FIELD_EMAIL, GIVEN | NULLABLE, .says = "E-mail address." },
	{ 0 },
};

const struct shape user_brief = { "UserBrief", brief, .says = "A person, by name." };
const struct shape user_contact = { "UserContact", brief, contact, .says = "A person, and how to reach him." };

static const char *const change_refuses[] = { "PRECONDITION_FAILED", "USERNAME_TAKEN", NULL };

static const struct operation operations[] = {
	{ GET, "/me", VISITOR, SQL_USERS_ME, "get_me", .answers = &user, .says = "Yourself." },
	{ PATCH, "/me", VISITOR, SQL_USERS_CHANGE_ME, "change_me", .body = fields, .answers = &user,
	  .rules = CONDITIONAL, .refuses = change_refuses, .says = "Change what is known of yourself." },
	{ 0 },
};

const struct resource users = {
	.path = "/users",
	.name = "Users",
	.domain = PEOPLE,
	.operations = operations,
	.says = "People and their roles.",
};
