/* radios.c: the radios of the fleet. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
static const struct field fields[] = {
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Radio ID. Generated if omitted.",
	  .example = DEMO_ID("311") },
	{ "name", FIELD_LINE, REQUIRED, 1, 100, .description = "Name.", .example = "Radio 1" },
	{ "serial_number", FIELD_LINE, NULLABLE, 1, 100, .description = "Serial number, unique.",
	  .example = "TR-2200-01" },
	{ "model", FIELD_LINE, NULLABLE, 1, 100, .description = "Model.", .example = "TR-2200" },
	{ "channel", FIELD_LINE, NULLABLE, 1, 50, .description = "Radio channel.",
	  .example = "16" },
	{ "status", FIELD_CHOICE, .choices = fleet_statuses, .choice_name = "FleetStatus",
	  .description = "Status. Defaults to WORKING. RETIRED is final." },
	{ "location_id", FIELD_UUID, NULLABLE, .description = "Location of the radio.",
	  .example = DEMO_ID("001") },
	{ "notes", FIELD_TEXT, NULLABLE, 0, 2000, .description = "Notes.",
	  .example = "Fell into the water." },
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },
	{ "location", FIELD_SHAPE, READ_ONLY | NULLABLE, .shape = &location_brief,
	  .description = "Location of the radio." },
	{ 0 },
};

static const struct field brief_fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "Radio ID.", .example = DEMO_ID("311") },
	{ "name", FIELD_LINE, READ_ONLY, 1, 100, .description = "Name.", .example = "Radio 1" },
	{ "serial_number", FIELD_LINE, READ_ONLY | NULLABLE, 0, 100, .description = "Serial number.",
	  .example = "TR-2200-01" },
	{ "channel", FIELD_LINE, READ_ONLY | NULLABLE, 0, 50, .description = "Radio channel.",
	  .example = "16" },
	{ 0 },
};

static const struct shape radio = { "Radio", fields, .description = "A radio." };
const struct shape radio_brief = { "RadioBrief", brief_fields, .description = "A radio, in brief." };

static const struct field filters[] = {
	{ "status", FIELD_CHOICE, MULTIPLE, .choices = fleet_statuses, .choice_name = "FleetStatus",
	  .description = "Filter by status." },
	{ 0 },
};

static const struct operation operations[] = {
	{ GET, "", ADMIN, SQL_RADIOS_LIST, "list_radios", .query = filters,
	  .response = LIST_OF(radio), .rules = PAGED, .summary = "List radios",
	  .description = "Working radios first, then by name." },
	{ POST, "", ADMIN, SQL_RADIOS_CREATE, "create_radio", .body = fields, .response = &radio,
	  .status = 201, .summary = "Create a radio",
	  .example = JSON({"name": "Radio 6", "serial_number": "TR-2200-06",
	                  "model": "TR-2200", "channel": "16"}) },
	{ GET, "/{id}", ADMIN, SQL_RADIOS_READ, "get_radio", .response = &radio,
	  .summary = "Get a radio", .path_example = DEMO_ID("311") },
	{ PATCH, "/{id}", ADMIN, SQL_RADIOS_UPDATE, "update_radio", .body = fields,
	  .response = &radio, .rules = CONDITIONAL, .summary = "Update a radio",
	  .description = "A WORKING radio can become OUT_OF_SERVICE; from there, it can become "
	                 "WORKING or RETIRED.",
	  .example = JSON({"status": "OUT_OF_SERVICE", "notes": "The battery lasts an hour."}),
	  .path_example = DEMO_ID("314") },
	{ DELETE, "/{id}", ADMIN, SQL_RADIOS_ARCHIVE, "archive_radio", .status = 204,
	  .rules = CONDITIONAL, .summary = "Archive a radio",
	  .description = "Removes the radio from the fleet. It must not be checked out. Its past "
	                 "checkouts are kept.", .path_example = DEMO_ID("315") },
	HISTORY("", ADMIN, SQL_RADIOS_HISTORY, "list_radio_history", "a radio",
	        .path_example = DEMO_ID("311")),
	{ 0 },
};

const struct resource radios = {
	.path = "/radios",
	.name = "Radios",
	.domain = ROUNDS,
	.operations = operations,
	.description = "Radios of the fleet.",
};
