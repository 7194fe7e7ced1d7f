/* location_check_ins.c: visits of supervisors to locations while on duty. A check-in is created
 * through the duty session (duty_sessions.c). */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
static const struct field fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "Check-in ID.", .example = DEMO_ID("222") },
	{ "duty_session_id", FIELD_UUID, READ_ONLY, .description = "ID of the duty session.",
	  .example = DEMO_ID("205") },
	{ "location_id", FIELD_UUID, READ_ONLY, .description = "ID of the location.",
	  .example = DEMO_ID("002") },
	{ "user_id", FIELD_UUID, READ_ONLY, .description = "ID of the user.",
	  .example = DEMO_ID("106") },
	{ "check_in_time", FIELD_TIME, READ_ONLY, .description = "Time of check-in.",
	  .example = "2026-11-21T04:00:00+00:00" },
	{ "check_out_time", FIELD_TIME, READ_ONLY | NULLABLE,
	  .description = "Time of check-out; null while the user is there.",
	  .example = "2026-11-21T04:35:00+00:00" },
	{ "notes", FIELD_TEXT, READ_ONLY | NULLABLE, 0, 2000, .description = "Notes on the visit.",
	  .example = "Round of the docks with Jonas." },
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },
	{ "location", FIELD_SHAPE, READ_ONLY, .shape = &location_brief, .description = "Location." },
	{ "user", FIELD_SHAPE, READ_ONLY, .shape = &user_brief, .description = "User." },
	{ 0 },
};

static const struct field filters[] = {
	{ "user_id", FIELD_UUID, .description = "Filter by user.", .example = DEMO_ID("106") },
	{ "duty_session_id", FIELD_UUID, .description = "Filter by duty session.",
	  .example = DEMO_ID("205") },
	{ "location_id", FIELD_UUID, .description = "Filter by location.",
	  .example = DEMO_ID("002") },
	{ "longer_than", FIELD_INTEGER, .min = 1, .max = 8760,
	  .description = "Only open check-ins that started more than this many hours ago.",
	  .example = "16" },
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
	  .others_role = SUPERVISOR, .summary = "Get a location check-in",
	  .path_example = DEMO_ID("221") },
	{ POST, "/{id}/check-out", GUARD, SQL_CHECK_INS_CLOSE, "check_out", .response = &check_in,
	  .rules = CONDITIONAL, .summary = "Check out of a location",
	  .description = "Only the user who checked in can check out. Emits `check_in.closed`.",
	  .path_example = DEMO_ID("221") },
	HISTORY("", GUARD, SQL_CHECK_INS_HISTORY, "list_check_in_history", "a location check-in",
	        .path_example = DEMO_ID("221"), .others_role = SUPERVISOR),
	{ 0 },
};

const struct resource location_check_ins = {
	.path = "/location-check-ins",
	.name = "Location check-ins",
	.domain = DUTY,
	.operations = operations,
	.description = "Visits of supervisors to locations while on duty.",
};
