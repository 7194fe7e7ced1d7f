/* profile.c: the caller's profile, which is how others see them. The full account is in users.c. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
static const struct field changes[] = {
	{ "display_name", FIELD_LINE, NULLABLE, 1, 60,
	  .description = "Name shown to others; null restores the name from your token.",
	  .example = "Carla Reuss" },
	{ "email", FIELD_EMAIL, 0, .description = "Email address. Must be the one in your token.",
	  .example = "carla.reuss@marina.example" },
	{ "avatar_url", FIELD_URL, NULLABLE, .description = "URL of a profile picture.",
	  .example = "https://files.example.com/people/carla.jpg" },
	{ 0 },
};

static const struct field fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "User ID.", .example = DEMO_ID("123") },
	{ "display_name", FIELD_LINE, READ_ONLY, 1, 60, .description = "Name shown to others.",
	  .example = "Carla Reuss" },
	{ "email", FIELD_EMAIL, READ_ONLY | NULLABLE, .description = "Email address.",
	  .example = "carla.reuss@marina.example" },
	{ "avatar_url", FIELD_URL, READ_ONLY | NULLABLE, .description = "URL of a profile picture.",
	  .example = "https://files.example.com/people/carla.jpg" },
	{ "is_anonymous", FIELD_BOOLEAN, READ_ONLY, .description = "Whether the user signed in anonymously." },
	{ "issuer", FIELD_LINE, READ_ONLY | NULLABLE, .description = "Issuer of your tokens.",
	  .example = "https://login.example.com" },
	{ "subject", FIELD_LINE, READ_ONLY | NULLABLE, .description = "Subject (`sub`) of your tokens.",
	  .example = "user_2f8Kq" },
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },
	{ 0 },
};

const struct shape user_profile = { "Profile", fields, .description = "Profile of a user." };

static const struct operation operations[] = {
	{ GET, "", VISITOR, SQL_PROFILE_READ, "get_profile", .response = &user_profile,
	  .summary = "Get your profile", .description = "Anonymous accounts have no profile." },
	{ PATCH, "", VISITOR, SQL_PROFILE_UPDATE, "update_profile", .body = changes,
	  .response = &user_profile, .rules = CONDITIONAL, .summary = "Update your profile",
	  .description = "Anonymous accounts have no profile. Emits `user.updated`.",
	  .example = JSON({"display_name": "Carla R."}) },
	{ 0 },
};

const struct resource profile = {
	.path = "/me",
	.name = "Profile",
	.domain = NOTES,
	.operations = operations,
	.description = "How you appear to others in notes and comments.",
};
