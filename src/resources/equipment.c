/* equipment.c: checkout and return of vehicles and radios for duty sessions. */

#include <stddef.h>

#include "shapes.h"

static const struct field fields[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Checkout ID. Generated if omitted." },
	{ "duty_session_id", FIELD_UUID, REQUIRED, .says = "Your open duty session." },
	{ "vehicle_id", FIELD_UUID, REQUIRED, .says = "Vehicle to check out." },
	{ "radio_id", FIELD_UUID, REQUIRED, .says = "Radio to check out." },
	{ "checkout_mileage", FIELD_INTEGER, REQUIRED, 1, 9999999, .says = "Mileage at checkout." },
	{ 0 },
};

static const struct field checkout_fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Checkout ID." },
	{ "duty_session_id", FIELD_UUID, GIVEN, .says = "ID of the duty session." },
	{ "vehicle_id", FIELD_UUID, GIVEN | NULLABLE, .says = "ID of the vehicle." },
	{ "radio_id", FIELD_UUID, GIVEN | NULLABLE, .says = "ID of the radio." },
	{ "checkout_mileage", FIELD_INTEGER, GIVEN, 1, 9999999, .says = "Mileage at checkout." },
	{ "checkin_mileage", FIELD_INTEGER, GIVEN | NULLABLE, 1, 9999999,
	  .says = "Mileage at return." },
	{ "checkout_time", FIELD_TIME, GIVEN, .says = "Time of checkout." },
	{ "checkin_time", FIELD_TIME, GIVEN | NULLABLE,
	  .says = "Time of return; null while checked out." },
	{ "notes", FIELD_TEXT, GIVEN | NULLABLE, 0, 2000, .says = "Notes made at return." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "Time of creation." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Time of the last update." },
	{ "vehicle", FIELD_SHAPE, GIVEN | NULLABLE, .shape = &vehicle_brief, .says = "Vehicle." },
	{ "radio", FIELD_SHAPE, GIVEN | NULLABLE, .shape = &radio_brief, .says = "Radio." },
	{ "user", FIELD_SHAPE, GIVEN, .shape = &user_brief,
	  .says = "User who checked out the equipment." },
	{ 0 },
};

#define RETURN_FIELDS                                                                              \
	{ "checkin_mileage", FIELD_INTEGER, REQUIRED, 1, 9999999,                                  \
	  .says = "Mileage at return; must not be lower than at checkout." },                      \
	{ "notes", FIELD_TEXT, NULLABLE, 0, 2000, .says = "Notes for the next user." }

static const struct field return_fields[] = { RETURN_FIELDS, { 0 } };

static const struct field return_by_session_fields[] = {
	{ "duty_session_id", FIELD_UUID, REQUIRED,
	  .says = "Your duty session that has the equipment checked out." },
	RETURN_FIELDS,
	{ 0 },
};

static const struct field available_fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "ID of the vehicle or radio." },
	{ "identifier", FIELD_NAME, GIVEN, 1, 100, .says = "Name of the vehicle or radio." },
	{ 0 },
};

static const struct shape checkout = {
	"EquipmentCheckout", checkout_fields,
	.says = "A vehicle and a radio checked out for a duty session.",
};
static const struct shape equipment_available = {
	"EquipmentAvailable", available_fields,
	.says = "A vehicle or radio that can be checked out.",
};

static const struct field filters[] = {
	{ "duty_session_id", FIELD_UUID, .says = "Filter by duty session." },
	{ "vehicle_id", FIELD_UUID, .says = "Filter by vehicle." },
	{ "radio_id", FIELD_UUID, .says = "Filter by radio." },
	{ "open", FIELD_BOOLEAN,
	  .says = "If true, only equipment that is checked out; if false, only equipment that was "
	          "returned." },
	{ 0 },
};

static const struct field type_query[] = {
	{ "type", FIELD_CHOICE, REQUIRED, .choices = equipment_types,
	  .choice_name = "EquipmentType", .says = "Type of equipment." },
	{ 0 },
};

static const char *const create_refuses[] = {
	"FORBIDDEN", "NOT_FOUND", "NOT_ON_DUTY", "CHECKOUT_OPEN", "EQUIPMENT_UNAVAILABLE",
	"EQUIPMENT_CHECKED_OUT", "ID_TAKEN", "PRECONDITION_FAILED", NULL,
};
static const char *const return_refuses[] = {
	"FORBIDDEN", "NOT_FOUND", "EQUIPMENT_RETURNED", "MILEAGE_DECREASED", "PRECONDITION_FAILED",
	NULL,
};
static const char *const session_refuses[] = {
	"FORBIDDEN", "NOT_FOUND", "MILEAGE_DECREASED", "PRECONDITION_FAILED", NULL,
};

static const struct operation operations[] = {
	{ GET, "/available", SUPERVISOR, SQL_FLEET_AVAILABLE, "list_available_equipment",
	  .query = type_query, .answers = LIST_OF(equipment_available), .rules = PAGED,
	  .summary = "List available equipment",
	  .description = "Vehicles or radios that are WORKING and not checked out, sorted by "
	                 "name." },
	{ GET, "/checkouts", SUPERVISOR, SQL_CHECKOUTS_LIST, "list_checkouts", .query = filters,
	  .answers = LIST_OF(checkout), .rules = PAGED | COUNTED,
	  .sort = { FIELD_TIME, FIELD_UUID }, .summary = "List equipment checkouts",
	  .description = "Newest first." },
	{ POST, "/checkouts", SUPERVISOR, SQL_CHECKOUTS_CREATE, "check_out_equipment",
	  .body = fields, .answers = &checkout, .status = 201, .refuses = create_refuses,
	  .summary = "Check out equipment",
	  .description = "Checks out a vehicle and a radio for your open duty session. Both must "
	                 "be WORKING and not checked out, and the session can have one open "
	                 "checkout. Emits `equipment.checked_out`." },
	{ GET, "/checkouts/{id}", SUPERVISOR, SQL_CHECKOUTS_READ, "get_checkout",
	  .answers = &checkout, .summary = "Get an equipment checkout" },
	{ POST, "/checkouts/{id}/check-in", SUPERVISOR, SQL_CHECKOUTS_RETURN, "check_in_equipment",
	  .body = return_fields, .answers = &checkout, .rules = CONDITIONAL, .others = ADMIN,
	  .refuses = return_refuses, .summary = "Return equipment",
	  .description = "Also works after the duty session has ended. Emits "
	                 "`equipment.checked_in`." },
	{ POST, "/check-in", SUPERVISOR, SQL_EQUIPMENT_RETURN, "check_in_equipment_of_session",
	  .body = return_by_session_fields, .answers = &checkout, .refuses = session_refuses,
	  .summary = "Return the equipment of a duty session",
	  .description = "Returns what your duty session has checked out. Emits "
	                 "`equipment.checked_in`." },
	{ 0 },
};

const struct resource equipment = {
	.path = "/equipment",
	.name = "Equipment",
	.domain = ROUNDS,
	.operations = operations,
	.says = "Checkout and return of vehicles and radios.",
};
