/* location_check_ins.c: visits of supervisors to locations while on duty. A check-in is created
 * through the duty session (duty_sessions.c). */

#include <stddef.h>

#include "shapes.h"

static const struct field fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Check-in ID." },
	{ "duty_session_id", FIELD_UUID, GIVEN, .says = "ID of the duty session." },
	{ "location_id", FIELD_UUID, GIVEN, .says = "ID of the location." },
	{ "user_id", FIELD_UUID, GIVEN, .says = "ID of the user." },
	{ "check_in_time", FIELD_TIME, GIVEN, .says = "Time of check-in." },
	{ "check_out_time", FIELD_TIME, GIVEN | NULLABLE,
	  .says = "Time of check-out; null while the user is there." },
	{ "notes", FIELD_TEXT, GIVEN | NULLABLE, 0, 2000, .says = "Notes on the visit." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "Time of creation." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Time of the last update." },
	{ "location", FIELD_SHAPE, GIVEN, .shape = &location_brief, .says = "Location." },
	{ "user", FIELD_SHAPE, GIVEN, .shape = &user_brief, .says = "User." },
	{ 0 },
};

static const struct field filters[] = {
	{ "user_id", FIELD_UUID, .says = "Filter by user." },
	{ "duty_session_id", FIELD_UUID, .says = "Filter by duty session." },
	{ "location_id", FIELD_UUID, .says = "Filter by location." },
	{ 0 },
};

const struct shape check_in = {
	"LocationCheckIn", fields, .says = "A visit to a location while on duty.",
};

static const char *const check_out_refuses[] = {
	"FORBIDDEN", "NOT_FOUND", "ALREADY_CHECKED_OUT", "PRECONDITION_FAILED", NULL,
};

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_CHECK_INS_LIST, "list_check_ins", .query = filters,
	  .answers = LIST_OF(check_in), .rules = PAGED | COUNTED,
	  .sort = { FIELD_TIME, FIELD_UUID }, .others = SUPERVISOR,
	  .summary = "List location check-ins",
	  .description = "Newest first. Callers below SUPERVISOR see only their own check-ins." },
	{ GET, "/{id}", GUARD, SQL_CHECK_INS_READ, "get_check_in", .answers = &check_in,
	  .others = SUPERVISOR, .summary = "Get a location check-in" },
	{ POST, "/{id}/check-out", GUARD, SQL_CHECK_INS_CLOSE, "check_out", .answers = &check_in,
	  .rules = CONDITIONAL, .refuses = check_out_refuses, .summary = "Check out of a location",
	  .description = "Only the user who checked in can check out. Emits `check_in.closed`." },
	{ 0 },
};

const struct resource location_check_ins = {
	.path = "/location-check-ins",
	.name = "Location check-ins",
	.domain = DUTY,
	.operations = operations,
	.says = "Visits of supervisors to locations while on duty.",
};
