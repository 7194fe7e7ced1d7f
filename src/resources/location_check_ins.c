/* location_check_ins.c: places that supervisors call at while they are on duty. One comes
 * there by way of the session: duty_sessions.c. */

#include <stddef.h>

#include "shapes.h"

static const struct field fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the check-in." },
	{ "duty_session_id", FIELD_UUID, GIVEN, .says = "During which duty." },
	{ "location_id", FIELD_UUID, GIVEN, .says = "Where." },
	{ "user_id", FIELD_UUID, GIVEN, .says = "Who was there." },
	{ "check_in_time", FIELD_TIME, GIVEN, .says = "Since when." },
	{ "check_out_time", FIELD_TIME, GIVEN | NULLABLE, .says = "Until when; null: still." },
	{ "notes", FIELD_TEXT, GIVEN | NULLABLE, 0, 2000, .says = "What was said of it." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "When it was said." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Last changed." },
	{ "location", FIELD_SHAPE, GIVEN, .shape = &location_brief, .says = "Where." },
	{ "user", FIELD_SHAPE, GIVEN, .shape = &user_brief, .says = "Who was there." },
	{ 0 },
};

static const struct field filters[] = {
	{ "user_id", FIELD_UUID, .says = "Only this person's." },
	{ "duty_session_id", FIELD_UUID, .says = "Only during this duty." },
	{ "location_id", FIELD_UUID, .says = "Only at this place." },
	{ 0 },
};

const struct shape check_in = { "LocationCheckIn", fields, .says = "A call at a place." };

static const char *const leave_refuses[] = {
	"FORBIDDEN", "NOT_FOUND", "ALREADY_CHECKED_OUT", "PRECONDITION_FAILED", NULL,
};

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_CHECK_INS_LIST, "list_check_ins", .query = filters, .answers = LIST_OF(check_in),
	  .rules = PAGED | COUNTED, .sort = { FIELD_TIME, FIELD_UUID }, .others = SUPERVISOR,
	  .says = "Calls at places, newest first: your own, or as a SUPERVISOR anybody's." },
	{ GET, "/{id}", GUARD, SQL_CHECK_INS_READ, "get_check_in", .answers = &check_in, .others = SUPERVISOR,
	  .says = "One of them: your own, or as a SUPERVISOR anybody's." },
	{ POST, "/{id}/check-out", GUARD, SQL_CHECK_INS_CLOSE, "check_out", .answers = &check_in,
	  .rules = CONDITIONAL, .refuses = leave_refuses, .says = "Say that you have left; whoever came there does." },
	{ 0 },
};

const struct resource location_check_ins = {
	.path = "/location-check-ins",
	.name = "Location check-ins",
	.domain = DUTY,
	.operations = operations,
	.says = "Places that supervisors call at while they are on duty.",
};
