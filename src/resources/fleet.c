/* fleet.c: the list of vehicles and radios that are out of service. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
const char *const fleet_statuses[] = { "WORKING", "OUT_OF_SERVICE", "RETIRED", NULL };
const char *const equipment_types[] = { "VEHICLE", "RADIO", NULL };

static const struct field fields[] = {
	{ "type", FIELD_CHOICE, READ_ONLY, .choices = equipment_types, .choice_name = "EquipmentType",
	  .description = "Whether it is a vehicle or a radio." },
	{ "id", FIELD_UUID, READ_ONLY, .description = "ID of the vehicle or radio.",
	  .example = DEMO_ID("303") },
	{ "name", FIELD_LINE, READ_ONLY, 1, 100, .description = "Name.", .example = "Car 3" },
	{ "status", FIELD_CHOICE, READ_ONLY, .choices = fleet_statuses, .choice_name = "FleetStatus",
	  .description = "Status.", .example = "OUT_OF_SERVICE" },
	{ "location_id", FIELD_UUID, READ_ONLY | NULLABLE, .description = "ID of the location.",
	  .example = DEMO_ID("001") },
	{ "notes", FIELD_TEXT, READ_ONLY | NULLABLE, 0, 2000, .description = "Notes.",
	  .example = "Brake repair; back on Monday." },
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },
	{ 0 },
};

static const struct shape fleet_item = {
	"FleetItem", fields, .description = "A vehicle or radio of the fleet.",
};

static const struct operation operations[] = {
	{ GET, "/in-shop", ADMIN, SQL_FLEET_IN_SHOP, "list_fleet_in_shop",
	  .response = LIST_OF(fleet_item), .rules = PAGED, .summary = "List the fleet in the shop",
	  .description = "Vehicles and radios that are OUT_OF_SERVICE, most recently updated "
	                 "first." },
	{ 0 },
};

const struct resource fleet = {
	.path = "/fleet",
	.name = "Fleet",
	.domain = ROUNDS,
	.operations = operations,
	.description = "Vehicles and radios together.",
};
