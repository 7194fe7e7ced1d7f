/* equipment.c: checkout and return of vehicles and radios for duty sessions. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
static const struct field fields[] = {
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Checkout ID. Generated if omitted." },
	{ "duty_session_id", FIELD_UUID, REQUIRED, .description = "Your open duty session.",
	  .example = DEMO_ID("205") },
	{ "vehicle_id", FIELD_UUID, REQUIRED, .description = "Vehicle to check out.",
	  .example = DEMO_ID("301") },
	{ "radio_id", FIELD_UUID, REQUIRED, .description = "Radio to check out.",
	  .example = DEMO_ID("311") },
	{ "checkout_mileage", FIELD_INTEGER, REQUIRED, 1, 9999999, .description = "Mileage at checkout.",
	  .example = "41207" },
	{ 0 },
};

static const struct field checkout_fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "Checkout ID.", .example = DEMO_ID("321") },
	{ "duty_session_id", FIELD_UUID, READ_ONLY, .description = "ID of the duty session.",
	  .example = DEMO_ID("205") },
	{ "vehicle_id", FIELD_UUID, READ_ONLY | NULLABLE, .description = "ID of the vehicle.",
	  .example = DEMO_ID("301") },
	{ "radio_id", FIELD_UUID, READ_ONLY | NULLABLE, .description = "ID of the radio.",
	  .example = DEMO_ID("311") },
	{ "checkout_mileage", FIELD_INTEGER, READ_ONLY, 1, 9999999, .description = "Mileage at checkout.",
	  .example = "41207" },
	{ "checkin_mileage", FIELD_INTEGER, READ_ONLY | NULLABLE, 1, 9999999,
	  .description = "Mileage at return.", .example = "41260" },
	{ "checkout_time", FIELD_TIME, READ_ONLY, .description = "Time of checkout." },
	{ "checkin_time", FIELD_TIME, READ_ONLY | NULLABLE,
	  .description = "Time of return; null while checked out." },
	{ "overdue", FIELD_BOOLEAN, READ_ONLY,
	  .description = "Whether it is still out although the duty session has ended." },
	{ "notes", FIELD_TEXT, READ_ONLY | NULLABLE, 0, 2000, .description = "Notes made at return.",
	  .example = "The left mirror is loose." },
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },
	{ "vehicle", FIELD_SHAPE, READ_ONLY | NULLABLE, .shape = &vehicle_brief, .description = "Vehicle." },
	{ "radio", FIELD_SHAPE, READ_ONLY | NULLABLE, .shape = &radio_brief, .description = "Radio." },
	{ "user", FIELD_SHAPE, READ_ONLY, .shape = &user_brief,
	  .description = "User who checked out the equipment." },
	{ 0 },
};

#define RETURN_FIELDS                                                                              \
	{ "checkin_mileage", FIELD_INTEGER, REQUIRED, 1, 9999999,                                  \
	  .description = "Mileage at return; must not be lower than at checkout.",                 \
	  .example = "41260" },                                                                    \
	{ "notes", FIELD_TEXT, NULLABLE, 0, 2000, .description = "Notes for the next user.",       \
	  .example = "The left mirror is loose." }

static const struct field return_fields[] = { RETURN_FIELDS, { 0 } };

static const struct field return_by_session_fields[] = {
	{ "duty_session_id", FIELD_UUID, REQUIRED,
	  .description = "Your duty session that has the equipment checked out.",
	  .example = DEMO_ID("205") },
	RETURN_FIELDS,
	{ 0 },
};

static const struct field available_fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "ID of the vehicle or radio.",
	  .example = DEMO_ID("321") },
	{ "identifier", FIELD_LINE, READ_ONLY, 1, 100, .description = "Name of the vehicle or radio.",
	  .example = "Car 4" },
	{ 0 },
};

static const struct shape checkout = {
	"EquipmentCheckout", checkout_fields,
	.description = "A vehicle and a radio checked out for a duty session.",
};
static const struct shape equipment_available = {
	"EquipmentAvailable", available_fields,
	.description = "A vehicle or radio that can be checked out.",
};

static const struct field filters[] = {
	{ "duty_session_id", FIELD_UUID, .description = "Filter by duty session.",
	  .example = DEMO_ID("205") },
	{ "vehicle_id", FIELD_UUID, .description = "Filter by vehicle.",
	  .example = DEMO_ID("301") },
	{ "radio_id", FIELD_UUID, .description = "Filter by radio.", .example = DEMO_ID("311") },
	{ "open", FIELD_BOOLEAN,
	  .description = "If true, only equipment that is checked out; if false, only equipment that was "
	          "returned.", .example = "true" },
	{ 0 },
};

static const struct field type_query[] = {
	{ "type", FIELD_CHOICE, REQUIRED, .choices = equipment_types,
	  .choice_name = "EquipmentType", .description = "Type of equipment." },
	{ 0 },
};

static const struct operation operations[] = {
	{ GET, "/available", SUPERVISOR, SQL_FLEET_AVAILABLE, "list_available_equipment",
	  .query = type_query, .response = LIST_OF(equipment_available), .rules = PAGED,
	  .summary = "List available equipment",
	  .description = "Vehicles or radios that are WORKING and not checked out, sorted by "
	                 "name.", .query_example = "type=VEHICLE" },
	{ GET, "/checkouts", SUPERVISOR, SQL_CHECKOUTS_LIST, "list_checkouts", .query = filters,
	  .response = LIST_OF(checkout), .rules = PAGED | COUNTED,
	  .sort = { FIELD_TIME, FIELD_UUID }, .summary = "List equipment checkouts",
	  .description = "Newest first.", .query_example = "open=true" },
	{ POST, "/checkouts", SUPERVISOR, SQL_CHECKOUTS_CREATE, "check_out_equipment",
	  .body = fields, .response = &checkout, .status = 201, .summary = "Check out equipment",
	  .description = "Checks out a vehicle and a radio for your open duty session. Both must "
	                 "be WORKING and not checked out, and the session can have one open "
	                 "checkout. Emits `equipment.checked_out`.",
	  .example = JSON({"duty_session_id": "01900000-0000-7000-8000-000000000206",
	                  "vehicle_id": "01900000-0000-7000-8000-000000000304",
	                  "radio_id": "01900000-0000-7000-8000-000000000313",
	                  "checkout_mileage": 12640}),
	  .example_user = "peter.ahlborn@marina.example" },
	{ GET, "/checkouts/{id}", SUPERVISOR, SQL_CHECKOUTS_READ, "get_checkout",
	  .response = &checkout, .summary = "Get an equipment checkout",
	  .path_example = DEMO_ID("321") },
	{ POST, "/checkouts/{id}/check-in", SUPERVISOR, SQL_CHECKOUTS_RETURN, "check_in_equipment",
	  .body = return_fields, .response = &checkout, .rules = CONDITIONAL, .others_role = ADMIN,
	  .summary = "Return equipment",
	  .description = "Also works after the duty session has ended. Emits "
	                 "`equipment.checked_in`, and `vehicle.updated` with a higher mileage.",
	  .example = JSON({"checkin_mileage": 38912, "notes": "The left mirror is loose."}),
	  .path_example = DEMO_ID("321"),
	  .example_user = "noor.castellan@marina.example" },
	{ POST, "/check-in", SUPERVISOR, SQL_EQUIPMENT_RETURN, "check_in_equipment_of_session",
	  .body = return_by_session_fields, .response = &checkout,
	  .summary = "Return the equipment of a duty session",
	  .description = "Returns what your duty session has checked out. Emits "
	                 "`equipment.checked_in`, and `vehicle.updated` with a higher mileage.",
	  .example = JSON({"duty_session_id": "01900000-0000-7000-8000-000000000205",
	                  "checkin_mileage": 41260}),
	  .example_user = "salma.reyes@marina.example" },
	HISTORY("/checkouts", SUPERVISOR, SQL_CHECKOUTS_HISTORY, "list_checkout_history", "an equipment checkout",
	        .path_example = DEMO_ID("321")),
	{ 0 },
};

const struct resource equipment = {
	.path = "/equipment",
	.name = "Equipment",
	.domain = ROUNDS,
	.operations = operations,
	.description = "Checkout and return of vehicles and radios.",
};
