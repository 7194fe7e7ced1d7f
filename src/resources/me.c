/* me.c: a person's profile: how others see him. (All that is known of him is in users.c.) */

#include <stddef.h>

#include "shapes.h"

static const struct field changes[] = {
	{ "display_name", FIELD_NAME, NULLABLE, 1, 60,
	  .says = "By which name others see you; null: by the one that your issuer calls you." },
	{ "email", FIELD_EMAIL, 0, .says = "Your address: the one that your token carries." },
	{ "avatar_url", FIELD_URL, NULLABLE, .says = "A picture." },
	{ 0 },
};

static const struct field fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the person." },
	{ "display_name", FIELD_NAME, GIVEN, 1, 60, .says = "By which name others see him." },
	{ "email", FIELD_EMAIL, GIVEN | NULLABLE, .says = "His address." },
	{ "avatar_url", FIELD_URL, GIVEN | NULLABLE, .says = "A picture." },
	{ "is_anonymous", FIELD_BOOLEAN, GIVEN, .says = "Signed in without saying who he is." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "First seen." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Last changed." },
	{ 0 },
};

const struct shape profile = { "Profile", fields, .says = "A person, as the notes know him." };

static const char *const read_refuses[] = { "ANONYMOUS_ACCOUNT", NULL };
static const char *const change_refuses[] = {
	"ANONYMOUS_ACCOUNT", "VALIDATION_FAILED", "EMAIL_TAKEN", "PRECONDITION_FAILED", NULL,
};

static const struct operation operations[] = {
	{ GET, "", VISITOR, SQL_PROFILES_READ, "get_profile", .answers = &profile, .refuses = read_refuses,
	  .says = "Your profile; an anonymous account has none." },
	{ PATCH, "", VISITOR, SQL_PROFILES_CHANGE, "change_profile", .body = changes, .answers = &profile,
	  .rules = CONDITIONAL, .refuses = change_refuses, .says = "Change how others see you." },
	{ 0 },
};

const struct resource me = {
	.path = "/me",
	.name = "Profile",
	.domain = NOTES,
	.operations = operations,
	.says = "How others see you.",
};
