/* users.c: people and their roles. */

#include <stddef.h>

#include "shapes.h"

const char *const user_roles[] = { "VISITOR", "GUARD", "SUPERVISOR", "ADMIN", "SUPER_ADMIN", NULL };

/* What a person may say of himself, and who invites him may say for him. */
#define PROFILE(more)											\
	{ "image_url", FIELD_URL, NULLABLE | (more), .says = "A picture." },				\
	{ "phone", FIELD_NAME, NULLABLE, 1, 40, .says = "Telephone number." },				\
	{ "street_address", FIELD_NAME, NULLABLE | (more), 1, 200, .says = "Street and number." },	\
	{ "city", FIELD_NAME, NULLABLE | (more), 1, 100, .says = "City." },				\
	{ "state", FIELD_NAME, NULLABLE | (more), 1, 2, .says = "State, two letters." },		\
	{ "zip_code", FIELD_NAME, NULLABLE | (more), 1, 10, .says = "Postal code." }
#define NAMES(more)											\
	{ "username", FIELD_NAME, NULLABLE | (more), 1, 60, .says = "A short name, unique." },		\
	{ "first_name", FIELD_NAME, REQUIRED, 1, 100, .says = "First name." },				\
	{ "last_name", FIELD_NAME, REQUIRED, 1, 100, .says = "Last name." }

static const struct field fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the person." },
	{ "email", FIELD_EMAIL, GIVEN | NULLABLE, .says = "As the issuer of his tokens knows it." },
	NAMES(0),
	PROFILE(0),
	{ "role", FIELD_CHOICE, GIVEN, .choices = user_roles, .choice_name = "Role", .says = "What he may do." },
	{ "is_anonymous", FIELD_BOOLEAN, GIVEN, .says = "Signed in without saying who he is." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "First seen." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Last changed." },
	{ 0 },
};

#define TO_ADMINS " Shown to ADMIN and above."

#define KEPT												\
	{ "archived_at", FIELD_TIME, GIVEN | NULLABLE | SOMETIMES,					\
	  .says = "Since when he may not come in any more." TO_ADMINS },				\
	{ "issuer", FIELD_NAME, GIVEN | NULLABLE | SOMETIMES,						\
	  .says = "Who issues his tokens; null: he was invited and has not come yet." TO_ADMINS },	\
	{ "subject", FIELD_NAME, GIVEN | NULLABLE | SOMETIMES, .says = "What they call him." TO_ADMINS }

static const struct field kept[] = { KEPT, { 0 } };

static const struct field listed[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the person." },
	{ "email", FIELD_EMAIL, GIVEN | NULLABLE, .says = "E-mail address." },
	NAMES(SOMETIMES),
	PROFILE(SOMETIMES),
	{ "role", FIELD_CHOICE, GIVEN, .choices = user_roles, .choice_name = "Role", .says = "What he may do." },
	{ "is_anonymous", FIELD_BOOLEAN, GIVEN | SOMETIMES,
	  .says = "Signed in without saying who he is." TO_ADMINS },
	{ "created_at", FIELD_TIME, GIVEN, .says = "First seen." },
	{ "updated_at", FIELD_TIME, GIVEN | SOMETIMES, .says = "Last changed." TO_ADMINS },
	KEPT,
	{ 0 },
};

static const struct field invited[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Identity of the person; yours to choose." },
	{ "email", FIELD_EMAIL, REQUIRED,
	  .says = "By it he is recognised: the first who signs in with this address, verified, is he." },
	NAMES(0),
	PROFILE(0),
	{ "role", FIELD_CHOICE, REQUIRED, .choices = user_roles, .choice_name = "Role",
	  .says = "What he may do; ADMIN and above are made by a SUPER_ADMIN." },
	{ 0 },
};

static const struct field new_role[] = {
	{ "role", FIELD_CHOICE, REQUIRED, .choices = user_roles, .choice_name = "Role", .says = "What he may do from now on." },
	{ 0 },
};

static const char *const archived[] = { "no", "yes", "all", NULL };

static const struct field filters[] = {
	{ "q", FIELD_NAME, 0, 1, 200, .says = "Only who has one of these words in his names or his address." },
	{ "role", FIELD_CHOICE, MANY, .choices = user_roles, .choice_name = "Role", .says = "Only of these roles." },
	{ "archived", FIELD_CHOICE, .choices = archived, .choice_name = "Archived", .usual = "no",
	  .says = "Whether archived ones are shown: no, they alone (yes), or with the others (all)." },
	{ 0 },
};

static const struct field stats[] = {
	{ "total_logs", FIELD_INTEGER, GIVEN, 0, 9007199254740991, .says = "Logs you have written, without archived ones." },
	{ "total_sessions", FIELD_INTEGER, GIVEN, 0, 9007199254740991, .says = "How often you have been on duty." },
	{ "total_check_ins", FIELD_INTEGER, GIVEN, 0, 9007199254740991, .says = "How often you have called at a place." },
	{ "total_duty_hours", FIELD_DECIMAL, GIVEN, 0, 9007199254740991, .says = "For how many hours you have been on duty." },
	{ 0 },
};

static const struct shape user = { "User", fields, .says = "A person." };
static const struct shape user_item = { "UserItem", listed, .says = "A person, as lists show him." };
static const struct shape user_detail = { "UserDetail", fields, kept, .says = "A person, as others see him." };

static const struct shape user_stats = { "UserStats", stats, .says = "What you have done, in numbers." };

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

static const struct field summary[] = {
	{ "email", FIELD_EMAIL, GIVEN | NULLABLE, .says = "E-mail address." },
	{ "role", FIELD_CHOICE, GIVEN, .choices = user_roles, .choice_name = "Role", .says = "What he may do." },
	{ 0 },
};

const struct shape user_brief = { "UserBrief", brief, .says = "A person, by name." };
const struct shape user_contact = { "UserContact", brief, contact, .says = "A person, and how to reach him." };
const struct shape user_summary = { "UserSummary", brief, summary,
	                            .says = "A person, how to reach him, and what he may do." };

static const char *const change_refuses[] = { "PRECONDITION_FAILED", "USERNAME_TAKEN", NULL };
static const char *const sync_refuses[] = { "EMAIL_REQUIRED", NULL };
static const char *const create_refuses[] = { "FORBIDDEN", "EMAIL_TAKEN", "USERNAME_TAKEN", "ID_TAKEN", NULL };
static const char *const read_refuses[] = { "FORBIDDEN", "USER_NOT_FOUND", NULL };
static const char *const take_refuses[] = {
	"FORBIDDEN", "USER_NOT_FOUND", "OWN_ACCOUNT", "LAST_SUPER_ADMIN", "PRECONDITION_FAILED", NULL,
};
static const char *const unarchive_refuses[] = { "USER_NOT_FOUND", "PRECONDITION_FAILED", NULL };

static const struct operation operations[] = {
	{ GET, "", SUPERVISOR, SQL_USERS_LIST, "list_users", .query = filters, .answers = LIST_OF(user_item),
	  .rules = PAGED | COUNTED, .sort = { FIELD_TEXT, FIELD_UUID },
	  .says = "People, the higher roles first, then by first name; archived ones last." },
	{ POST, "", ADMIN, SQL_USERS_CREATE, "create_user", .body = invited, .answers = &user_detail, .status = 201,
	  .refuses = create_refuses, .says = "Invite a person, who is let in at the first sign-in with this address." },
	{ GET, "/me", VISITOR, SQL_USERS_ME, "get_me", .answers = &user, .says = "Yourself." },
	{ PATCH, "/me", VISITOR, SQL_USERS_CHANGE_ME, "change_me", .body = fields, .answers = &user,
	  .rules = CONDITIONAL, .refuses = change_refuses, .says = "Change what is known of yourself." },
	{ GET, "/me/stats", GUARD, SQL_USERS_MY_STATS, "get_my_stats", .answers = &user_stats,
	  .says = "What you have done, in numbers." },
	{ POST, "/sync", VISITOR, SQL_USERS_SYNC, "sync_me", .answers = &user, .refuses = sync_refuses,
	  .says = "Take over what your token says of you, which must hold an address; and yourself, as that leaves you." },
	{ GET, "/{id}", GUARD, SQL_USERS_READ, "get_user", .answers = &user_detail, .others = SUPERVISOR,
	  .refuses = read_refuses, .says = "One person: yourself, or as a SUPERVISOR anybody." },
	{ PATCH, "/{id}/role", ADMIN, SQL_USERS_CHANGE_ROLE, "change_user_role", .body = new_role,
	  .answers = &user_detail, .rules = CONDITIONAL, .refuses = take_refuses,
	  .says = "Give a person another role, which counts at once; from and to ADMIN and above only a SUPER_ADMIN." },
	{ POST, "/{id}/archive", ADMIN, SQL_USERS_ARCHIVE, "archive_user", .answers = &user_detail,
	  .rules = CONDITIONAL, .refuses = take_refuses,
	  .says = "Shut a person out, at once; what he wrote stays. An ADMIN or above only by a SUPER_ADMIN." },
	{ POST, "/{id}/unarchive", SUPER_ADMIN, SQL_USERS_UNARCHIVE, "unarchive_user", .answers = &user_detail,
	  .rules = CONDITIONAL, .refuses = unarchive_refuses, .says = "Let a person in again." },
	{ 0 },
};

const struct resource users = {
	.path = "/users",
	.name = "Users",
	.domain = PEOPLE,
	.operations = operations,
	.says = "People and their roles.",
};
