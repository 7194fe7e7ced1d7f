/* duty_sessions.c: time on duty, from clock-in to clock-out. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
const char *const end_reasons[] = { "SUPERVISOR", "ACCOUNT_ARCHIVED", "ROLE_CHANGED", NULL };

static const struct field fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "Duty session ID.",
	  .example = DEMO_ID("201") },
	{ "user_id", FIELD_UUID, READ_ONLY, .description = "ID of the user on duty.",
	  .example = DEMO_ID("109") },
	{ "location_id", FIELD_UUID, READ_ONLY | NULLABLE,
	  .description = "ID of the duty location; null if the user is roaming.",
	  .example = DEMO_ID("001") },
	{ "shift_id", FIELD_UUID, READ_ONLY | NULLABLE, .description = "ID of the shift, if any.",
	  .example = DEMO_ID("412") },
	{ "clock_in_time", FIELD_TIME, READ_ONLY, .description = "Time of clock-in.",
	  .example = "2026-11-21T03:00:00+00:00" },
	{ "clock_out_time", FIELD_TIME, READ_ONLY | NULLABLE,
	  .description = "Time of clock-out; null while on duty.",
	  .example = "2026-11-21T11:00:00+00:00" },
	{ "hours_on_duty", FIELD_DECIMAL, READ_ONLY, 0, 1000000,
	  .description = "Hours from clock-in to clock-out, or to now.", .example = "8" },
	{ "notes", FIELD_TEXT, READ_ONLY | NULLABLE, 0, 2000, .description = "Notes made at clock-out.",
	  .example = "All quiet; keys handed over." },
	{ "ended_by", FIELD_UUID, READ_ONLY | NULLABLE,
	  .description = "ID of the user who ended it for the user on duty, if any.",
	  .example = DEMO_ID("106") },
	{ "end_reason", FIELD_CHOICE, READ_ONLY | NULLABLE, .choices = end_reasons,
	  .choice_name = "EndReason", .description = "Why it was ended for the user; null if they clocked out.",
	  .example = "SUPERVISOR" },
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },
	{ "guard_name", FIELD_LINE, READ_ONLY, .description = "First and last name of the user.",
	  .example = "Rosa Brandt" },
	{ "location_name", FIELD_LINE, READ_ONLY | NULLABLE,
	  .description = "Name of the duty location; null if the user is roaming.",
	  .example = "North Pier" },
	{ "user", FIELD_SHAPE, READ_ONLY, .shape = &user_brief, .description = "User on duty." },
	{ "location", FIELD_SHAPE, READ_ONLY | NULLABLE, .shape = &location_brief,
	  .description = "Duty location; null if the user is roaming." },
	{ "shift", FIELD_SHAPE, READ_ONLY | NULLABLE, .shape = &shift_brief, .description = "Shift, if any." },
	{ 0 },
};

static const struct field detail_fields[] = {
	{ "location_check_ins", FIELD_SHAPE, READ_ONLY | MULTIPLE, .max_items = 100, .shape = &check_in,
	  .description = "The 100 most recent location check-ins, newest first." },
	{ 0 },
};

static const struct field clock_in_fields[] = {
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Duty session ID. Generated if omitted." },
	{ "location_id", FIELD_UUID, NULLABLE,
	  .description = "Duty location. Required for GUARD. Ignored for SUPERVISOR and above, who have "
	          "no duty location, or the headquarters if HQ_LOCATION_NAME is set.",
	  .example = DEMO_ID("001") },
	{ "shift_id", FIELD_UUID, NULLABLE,
	  .description = "Shift. You do not need to be assigned to it.",
	  .example = DEMO_ID("412") },
	{ 0 },
};

static const struct field clock_out_fields[] = {
	{ "notes", FIELD_TEXT, NULLABLE, 1, 2000, .description = "Notes on the duty session.",
	  .example = "All quiet; keys handed over." },
	{ 0 },
};

static const struct field end_fields[] = {
	{ "checkin_mileage", FIELD_INTEGER, NULLABLE, 1, 9999999,
	  .description = "Current mileage. Required while equipment is checked out, otherwise ignored.",
	  .example = "41260" },
	{ "notes", FIELD_TEXT, NULLABLE, 1, 2000, .description = "Notes on the duty session.",
	  .example = "All quiet; keys handed over." },
	{ 0 },
};

static const struct field check_in_fields[] = {
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Check-in ID. Generated if omitted." },
	{ "location_id", FIELD_UUID, REQUIRED, .description = "Location to check in at.",
	  .example = DEMO_ID("001") },
	{ "notes", FIELD_TEXT, NULLABLE, 1, 2000, .description = "Notes on the visit.",
	  .example = "Round of the docks with Jonas." },
	{ 0 },
};

static const struct field filters[] = {
	{ "user_id", FIELD_UUID, .description = "Filter by user.", .example = DEMO_ID("109") },
	{ "location_id", FIELD_UUID, .description = "Filter by duty location.",
	  .example = DEMO_ID("001") },
	{ "start_date", FIELD_DATE_OR_TIME, .description = "Only sessions started at or after this time.",
	  .example = "2026-11-20" },
	{ "end_date", FIELD_DATE_OR_TIME,
	  .description = "Only sessions started at or before this time; a date includes the whole day.",
	  .example = "2026-11-21" },
	{ "longer_than", FIELD_INTEGER, .min = 1, .max = 8760,
	  .description = "Only open sessions that started more than this many hours ago.",
	  .example = "16" },
	{ 0 },
};

static const struct shape session = {
	"DutySession", fields, .description = "A duty session, as returned in lists.",
};
const struct shape session_detail = {
	"DutySessionDetail", fields, detail_fields,
	.description = "A duty session with its location check-ins.",
};

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_DUTY_SESSIONS_LIST, "list_duty_sessions", .query = filters,
	  .response = LIST_OF(session), .rules = PAGED | COUNTED, .sort = { FIELD_TIME, FIELD_UUID },
	  .others_role = SUPERVISOR, .summary = "List duty sessions",
	  .description = "Newest first. Callers below SUPERVISOR see only their own sessions." },
	{ POST, "", GUARD, SQL_DUTY_SESSIONS_CLOCK_IN, "clock_in", .body = clock_in_fields,
	  .response = &session_detail, .status = 201, .rules = BODY_OPTIONAL, .summary = "Clock in",
	  .description = "Guards must name an active location. SUPERVISOR and above are roaming, "
	                 "or at the headquarters if it is configured; their clock-in notifies "
	                 "every guard on duty. Emits `duty.started`, and `notification.created` for "
	                 "each notified guard.",
	  .example = JSON({"location_id": "01900000-0000-7000-8000-000000000001",
	                  "shift_id": "01900000-0000-7000-8000-000000000413"}),
	  .example_user = "wanda.kessler@marina.example" },
	{ GET, "/active", GUARD, SQL_DUTY_SESSIONS_ACTIVE, "get_active_duty_session",
	  .response = &session_detail, .rules = NULLABLE_RESPONSE,
	  .summary = "Get your active duty session",
	  .description = "Returns null while you are off duty." },
	{ GET, "/{id}", GUARD, SQL_DUTY_SESSIONS_READ, "get_duty_session",
	  .response = &session_detail, .others_role = SUPERVISOR, .summary = "Get a duty session",
	  .path_example = DEMO_ID("201") },
	{ POST, "/{id}/clock-out", GUARD, SQL_DUTY_SESSIONS_CLOCK_OUT, "clock_out",
	  .body = clock_out_fields, .response = &session_detail,
	  .rules = CONDITIONAL | BODY_OPTIONAL, .summary = "Clock out",
	  .description = "Only your own session. Return all equipment before clocking out. An "
	                 "open location check-in is closed. Emits `duty.ended`, and "
	                 "`check_in.closed` if one was open.",
	  .example = JSON({"notes": "All quiet; keys handed over."}),
	  .path_example = DEMO_ID("201") },
	{ POST, "/{id}/end", GUARD, SQL_DUTY_SESSIONS_END, "end_duty_session", .body = end_fields,
	  .response = &session_detail, .rules = CONDITIONAL | BODY_OPTIONAL,
	  .summary = "End your duty session",
	  .description = "Does everything that clocking out requires in one step: closes an open "
	                 "location check-in, returns equipment that is checked out, and clocks "
	                 "out. Emits `duty.ended`, and `check_in.closed` and "
	                 "`equipment.checked_in` as they apply.",
	  .example = JSON({"notes": "All quiet; keys handed over."}),
	  .path_example = DEMO_ID("201") },
	{ POST, "/{id}/check-ins", SUPERVISOR, SQL_CHECK_INS_OPEN, "check_in",
	  .body = check_in_fields, .response = &check_in, .status = 201, .rules = CONDITIONAL,
	  .summary = "Check in at a location",
	  .description = "Requires an open duty session of your own without an open check-in. Emits "
	                 "`check_in.opened`.",
	  .example = JSON({"location_id": "01900000-0000-7000-8000-000000000002",
	                  "notes": "Round of the docks with Jonas."}),
	  .path_example = DEMO_ID("206"),
	  .example_user = "peter.ahlborn@marina.example" },
	HISTORY("", GUARD, SQL_DUTY_SESSIONS_HISTORY, "list_duty_session_history", "a duty session",
	        .path_example = DEMO_ID("201"), .others_role = SUPERVISOR),
	{ 0 },
};

const struct resource duty_sessions = {
	.path = "/duty-sessions",
	.name = "Duty sessions",
	.domain = DUTY,
	.operations = operations,
	.description = "Time on duty, from clock-in to clock-out.",
};
