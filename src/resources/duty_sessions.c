/* duty_sessions.c: who is on duty, since when and where. */

#include <stddef.h>

#include "shapes.h"

static const struct field fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the session." },
	{ "user_id", FIELD_UUID, GIVEN, .says = "Who is on duty." },
	{ "location_id", FIELD_UUID, GIVEN | NULLABLE, .says = "At which post; null: wherever he is needed." },
	{ "shift_id", FIELD_UUID, GIVEN | NULLABLE, .says = "In which shift; null: in none that is planned." },
	{ "clock_in_time", FIELD_TIME, GIVEN, .says = "Since when." },
	{ "clock_out_time", FIELD_TIME, GIVEN | NULLABLE, .says = "Until when; null: still." },
	{ "hours_on_duty", FIELD_DECIMAL, GIVEN, 0, 1000000, .says = "How many hours that are, until now or its end." },
	{ "notes", FIELD_TEXT, GIVEN | NULLABLE, 0, 2000, .says = "What was said at its end." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "When it was begun." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Last changed." },
	{ "user", FIELD_SHAPE, GIVEN, .shape = &user_brief, .says = "Who is on duty." },
	{ "location", FIELD_SHAPE, GIVEN | NULLABLE, .shape = &location_brief, .says = "At which post." },
	{ "shift", FIELD_SHAPE, GIVEN | NULLABLE, .shape = &shift_brief, .says = "In which shift." },
	{ 0 },
};

static const struct field by_itself[] = {
	{ "location_check_ins", FIELD_SHAPE, GIVEN | MANY, .most = 100, .shape = &check_in,
	  .says = "The newest calls at places during it, newest first." },
	{ 0 },
};

static const struct field begun[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Identity of the session; yours to choose." },
	{ "location_id", FIELD_UUID, NULLABLE,
	  .says = "Your post: a GUARD must name it. Whoever stands above has none, or the headquarters, whatever this says." },
	{ "shift_id", FIELD_UUID, NULLABLE, .says = "In which shift; you need not be assigned to it." },
	{ 0 },
};

static const struct field ended[] = {
	{ "notes", FIELD_TEXT, NULLABLE, 1, 2000, .says = "What is to be said at its end." },
	{ 0 },
};

static const struct field signed_off[] = {
	{ "checkin_mileage", FIELD_INTEGER, NULLABLE, 1, 9999999,
	  .says = "What the counter shows now: must be given while equipment is out, and else says nothing." },
	{ "notes", FIELD_TEXT, NULLABLE, 1, 2000, .says = "What is to be said at its end." },
	{ 0 },
};

static const struct field visited[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Identity of the check-in; yours to choose." },
	{ "location_id", FIELD_UUID, REQUIRED, .says = "Where you have come to." },
	{ "notes", FIELD_TEXT, NULLABLE, 1, 2000, .says = "What is to be said of it." },
	{ 0 },
};

static const struct field filters[] = {
	{ "user_id", FIELD_UUID, .says = "Only this person's." },
	{ "location_id", FIELD_UUID, .says = "Only at this post." },
	{ "start_date", FIELD_DAY, .says = "Only begun since then." },
	{ "end_date", FIELD_DAY, .says = "Only begun until then; a day counts to its end." },
	{ 0 },
};

static const struct shape session = { "DutySession", fields, .says = "A stretch of duty, as lists show it." };
const struct shape session_detail = { "DutySessionDetail", fields, by_itself, .says = "A stretch of duty by itself." };

static const char *const begin_refuses[] = {
	"LOCATION_REQUIRED", "LOCATION_NOT_FOUND", "LOCATION_INACTIVE", "SHIFT_NOT_FOUND", "ALREADY_ON_DUTY", "ID_TAKEN",
	NULL,
};
static const char *const clock_out_refuses[] = {
	"FORBIDDEN", "NOT_FOUND", "ALREADY_CLOCKED_OUT", "EQUIPMENT_NOT_RETURNED", "PRECONDITION_FAILED", NULL,
};
static const char *const end_refuses[] = {
	"FORBIDDEN", "NOT_FOUND", "ALREADY_CLOCKED_OUT", "MILEAGE_REQUIRED", "MILEAGE_DECREASED",
	"PRECONDITION_FAILED", NULL,
};
static const char *const visit_refuses[] = {
	"FORBIDDEN", "NOT_FOUND", "LOCATION_NOT_FOUND", "LOCATION_INACTIVE", "NOT_ON_DUTY", "CHECK_IN_OPEN",
	"PRECONDITION_FAILED", "ID_TAKEN", NULL,
};

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_DUTY_SESSIONS_LIST, "list_duty_sessions", .query = filters, .answers = LIST_OF(session),
	  .rules = PAGED | COUNTED, .sort = { FIELD_TIME, FIELD_UUID }, .others = SUPERVISOR,
	  .says = "Duty that was done and is being done, newest first: your own, or as a SUPERVISOR anybody's." },
	{ POST, "", GUARD, SQL_DUTY_SESSIONS_CLOCK_IN, "clock_in", .body = begun, .answers = &session_detail,
	  .status = 201, .rules = BODY_MAY_LACK, .refuses = begin_refuses, .says = "Report for duty." },
	{ GET, "/active", GUARD, SQL_DUTY_SESSIONS_ACTIVE, "get_active_duty_session", .answers = &session_detail,
	  .rules = OR_NULL, .says = "The duty you are doing; null when you are off duty." },
	{ GET, "/{id}", GUARD, SQL_DUTY_SESSIONS_READ, "get_duty_session", .answers = &session_detail,
	  .others = SUPERVISOR, .says = "One session: your own, or as a SUPERVISOR anybody's." },
	{ POST, "/{id}/clock-out", GUARD, SQL_DUTY_SESSIONS_CLOCK_OUT, "clock_out", .body = ended,
	  .answers = &session_detail, .rules = CONDITIONAL | BODY_MAY_LACK, .refuses = clock_out_refuses,
	  .says = "Clock out, with nothing in your hands; a check-in that is open is closed with it." },
	{ POST, "/{id}/end", GUARD, SQL_DUTY_SESSIONS_END, "end_duty_session", .body = signed_off,
	  .answers = &session_detail, .rules = CONDITIONAL | BODY_MAY_LACK, .refuses = end_refuses,
	  .says = "Sign off from all there is: leave the place you are at, bring back what you have out, and clock out." },
	{ POST, "/{id}/check-ins", SUPERVISOR, SQL_CHECK_INS_OPEN, "check_in", .body = visited, .answers = &check_in,
	  .status = 201, .rules = CONDITIONAL, .refuses = visit_refuses,
	  .says = "Say that you have come to a place, during your own duty." },
	{ 0 },
};

const struct resource duty_sessions = {
	.path = "/duty-sessions",
	.name = "Duty sessions",
	.domain = DUTY,
	.operations = operations,
	.says = "Who is on duty, since when and where.",
};
