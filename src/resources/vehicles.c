/* vehicles.c: the vehicles of the fleet. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
static const struct field fields[] = {
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Vehicle ID. Generated if omitted.",
	  .example = DEMO_ID("301") },
	{ "name", FIELD_LINE, REQUIRED, 1, 100, .description = "Name.", .example = "Car 1" },
	{ "make", FIELD_LINE, REQUIRED, 1, 100, .description = "Manufacturer.", .example = "Ford" },
	{ "model", FIELD_LINE, REQUIRED, 1, 100, .description = "Model.", .example = "Escape" },
	{ "year", FIELD_INTEGER, REQUIRED, 1900, 2200, .description = "Model year; at most next year.",
	  .example = "2022" },
	{ "vin", FIELD_LINE, NULLABLE, 1, 17, .description = "Vehicle identification number, unique.",
	  .example = "1FMCU9G67NUA00001" },
	{ "license_plate", FIELD_LINE, NULLABLE, 1, 20, .description = "License plate.",
	  .example = "MP 1101" },
	{ "mileage", FIELD_INTEGER, 0, 0, 9999999, .description = "Mileage. Defaults to 0.",
	  .example = "41207" },
	{ "mileage_updated_at", FIELD_TIME, READ_ONLY | NULLABLE,
	  .description = "Time of the last change of the mileage; null if it was never set.",
	  .example = "2026-11-21T03:12:00+00:00" },
	{ "status", FIELD_CHOICE, .choices = fleet_statuses, .choice_name = "FleetStatus",
	  .description = "Status. Defaults to WORKING. RETIRED is final." },
	{ "location_id", FIELD_UUID, NULLABLE, .description = "Location of the vehicle.",
	  .example = DEMO_ID("001") },
	{ "notes", FIELD_TEXT, NULLABLE, 0, 2000, .description = "Notes.",
	  .example = "Brake repair; back on Monday." },
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },
	{ "location", FIELD_SHAPE, READ_ONLY | NULLABLE, .shape = &location_brief,
	  .description = "Location of the vehicle." },
	{ 0 },
};

static const struct field brief_fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "Vehicle ID.", .example = DEMO_ID("301") },
	{ "name", FIELD_LINE, READ_ONLY, 1, 100, .description = "Name.", .example = "Car 1" },
	{ "make", FIELD_LINE, READ_ONLY, 1, 100, .description = "Manufacturer.",
	  .example = "Ford" },
	{ "model", FIELD_LINE, READ_ONLY, 1, 100, .description = "Model.", .example = "Escape" },
	{ "license_plate", FIELD_LINE, READ_ONLY | NULLABLE, 0, 20, .description = "License plate.",
	  .example = "MP 1101" },
	{ 0 },
};

static const struct shape vehicle = { "Vehicle", fields, .description = "A vehicle." };
const struct shape vehicle_brief = { "VehicleBrief", brief_fields, .description = "A vehicle, in brief." };

static const struct field filters[] = {
	{ "status", FIELD_CHOICE, MULTIPLE, .choices = fleet_statuses, .choice_name = "FleetStatus",
	  .description = "Filter by status." },
	{ 0 },
};

static const struct operation operations[] = {
	{ GET, "", ADMIN, SQL_VEHICLES_LIST, "list_vehicles", .query = filters,
	  .response = LIST_OF(vehicle), .rules = PAGED, .summary = "List vehicles",
	  .description = "Working vehicles first, then by name." },
	{ POST, "", ADMIN, SQL_VEHICLES_CREATE, "create_vehicle", .body = fields,
	  .response = &vehicle, .status = 201, .summary = "Create a vehicle",
	  .example = JSON({"name": "Boat tender", "make": "Zodiac", "model": "Pro 5.5",
	                  "year": 2024,
	                  "license_plate": "NY 8842 AB", "mileage": 120}) },
	{ GET, "/{id}", ADMIN, SQL_VEHICLES_READ, "get_vehicle", .response = &vehicle,
	  .summary = "Get a vehicle", .path_example = DEMO_ID("301") },
	{ PATCH, "/{id}", ADMIN, SQL_VEHICLES_UPDATE, "update_vehicle", .body = fields,
	  .response = &vehicle, .rules = CONDITIONAL, .summary = "Update a vehicle",
	  .description = "A WORKING vehicle can become OUT_OF_SERVICE; from there, it can become "
	                 "WORKING or RETIRED.",
	  .example = JSON({"status": "WORKING", "notes": "New brakes."}),
	  .path_example = DEMO_ID("303") },
	{ DELETE, "/{id}", ADMIN, SQL_VEHICLES_ARCHIVE, "archive_vehicle", .status = 204,
	  .rules = CONDITIONAL, .summary = "Archive a vehicle",
	  .description = "Removes the vehicle from the fleet. It must not be checked out. Its "
	                 "past checkouts are kept.", .path_example = DEMO_ID("304") },
	HISTORY("", ADMIN, SQL_VEHICLES_HISTORY, "list_vehicle_history", "a vehicle",
	        .path_example = DEMO_ID("301")),
	{ 0 },
};

const struct resource vehicles = {
	.path = "/vehicles",
	.name = "Vehicles",
	.domain = ROUNDS,
	.operations = operations,
	.description = "Vehicles of the fleet.",
};
