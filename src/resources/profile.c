/* profile.c: the caller's profile, which is how others see them. The full account is in users.c. */

#include <stddef.h>

#include "shapes.h"

static const struct field changes[] = {
	{ "display_name", FIELD_NAME, NULLABLE, 1, 60,
	  .says = "Name shown to others; null restores the name from your token." },
	{ "email", FIELD_EMAIL, 0, .says = "Email address. Must be the one in your token." },
	{ "avatar_url", FIELD_URL, NULLABLE, .says = "URL of a profile picture." },
	{ 0 },
};

static const struct field fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "User ID." },
	{ "display_name", FIELD_NAME, GIVEN, 1, 60, .says = "Name shown to others." },
	{ "email", FIELD_EMAIL, GIVEN | NULLABLE, .says = "Email address." },
	{ "avatar_url", FIELD_URL, GIVEN | NULLABLE, .says = "URL of a profile picture." },
	{ "is_anonymous", FIELD_BOOLEAN, GIVEN, .says = "Whether the user signed in anonymously." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "Time of creation." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Time of the last update." },
	{ 0 },
};

const struct shape user_profile = { "Profile", fields, .says = "Profile of a user." };

static const char *const read_refuses[] = { "ANONYMOUS_ACCOUNT", NULL };
static const char *const change_refuses[] = {
	"ANONYMOUS_ACCOUNT", "VALIDATION_FAILED", "EMAIL_TAKEN", "PRECONDITION_FAILED", NULL,
};

static const struct operation operations[] = {
	{ GET, "", VISITOR, SQL_PROFILES_READ, "get_profile", .answers = &user_profile,
	  .refuses = read_refuses, .summary = "Get your profile",
	  .description = "Anonymous accounts have no profile." },
	{ PATCH, "", VISITOR, SQL_PROFILES_CHANGE, "update_profile", .body = changes,
	  .answers = &user_profile, .rules = CONDITIONAL, .refuses = change_refuses,
	  .summary = "Update your profile",
	  .description = "Anonymous accounts have no profile. Emits `user.updated`." },
	{ 0 },
};

const struct resource profile = {
	.path = "/me",
	.name = "Profile",
	.domain = NOTES,
	.operations = operations,
	.says = "How you appear to others in notes and comments.",
};
