/* users.c: users and their roles. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
const char *const user_roles[] = { "VISITOR", "GUARD", "SUPERVISOR", "ADMIN", "SUPER_ADMIN", NULL };

/* Fields that users set for themselves, and administrators in an invitation. */
#define PROFILE_FIELDS(more)                                                                       \
	{ "image_url", FIELD_URL, NULLABLE | (more), .description = "URL of a profile picture." }, \
	{ "phone", FIELD_LINE, NULLABLE, 1, 40, .description = "Phone number." },                  \
	{ "street_address", FIELD_LINE, NULLABLE | (more), 1, 200,                                 \
	  .description = "Street address." },                                                      \
	{ "city", FIELD_LINE, NULLABLE | (more), 1, 100, .description = "City." },                 \
	{ "state", FIELD_LINE, NULLABLE | (more), 1, 2,                                            \
	  .description = "State code, at most two letters." },                                     \
	{ "zip_code", FIELD_LINE, NULLABLE | (more), 1, 10, .description = "Postal code." }
#define NAME_FIELDS(more)                                                                          \
	{ "username", FIELD_LINE, NULLABLE | (more), 1, 60, .description = "Short name, unique." }, \
	{ "first_name", FIELD_LINE, REQUIRED, 1, 100, .description = "First name." },              \
	{ "last_name", FIELD_LINE, REQUIRED, 1, 100, .description = "Last name." }

static const struct field fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "User ID." },
	{ "email", FIELD_EMAIL, READ_ONLY | NULLABLE,
	  .description = "Email address, copied from the user's token." },
	NAME_FIELDS(0),
	PROFILE_FIELDS(0),
	{ "role", FIELD_CHOICE, READ_ONLY, .choices = user_roles, .choice_name = "Role",
	  .description = "Role of the user." },
	{ "is_anonymous", FIELD_BOOLEAN, READ_ONLY, .description = "Whether the user signed in anonymously." },
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },
	{ 0 },
};

#define VISIBLE_TO_ADMINS " Visible to ADMIN and above."

#define ACCOUNT_FIELDS                                                                             \
	{ "archived_at", FIELD_TIME, READ_ONLY | NULLABLE | OPTIONAL_IN_RESPONSE,                  \
	  .description = "Time of archiving; null if the user is active." VISIBLE_TO_ADMINS },     \
	{ "issuer", FIELD_LINE, READ_ONLY | NULLABLE | OPTIONAL_IN_RESPONSE,                       \
	  .description = "Issuer of the user's tokens; null until an invited user signs "          \
	          "in." VISIBLE_TO_ADMINS },                                                       \
	{ "subject", FIELD_LINE, READ_ONLY | NULLABLE | OPTIONAL_IN_RESPONSE,                      \
	  .description = "Subject (`sub`) of the user's tokens." VISIBLE_TO_ADMINS }

static const struct field account_fields[] = { ACCOUNT_FIELDS, { 0 } };

static const struct field list_fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "User ID." },
	{ "email", FIELD_EMAIL, READ_ONLY | NULLABLE, .description = "Email address." },
	NAME_FIELDS(OPTIONAL_IN_RESPONSE),
	PROFILE_FIELDS(OPTIONAL_IN_RESPONSE),
	{ "role", FIELD_CHOICE, READ_ONLY, .choices = user_roles, .choice_name = "Role",
	  .description = "Role of the user." },
	{ "is_anonymous", FIELD_BOOLEAN, READ_ONLY | OPTIONAL_IN_RESPONSE,
	  .description = "Whether the user signed in anonymously." VISIBLE_TO_ADMINS },
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "updated_at", FIELD_TIME, READ_ONLY | OPTIONAL_IN_RESPONSE,
	  .description = "Time of the last update." VISIBLE_TO_ADMINS },
	ACCOUNT_FIELDS,
	{ 0 },
};

static const struct field invite_fields[] = {
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "User ID. Generated if omitted." },
	{ "email", FIELD_EMAIL, REQUIRED,
	  .description = "Email address. The first person to sign in with this address, verified, gets "
	          "the account." },
	NAME_FIELDS(0),
	PROFILE_FIELDS(0),
	{ "role", FIELD_CHOICE, REQUIRED, .choices = user_roles, .choice_name = "Role",
	  .description = "Role of the user. Only SUPER_ADMIN can assign ADMIN and above." },
	{ 0 },
};

static const struct field role_fields[] = {
	{ "role", FIELD_CHOICE, REQUIRED, .choices = user_roles, .choice_name = "Role",
	  .description = "New role of the user." },
	{ 0 },
};

static const char *const archived_filters[] = { "NO", "YES", "ALL", NULL };

static const struct field filters[] = {
	{ "q", FIELD_LINE, 0, 1, 200,
	  .description = "Words to find in names and email address; one matching word is enough." },
	{ "role", FIELD_CHOICE, MULTIPLE, .choices = user_roles, .choice_name = "Role",
	  .description = "Filter by role." },
	{ "archived", FIELD_CHOICE, .choices = archived_filters, .choice_name = "ArchivedFilter",
	  .default_value = "NO",
	  .description = "`NO` returns active users, `YES` archived users, and `ALL` both." },
	{ 0 },
};

static const struct field stats_fields[] = {
	{ "total_logs", FIELD_INTEGER, READ_ONLY, 0, 9007199254740991,
	  .description = "Number of logs you have written, without archived ones." },
	{ "total_sessions", FIELD_INTEGER, READ_ONLY, 0, 9007199254740991,
	  .description = "Number of your duty sessions." },
	{ "total_check_ins", FIELD_INTEGER, READ_ONLY, 0, 9007199254740991,
	  .description = "Number of your location check-ins." },
	{ "total_duty_hours", FIELD_DECIMAL, READ_ONLY, 0, 9007199254740991,
	  .description = "Your hours on duty." },
	{ 0 },
};

static const struct shape user = { "User", fields, .description = "A user." };
static const struct shape user_item = {
	"UserItem", list_fields, .description = "A user, as returned in lists.",
};
static const struct shape user_detail = {
	"UserDetail", fields, account_fields,
	.description = "A user, with account data for ADMIN and above.",
};

static const struct shape user_stats = {
	"UserStats", stats_fields, .description = "A summary of your activity.",
};

static const struct field brief_fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "User ID." },
	{ "first_name", FIELD_LINE, READ_ONLY, 1, 100, .description = "First name." },
	{ "last_name", FIELD_LINE, READ_ONLY, 1, 100, .description = "Last name." },
	{ 0 },
};

static const struct field contact_fields[] = {
	{ "email", FIELD_EMAIL, READ_ONLY | NULLABLE, .description = "Email address." },
	{ 0 },
};

static const struct field summary_fields[] = {
	{ "email", FIELD_EMAIL, READ_ONLY | NULLABLE, .description = "Email address." },
	{ "role", FIELD_CHOICE, READ_ONLY, .choices = user_roles, .choice_name = "Role",
	  .description = "Role of the user." },
	{ 0 },
};

const struct shape user_brief = { "UserBrief", brief_fields, .description = "Name of a user." };
const struct shape user_contact = {
	"UserContact", brief_fields, contact_fields, .description = "Name and email address of a user.",
};
const struct shape user_summary = {
	"UserSummary", brief_fields, summary_fields,
	.description = "Name, email address, and role of a user.",
};

static const struct operation operations[] = {
	{ GET, "", SUPERVISOR, SQL_USERS_LIST, "list_users", .query = filters,
	  .response = LIST_OF(user_item), .rules = PAGED | COUNTED,
	  .sort = { FIELD_TEXT, FIELD_UUID }, .summary = "List users",
	  .description = "Highest role first, then by first name; archived users last. Callers "
	                 "below ADMIN get only ID, name, email address, phone number, role, and "
	                 "time of creation." },
	{ POST, "", ADMIN, SQL_USERS_CREATE, "create_user", .body = invite_fields,
	  .response = &user_detail, .status = 201, .summary = "Invite a user",
	  .description = "The first person to sign in with this address, verified by the token "
	                 "issuer, gets the account. Only SUPER_ADMIN can invite ADMIN and above. "
	                 "Emits `user.created`." },
	{ GET, "/me/account", VISITOR, SQL_USERS_READ_ME, "get_me", .response = &user, .rules = OWN_PATH,
	  .summary = "Get the current user" },
	{ PATCH, "/me/account", VISITOR, SQL_USERS_UPDATE_ME, "update_me", .body = fields,
	  .response = &user, .rules = CONDITIONAL | OWN_PATH, .summary = "Update the current user",
	  .description = "Role and email address cannot be changed here. Emits `user.updated`." },
	{ GET, "/me/account/stats", GUARD, SQL_USERS_MY_STATS, "get_my_stats", .response = &user_stats,
	  .rules = OWN_PATH, .summary = "Get statistics of the current user" },
	{ POST, "/me/account/sync", VISITOR, SQL_USERS_SYNC, "sync_me", .response = &user,
	  .rules = OWN_PATH, .summary = "Sync the current user from the token",
	  .description = "Copies name, email address, and picture from the token, which must "
	                 "contain an email address, and returns the user. Emits `user.updated` if "
	                 "anything changed." },
	{ GET, "/{id}", GUARD, SQL_USERS_READ, "get_user", .response = &user_detail,
	  .others_role = SUPERVISOR, .summary = "Get a user" },
	{ PATCH, "/{id}/role", ADMIN, SQL_USERS_UPDATE_ROLE, "update_user_role",
	  .body = role_fields, .response = &user_detail, .rules = CONDITIONAL,
	  .summary = "Change the role of a user",
	  .description = "Takes effect with the user's next request. You cannot change your own "
	                 "role. Only SUPER_ADMIN can change the role of ADMIN and above, or "
	                 "assign these roles. The role of the last active SUPER_ADMIN cannot be "
	                 "changed. Emits `user.role_changed`." },
	{ POST, "/{id}/archive", ADMIN, SQL_USERS_ARCHIVE, "archive_user", .response = &user_detail,
	  .rules = CONDITIONAL, .summary = "Archive a user",
	  .description = "Denies the user access from the next request on. Everything the user has "
	                 "written is kept. You cannot archive yourself. Only SUPER_ADMIN can "
	                 "archive ADMIN and above. The last active SUPER_ADMIN cannot be "
	                 "archived. Emits `user.archived`." },
	{ POST, "/{id}/unarchive", SUPER_ADMIN, SQL_USERS_UNARCHIVE, "unarchive_user",
	  .response = &user_detail, .rules = CONDITIONAL, .summary = "Unarchive a user",
	  .description = "Restores access. Emits `user.unarchived`." },
	{ 0 },
};

const struct resource users = {
	.path = "/users",
	.name = "Users",
	.domain = PEOPLE,
	.operations = operations,
	.description = "Users and their roles.",
};
