/* fleet.c: vehicles and radios together: what waits to be mended. */

#include <stddef.h>

#include "shapes.h"

const char *const fleet_statuses[] = { "WORKING", "OUT_OF_SERVICE", "RETIRED", NULL };
const char *const equipment_types[] = { "CAR", "RADIO", NULL };

static const struct field fields[] = {
	{ "type", FIELD_CHOICE, GIVEN, .choices = equipment_types, .choice_name = "EquipmentType",
	  .says = "A vehicle or a radio." },
	{ "id", FIELD_UUID, GIVEN, .says = "Its identity, among those of its kind." },
	{ "name", FIELD_NAME, GIVEN, 1, 100, .says = "What it is called." },
	{ "status", FIELD_CHOICE, GIVEN, .choices = fleet_statuses, .choice_name = "FleetStatus",
	  .says = "How it stands." },
	{ "location_id", FIELD_UUID, GIVEN | NULLABLE, .says = "Where it is." },
	{ "notes", FIELD_TEXT, GIVEN | NULLABLE, 0, 2000, .says = "What one should know of it." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Last changed." },
	{ 0 },
};

static const struct shape fleet_item = { "FleetItem", fields, .says = "A vehicle or a radio." };

static const struct operation operations[] = {
	{ GET, "/in-shop", ADMIN, SQL_FLEET_IN_SHOP, "list_fleet_in_shop", .answers = LIST_OF(fleet_item),
	  .rules = PAGED, .says = "Vehicles and radios that are out of service, the last one changed first." },
	{ 0 },
};

const struct resource fleet = {
	.path = "/fleet",
	.name = "Fleet",
	.domain = ROUNDS,
	.operations = operations,
	.says = "Vehicles and radios together.",
};
