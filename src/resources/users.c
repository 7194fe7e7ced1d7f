/* users.c: users and their roles. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
const char *const user_roles[] = { "VISITOR", "GUARD", "SUPERVISOR", "ADMIN", "SUPER_ADMIN", NULL };

/* Fields that users set for themselves, and administrators in an invitation. */
#define PROFILE_FIELDS(more)                                                                       \
	{ "image_url", FIELD_URL, NULLABLE | (more), .description = "URL of a profile picture.",   \
	  .example = "https://files.example.com/people/rosa.jpg" },                                \
	{ "phone", FIELD_LINE, NULLABLE, 1, 40, .description = "Phone number.",                    \
	  .example = "+1 631 555 0109" },                                                          \
	{ "street_address", FIELD_LINE, NULLABLE | (more), 1, 200,                                 \
	  .description = "Street address.", .example = "12 Ferry Lane" },                          \
	{ "city", FIELD_LINE, NULLABLE | (more), 1, 100, .description = "City.",                   \
	  .example = "Bay Shore" },                                                                \
	{ "state", FIELD_LINE, NULLABLE | (more), 1, 2,                                            \
	  .description = "State code, at most two letters.", .example = "NY" },                    \
	{ "zip_code", FIELD_LINE, NULLABLE | (more), 1, 10, .description = "Postal code.",         \
	  .example = "11706" }
#define NAME_FIELDS(more)                                                                          \
	{ "username", FIELD_LINE, NULLABLE | (more), 1, 60, .description = "Short name, unique.",  \
	  .example = "rosa" },                                                                     \
	{ "first_name", FIELD_LINE, REQUIRED, 1, 100, .description = "First name.",                \
	  .example = "Rosa" },                                                                     \
	{ "last_name", FIELD_LINE, REQUIRED, 1, 100, .description = "Last name.",                  \
	  .example = "Brandt" }

static const struct field fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "User ID.", .example = DEMO_ID("109") },
	{ "email", FIELD_EMAIL, READ_ONLY | NULLABLE,
	  .description = "Email address, copied from the user's token.",
	  .example = "rosa.brandt@marina.example" },
	NAME_FIELDS(0),
	PROFILE_FIELDS(0),
	{ "role", FIELD_CHOICE, READ_ONLY, .choices = user_roles, .choice_name = "Role",
	  .description = "Role of the user.", .example = "GUARD" },
	{ "is_anonymous", FIELD_BOOLEAN, READ_ONLY, .description = "Whether the user signed in anonymously." },
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },
	{ 0 },
};

#define VISIBLE_TO_ADMINS " Visible to ADMIN and above."

#define ACCOUNT_FIELDS                                                                             \
	{ "archived_at", FIELD_TIME, READ_ONLY | NULLABLE | OPTIONAL_IN_RESPONSE,                  \
	  .description = "Time of archiving; null if the user is active." VISIBLE_TO_ADMINS },     \
	{ "erased_at", FIELD_TIME, READ_ONLY | NULLABLE | OPTIONAL_IN_RESPONSE,                    \
	  .description = "Time of erasure, if erased." VISIBLE_TO_ADMINS },                        \
	{ "issuer", FIELD_LINE, READ_ONLY | NULLABLE | OPTIONAL_IN_RESPONSE,                       \
	  .description = "Issuer of the user's tokens; null until an invited user signs "          \
	          "in." VISIBLE_TO_ADMINS, .example = "https://login.example.com" },               \
	{ "subject", FIELD_LINE, READ_ONLY | NULLABLE | OPTIONAL_IN_RESPONSE,                      \
	  .description = "Subject (`sub`) of the user's tokens." VISIBLE_TO_ADMINS,                \
	  .example = "user_2f8Kq" }

static const struct field account_fields[] = { ACCOUNT_FIELDS, { 0 } };

static const char *const change_warnings[] = { "EQUIPMENT_OUT", NULL };

static const struct field change_fields[] = {
	ACCOUNT_FIELDS,
	{ "warnings", FIELD_CHOICE, READ_ONLY | MULTIPLE | OPTIONAL_IN_RESPONSE | TRANSIENT,
	  .choices = change_warnings, .choice_name = "UserWarning",
	  .description = "`EQUIPMENT_OUT`: the user has not returned equipment.", .example = JSON([]) },
	{ 0 },
};

static const struct field list_fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "User ID.", .example = DEMO_ID("109") },
	{ "email", FIELD_EMAIL, READ_ONLY | NULLABLE, .description = "Email address.",
	  .example = "rosa.brandt@marina.example" },
	NAME_FIELDS(OPTIONAL_IN_RESPONSE),
	PROFILE_FIELDS(OPTIONAL_IN_RESPONSE),
	{ "role", FIELD_CHOICE, READ_ONLY, .choices = user_roles, .choice_name = "Role",
	  .description = "Role of the user.", .example = "GUARD" },
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
	          "the account.", .example = "rosa.brandt@marina.example" },
	NAME_FIELDS(0),
	PROFILE_FIELDS(0),
	{ "role", FIELD_CHOICE, REQUIRED, .choices = user_roles, .choice_name = "Role",
	  .description = "Role of the user. Only SUPER_ADMIN can assign ADMIN and above.",
	  .example = "GUARD" },
	{ 0 },
};

static const struct field edit_fields[] = {
	{ "email", FIELD_EMAIL, 0,
	  .description = "Email address; can be changed until the user has signed in.",
	  .example = "rosa.brandt@marina.example" },
	NAME_FIELDS(0),
	PROFILE_FIELDS(0),
	{ 0 },
};

static const struct field role_fields[] = {
	{ "role", FIELD_CHOICE, REQUIRED, .choices = user_roles, .choice_name = "Role",
	  .description = "New role of the user.", .example = "GUARD" },
	{ 0 },
};

static const char *const archived_filters[] = { "NO", "YES", "ALL", NULL };

static const struct field filters[] = {
	{ "q", FIELD_LINE, 0, 1, 200,
	  .description = "Words to find in names and email address; one matching word is enough.",
	  .example = "rosa" },
	{ "role", FIELD_CHOICE, MULTIPLE, .choices = user_roles, .choice_name = "Role",
	  .description = "Filter by role.", .example = "GUARD" },
	{ "archived", FIELD_CHOICE, .choices = archived_filters, .choice_name = "ArchivedFilter",
	  .default_value = "NO",
	  .description = "`NO` returns active users, `YES` archived users, and `ALL` both.",
	  .example = "ALL" },
	{ "guests", FIELD_CHOICE, .choices = archived_filters, .choice_name = "ArchivedFilter",
	  .default_value = "NO",
	  .description = "`NO` leaves out guests, VISITORs without a name; `YES` returns only them.",
	  .example = "ALL" },
	{ 0 },
};

static const struct field stats_fields[] = {
	{ "total_logs", FIELD_INTEGER, READ_ONLY, 0, 9007199254740991,
	  .description = "Number of logs you have written, without archived ones.",
	  .example = "128" },
	{ "total_sessions", FIELD_INTEGER, READ_ONLY, 0, 9007199254740991,
	  .description = "Number of your duty sessions.", .example = "46" },
	{ "total_check_ins", FIELD_INTEGER, READ_ONLY, 0, 9007199254740991,
	  .description = "Number of your location check-ins.", .example = "3" },
	{ "total_duty_hours", FIELD_DECIMAL, READ_ONLY, 0, 9007199254740991,
	  .description = "Your hours on duty.", .example = "371.5" },
	{ "unread_messages", FIELD_INTEGER, READ_ONLY, 0, 9007199254740991,
	  .description = "Number of messages to you that you have not read. Threads count while the "
	          "guard is on duty.", .example = "2" },
	{ 0 },
};

static const struct field self_fields[] = {
	{ "issuer", FIELD_LINE, READ_ONLY | NULLABLE, .description = "Issuer of your tokens.",
	  .example = "https://login.example.com" },
	{ "subject", FIELD_LINE, READ_ONLY | NULLABLE, .description = "Subject (`sub`) of your tokens.",
	  .example = "user_2f8Kq" },
	{ 0 },
};

static const struct shape user_self = { "User", fields, self_fields, .description = "You." };
static const struct shape user_item = {
	"UserItem", list_fields, .description = "A user, as returned in lists.",
};
static const struct shape user_detail = {
	"UserDetail", fields, account_fields,
	.description = "A user, with account data for ADMIN and above.",
};

static const struct shape user_change = {
	"UserChange", fields, change_fields,
	.description = "A user, with what remains to be done after they left.",
};

static const struct shape user_stats = {
	"UserStats", stats_fields, .description = "A summary of your activity.",
};

static const struct field brief_fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "User ID.", .example = DEMO_ID("109") },
	{ "first_name", FIELD_LINE, READ_ONLY, 1, 100, .description = "First name.",
	  .example = "Rosa" },
	{ "last_name", FIELD_LINE, READ_ONLY, 1, 100, .description = "Last name.",
	  .example = "Brandt" },
	{ 0 },
};

static const struct field contact_fields[] = {
	{ "email", FIELD_EMAIL, READ_ONLY | NULLABLE, .description = "Email address.",
	  .example = "rosa.brandt@marina.example" },
	{ 0 },
};

static const struct field summary_fields[] = {
	{ "email", FIELD_EMAIL, READ_ONLY | NULLABLE, .description = "Email address.",
	  .example = "rosa.brandt@marina.example" },
	{ "role", FIELD_CHOICE, READ_ONLY, .choices = user_roles, .choice_name = "Role",
	  .description = "Role of the user.", .example = "GUARD" },
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
	                 "Emits `user.created`.",
	  .example = JSON({"email": "sam.rivera@marina.example", "first_name": "Sam",
	                  "last_name": "Rivera",
	                  "phone": "+1 631 555 0142", "role": "GUARD"}) },
	{ GET, "/me", VISITOR, SQL_USERS_READ_ME, "get_me", .response = &user_self,
	  .summary = "Get the current user" },
	{ PATCH, "/me", VISITOR, SQL_USERS_UPDATE_ME, "update_me", .body = fields,
	  .response = &user_self, .rules = CONDITIONAL, .summary = "Update the current user",
	  .description = "Role and email address cannot be changed here. Emits `user.updated`.",
	  .example = JSON({"phone": "+1 631 555 0123", "city": "Bay Shore", "state": "NY"}) },
	{ GET, "/me/stats", GUARD, SQL_USERS_MY_STATS, "get_my_stats", .response = &user_stats,
	  .summary = "Get statistics of the current user" },
	{ POST, "/sync", VISITOR, SQL_USERS_SYNC, "sync_me", .response = &user_self,
	  .summary = "Sync the current user from the token",
	  .description = "Copies name, email address, and picture from the token, which must "
	                 "contain an email address, and returns the user. Emits `user.updated` if "
	                 "anything changed." },
	{ GET, "/{id}", GUARD, SQL_USERS_READ, "get_user", .response = &user_detail,
	  .others_role = SUPERVISOR, .summary = "Get a user", .path_example = DEMO_ID("109") },
	{ PATCH, "/{id}", ADMIN, SQL_USERS_UPDATE, "update_user", .body = edit_fields,
	  .response = &user_detail, .rules = CONDITIONAL, .summary = "Update a user",
	  .description = "Corrects names and contact data, and the email address of an "
	                 "invitation. Data that the token issuer changes later replaces them. Only "
	                 "SUPER_ADMIN can update ADMIN and above. Emits `user.updated`.",
	  .example = JSON({"phone": "+1 631 555 0144"}), .path_example = DEMO_ID("121") },
	{ DELETE, "/{id}", ADMIN, SQL_USERS_WITHDRAW, "withdraw_invitation", .status = 204,
	  .rules = CONDITIONAL, .summary = "Withdraw an invitation",
	  .description = "Erases a user who has never signed in. Only SUPER_ADMIN can withdraw the "
	                 "invitation of ADMIN and above. Emits `user.erased`.",
	  .path_example = DEMO_ID("123") },
	{ PATCH, "/{id}/role", ADMIN, SQL_USERS_UPDATE_ROLE, "update_user_role",
	  .body = role_fields, .response = &user_change, .rules = CONDITIONAL,
	  .summary = "Change the role of a user",
	  .description = "Takes effect with the user's next request. You cannot change your own "
	                 "role. Only SUPER_ADMIN can change the role of ADMIN and above, or "
	                 "assign these roles. The role of the last active SUPER_ADMIN cannot be "
	                 "changed. A change to VISITOR also ends duty and assignments, as "
	                 "archiving does. Emits `user.role_changed`.",
	  .example = JSON({"role": "SUPERVISOR"}),
	  .path_example = DEMO_ID("121") },
	{ POST, "/{id}/archive", ADMIN, SQL_USERS_ARCHIVE, "archive_user", .response = &user_change,
	  .rules = CONDITIONAL, .summary = "Archive a user",
	  .description = "Denies the user access from the next request on. Everything the user has "
	                 "written is kept. You cannot archive yourself. Only SUPER_ADMIN can "
	                 "archive ADMIN and above. The last active SUPER_ADMIN cannot be "
	                 "archived. Ends an open duty session, removes the user from recurring "
	                 "shifts and shifts that have not started, and notifies supervisors of "
	                 "equipment that is still out. Emits `user.archived`, and `duty.ended`, "
	                 "`check_in.closed`, `shift.unassigned`, and `recurring_shift.updated` as "
	                 "they apply.",
	  .path_example = DEMO_ID("122") },
	{ POST, "/{id}/erase", ADMIN, SQL_USERS_ERASE, "erase_user", .response = &user_change,
	  .rules = CONDITIONAL, .summary = "Erase a user",
	  .description = "Cannot be undone. Removes names, contact data, sign-in, private notes, and "
	                 "notifications, revokes API keys, and archives the account. Records keep "
	                 "their author, as \"Erased user\"; signed reports keep the names that were "
	                 "signed. Only SUPER_ADMIN can erase ADMIN and "
	                 "above. You cannot erase yourself. Emits `user.erased`, `note.removed` for "
	                 "each note, and the events of archiving.", .path_example = DEMO_ID("124") },
	{ POST, "/{id}/unarchive", SUPER_ADMIN, SQL_USERS_UNARCHIVE, "unarchive_user",
	  .response = &user_detail, .rules = CONDITIONAL, .summary = "Unarchive a user",
	  .description = "Restores access. Emits `user.unarchived`.",
	  .path_example = DEMO_ID("124") },
	HISTORY("", ADMIN, SQL_USERS_HISTORY, "list_user_history", "a user",
	        .path_example = DEMO_ID("109")),
	{ 0 },
};

const struct resource users = {
	.path = "/users",
	.name = "Users",
	.domain = PEOPLE,
	.operations = operations,
	.description = "Users and their roles.",
};
