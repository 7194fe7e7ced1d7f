/* vehicles.c: the vehicles of the fleet. */

#include <stddef.h>

#include "shapes.h"

static const struct field fields[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Vehicle ID. Generated if omitted." },
	{ "name", FIELD_NAME, REQUIRED, 1, 100, .says = "Name." },
	{ "make", FIELD_NAME, REQUIRED, 1, 100, .says = "Manufacturer." },
	{ "model", FIELD_NAME, REQUIRED, 1, 100, .says = "Model." },
	{ "year", FIELD_INTEGER, REQUIRED, 1900, 2200, .says = "Model year; at most next year." },
	{ "vin", FIELD_NAME, NULLABLE, 1, 17, .says = "Vehicle identification number, unique." },
	{ "license_plate", FIELD_NAME, NULLABLE, 1, 20, .says = "License plate." },
	{ "mileage", FIELD_INTEGER, 0, 0, 9999999, .says = "Mileage. Defaults to 0." },
	{ "mileage_updated_at", FIELD_TIME, GIVEN | NULLABLE,
	  .says = "Time of the last change of the mileage; null if it was never set." },
	{ "status", FIELD_CHOICE, .choices = fleet_statuses, .choice_name = "FleetStatus",
	  .says = "Status. Defaults to WORKING. RETIRED is final." },
	{ "location_id", FIELD_UUID, NULLABLE, .says = "Location of the vehicle." },
	{ "notes", FIELD_TEXT, NULLABLE, 0, 2000, .says = "Notes." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "Time of creation." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Time of the last update." },
	{ "location", FIELD_SHAPE, GIVEN | NULLABLE, .shape = &location_brief,
	  .says = "Location of the vehicle." },
	{ 0 },
};

static const struct field brief_fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Vehicle ID." },
	{ "name", FIELD_NAME, GIVEN, 1, 100, .says = "Name." },
	{ "make", FIELD_NAME, GIVEN, 1, 100, .says = "Manufacturer." },
	{ "model", FIELD_NAME, GIVEN, 1, 100, .says = "Model." },
	{ "license_plate", FIELD_NAME, GIVEN | NULLABLE, 0, 20, .says = "License plate." },
	{ 0 },
};

static const struct shape vehicle = { "Vehicle", fields, .says = "A vehicle." };
const struct shape vehicle_brief = { "VehicleBrief", brief_fields, .says = "A vehicle, in brief." };

static const struct field filters[] = {
	{ "status", FIELD_CHOICE, MANY, .choices = fleet_statuses, .choice_name = "FleetStatus",
	  .says = "Filter by status." },
	{ 0 },
};

static const char *const create_refuses[] = {
	"VALIDATION_FAILED", "VIN_TAKEN", "LOCATION_NOT_FOUND", "ID_TAKEN", NULL,
};
static const char *const change_refuses[] = {
	"NOT_FOUND", "VALIDATION_FAILED", "VIN_TAKEN", "LOCATION_NOT_FOUND",
	"TRANSITION_NOT_ALLOWED", "PRECONDITION_FAILED", NULL,
};
static const char *const archive_refuses[] = {
	"NOT_FOUND", "EQUIPMENT_CHECKED_OUT", "PRECONDITION_FAILED", NULL,
};

static const struct operation operations[] = {
	{ GET, "", ADMIN, SQL_VEHICLES_LIST, "list_vehicles", .query = filters,
	  .answers = LIST_OF(vehicle), .rules = PAGED, .summary = "List vehicles",
	  .description = "Working vehicles first, then by name." },
	{ POST, "", ADMIN, SQL_VEHICLES_CREATE, "create_vehicle", .body = fields,
	  .answers = &vehicle, .status = 201, .refuses = create_refuses,
	  .summary = "Create a vehicle" },
	{ GET, "/{id}", ADMIN, SQL_VEHICLES_READ, "get_vehicle", .answers = &vehicle,
	  .summary = "Get a vehicle" },
	{ PATCH, "/{id}", ADMIN, SQL_VEHICLES_CHANGE, "update_vehicle", .body = fields,
	  .answers = &vehicle, .rules = CONDITIONAL, .refuses = change_refuses,
	  .summary = "Update a vehicle",
	  .description = "A WORKING vehicle can become OUT_OF_SERVICE; from there, it can become "
	                 "WORKING or RETIRED." },
	{ DELETE, "/{id}", ADMIN, SQL_VEHICLES_ARCHIVE, "archive_vehicle", .status = 204,
	  .rules = CONDITIONAL, .refuses = archive_refuses, .summary = "Archive a vehicle",
	  .description = "Removes the vehicle from the fleet. It must not be checked out. Its "
	                 "past checkouts are kept." },
	{ 0 },
};

const struct resource vehicles = {
	.path = "/vehicles",
	.name = "Vehicles",
	.domain = ROUNDS,
	.operations = operations,
	.says = "Vehicles of the fleet.",
};
