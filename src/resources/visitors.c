/* visitors.c: visitors to locations. */

#include <stddef.h>

#include "shapes.h"

static const struct field create_fields[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Visit ID. Generated if omitted." },
	{ "first_name", FIELD_NAME, REQUIRED, 1, 100, .says = "First name." },
	{ "last_name", FIELD_NAME, REQUIRED, 1, 100, .says = "Last name." },
	{ "location_id", FIELD_UUID, REQUIRED | FIXED, .says = "Location of the visit." },
	{ "email", FIELD_EMAIL, NULLABLE, .says = "Email address." },
	{ "phone", FIELD_NAME, NULLABLE, 1, 40, .says = "Phone number." },
	{ "company", FIELD_NAME, NULLABLE, 1, 200, .says = "Company the visitor represents." },
	{ "purpose", FIELD_NAME, NULLABLE, 1, 500, .says = "Purpose of the visit." },
	{ "expected_duration", FIELD_INTEGER, NULLABLE, 1, 10080,
	  .says = "Expected duration of the visit, in minutes." },
	{ "vehicle_make", FIELD_NAME, NULLABLE, 1, 100, .says = "Make of the visitor's vehicle." },
	{ "vehicle_model", FIELD_NAME, NULLABLE, 1, 100,
	  .says = "Model of the visitor's vehicle." },
	{ "license_plate", FIELD_NAME, NULLABLE, 1, 20,
	  .says = "License plate of the visitor's vehicle." },
	{ "badge_number", FIELD_NAME, NULLABLE, 1, 40, .says = "Number of the visitor's badge." },
	{ "notes", FIELD_TEXT, NULLABLE, 0, 5000, .says = "Notes." },
	{ 0 },
};

static const struct field visit_fields[] = {
	{ "check_in_time", FIELD_TIME, GIVEN, .says = "Time of check-in." },
	{ "check_out_time", FIELD_TIME, GIVEN | NULLABLE,
	  .says = "Time of check-out; null while the visitor is present." },
	{ "is_present", FIELD_BOOLEAN, GIVEN, .says = "Whether the visitor is present." },
	{ "checked_in_by", FIELD_SHAPE, GIVEN, .shape = &user_brief,
	  .says = "User who checked the visitor in." },
	{ "checked_out_by", FIELD_SHAPE, GIVEN | NULLABLE, .shape = &user_brief,
	  .says = "User who checked the visitor out." },
	{ "location", FIELD_SHAPE, GIVEN, .shape = &location_brief,
	  .says = "Location of the visit." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "Time of creation." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Time of the last update." },
	{ 0 },
};

static const struct field filters[] = {
	{ "location_id", FIELD_UUID, .says = "Filter by location." },
	{ "present", FIELD_BOOLEAN,
	  .says = "If true, only visitors who are present; if false, only visitors who have "
	          "left." },
	{ "search", FIELD_NAME, 0, 1, 200,
	  .says = "Text to find in name, company, license plate, or badge number." },
	{ "start_date", FIELD_DAY, .says = "Only visitors who checked in at or after this time." },
	{ "end_date", FIELD_DAY,
	  .says = "Only visitors who checked in at or before this time; a date includes the whole "
	          "day." },
	{ 0 },
};

static const struct field check_out_fields[] = {
	{ "notes", FIELD_TEXT, 0, 1, 5000, .says = "Notes that replace those of the visit." },
	{ 0 },
};

static const struct shape visitor = {
	"Visitor", create_fields, visit_fields, .says = "A visit to a location.",
};

static const char *const check_in_refuses[] = {
	"LOCATION_NOT_FOUND", "LOCATION_INACTIVE", "ID_TAKEN", NULL,
};
static const char *const change_refuses[] = { "NOT_FOUND", "PRECONDITION_FAILED", NULL };
static const char *const check_out_refuses[] = {
	"NOT_FOUND", "VISITOR_CHECKED_OUT", "PRECONDITION_FAILED", NULL,
};

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_VISITORS_LIST, "list_visitors", .query = filters,
	  .answers = LIST_OF(visitor), .rules = PAGED | COUNTED, .sort = { FIELD_TIME, FIELD_UUID },
	  .summary = "List visitors",
	  .description = "Most recent check-in first." },
	{ POST, "", GUARD, SQL_VISITORS_CHECK_IN, "check_in_visitor", .body = create_fields,
	  .answers = &visitor, .status = 201, .refuses = check_in_refuses,
	  .summary = "Check in a visitor",
	  .description = "The location must be active. Emits `visitor.checked_in`." },
	{ GET, "/{id}", GUARD, SQL_VISITORS_READ, "get_visitor", .answers = &visitor,
	  .summary = "Get a visitor" },
	{ PATCH, "/{id}", GUARD, SQL_VISITORS_CHANGE, "update_visitor", .body = create_fields,
	  .answers = &visitor, .rules = CONDITIONAL, .refuses = change_refuses,
	  .summary = "Update a visitor",
	  .description = "Any guard can update a visit, also after check-out. Emits "
	                 "`visitor.updated`." },
	{ POST, "/{id}/check-out", GUARD, SQL_VISITORS_CHECK_OUT, "check_out_visitor",
	  .body = check_out_fields, .answers = &visitor, .rules = CONDITIONAL | BODY_MAY_LACK,
	  .refuses = check_out_refuses, .summary = "Check out a visitor",
	  .description = "Any guard can check out a visitor. Emits `visitor.checked_out`." },
	{ 0 },
};

const struct resource visitors = {
	.path = "/visitors",
	.name = "Visitors",
	.domain = LOGBOOK,
	.operations = operations,
	.says = "Visitors to locations, from check-in to check-out.",
};
