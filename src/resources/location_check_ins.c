/* location_check_ins.c: visits of supervisors to locations while on duty. A check-in is created
 * through the duty session (duty_sessions.c). */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
static const struct field fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "Check-in ID." },
	{ "duty_session_id", FIELD_UUID, READ_ONLY, .description = "ID of the duty session." },
	{ "location_id", FIELD_UUID, READ_ONLY, .description = "ID of the location." },
	{ "user_id", FIELD_UUID, READ_ONLY, .description = "ID of the user." },
	{ "check_in_time", FIELD_TIME, READ_ONLY, .description = "Time of check-in." },
	{ "check_out_time", FIELD_TIME, READ_ONLY | NULLABLE,
	  .description = "Time of check-out; null while the user is there." },
	{ "notes", FIELD_TEXT, READ_ONLY | NULLABLE, 0, 2000, .description = "Notes on the visit." },
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },
	{ "location", FIELD_SHAPE, READ_ONLY, .shape = &location_brief, .description = "Location." },
	{ "user", FIELD_SHAPE, READ_ONLY, .shape = &user_brief, .description = "User." },
	{ 0 },
};

static const struct field filters[] = {
	{ "user_id", FIELD_UUID, .description = "Filter by user." },
	{ "duty_session_id", FIELD_UUID, .description = "Filter by duty session." },
	{ "location_id", FIELD_UUID, .description = "Filter by location." },
	{ 0 },
};

const struct shape check_in = {
	"LocationCheckIn", fields, .description = "A visit to a location while on duty.",
};

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_CHECK_INS_LIST, "list_check_ins", .query = filters,
	  .response = LIST_OF(check_in), .rules = PAGED | COUNTED,
	  .sort = { FIELD_TIME, FIELD_UUID }, .others_role = SUPERVISOR,
	  .summary = "List location check-ins",
	  .description = "Newest first. Callers below SUPERVISOR see only their own check-ins." },
	{ GET, "/{id}", GUARD, SQL_CHECK_INS_READ, "get_check_in", .response = &check_in,
	  .others_role = SUPERVISOR, .summary = "Get a location check-in" },
	{ POST, "/{id}/check-out", GUARD, SQL_CHECK_INS_CLOSE, "check_out", .response = &check_in,
	  .rules = CONDITIONAL, .summary = "Check out of a location",
	  .description = "Only the user who checked in can check out. Emits `check_in.closed`." },
	{ 0 },
};

const struct resource location_check_ins = {
	.path = "/location-check-ins",
	.name = "Location check-ins",
	.domain = DUTY,
	.operations = operations,
	.description = "Visits of supervisors to locations while on duty.",
};
