/* visitors.c: visitors to locations. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
static const struct field create_fields[] = {
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Visit ID. Generated if omitted.",
	  .example = DEMO_ID("732") },
	{ "first_name", FIELD_LINE, REQUIRED, 1, 100, .description = "First name.",
	  .example = "Carla" },
	{ "last_name", FIELD_LINE, REQUIRED, 1, 100, .description = "Last name.",
	  .example = "Reuss" },
	{ "location_id", FIELD_UUID, REQUIRED | CREATE_ONLY, .description = "Location of the visit.",
	  .example = DEMO_ID("001") },
	{ "email", FIELD_EMAIL, NULLABLE, .description = "Email address.",
	  .example = "carla.reuss@marina.example" },
	{ "phone", FIELD_LINE, NULLABLE, 1, 40, .description = "Phone number.",
	  .example = "+1 631 555 0123" },
	{ "company", FIELD_LINE, NULLABLE, 1, 200, .description = "Company the visitor represents.",
	  .example = "Reuss Yachting" },
	{ "purpose", FIELD_LINE, NULLABLE, 1, 500, .description = "Purpose of the visit.",
	  .example = "Guest on the ketch at berth 12" },
	{ "expected_duration", FIELD_INTEGER, NULLABLE, 1, 10080,
	  .description = "Expected duration of the visit, in minutes.", .example = "60" },
	{ "vehicle_make", FIELD_LINE, NULLABLE, 1, 100, .description = "Make of the visitor's vehicle.",
	  .example = "Volvo" },
	{ "vehicle_model", FIELD_LINE, NULLABLE, 1, 100,
	  .description = "Model of the visitor's vehicle.", .example = "V60" },
	{ "license_plate", FIELD_LINE, NULLABLE, 1, 20,
	  .description = "License plate of the visitor's vehicle.", .example = "NY 4712" },
	{ "badge_number", FIELD_LINE, NULLABLE, 1, 40, .description = "Number of the visitor's badge.",
	  .example = "V-4" },
	{ "notes", FIELD_TEXT, NULLABLE, 0, 5000, .description = "Notes.",
	  .example = "Leaves with the last ferry." },
	{ 0 },
};

static const struct field visit_fields[] = {
	{ "check_in_time", FIELD_TIME, READ_ONLY, .description = "Time of check-in." },
	{ "check_out_time", FIELD_TIME, READ_ONLY | NULLABLE,
	  .description = "Time of check-out; null while the visitor is present." },
	{ "is_present", FIELD_BOOLEAN, READ_ONLY, .description = "Whether the visitor is present.",
	  .example = "true" },
	{ "checked_in_by", FIELD_SHAPE, READ_ONLY, .shape = &user_brief,
	  .description = "User who checked the visitor in." },
	{ "checked_out_by", FIELD_SHAPE, READ_ONLY | NULLABLE, .shape = &user_brief,
	  .description = "User who checked the visitor out.",
	  .example = "null" },
	{ "location", FIELD_SHAPE, READ_ONLY, .shape = &location_brief,
	  .description = "Location of the visit." },
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },
	{ 0 },
};

static const struct field filters[] = {
	{ "location_id", FIELD_UUID, .description = "Filter by location.",
	  .example = DEMO_ID("001") },
	{ "present", FIELD_BOOLEAN,
	  .description = "If true, only visitors who are present; if false, only visitors who have "
	          "left.", .example = "true" },
	{ "search", FIELD_LINE, 0, 1, 200,
	  .description = "Text to find in name, company, license plate, or badge number.",
	  .example = "Reuss" },
	{ "start_date", FIELD_DATE_OR_TIME, .description = "Only visitors who checked in at or after this time.",
	  .example = "2026-11-20" },
	{ "end_date", FIELD_DATE_OR_TIME,
	  .description = "Only visitors who checked in at or before this time; a date includes the whole "
	          "day.", .example = "2026-11-21" },
	{ 0 },
};

static const struct field check_out_fields[] = {
	{ "notes", FIELD_TEXT, 0, 1, 5000, .description = "Notes that replace those of the visit.",
	  .example = "Leaves with the last ferry." },
	{ 0 },
};

static const struct shape visitor = {
	"Visitor", create_fields, visit_fields, .description = "A visit to a location.",
};

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_VISITORS_LIST, "list_visitors", .query = filters,
	  .response = LIST_OF(visitor), .rules = PAGED | COUNTED, .sort = { FIELD_TIME, FIELD_UUID },
	  .summary = "List visitors",
	  .description = "Most recent check-in first.", .query_example = "present=true" },
	{ POST, "", GUARD, SQL_VISITORS_CHECK_IN, "check_in_visitor", .body = create_fields,
	  .response = &visitor, .status = 201, .summary = "Check in a visitor",
	  .description = "The location must be active. Emits `visitor.checked_in`.",
	  .example = JSON({"first_name": "Lena", "last_name": "Hofer", "company": "Bay Electric",
	                  "purpose": "Repair of the gangway lamp",
	                  "location_id": "01900000-0000-7000-8000-000000000001",
	                  "expected_duration": 90, "license_plate": "NY 2208",
	                  "badge_number": "V-5"}) },
	{ GET, "/{id}", GUARD, SQL_VISITORS_READ, "get_visitor", .response = &visitor,
	  .summary = "Get a visitor", .path_example = DEMO_ID("732") },
	{ PATCH, "/{id}", GUARD, SQL_VISITORS_UPDATE, "update_visitor", .body = create_fields,
	  .response = &visitor, .rules = CONDITIONAL, .summary = "Update a visitor",
	  .description = "Any guard can update a visit, also after check-out. Emits "
	                 "`visitor.updated`.",
	  .example = JSON({"expected_duration": 120, "notes": "Leaves with the last ferry."}),
	  .path_example = DEMO_ID("732") },
	{ POST, "/{id}/check-out", GUARD, SQL_VISITORS_CHECK_OUT, "check_out_visitor",
	  .body = check_out_fields, .response = &visitor, .rules = CONDITIONAL | BODY_OPTIONAL,
	  .summary = "Check out a visitor",
	  .description = "Any guard can check out a visitor. Emits `visitor.checked_out`.",
	  .example = JSON({"notes": "Badge returned."}),
	  .path_example = DEMO_ID("732") },
	HISTORY("", GUARD, SQL_VISITORS_HISTORY, "list_visitor_history", "a visitor",
	        .path_example = DEMO_ID("732")),
	{ 0 },
};

const struct resource visitors = {
	.path = "/visitors",
	.name = "Visitors",
	.domain = LOGBOOK,
	.operations = operations,
	.description = "Visitors to locations, from check-in to check-out.",
};
