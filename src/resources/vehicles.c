/* vehicles.c: what supervisors drive. */

#include <stddef.h>

#include "shapes.h"

static const struct field fields[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Identity of the vehicle; yours to choose at creation." },
	{ "name", FIELD_NAME, REQUIRED, 1, 100, .says = "What it is called." },
	{ "make", FIELD_NAME, REQUIRED, 1, 100, .says = "Who built it." },
	{ "model", FIELD_NAME, REQUIRED, 1, 100, .says = "What they call it." },
	{ "year", FIELD_INTEGER, REQUIRED, 1900, 2200, .says = "Year of its model; next year's at the latest." },
	{ "vin", FIELD_NAME, NULLABLE, 1, 17, .says = "Vehicle identification number, unique." },
	{ "license_plate", FIELD_NAME, NULLABLE, 1, 20, .says = "Its plate." },
	{ "mileage", FIELD_INTEGER, 0, 0, 9999999, .says = "What its counter shows; 0 unless said otherwise." },
	{ "mileage_updated_at", FIELD_TIME, GIVEN | NULLABLE, .says = "Since when; null: it was never read." },
	{ "status", FIELD_CHOICE, .choices = fleet_statuses, .choice_name = "FleetStatus",
	  .says = "Whether it can be used; WORKING unless said otherwise. What is retired stays so." },
	{ "location_id", FIELD_UUID, NULLABLE, .says = "Where it stands." },
	{ "notes", FIELD_TEXT, NULLABLE, 0, 2000, .says = "What one should know of it." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "When it was added." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Last changed." },
	{ "location", FIELD_SHAPE, GIVEN | NULLABLE, .shape = &location_brief, .says = "Where it stands." },
	{ 0 },
};

static const struct field brief[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the vehicle." },
	{ "name", FIELD_NAME, GIVEN, 1, 100, .says = "What it is called." },
	{ "make", FIELD_NAME, GIVEN, 1, 100, .says = "Who built it." },
	{ "model", FIELD_NAME, GIVEN, 1, 100, .says = "What they call it." },
	{ "license_plate", FIELD_NAME, GIVEN | NULLABLE, 0, 20, .says = "Its plate." },
	{ 0 },
};

static const struct shape vehicle = { "Vehicle", fields, .says = "A vehicle." };
const struct shape vehicle_brief = { "VehicleBrief", brief, .says = "A vehicle, to know it by." };

static const struct field filters[] = {
	{ "status", FIELD_CHOICE, MANY, .choices = fleet_statuses, .choice_name = "FleetStatus",
	  .says = "Only those that stand so." },
	{ 0 },
};

static const char *const create_refuses[] = {
	"VALIDATION_FAILED", "VIN_TAKEN", "LOCATION_NOT_FOUND", "ID_TAKEN", NULL,
};
static const char *const change_refuses[] = {
	"NOT_FOUND", "VALIDATION_FAILED", "VIN_TAKEN", "LOCATION_NOT_FOUND", "TRANSITION_NOT_ALLOWED",
	"PRECONDITION_FAILED", NULL,
};
static const char *const archive_refuses[] = {
	"NOT_FOUND", "EQUIPMENT_CHECKED_OUT", "PRECONDITION_FAILED", NULL,
};

static const struct operation operations[] = {
	{ GET, "", ADMIN, SQL_VEHICLES_LIST, "list_vehicles", .query = filters, .answers = LIST_OF(vehicle),
	  .rules = PAGED, .says = "Vehicles: those that work first, then by name." },
	{ POST, "", ADMIN, SQL_VEHICLES_CREATE, "create_vehicle", .body = fields, .answers = &vehicle, .status = 201,
	  .refuses = create_refuses, .says = "Add a vehicle." },
	{ GET, "/{id}", ADMIN, SQL_VEHICLES_READ, "get_vehicle", .answers = &vehicle, .says = "One vehicle." },
	{ PATCH, "/{id}", ADMIN, SQL_VEHICLES_CHANGE, "change_vehicle", .body = fields, .answers = &vehicle,
	  .rules = CONDITIONAL, .refuses = change_refuses, .says = "Change a vehicle." },
	{ DELETE, "/{id}", ADMIN, SQL_VEHICLES_ARCHIVE, "remove_vehicle", .status = 204, .rules = CONDITIONAL,
	  .refuses = archive_refuses,
	  .says = "Take a vehicle out of the fleet; what was done with it stays known." },
	{ 0 },
};

const struct resource vehicles = {
	.path = "/vehicles",
	.name = "Vehicles",
	.domain = ROUNDS,
	.operations = operations,
	.says = "What supervisors drive.",
};
