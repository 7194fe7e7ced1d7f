/* equipment.c: a vehicle and a radio, taken out for a duty session and brought back. */

#include <stddef.h>

#include "shapes.h"

static const struct field fields[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Identity of the checkout; yours to choose." },
	{ "duty_session_id", FIELD_UUID, REQUIRED, .says = "During which duty: an open session of yours." },
	{ "vehicle_id", FIELD_UUID, REQUIRED, .says = "With which vehicle." },
	{ "radio_id", FIELD_UUID, REQUIRED, .says = "With which radio." },
	{ "checkout_mileage", FIELD_INTEGER, REQUIRED, 1, 9999999, .says = "What the counter showed then." },
	{ 0 },
};

static const struct field shown[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the checkout." },
	{ "duty_session_id", FIELD_UUID, GIVEN, .says = "During which duty." },
	{ "vehicle_id", FIELD_UUID, GIVEN | NULLABLE, .says = "With which vehicle." },
	{ "radio_id", FIELD_UUID, GIVEN | NULLABLE, .says = "With which radio." },
	{ "checkout_mileage", FIELD_INTEGER, GIVEN, 1, 9999999, .says = "What the counter showed when it left." },
	{ "checkin_mileage", FIELD_INTEGER, GIVEN | NULLABLE, 1, 9999999, .says = "And when it was back." },
	{ "checkout_time", FIELD_TIME, GIVEN, .says = "When it left." },
	{ "checkin_time", FIELD_TIME, GIVEN | NULLABLE, .says = "When it was back; null: it is out." },
	{ "notes", FIELD_TEXT, GIVEN | NULLABLE, 0, 2000, .says = "What was said when it was back." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "When it was told." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Last changed." },
	{ "vehicle", FIELD_SHAPE, GIVEN | NULLABLE, .shape = &vehicle_brief, .says = "With which vehicle." },
	{ "radio", FIELD_SHAPE, GIVEN | NULLABLE, .shape = &radio_brief, .says = "With which radio." },
	{ "user", FIELD_SHAPE, GIVEN, .shape = &user_brief, .says = "Who has or had it." },
	{ 0 },
};

#define RETURNED                                                                                        \
	{ "checkin_mileage", FIELD_INTEGER, REQUIRED, 1, 9999999,                                       \
	  .says = "What the counter shows now; no less than when it left." },                           \
	{ "notes", FIELD_TEXT, NULLABLE, 0, 2000, .says = "What the next one should know." }

static const struct field returned[] = { RETURNED, { 0 } };

static const struct field returned_by_session[] = {
	{ "duty_session_id", FIELD_UUID, REQUIRED, .says = "Whatever this session of yours has out." },
	RETURNED,
	{ 0 },
};

static const struct field available[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the vehicle or radio." },
	{ "identifier", FIELD_NAME, GIVEN, 1, 100, .says = "What it is called." },
	{ 0 },
};

static const struct shape checkout = { "EquipmentCheckout", shown,
	                               .says = "Equipment, taken out for a duty session." };
static const struct shape equipment_available = { "EquipmentAvailable", available,
	                                          .says = "What can be taken out." };

static const struct field filters[] = {
	{ "duty_session_id", FIELD_UUID, .says = "Only for this duty." },
	{ "vehicle_id", FIELD_UUID, .says = "Only with this vehicle." },
	{ "radio_id", FIELD_UUID, .says = "Only with this radio." },
	{ "open", FIELD_BOOLEAN, .says = "Only what is out (true), or what is back (false)." },
	{ 0 },
};

static const struct field kinds[] = {
	{ "type", FIELD_CHOICE, REQUIRED, .choices = equipment_types, .choice_name = "EquipmentType",
	  .says = "Vehicles or radios." },
	{ 0 },
};

static const char *const create_refuses[] = {
	"FORBIDDEN", "NOT_FOUND", "NOT_ON_DUTY", "CHECKOUT_OPEN", "EQUIPMENT_UNAVAILABLE", "EQUIPMENT_CHECKED_OUT",
	"ID_TAKEN", "PRECONDITION_FAILED", NULL,
};
static const char *const return_refuses[] = {
	"FORBIDDEN", "NOT_FOUND", "EQUIPMENT_RETURNED", "MILEAGE_DECREASED", "PRECONDITION_FAILED", NULL,
};
static const char *const session_refuses[] = {
	"FORBIDDEN", "NOT_FOUND", "MILEAGE_DECREASED", "PRECONDITION_FAILED", NULL,
};

static const struct operation operations[] = {
	{ GET, "/available", SUPERVISOR, SQL_FLEET_AVAILABLE, "list_available_equipment", .query = kinds,
	  .answers = LIST_OF(equipment_available), .rules = PAGED,
	  .says = "Vehicles or radios that work and that nobody has, by name." },
	{ GET, "/checkouts", SUPERVISOR, SQL_CHECKOUTS_LIST, "list_checkouts", .query = filters,
	  .answers = LIST_OF(checkout), .rules = PAGED | COUNTED, .sort = { FIELD_TIME, FIELD_UUID },
	  .says = "What was taken out, the last first." },
	{ POST, "/checkouts", SUPERVISOR, SQL_CHECKOUTS_CREATE, "check_out_equipment", .body = fields,
	  .answers = &checkout, .status = 201, .refuses = create_refuses,
	  .says = "Take a vehicle and a radio out. What somebody has, nobody else can take." },
	{ GET, "/checkouts/{id}", SUPERVISOR, SQL_CHECKOUTS_READ, "get_checkout", .answers = &checkout,
	  .says = "One of them." },
	{ POST, "/checkouts/{id}/check-in", SUPERVISOR, SQL_CHECKOUTS_RETURN, "check_in_equipment", .body = returned,
	  .answers = &checkout, .rules = CONDITIONAL, .others = ADMIN, .refuses = return_refuses,
	  .says = "Bring it back." },
	{ POST, "/check-in", SUPERVISOR, SQL_EQUIPMENT_RETURN, "check_in_equipment_of_session",
	  .body = returned_by_session, .answers = &checkout, .refuses = session_refuses,
	  .says = "Bring back what a duty session has out." },
	{ 0 },
};

const struct resource equipment = {
	.path = "/equipment",
	.name = "Equipment",
	.domain = ROUNDS,
	.operations = operations,
	.says = "Vehicles and radios, taken out and brought back.",
};
