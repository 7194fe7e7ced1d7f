/* visitors.c: who comes to a place, and leaves it. */

#include <stddef.h>

#include "shapes.h"

static const struct field written[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Identity of the visit; yours to choose at creation." },
	{ "first_name", FIELD_NAME, REQUIRED, 1, 100, .says = "First name." },
	{ "last_name", FIELD_NAME, REQUIRED, 1, 100, .says = "Last name." },
	{ "location_id", FIELD_UUID, REQUIRED | FIXED, .says = "Where he is let in." },
	{ "email", FIELD_EMAIL, NULLABLE, .says = "E-mail address." },
	{ "phone", FIELD_NAME, NULLABLE, 1, 40, .says = "Telephone number." },
	{ "company", FIELD_NAME, NULLABLE, 1, 200, .says = "For whom he comes." },
	{ "purpose", FIELD_NAME, NULLABLE, 1, 500, .says = "What for." },
	{ "expected_duration", FIELD_INTEGER, NULLABLE, 1, 10080, .says = "For how many minutes." },
	{ "vehicle_make", FIELD_NAME, NULLABLE, 1, 100, .says = "Make of his vehicle." },
	{ "vehicle_model", FIELD_NAME, NULLABLE, 1, 100, .says = "Model of it." },
	{ "license_plate", FIELD_NAME, NULLABLE, 1, 20, .says = "Its plate." },
	{ "badge_number", FIELD_NAME, NULLABLE, 1, 40, .says = "The badge he was given." },
	{ "notes", FIELD_TEXT, NULLABLE, 0, 5000, .says = "What else one should know." },
	{ 0 },
};

static const struct field kept[] = {
	{ "check_in_time", FIELD_TIME, GIVEN, .says = "When he came." },
	{ "check_out_time", FIELD_TIME, GIVEN | NULLABLE, .says = "When he left." },
	{ "is_present", FIELD_BOOLEAN, GIVEN, .says = "Whether he is there." },
	{ "checked_in_by", FIELD_SHAPE, GIVEN, .shape = &user_brief, .says = "Who let him in." },
	{ "checked_out_by", FIELD_SHAPE, GIVEN | NULLABLE, .shape = &user_brief, .says = "Who let him out." },
	{ "location", FIELD_SHAPE, GIVEN, .shape = &location_brief, .says = "Where." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "When this was written." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Last changed." },
	{ 0 },
};

static const struct field filters[] = {
	{ "location_id", FIELD_UUID, .says = "Only at this place." },
	{ "present", FIELD_BOOLEAN, .says = "Only who is there; or, when false, only who has left." },
	{ "search", FIELD_NAME, 0, 1, 200, .says = "Only with these words in name, company, plate or badge." },
	{ "start_date", FIELD_DAY, .says = "Only who came since then." },
	{ "end_date", FIELD_DAY, .says = "Only who came until then; a day counts to its end." },
	{ 0 },
};

static const struct field leaving[] = {
	{ "notes", FIELD_TEXT, 0, 1, 5000, .says = "What one should know of the visit, in place of what stood there." },
	{ 0 },
};

static const struct shape visitor = { "Visitor", written, kept, .says = "A visit: who came, where, and until when." };

static const char *const check_in_refuses[] = { "LOCATION_NOT_FOUND", "LOCATION_INACTIVE", "ID_TAKEN", NULL };
static const char *const change_refuses[] = { "NOT_FOUND", "PRECONDITION_FAILED", NULL };
static const char *const check_out_refuses[] = { "NOT_FOUND", "VISITOR_CHECKED_OUT", "PRECONDITION_FAILED", NULL };

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_VISITORS_LIST, "list_visitors", .query = filters, .answers = LIST_OF(visitor),
	  .rules = PAGED | COUNTED, .sort = { FIELD_TIME, FIELD_UUID },
	  .says = "Visitors, who came last first; with `present` those who are there." },
	{ POST, "", GUARD, SQL_VISITORS_CHECK_IN, "check_in_visitor", .body = written, .answers = &visitor,
	  .status = 201, .refuses = check_in_refuses, .says = "Let a visitor in." },
	{ GET, "/{id}", GUARD, SQL_VISITORS_READ, "get_visitor", .answers = &visitor, .says = "One visitor." },
	{ PATCH, "/{id}", GUARD, SQL_VISITORS_CHANGE, "change_visitor", .body = written, .answers = &visitor,
	  .rules = CONDITIONAL, .refuses = change_refuses, .says = "Change what is known of a visitor." },
	{ POST, "/{id}/check-out", GUARD, SQL_VISITORS_CHECK_OUT, "check_out_visitor", .body = leaving,
	  .answers = &visitor, .rules = CONDITIONAL | BODY_MAY_LACK, .refuses = check_out_refuses,
	  .says = "Let a visitor out." },
	{ 0 },
};

const struct resource visitors = {
	.path = "/visitors",
	.name = "Visitors",
	.domain = LOGBOOK,
	.operations = operations,
	.says = "Who comes to a place, and leaves it.",
};
