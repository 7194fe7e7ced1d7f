/* guards.c: users who are on duty now. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
static const struct field fields[] = {
	{ "user_id", FIELD_UUID, READ_ONLY, .description = "User ID.", .example = DEMO_ID("109") },
	{ "user_name", FIELD_LINE, READ_ONLY, .description = "First and last name.",
	  .example = "Rosa Brandt" },
	{ "user_email", FIELD_EMAIL, READ_ONLY | NULLABLE, .description = "Email address.",
	  .example = "rosa.brandt@marina.example" },
	{ "role", FIELD_CHOICE, READ_ONLY, .choices = user_roles, .choice_name = "Role",
	  .description = "Role of the user.", .example = "GUARD" },
	{ "duty_session_id", FIELD_UUID, READ_ONLY, .description = "ID of the duty session.",
	  .example = DEMO_ID("201") },
	{ "location_id", FIELD_UUID, READ_ONLY | NULLABLE,
	  .description = "ID of the duty location; null if the user is roaming.",
	  .example = DEMO_ID("001") },
	{ "location_name", FIELD_LINE, READ_ONLY | NULLABLE, .description = "Name of the duty location.",
	  .example = "Atlantique Marina" },
	{ "clock_in_time", FIELD_TIME, READ_ONLY, .description = "Time of clock-in.",
	  .example = "2026-11-21T03:00:00+00:00" },
	{ "hours_on_duty", FIELD_DECIMAL, READ_ONLY, 0, 1000000, .description = "Hours since clock-in.",
	  .example = "3.2" },
	{ 0 },
};

/* Without contact details: every guard at the location reads these. */
static const struct field colleague_fields[] = {
	{ "user_id", FIELD_UUID, READ_ONLY, .description = "User ID.", .example = DEMO_ID("109") },
	{ "user_name", FIELD_LINE, READ_ONLY, .description = "First and last name.",
	  .example = "Rosa Brandt" },
	{ "role", FIELD_CHOICE, READ_ONLY, .choices = user_roles, .choice_name = "Role",
	  .description = "Role of the user.", .example = "GUARD" },
	{ "clock_in_time", FIELD_TIME, READ_ONLY, .description = "Time of clock-in.",
	  .example = "2026-11-21T03:00:00+00:00" },
	{ 0 },
};

static const struct field filters[] = {
	{ "role", FIELD_CHOICE, MULTIPLE, .choices = user_roles, .choice_name = "Role",
	  .description = "Filter by role.", .example = "GUARD" },
	{ 0 },
};

static const struct field end_fields[] = {
	{ "checkin_mileage", FIELD_INTEGER, NULLABLE, 1, 9999999,
	  .description = "Current mileage. If given, equipment that is checked out is returned; "
	          "otherwise it stays checked out.", .example = "41260" },
	{ "notes", FIELD_TEXT, NULLABLE, 1, 2000,
	  .description = "Reason. By default, the notes name the user who ended the session.",
	  .example = "Sent home because of the storm." },
	{ 0 },
};

static const struct shape user_on_duty = { "UserOnDuty", fields, .description = "A user on duty." };

static const struct shape colleague = {
	"ColleagueOnDuty", colleague_fields, .description = "A user on duty at your location.",
};

static const struct operation operations[] = {
	{ GET, "/on-duty", SUPERVISOR, SQL_GUARDS_ON_DUTY, "list_guards_on_duty", .query = filters,
	  .response = LIST_OF(user_on_duty), .rules = PAGED, .summary = "List users on duty",
	  .description = "Users of all roles; most recent clock-in first." },
	{ GET, "/at-my-location", GUARD, SQL_GUARDS_AT_MY_LOCATION, "list_guards_at_my_location",
	  .response = LIST_OF(colleague), .rules = PAGED,
	  .summary = "List users on duty at your location",
	  .description = "Includes you; most recent clock-in first. Empty while you are off duty "
	                 "or roaming." },
	{ POST, "/on-duty/{id}/end", SUPERVISOR, SQL_GUARDS_END_DUTY, "end_guard_duty",
	  .body = end_fields, .response = &session_detail, .rules = CONDITIONAL | BODY_OPTIONAL,
	  .summary = "End a guard's duty",
	  .description = "Takes the ID of the duty session. The user's role must not be higher "
	                 "than yours. An open location check-in is closed. Emits `duty.ended`, "
	                 "and `check_in.closed` and `equipment.checked_in` as they apply.",
	  .example = JSON({"notes": "Sent home because of the storm."}),
	  .path_example = DEMO_ID("201") },
	{ 0 },
};

const struct resource guards = {
	.path = "/guards",
	.name = "Guards",
	.domain = DUTY,
	.operations = operations,
	.description = "Users who are on duty now.",
};
