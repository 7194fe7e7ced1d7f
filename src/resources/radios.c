/* radios.c: the radios of the fleet. */

#include <stddef.h>

#include "shapes.h"

static const struct field fields[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Radio ID. Generated if omitted." },
	{ "name", FIELD_NAME, REQUIRED, 1, 100, .says = "Name." },
	{ "serial_number", FIELD_NAME, NULLABLE, 1, 100, .says = "Serial number, unique." },
	{ "model", FIELD_NAME, NULLABLE, 1, 100, .says = "Model." },
	{ "channel", FIELD_NAME, NULLABLE, 1, 50, .says = "Radio channel." },
	{ "status", FIELD_CHOICE, .choices = fleet_statuses, .choice_name = "FleetStatus",
	  .says = "Status. Defaults to WORKING. RETIRED is final." },
	{ "location_id", FIELD_UUID, NULLABLE, .says = "Location of the radio." },
	{ "notes", FIELD_TEXT, NULLABLE, 0, 2000, .says = "Notes." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "Time of creation." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Time of the last update." },
	{ "location", FIELD_SHAPE, GIVEN | NULLABLE, .shape = &location_brief,
	  .says = "Location of the radio." },
	{ 0 },
};

static const struct field brief_fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Radio ID." },
	{ "name", FIELD_NAME, GIVEN, 1, 100, .says = "Name." },
	{ "serial_number", FIELD_NAME, GIVEN | NULLABLE, 0, 100, .says = "Serial number." },
	{ "channel", FIELD_NAME, GIVEN | NULLABLE, 0, 50, .says = "Radio channel." },
	{ 0 },
};

static const struct shape radio = { "Radio", fields, .says = "A radio." };
const struct shape radio_brief = { "RadioBrief", brief_fields, .says = "A radio, in brief." };

static const struct field filters[] = {
	{ "status", FIELD_CHOICE, MANY, .choices = fleet_statuses, .choice_name = "FleetStatus",
	  .says = "Filter by status." },
	{ 0 },
};

static const char *const create_refuses[] = {
	"SERIAL_NUMBER_TAKEN", "LOCATION_NOT_FOUND", "ID_TAKEN", NULL,
};
static const char *const change_refuses[] = {
	"NOT_FOUND", "SERIAL_NUMBER_TAKEN", "LOCATION_NOT_FOUND", "TRANSITION_NOT_ALLOWED",
	"PRECONDITION_FAILED", NULL,
};
static const char *const archive_refuses[] = {
	"NOT_FOUND", "EQUIPMENT_CHECKED_OUT", "PRECONDITION_FAILED", NULL,
};

static const struct operation operations[] = {
	{ GET, "", ADMIN, SQL_RADIOS_LIST, "list_radios", .query = filters,
	  .answers = LIST_OF(radio), .rules = PAGED, .summary = "List radios",
	  .description = "Working radios first, then by name." },
	{ POST, "", ADMIN, SQL_RADIOS_CREATE, "create_radio", .body = fields, .answers = &radio,
	  .status = 201, .refuses = create_refuses, .summary = "Create a radio" },
	{ GET, "/{id}", ADMIN, SQL_RADIOS_READ, "get_radio", .answers = &radio,
	  .summary = "Get a radio" },
	{ PATCH, "/{id}", ADMIN, SQL_RADIOS_CHANGE, "update_radio", .body = fields,
	  .answers = &radio, .rules = CONDITIONAL, .refuses = change_refuses,
	  .summary = "Update a radio",
	  .description = "A WORKING radio can become OUT_OF_SERVICE; from there, it can become "
	                 "WORKING or RETIRED." },
	{ DELETE, "/{id}", ADMIN, SQL_RADIOS_ARCHIVE, "archive_radio", .status = 204,
	  .rules = CONDITIONAL, .refuses = archive_refuses, .summary = "Archive a radio",
	  .description = "Removes the radio from the fleet. It must not be checked out. Its past "
	                 "checkouts are kept." },
	{ 0 },
};

const struct resource radios = {
	.path = "/radios",
	.name = "Radios",
	.domain = ROUNDS,
	.operations = operations,
	.says = "Radios of the fleet.",
};
