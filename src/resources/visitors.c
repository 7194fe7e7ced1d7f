/* visitors.c: visitors to locations. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
static const struct field create_fields[] = {
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Visit ID. Generated if omitted." },
	{ "first_name", FIELD_LINE, REQUIRED, 1, 100, .description = "First name." },
	{ "last_name", FIELD_LINE, REQUIRED, 1, 100, .description = "Last name." },
	{ "location_id", FIELD_UUID, REQUIRED | CREATE_ONLY, .description = "Location of the visit." },
	{ "email", FIELD_EMAIL, NULLABLE, .description = "Email address." },
	{ "phone", FIELD_LINE, NULLABLE, 1, 40, .description = "Phone number." },
	{ "company", FIELD_LINE, NULLABLE, 1, 200, .description = "Company the visitor represents." },
	{ "purpose", FIELD_LINE, NULLABLE, 1, 500, .description = "Purpose of the visit." },
	{ "expected_duration", FIELD_INTEGER, NULLABLE, 1, 10080,
	  .description = "Expected duration of the visit, in minutes." },
	{ "vehicle_make", FIELD_LINE, NULLABLE, 1, 100, .description = "Make of the visitor's vehicle." },
	{ "vehicle_model", FIELD_LINE, NULLABLE, 1, 100,
	  .description = "Model of the visitor's vehicle." },
	{ "license_plate", FIELD_LINE, NULLABLE, 1, 20,
	  .description = "License plate of the visitor's vehicle." },
	{ "badge_number", FIELD_LINE, NULLABLE, 1, 40, .description = "Number of the visitor's badge." },
	{ "notes", FIELD_TEXT, NULLABLE, 0, 5000, .description = "Notes." },
	{ 0 },
};

static const struct field visit_fields[] = {
	{ "check_in_time", FIELD_TIME, READ_ONLY, .description = "Time of check-in." },
	{ "check_out_time", FIELD_TIME, READ_ONLY | NULLABLE,
	  .description = "Time of check-out; null while the visitor is present." },
	{ "is_present", FIELD_BOOLEAN, READ_ONLY, .description = "Whether the visitor is present." },
	{ "checked_in_by", FIELD_SHAPE, READ_ONLY, .shape = &user_brief,
	  .description = "User who checked the visitor in." },
	{ "checked_out_by", FIELD_SHAPE, READ_ONLY | NULLABLE, .shape = &user_brief,
	  .description = "User who checked the visitor out." },
	{ "location", FIELD_SHAPE, READ_ONLY, .shape = &location_brief,
	  .description = "Location of the visit." },
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },
	{ 0 },
};

static const struct field filters[] = {
	{ "location_id", FIELD_UUID, .description = "Filter by location." },
	{ "present", FIELD_BOOLEAN,
	  .description = "If true, only visitors who are present; if false, only visitors who have "
	          "left." },
	{ "search", FIELD_LINE, 0, 1, 200,
	  .description = "Text to find in name, company, license plate, or badge number." },
	{ "start_date", FIELD_DATE_OR_TIME, .description = "Only visitors who checked in at or after this time." },
	{ "end_date", FIELD_DATE_OR_TIME,
	  .description = "Only visitors who checked in at or before this time; a date includes the whole "
	          "day." },
	{ 0 },
};

static const struct field check_out_fields[] = {
	{ "notes", FIELD_TEXT, 0, 1, 5000, .description = "Notes that replace those of the visit." },
	{ 0 },
};

static const struct shape visitor = {
	"Visitor", create_fields, visit_fields, .description = "A visit to a location.",
};

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_VISITORS_LIST, "list_visitors", .query = filters,
	  .response = LIST_OF(visitor), .rules = PAGED | COUNTED, .sort = { FIELD_TIME, FIELD_UUID },
	  .summary = "List visitors",
	  .description = "Most recent check-in first." },
	{ POST, "", GUARD, SQL_VISITORS_CHECK_IN, "check_in_visitor", .body = create_fields,
	  .response = &visitor, .status = 201, .summary = "Check in a visitor",
	  .description = "The location must be active. Emits `visitor.checked_in`." },
	{ GET, "/{id}", GUARD, SQL_VISITORS_READ, "get_visitor", .response = &visitor,
	  .summary = "Get a visitor" },
	{ PATCH, "/{id}", GUARD, SQL_VISITORS_UPDATE, "update_visitor", .body = create_fields,
	  .response = &visitor, .rules = CONDITIONAL, .summary = "Update a visitor",
	  .description = "Any guard can update a visit, also after check-out. Emits "
	                 "`visitor.updated`." },
	{ POST, "/{id}/check-out", GUARD, SQL_VISITORS_CHECK_OUT, "check_out_visitor",
	  .body = check_out_fields, .response = &visitor, .rules = CONDITIONAL | BODY_OPTIONAL,
	  .summary = "Check out a visitor",
	  .description = "Any guard can check out a visitor. Emits `visitor.checked_out`." },
	{ 0 },
};

const struct resource visitors = {
	.path = "/visitors",
	.name = "Visitors",
	.domain = LOGBOOK,
	.operations = operations,
	.description = "Visitors to locations, from check-in to check-out.",
};
